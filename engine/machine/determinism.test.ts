// Several CPUs that work together (a lock of exclusives, SGIs both ways, WFE and SEV, PSCI) do the same at the same guest
// time in every run, however often the host leaves and comes back, and wherever it does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../board/index.ts';
import { guestNs } from '../util/units.ts';
import { startSystem } from './boot-loader.ts';
import { oracleMissing } from './devices/oracle/oracle.ts';
import { buildProgram } from './devices/oracle/programs.ts';
import { BoardMachine } from './machine.ts';

const CPUS = 4;
const LIMIT = guestNs(1e9);
const board = parseBoard(
  'qemu-arm64',
  readFileSync(join(import.meta.dirname, '../../boards/qemu-arm64/board.json'), 'utf8'),
);

/** Every byte with its time and its place in the instruction stream, and what the CPUs are left with. */
function run(kernel: Uint8Array, leave: () => 'stop' | 'pause' | undefined): string[] {
  const machine = new BoardMachine({ ...board, cpus: board.cpus.slice(0, CPUS) });
  const trace: string[] = [];
  let off = false;
  machine.onUart = ({ byte }) => trace.push(`${machine.now} ${machine.instructions} ${String.fromCharCode(byte)}`);
  machine.onPower = () => (off = true);
  startSystem(machine, { kernel });
  for (;;) {
    const end = machine.run(
      LIMIT,
      () => off || leave() === 'stop',
      () => leave() === 'pause',
    );
    if (off || end !== 'stopped') break;
  }
  expect(off).toBe(true);
  for (const cpu of machine.cpus)
    trace.push([cpu.pc, cpu.retired, cpu.pstate, ...Array.from({ length: 31 }, (_, n) => cpu.x(n))].join(' '));
  return trace;
}

const missing = oracleMissing();

describe.skipIf(missing)(`CPUs that work together${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('do the same in every run', () => {
    const kernel = buildProgram({ name: 'processors', format: 'raw', gicVersion: 3, cpus: CPUS });
    const straight = run(kernel, () => undefined);
    expect(straight.length).toBeGreaterThan(200);
    fc.assert(
      fc.property(fc.infiniteStream(fc.constantFrom('stop', 'pause', undefined)), (choices) => {
        expect(run(kernel, () => choices.next().value)).toEqual(straight);
      }),
      { numRuns: 5 },
    );
  });
});
