// The greeter greets on every board that the engine runs: in the board's own bare-metal cell, on that cell's UART, through the
// whole life of a cell. Boards of other architectures say that they cannot be powered on, and why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellName, compileSource, decode, type CellConfig } from '../engine/config/index.ts';
import { BoardMachine, BoardNotRunnable } from '../engine/machine/machine.ts';
import { BoardLibrary, FolderSource, LayeredSource, MemorySource } from '../engine/service/library.ts';
import { Pump } from '../engine/service/pump.ts';
import { Run } from '../engine/service/run.ts';

const library = new BoardLibrary(import.meta.dirname);
const { boards } = library.list();
const CELL = 'inmate-demo.c';
const greeter = readFileSync(join(library.folder, 'qemu-arm64', 'inmates', 'greeter.bin'));

/** The name of the board's bare-metal cell. */
function inmateName(board: string): string {
  const text = readFileSync(join(library.folder, board, CELL), 'utf8');
  const { bytes } = compileSource(text, { file: CELL }) as { bytes: Uint8Array };
  const { config } = decode(bytes, 'cell', CELL) as { config: { cell: CellConfig } };
  return cellName(config.cell);
}

const withInmate = boards.filter(({ cells }) => cells.includes(CELL));
const runnable = withInmate.filter(({ architecture }) => architecture === 'arm64');

test.each(runnable.map((board) => [board.name, board] as const))('%s', (name, board) => {
  const cell = inmateName(name);
  const files = new LayeredSource(
    new FolderSource(join(library.folder, name), { absolute: false }),
    new MemorySource([{ path: 'greeter.bin', bytes: greeter }]),
  );
  const run = new Run({ board, files, script: null, prompt: false });
  let said = '';
  run.consoles.onOutput(({ name: console }, bytes) => {
    if (console === cell) said += Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  });
  const script = `
jailhouse enable ${board.rootConfig}
jailhouse cell create ${CELL}
jailhouse cell load "${cell}" greeter.bin -s "name=${name} count=1 pause-ms=1" -a 0x1000
jailhouse cell start "${cell}"
expect "${cell}" "Greeter done" 1
jailhouse cell shutdown "${cell}"
jailhouse cell destroy "${cell}"
jailhouse disable
`;
  const pump = new Pump(run.machine, run.shell.script(script));
  pump.advance();
  expect(pump.result?.value).toMatchObject({ ok: true });
  expect(said).toBe(`Hello ${name}, greeting 1\nGreeter done\n`);
});

describe('boards of other architectures', () => {
  const others = boards.filter(({ architecture }) => architecture !== 'arm64');
  test.each(others.map((board) => [board.name, board] as const))('%s cannot be powered on yet', (_name, board) => {
    expect(() => new BoardMachine(board)).toThrow(BoardNotRunnable);
    expect(() => new BoardMachine(board)).toThrow(`${board.architecture} CPUs are not built yet`);
  });
});
