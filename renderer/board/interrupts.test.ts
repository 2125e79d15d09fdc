import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allBut, irqchipsWith, lineRanges } from './interrupts.ts';
import { interruptsOf } from './pins.ts';
import type { CellConfig, Irqchip } from '../../engine/config/index.ts';

const GICD = 0x800_0000n;
const linesOf = (irqchips: Irqchip[], x86 = false): number[] =>
  interruptsOf({ irqchips } as unknown as CellConfig, x86);
const lines = fc.uniqueArray(fc.integer({ min: 0, max: 987 })).map((all) => all.sort((a, b) => a - b));

describe('interrupt lines', () => {
  it('become bitmaps and come back', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const chips = irqchipsWith([], before, false, GICD);
        expect(linesOf(chips)).toEqual(before);
        expect(linesOf(irqchipsWith(chips, after, false, GICD))).toEqual(after);
      }),
    );
  });

  it('keep the entries that are there, and their odd bases', () => {
    const odd: Irqchip = { address: GICD, id: 7, pinBase: 64, pinBitmap: [1, 0, 0, 0] };
    expect(irqchipsWith([odd], [32, 33], false, 0n)).toEqual([{ ...odd, pinBitmap: [3, 0, 0, 0] }]);
    expect(irqchipsWith([odd], [0, 32], false, 0n)).toEqual([
      odd,
      { address: GICD, id: 0, pinBase: 32, pinBitmap: [1, 0, 0, 0] },
    ]);
    expect(irqchipsWith([odd], [], false, 0n)).toEqual([]);
  });

  it('use all 32 bits of a word', () => {
    expect(irqchipsWith([], [31], false, GICD)[0]!.pinBitmap[0]).toBe(0x8000_0000);
  });

  it('read as ranges by owner, with devices', () => {
    const uart = { name: 'uart0', kind: 'device' as const, start: 0n, size: 1n, spis: [1] };
    const others = [{ title: 'greeter', lines: new Set([2, 3]) }];
    expect(lineRanges([0, 1, 2, 3, 5], [uart], others)).toEqual([
      { first: 0, last: 1, devices: ['uart0'], others: [] },
      { first: 2, last: 3, devices: [], others: ['greeter'] },
      { first: 5, last: 5, devices: [], others: [] },
    ]);
  });

  it('are everything but some', () => {
    expect(allBut([1, 2], 5)).toEqual([0, 3, 4]);
    expect(allBut([], 5000)).toHaveLength(988);
  });
});
