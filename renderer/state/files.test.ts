import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Project, ProjectChange } from '../../engine/contract/index.ts';
import {
  binaryFile,
  changesBetween,
  filesOf,
  freePath,
  nameEntry,
  SCRIPT_ENTRY,
  scriptEntry,
  textFile,
} from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';

const project: Project = {
  id: 'p',
  name: 'gateway',
  board: 'qemu-arm64',
  modified: 0,
  cells: 1,
  runs: 0,
  revision: 1,
  script: 'demo.script',
  layout: {},
  files: [
    { path: 'root.c', kind: 'system', text: 'root', hash: 'h1', size: 4 },
    { path: 'demo.script', kind: 'script', text: 'demo', hash: 'h2', size: 4 },
    { path: 'inmate.bin', kind: 'image', hash: 'h3', size: 10 },
  ],
};
const saved = filesOf(project);
const working = (change: (files: Map<string, WorkingFile>) => void): WorkingFiles => {
  const files = new Map(saved);
  change(files);
  return files;
};

describe('what a save sends', () => {
  it('is nothing when nothing changed', () => expect(changesBetween(saved, filesOf(project, saved))).toEqual([]));

  it('is each change once', () => {
    const files = working((map) => {
      map.set('root.c', textFile('root.c', 'system', 'root 2'));
      map.delete('demo.script');
      map.delete(SCRIPT_ENTRY);
      map.set('new.bin', binaryFile('new.bin', 'image', new Uint8Array([1])));
      map.set(nameEntry('x').path, nameEntry('harbour'));
    });
    expect(changesBetween(saved, files)).toEqual([
      { type: 'put', path: 'root.c', kind: 'system', text: 'root 2' },
      { type: 'name', name: 'harbour' },
      { type: 'putImage', path: 'new.bin', bytes: new Uint8Array([1]) },
      { type: 'remove', path: 'demo.script' },
      { type: 'script', path: null },
    ] satisfies ProjectChange[]);
  });

  it('renames an image without sending it again', () => {
    const files = working((map) => {
      map.delete('inmate.bin');
      map.set('inmates/first.bin', { path: 'inmates/first.bin', kind: 'image', hash: 'h3', size: 10 });
    });
    expect(changesBetween(saved, files)).toEqual([{ type: 'rename', path: 'inmate.bin', to: 'inmates/first.bin' }]);
  });

  it('chooses another boot script after the file is there', () => {
    const files = working((map) => {
      map.set('b.script', textFile('b.script', 'script', 'b'));
      map.set(SCRIPT_ENTRY, scriptEntry('b.script'));
    });
    expect(changesBetween(saved, files).map((change) => change.type)).toEqual(['put', 'script']);
  });

  it('brings main from any text files to any others', () => {
    const texts = fc.dictionary(fc.constantFrom('a.c', 'b.c', 'c.c'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const map = (texts: Record<string, string>): WorkingFiles =>
          new Map(Object.entries(texts).map(([path, text]) => [path, textFile(path, 'cell', text)]));
        const result = map(before) as Map<string, WorkingFile>;
        for (const change of changesBetween(map(before), map(after))) {
          if (change.type === 'put') result.set(change.path, textFile(change.path, change.kind, change.text));
          else if (change.type === 'remove') result.delete(change.path);
          else throw new Error(change.type);
        }
        expect(changesBetween(result, map(after))).toEqual([]);
        expect(result.size).toBe(map(after).size);
      }),
    );
  });
});

describe('new files', () => {
  it('get a name that is free', () => {
    expect(freePath(saved, 'cell.c')).toBe('cell.c');
    expect(freePath(saved, 'root.c')).toBe('root-2.c');
  });
});
