import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineStamps } from './lineStamps.ts';

describe('line stamps', () => {
  it('remember the first time of each line that can still be seen', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 400 }), (steps) => {
        const stamps = new LineStamps(50);
        const first = new Map<number, number>();
        let line = 0;
        steps.forEach((step, time) => {
          line += step;
          stamps.begin(line, time);
          if (!first.has(line)) first.set(line, time);
        });
        for (let at = Math.max(0, line - 49); at <= line; at++) expect(stamps.at(at)).toBe(first.get(at));
      }),
    );
  });
});
