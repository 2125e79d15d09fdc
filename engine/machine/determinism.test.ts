// Several CPUs that work together (a lock of exclusives, SGIs both ways, WFE and SEV, PSCI) do the same at the same guest
// time in every run and on both tiers, however often the host leaves and comes back, and wherever it does: between slices,
// between turns, at breakpoints, after single steps.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../board/index.ts';
import type { RegionTuning } from '../cpu/index.ts';
import { guestNs, gva, instructions } from '../util/units.ts';
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

/**
 * Every byte with its time and its place in the instruction stream, and what the CPUs are left with.
 * @param left called whenever the machine has been left
 */
function run(
  kernel: Uint8Array,
  leave: () => 'stop' | 'pause' | undefined,
  {
    regions = false,
    left = () => undefined,
  }: { regions?: false | RegionTuning; left?: (machine: BoardMachine) => void } = {},
): string[] {
  const machine = new BoardMachine({ ...board, cpus: board.cpus.slice(0, CPUS) }, { regions });
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
    if (off || end === 'time' || end === 'idle') break;
    left(machine);
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

  it.each<[string, false | RegionTuning]>([
    ['interpreted', false],
    ['translated', { threshold: 10, patience: 1 }],
  ])('do the same through single steps and breakpoints, %s', (_, regions) => {
    const kernel = buildProgram({ name: 'processors', format: 'raw', gicVersion: 3, cpus: CPUS });
    const straight = run(kernel, () => undefined);
    let steps = 0;
    let translated = 0;
    let hits = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ cpu: fc.nat(CPUS - 1), count: fc.integer({ min: 1, max: 30 }), ahead: fc.nat(6) }), {
          minLength: 12,
          maxLength: 60,
        }),
        (choices) => {
          let asked = 0;
          let next = 0;
          const disturbed = run(kernel, () => (++asked % 2 === 0 ? 'pause' : undefined), {
            regions,
            left: (machine) => {
              if (machine.stoppedCpu !== undefined) hits++;
              translated += machine.statistics.regionsTranslated;
              const choice = choices[next++];
              if (!choice) return;
              const { cpu, count, ahead } = choice;
              const before = machine.cpus[cpu]!.retired;
              if (machine.step(cpu, instructions(count), guestNs(machine.now + 1e6)) === 'stepped') {
                expect(machine.cpus[cpu]!.retired - before).toBe(count);
                expect(machine.stoppedCpu).toBe(cpu);
                steps++;
              }
              const virtual = gva(machine.cpus[cpu]!.pc + 4n * BigInt(ahead));
              const remove = machine.addBreakpoint({ address: { virtual } });
              machine.at(guestNs(machine.now + 200_000), remove);
            },
          });
          expect(disturbed).toEqual(straight);
        },
      ),
      { numRuns: 4 },
    );
    expect(steps).toBeGreaterThan(0);
    expect(hits).toBeGreaterThan(0);
    if (regions) expect(translated).toBeGreaterThan(0);
  });
});
