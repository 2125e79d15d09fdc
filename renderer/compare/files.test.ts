import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileDifferences } from './files.ts';
import type { SideFile } from './files.ts';

const text = (file: string): string =>
  readFileSync(new URL(`../../boards/qemu-arm64/${file}`, import.meta.url), 'utf8');
const cell = (path: string, source = text('greeter.c')): SideFile => ({ path, kind: 'cell', text: source, hash: '' });
const image = (hash: string): SideFile => ({ path: 'a.bin', kind: 'image', hash });

describe('files of two sides', () => {
  it('differ by path, text and hash', () => {
    expect(fileDifferences([cell('a.c'), image('1')], [cell('a.c'), image('1')])).toEqual([]);
    expect(
      fileDifferences(
        [cell('a.c'), image('1')],
        [cell('a.c', text('greeter.c').replace('0b10,', '0b100,')), image('2')],
      ),
    ).toMatchObject([
      { path: 'a.c', change: 'changed', fields: [{ path: 'cpus', a: '1', b: '2' }] },
      { path: 'a.bin', change: 'changed', fields: [] },
    ]);
  });

  it('are matched by what they are when they are called otherwise', () => {
    expect(fileDifferences([cell('old.c')], [cell('new.c')])).toEqual([]);
    const renamed = cell('new.c', text('greeter.c').replace('0b10,', '0b100,'));
    expect(fileDifferences([cell('old.c')], [renamed])).toMatchObject([
      { path: 'new.c', change: 'changed', a: { path: 'old.c' } },
    ]);
    expect(fileDifferences([cell('old.c')], [])).toMatchObject([{ path: 'old.c', change: 'removed' }]);
  });

  it('that cannot be read differ without fields', () => {
    expect(fileDifferences([cell('a.c', 'noise')], [cell('a.c')])).toMatchObject([{ change: 'changed', fields: [] }]);
  });
});
