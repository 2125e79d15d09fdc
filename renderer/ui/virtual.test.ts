import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrollToRow, visibleRows } from './virtual.ts';

describe('long lists', () => {
  it('draw every row that is in view and few others', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(200_000), fc.integer({ min: 1, max: 2000 }), (count, top, height) => {
        const { first, end } = visibleRows(count, 20, top, height);
        expect(first).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(count);
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / 20) + 1 + 16);
        for (let row = Math.floor(top / 20); row < Math.min(count, (top + height) / 20); row++) {
          expect(row >= first && row < end).toBe(true);
        }
      }),
    );
  });

  it('scroll no further than needed', () => {
    expect(scrollToRow(3, 20, 0, 200)).toBe(0);
    expect(scrollToRow(10, 20, 0, 200)).toBe(20);
    expect(scrollToRow(2, 20, 100, 200)).toBe(40);
  });
});
