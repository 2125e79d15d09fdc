import fc from 'fast-check';
import { expect, test } from 'vitest';
import { align } from './align.ts';
import type { Stretch } from './align.ts';

const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 });

/** What a script of stretches makes of the two sequences. */
function replay(a: readonly string[], b: readonly string[], stretches: readonly Stretch[]): [string[], string[]] {
  const left: string[] = [];
  const right: string[] = [];
  for (const { kind, a: fromA, b: fromB, length } of stretches) {
    if (kind !== 'added') left.push(...a.slice(fromA, fromA + length));
    if (kind !== 'removed') right.push(...b.slice(fromB, fromB + length));
  }
  return [left, right];
}

test('stretches cover both sequences once, in order, and the same are the same', () => {
  fc.assert(
    fc.property(words, words, (a, b) => {
      const stretches = align(a, b);
      expect(replay(a, b, stretches)).toEqual([a, b]);
      for (const { kind, a: fromA, b: fromB, length } of stretches)
        if (kind === 'same') expect(a.slice(fromA, fromA + length)).toEqual(b.slice(fromB, fromB + length));
    }),
  );
});

/** Length of a longest common subsequence, by the plain table. */
function common(a: readonly string[], b: readonly string[]): number {
  const row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    let diagonal = 0;
    for (const [j, y] of b.entries()) {
      const above = row[j + 1]!;
      row[j + 1] = x === y ? diagonal + 1 : Math.max(above, row[j]!);
      diagonal = above;
    }
  }
  return row[b.length]!;
}

test('no alignment keeps more', () => {
  fc.assert(
    fc.property(words, words, (a, b) => {
      const kept = align(a, b)
        .filter(({ kind }) => kind === 'same')
        .reduce((sum, { length }) => sum + length, 0);
      expect(kept).toBe(common(a, b));
    }),
  );
});

test('long sequences with nothing in common end in time', () => {
  const a = Array.from({ length: 20_000 }, (_, i) => `a${i}`);
  const b = Array.from({ length: 20_000 }, (_, i) => `b${i}`);
  expect(align(a, b).map(({ kind, length }) => [kind, length])).toEqual([
    ['removed', 20_000],
    ['added', 20_000],
  ]);
});
