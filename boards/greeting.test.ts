// Every board that the engine runs plays its demo script to the end: the greeter greets in the board's own bare-metal cell, on
// that cell's UART. Boards of other architectures say that they cannot be powered on, and why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BoardMachine, BoardNotRunnable } from '../engine/machine/machine.ts';
import { BoardLibrary } from '../engine/service/library.ts';
import { Pump } from '../engine/service/pump.ts';
import { Run } from '../engine/service/run.ts';

const library = new BoardLibrary(import.meta.dirname);
const { boards } = library.list();
const runnable = boards.filter(
  ({ architecture, cells }) => architecture === 'arm64' && cells.includes('inmate-demo.c'),
);

test('all boards of the reference with 64-bit Arm CPUs take part', () => {
  expect(runnable).toHaveLength(27);
  for (const { inmatesOf } of runnable) expect(inmatesOf).toBe('qemu-arm64');
});

test.each(runnable.map((board) => [board.name, board] as const))('%s', (name, board) => {
  const run = new Run({ board, files: library.files(board), script: null, prompt: false });
  const said: Record<string, string> = {};
  run.consoles.onOutput(({ name: console }, bytes) => {
    said[console] = (said[console] ?? '') + Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  });
  const script = readFileSync(join(library.folder, name, 'demo.script'), 'utf8');
  const cell = /^expect ("[^"]+"|\S+)/m.exec(script)![1]!.replaceAll('"', '');
  const pump = new Pump(run.machine, run.shell.script(script));
  pump.advance();
  expect(pump.result?.value, said['root']).toMatchObject({ ok: true });
  expect(said[cell]).toBe(`Hello ${name}, greeting 1\nHello ${name}, greeting 2\nGreeter done\n`);
});

describe('boards of other architectures', () => {
  const others = boards.filter(({ architecture }) => architecture !== 'arm64');
  test.each(others.map((board) => [board.name, board] as const))('%s cannot be powered on yet', (_name, board) => {
    expect(() => new BoardMachine(board)).toThrow(BoardNotRunnable);
    expect(() => new BoardMachine(board)).toThrow(`${board.architecture} CPUs are not built yet`);
  });
});
