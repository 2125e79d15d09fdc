import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderSource } from './library.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cellblock-library-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('a folder as a source of files', () => {
  it('gives plain bytes of their own: slices of a Buffer would share memory with other files', () => {
    const path = folder();
    writeFileSync(join(path, 'small.cell'), 'JHCLL');
    const bytes = new FolderSource(path, { absolute: false }).read('small.cell')!;
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(5);
  });

  it('stays inside, unless the user may type absolute paths', () => {
    const path = folder();
    const outside = folder();
    writeFileSync(join(outside, 'secret'), 'x');
    const source = new FolderSource(path, { absolute: false });
    expect(source.read(join(outside, 'secret'))).toBeUndefined();
    expect(source.read(`../${outside.slice(outside.lastIndexOf('/') + 1)}/secret`)).toBeUndefined();
    expect(new FolderSource(path, { absolute: true }).read(join(outside, 'secret'))).toBeDefined();
  });
});
