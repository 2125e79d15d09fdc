// Breakpoints and budgets of one instruction on both tiers: the CPU stops exactly in front of the instruction, stopping
// leaves no trace, and N steps are N instructions.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Assembler } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard } from '../testing/board.ts';
import { gva, hostOffset, instructions, MiB } from '../../util/units.ts';
import type { Instructions } from '../../util/units.ts';
import type { RegionTuning } from '../region/cache.ts';

const TIERS: readonly [string, false | RegionTuning][] = [
  ['interpreted', false],
  ['translated at once', { threshold: 1, eager: true }],
  ['translated when it is hot', { threshold: 8, patience: 1 }],
];

/** A loop of 9 instructions with a call, a store and a load, of which the fourth and fifth are fused. */
const BODY = 9;
function program(): { image: Uint8Array; loop: number } {
  const a = new Assembler(IMAGE_BASE);
  a.mov(0, 0);
  a.mov(2, IMAGE_BASE + 0x1000);
  a.label('loop');
  const loop = a.address;
  a.add(0, 0, 1);
  a.bl('leaf');
  a.emit('STR Xt (unsigned offset)', { Rt: 0, Rn: 2, imm12: 0 });
  a.cmp(0, 2);
  a.bcond('eq', 'loop');
  a.emit('LDR Xt (unsigned offset)', { Rt: 3, Rn: 2, imm12: 0 });
  a.b('loop');
  a.label('leaf');
  a.add(4, 4, 3);
  a.emit('RET', { Rn: 30 });
  return { image: new Uint8Array(Uint32Array.from(a.finish()).buffer), loop };
}
const { image: IMAGE, loop: LOOP } = program();

function boardOn(regions: false | RegionTuning): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, 1, 16, regions);
  board.load(IMAGE);
  return board;
}

const states = ({ cpu, output }: PlainBoard): unknown[] => [
  cpu.pc,
  cpu.pstate,
  cpu.retired,
  output,
  ...Array.from({ length: 31 }, (_, n) => cpu.x(n)),
];

/** Runs so many instructions on, through all breakpoints; returns where it stopped. */
function runThrough({ cpu }: PlainBoard, count: number): number[] {
  const stops: number[] = [];
  const end = cpu.retired + count;
  while (cpu.retired < end)
    if (cpu.run(instructions(end - cpu.retired)).reason === 'breakpoint') stops.push(Number(cpu.pc));
  return stops;
}

describe.each(TIERS)('%s', (_, regions) => {
  const places = Array.from({ length: BODY }, (__, n) => LOOP + 4 * n);

  // The call, both halves of the fused pair, and the function that is called.
  it.each([1, 3, 4, 7])('stops in front of instruction %d in every round, and nothing else is different', (number) => {
    const place = places[number]!;
    const straight = boardOn(regions);
    const stopped = boardOn(regions);
    for (const board of [straight, stopped]) runThrough(board, 500);
    const remove = stopped.cluster.addBreakpoint({ address: { virtual: gva(BigInt(place)) } });
    const stops = runThrough(stopped, 90 * BODY);
    runThrough(straight, 90 * BODY);
    expect(stops).toEqual(new Array<number>(90).fill(place));
    expect(states(stopped)).toEqual(states(straight));
    remove();
    expect(runThrough(stopped, 50 * BODY)).toEqual([]);
    runThrough(straight, 50 * BODY);
    expect(states(stopped)).toEqual(states(straight));
    if (regions) expect(stopped.cluster.statistics.instructionsInRegions).toBeGreaterThan(0);
  });

  it('stops at a place in memory whatever its address, for the CPU that is meant', () => {
    const board = boardOn(regions);
    const place = LOOP;
    const host = hostOffset(board.bytes(place, 4).byteOffset);
    board.cluster.addBreakpoint({ cpu: 1, address: { host } });
    board.cluster.addBreakpoint({ address: { virtual: gva(BigInt(place + 4096)) } });
    expect(runThrough(board, 200)).toEqual([]);
    board.cluster.addBreakpoint({ cpu: 0, address: { host } });
    expect(runThrough(board, BODY * 3)).toEqual([place, place, place]);
  });

  it('runs of any lengths, some of one instruction, with breakpoints that come and go, are one run', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ count: fc.oneof(fc.constant(1), fc.nat(300)), place: fc.nat(BODY - 1), on: fc.boolean() }),
          {
            minLength: 5,
            maxLength: 60,
          },
        ),
        (runs) => {
          const board = boardOn(regions);
          const removers = new Map<number, () => void>();
          let total = 0;
          for (const { count, place, on } of runs) {
            removers.get(place)?.();
            removers.delete(place);
            if (on)
              removers.set(place, board.cluster.addBreakpoint({ address: { virtual: gva(BigInt(places[place]!)) } }));
            const stops = runThrough(board, count);
            for (const stop of stops) expect([...removers.keys()].map((key) => places[key])).toContain(stop);
            total += count;
            expect(board.cpu.retired).toBe(total);
          }
          const straight = boardOn(false);
          straight.cpu.run(total as Instructions);
          expect(states(board)).toEqual(states(straight));
        },
      ),
      { numRuns: 5 },
    );
  });
});
