import { describe, expect, it } from 'vitest';
import { fileKindOf } from './fileKind.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('added files', () => {
  it('are known by what they begin with, then by their ending', () => {
    expect(fileKindOf('x.cell', bytes('JHCLL\x02'))).toEqual({ kind: 'cell', text: undefined });
    expect(fileKindOf('x.bin', bytes('JHSYS\x02')).kind).toBe('system');
    expect(fileKindOf('a.c', bytes('struct { struct jailhouse_system header; }'))).toMatchObject({
      kind: 'system',
      text: expect.any(String),
    });
    expect(fileKindOf('a.c', bytes('struct { struct jailhouse_cell_desc cell; }')).kind).toBe('cell');
    expect(fileKindOf('demo.script', bytes('echo')).kind).toBe('script');
    expect(fileKindOf('kernel', bytes('\x1f\x8b\x00')).kind).toBe('image');
    expect(fileKindOf('liar.c', bytes('\x7fELF\x00')).kind).toBe('image');
  });
});
