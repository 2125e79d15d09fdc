import fc from 'fast-check';
import { expect, test } from 'vitest';
import { geometricMean, median } from './statistics.ts';

const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const some = fc.array(positive, { minLength: 1, maxLength: 50 });

test('as many values lie below the median as above', () => {
  fc.assert(
    fc.property(some, (values) => {
      const middle = median(values);
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

test('the geometric mean of ratios is the inverse of the mean of their inverses', () => {
  fc.assert(
    fc.property(some, (ratios) => {
      const inverse = geometricMean(ratios.map((ratio) => 1 / ratio));
      expect(geometricMean(ratios) * inverse).toBeCloseTo(1, 9);
    }),
  );
});

test('known values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(geometricMean([0.5, 2, 8])).toBeCloseTo(2);
  expect(() => median([])).toThrow(RangeError);
  expect(() => geometricMean([])).toThrow(RangeError);
});
