import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Axis, foldAxis, FOLD_HEIGHT, MIN_REGION_HEIGHT } from './axis.ts';
import type { Span } from './axis.ts';

const page = 4096n;
const span = fc
  .tuple(fc.bigInt({ min: 0n, max: 1n << 26n }), fc.bigInt({ min: 1n, max: 1n << 20n }))
  .map(([start, size]): Span => ({ start: start * page, end: (start + size) * page }));
const spans = fc.array(span, { minLength: 1, maxLength: 40 });

describe('the folded axis', () => {
  it('is monotone, without holes, and covers every span', () => {
    fc.assert(
      fc.property(spans, fc.array(span, { maxLength: 5 }), (used, marks) => {
        const axis = foldAxis(used, marks);
        axis.pieces.forEach((piece, i) => {
          const next = axis.pieces[i + 1];
          expect(piece.height).toBeGreaterThan(0);
          if (next) {
            expect(next.start).toBe(piece.end);
            expect(next.y).toBeCloseTo(piece.y + piece.height, 6);
            expect(piece.folded && next.folded).toBe(false);
          }
        });
        for (const { start, end } of used) {
          expect(axis.y(end) - axis.y(start)).toBeGreaterThanOrEqual(MIN_REGION_HEIGHT - 1e-6);
          expect(axis.pieces.some((piece) => piece.folded && piece.start < end && piece.end > start)).toBe(false);
        }
      }),
    );
  });

  it('finds the address under a pixel again, at every scale', () => {
    fc.assert(
      fc.property(spans, fc.double({ min: 0.1, max: 64, noNaN: true }), (used, scale) => {
        const axis = foldAxis(used).scaled(scale);
        for (const { start, end } of used) {
          const middle = (start + end) / 2n;
          const piece = axis.pieces.find((each) => each.start <= middle && middle < each.end)!;
          const found = axis.address(axis.y(middle));
          const off = found > middle ? found - middle : middle - found;
          expect(Number(off)).toBeLessThanOrEqual(1 + Number(piece.end - piece.start) * 1e-9);
        }
      }),
    );
  });

  it('folds what nobody uses, RAM banks included, and keeps small gaps to scale', () => {
    const uart = { start: 0x9000000n, end: 0x9001000n };
    const ram = { start: 0x70000000n, end: 0x78000000n };
    const axis = foldAxis([uart, ram], [{ start: 0x40000000n, end: 0x80000000n }]);
    expect(axis.pieces.filter((piece) => piece.folded).map((piece) => [piece.start, piece.end])).toEqual([
      [0x9001000n, 0x70000000n],
      [0x78000000n, 0x80000000n],
    ]);
    const close = foldAxis([uart, { start: 0x9002000n, end: 0x9003000n }]);
    expect(close.pieces.some((piece) => piece.folded)).toBe(false);
  });

  it('scales stretches and leaves folds alone', () => {
    const axis = foldAxis([
      { start: 0n, end: 0x10000n },
      { start: 0x40000000n, end: 0x40010000n },
    ]);
    const tall = axis.scaled(4);
    expect(tall.pieces.find((piece) => piece.folded)!.height).toBe(FOLD_HEIGHT);
    expect(tall.pieces[0]!.height).toBeCloseTo(4 * axis.pieces[0]!.height);
    expect(axis.scaled(axis.scaleToFit(700)).height).toBeCloseTo(700);
  });

  it('keeps labels apart and puts a ruler into tall stretches', () => {
    fc.assert(
      fc.property(spans, fc.double({ min: 0.5, max: 40, noNaN: true }), (used, scale) => {
        const ticks = foldAxis(used).scaled(scale).ticks(15);
        expect(ticks.length).toBeGreaterThan(0);
        ticks.forEach((tick, i) => i > 0 && expect(tick.y - ticks[i - 1]!.y).toBeGreaterThanOrEqual(14.999));
      }),
    );
    const tall = foldAxis([{ start: 0x40000000n, end: 0x80000000n }]).scaled(20);
    expect(tall.ticks(15).some((tick) => !tick.edge && tick.address === 0x60000000n)).toBe(true);
  });

  it('survives having nothing to show', () => {
    const axis = foldAxis([]);
    expect(axis).toBeInstanceOf(Axis);
    expect(axis.y(5n)).toBe(axis.y(0n));
    expect(axis.address(100)).toBe(0n);
    expect(axis.ticks(15)).toEqual([]);
  });
});
