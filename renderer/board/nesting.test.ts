import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nestingDepths, overlap } from './nesting.ts';

const span = fc
  .tuple(fc.bigInt({ min: 0n, max: 60n }), fc.bigInt({ min: 1n, max: 30n }))
  .map(([start, size]) => ({ start, end: start + size }));

describe('nesting', () => {
  it('never puts two overlapping spans at one depth', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30 }), (spans) => {
        const depths = nestingDepths(spans);
        for (let i = 0; i < spans.length; i++) {
          for (let j = i + 1; j < spans.length; j++) {
            if (overlap(spans[i]!, spans[j]!)) expect(depths[i]).not.toBe(depths[j]);
          }
        }
      }),
    );
  });

  it('puts the inner span deeper than the one around it', () => {
    const outer = { start: 0n, end: 100n };
    const inner = { start: 0n, end: 10n };
    expect(nestingDepths([inner, outer, { start: 100n, end: 110n }])).toEqual([1, 0, 0]);
  });

  it('finds the shared part', () => {
    expect(overlap({ start: 0n, end: 8n }, { start: 4n, end: 12n })).toEqual({ start: 4n, end: 8n });
    expect(overlap({ start: 0n, end: 4n }, { start: 4n, end: 12n })).toBeUndefined();
  });
});
