// A new board from a device tree blob and from a system configuration, as the command line makes it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { boardDeviceTree, boardText, parseBoard, writeDeviceTree, type BoardDescription } from '../board/index.ts';
import { boardsCommand } from './boards.ts';
import { boardLibrary } from './library.ts';
import { UsageError } from './usage.ts';

const library = boardLibrary();
const { boards } = library.list();

/** Runs the command over files in memory. */
async function run(args: string[], files: Readonly<Record<string, Uint8Array>> = {}) {
  const written: Record<string, string> = {};
  let stdout = '';
  let stderr = '';
  const status = await boardsCommand(args, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    readFile: (path) => (files[path] ? Promise.resolve(files[path]) : Promise.reject(new Error('no such file'))),
    writeFile: (path, bytes) => {
      written[path] = Buffer.from(bytes).toString();
      return Promise.resolve();
    },
  });
  return { status, stdout, stderr, written };
}

test('lists what is known', async () => {
  const { status, stdout } = await run([]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^rpi4 +Raspberry Pi 4 Model B/m);
});

test('every board that ships is the same after it was written', () => {
  for (const board of boards) expect(parseBoard(board.name, boardText(board))).toEqual(board);
});

describe('from a device tree blob', () => {
  const board = library.load('qemu-arm64');
  const blob = writeDeviceTree(boardDeviceTree(board));

  test('makes a description that can be used, and says what is not in the tree', async () => {
    const { status, stdout, stderr } = await run(['--from-dtb', 'virt.dtb', 'mine'], { 'virt.dtb': blob });
    expect(status).toBe(0);
    const made = parseBoard('mine', stdout);
    expect(made.cpus).toEqual(board.cpus);
    expect(made.ram).toEqual(board.ram);
    expect(made.rootConfig).toBe('mine.c');
    expect(stderr).toContain('timers.frequencyHz');
  });

  test('asks for memory that the firmware fills in', async () => {
    const blank = writeDeviceTree(boardDeviceTree({ ...board, ram: [{ ...board.ram[0]!, size: 0 }] }));
    const without = await run(['--from-dtb', 'a.dtb', 'mine'], { 'a.dtb': blank });
    expect(without.status).toBe(2);
    expect(without.stderr).toContain('say where the RAM is');
    const files = { 'a.dtb': blank };
    const given = await run(['--from-dtb', 'a.dtb', 'mine', '--ram', '0x40000000+2G', '-o', 'board.json'], files);
    expect(given.status).toBe(0);
    expect(parseBoard('mine', given.written['board.json']!).ram).toEqual([
      { name: 'RAM', base: 0x4000_0000, size: 2 ** 31 },
    ]);
  });

  test('refuses what is no device tree, and a file that is not there', async () => {
    const broken = await run(['--from-dtb', 'a.dtb', 'mine'], { 'a.dtb': Uint8Array.of(1, 2, 3) });
    expect(broken).toMatchObject({ status: 2, stdout: '' });
    expect(broken.stderr).toMatch(/^a\.dtb: /);
    expect((await run(['--from-dtb', 'b.dtb', 'mine'])).stderr).toBe(
      'Cannot read b.dtb: no such file. Check the path.\n',
    );
  });
});

describe('from a system configuration', () => {
  const source = (board: BoardDescription): Uint8Array =>
    readFileSync(join(library.folder, board.name, board.rootConfig));

  test.each(boards.map((board) => [board.name, board] as const))('%s', async (_name, board) => {
    const { status, stdout, stderr } = await run(['--from-cell', 'root.c', 'mine'], { 'root.c': source(board) });
    expect(status).toBe(0);
    const made = parseBoard('mine', stdout);
    expect(made.architecture).toBe(board.architecture);
    expect(made.cpus.map(({ id }) => id)).toEqual(board.cpus.map(({ id }) => id).sort((a, b) => a - b));
    expect(made.gic && { ...made.gic, spis: 0 }).toEqual(board.gic && { ...board.gic, spis: 0 });
    expect(made.uarts[0]?.type).toBe(board.uarts.find(({ base }) => base === made.uarts[0]?.base)?.type);
    expect((made.iommus ?? []).map(({ type, base }) => ({ type, base }))).toEqual(
      (board.iommus ?? []).map(({ type, base }) => ({ type, base })),
    );
    expect(made.x86?.pmTimerPort).toBe(board.x86?.pmTimerPort);
    // RAM of the configuration is RAM of the board.
    for (const { base, size } of made.ram)
      expect(board.ram.some((bank) => base >= bank.base && base + size <= bank.base + bank.size)).toBe(true);
    expect(stderr).toContain('cpus: models');
  });

  test('refuses a cell configuration and a source that does not build', async () => {
    const files = {
      'cell.c': readFileSync(join(library.folder, 'rpi4', 'inmate-demo.c')),
      'bad.c': new TextEncoder().encode('struct {'),
    };
    for (const file of Object.keys(files)) {
      const { status, stderr } = await run(['--from-cell', file, 'mine'], files);
      expect([status, stderr !== '']).toEqual([2, true]);
    }
  });
});

test.each([
  [['mine']],
  [['--from-dtb', 'a.dtb']],
  [['--from-dtb', 'a.dtb', '../mine']],
  [['--from-dtb', 'a.dtb', '--from-cell', 'b.cell', 'mine']],
  [['--from-dtb', 'a.dtb', 'mine', '--ram', '2G']],
])('is used wrongly with %j', async (args) => {
  await expect(run(args, { 'a.dtb': Uint8Array.of(0) })).rejects.toThrow(UsageError);
});
