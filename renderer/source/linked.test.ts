import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cellOf } from '../../engine/config/index.ts';
import { readDocument } from '../state/documents.ts';
import { textFile } from '../state/files.ts';
import type { CellEntry } from '../state/project.svelte.ts';
import { placeOfSelection, sameSelection, selectionOfField } from './linked.ts';

const files = new Map(
  (['qemu-arm64.c', 'greeter.c'] as const).map((path) => {
    const text = readFileSync(new URL(`../../boards/qemu-arm64/${path}`, import.meta.url), 'utf8');
    return [path as string, textFile(path, path === 'greeter.c' ? 'cell' : 'system', text)];
  }),
);
const cells = [...files.values()].map((file): CellEntry => {
  const document = readDocument(file, files);
  const cell = cellOf(document.config!);
  const root = file.kind === 'system';
  return { key: file.path, name: cell.name, title: root ? 'root' : cell.name, root, cell, document };
});
const textAt = (selection: Parameters<typeof placeOfSelection>[0]): string | undefined => {
  const place = placeOfSelection(selection, cells, (path) => files.get(path)?.text);
  return place && files.get(place.file)!.text!.slice(place.start, place.end);
};

describe('selection and source', () => {
  it('lead from a field to the thing', () => {
    expect(selectionOfField('a.c', 'cell', 'memoryRegions[3].flags')).toEqual({
      kind: 'region',
      cell: 'a.c',
      index: 3,
    });
    expect(selectionOfField('s.c', 'system', 'rootCell.memoryRegions[1]')).toMatchObject({ kind: 'region', index: 1 });
    expect(selectionOfField('s.c', 'system', 'debugConsole.address')).toEqual({ kind: 'hypervisor' });
    expect(selectionOfField('s.c', 'system', 'rootCell.name')).toEqual({ kind: 'cell', cell: 's.c' });
    expect(selectionOfField('a.c', 'cell', '')).toEqual({ kind: 'cell', cell: 'a.c' });
  });

  it('lead from the thing to its characters, braces and all', () => {
    expect(textAt({ kind: 'region', cell: 'greeter.c', index: 1 })).toMatch(
      /^\{[^{}]*\.phys_start = 0x7fa00000,[^{}]*\}$/,
    );
    expect(textAt({ kind: 'cell', cell: 'greeter.c' })).toContain('"greeter"');
    expect(textAt({ kind: 'cpu', cpu: 1 })).toContain('0b10');
    expect(textAt({ kind: 'hypervisor' })).toContain('0x7fc00000');
    expect(textAt({ kind: 'address', address: 0n, note: '' })).toBeUndefined();
    expect(textAt({ kind: 'cell', cell: 'gone.c' })).toBeUndefined();
  });

  it('tell whether two are the same', () => {
    const region = { kind: 'region', cell: 'a', index: 1 } as const;
    expect(sameSelection(region, { ...region })).toBe(true);
    expect(sameSelection(region, { ...region, index: 2 })).toBe(false);
    expect(sameSelection(undefined, region)).toBe(false);
    expect(sameSelection({ kind: 'hypervisor' }, { kind: 'hypervisor' })).toBe(true);
    expect(sameSelection({ kind: 'cell', cell: 'a' }, { kind: 'cell', cell: 'b' })).toBe(false);
  });
});
