import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cellOf, encode, readSource } from '../../engine/config/index.ts';
import type { Config } from '../../engine/config/index.ts';
import { filesFor, surveyFolder } from './folder.ts';
import type { FolderFile } from './folder.ts';

const folder = new URL('../../boards/qemu-arm64/', import.meta.url);
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const sources = readdirSync(folder).filter((name) => name.endsWith('.c'));
const board: FolderFile[] = sources.map((path) => ({
  path,
  bytes: new Uint8Array(readFileSync(new URL(path, folder))),
}));
const boards = [{ name: 'other' }, { name: 'qemu-arm64' }];

describe('a folder of configurations', () => {
  it('is one system with its cells and its board', () => {
    const { systems, loose, unreadable, others } = surveyFolder(board, boards);
    expect(systems).toHaveLength(1);
    expect(systems[0]).toMatchObject({ board: 'qemu-arm64', system: { path: 'qemu-arm64.c', name: 'qemu-arm64' } });
    expect(systems[0]!.cells).toHaveLength(sources.length - 1);
    expect([loose, unreadable, others]).toEqual([[], [], []]);
  });

  it('with several systems gives each cell to the one it is named after', () => {
    const two = board.flatMap((file) =>
      ['qemu-arm64.c', 'greeter.c'].includes(file.path)
        ? ['first', 'second'].map((name) => ({
            path: file.path === 'greeter.c' ? `${name}-greeter.c` : `${name}.c`,
            bytes: file.bytes,
          }))
        : [],
    );
    const { systems } = surveyFolder(two, []);
    expect(systems.map(({ system, cells }) => [system.path, ...cells.map(({ path }) => path)])).toEqual([
      ['first.c', 'first-greeter.c'],
      ['second.c', 'second-greeter.c'],
    ]);
    expect(systems[0]!.board).toBeUndefined();
  });

  it('keeps what cannot be read, programs, headers and binaries', () => {
    const greeter = readSource(new TextDecoder().decode(board.find(({ path }) => path === 'greeter.c')!.bytes), {}) as {
      config: Config;
    };
    const survey = surveyFolder(
      [
        ...board.filter(({ path }) => path === 'qemu-arm64.c'),
        { path: 'greeter.cell', bytes: new Uint8Array(encode(greeter.config)) },
        { path: 'broken.c', bytes: bytes('struct { struct jailhouse_cell_desc cell; } config = {') },
        { path: 'torn.cell', bytes: bytes('JHCLL') },
        { path: 'main.c', bytes: bytes('int main(void) { return 0; }') },
        { path: 'common.h', bytes: bytes('#define UART 1') },
        { path: 'kernel.bin', bytes: new Uint8Array([1, 0, 2]) },
      ],
      boards,
    );
    expect(survey.systems[0]!.cells.map(({ path }) => path)).toEqual(['greeter.cell']);
    expect(survey.unreadable.map(({ path, error }) => [path, error?.length ?? 0].slice(0, 1))).toEqual([
      ['broken.c'],
      ['torn.cell'],
    ]);
    expect(survey.unreadable.every(({ error }) => error !== undefined && error !== '')).toBe(true);
    expect(survey.others.map(({ path, kind }) => [path, kind])).toEqual([
      ['common.h', 'other'],
      ['kernel.bin', 'image'],
      ['main.c', 'other'],
    ]);
    const all = filesFor(survey.systems[0]!, survey, true).map(({ path }) => path);
    expect(all.sort()).toEqual(
      ['broken.c', 'common.h', 'greeter.cell', 'kernel.bin', 'main.c', 'qemu-arm64.c', 'torn.cell'].sort(),
    );
    expect(filesFor(survey.systems[0]!, survey, false).map(({ path }) => path)).toEqual([
      'qemu-arm64.c',
      'greeter.cell',
      'common.h',
      'main.c',
    ]);
  });

  it('leaves a cell that fits no system alone', () => {
    const cell = structuredClone(
      (
        readSource(new TextDecoder().decode(board.find(({ path }) => path === 'greeter.c')!.bytes), {}) as {
          config: Config;
        }
      ).config,
    );
    cellOf(cell).memoryRegions[1]!.physStart = 0x100_0000_0000n;
    const { loose } = surveyFolder(
      [
        ...board.filter(({ path }) => path === 'qemu-arm64.c'),
        { path: 'far.cell', bytes: new Uint8Array(encode(cell)) },
      ],
      boards,
    );
    expect(loose.map(({ path }) => path)).toEqual(['far.cell']);
  });
});
