import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignHues, hueOf } from './hues.ts';

describe('hues', () => {
  it('are never taken from a cell that has one, and never shared by two cells of one project', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(names, names, (before, after) => {
        const first = assignHues({}, before);
        const second = assignHues(first, after);
        for (const name of before) expect(second[name]).toBe(first[name]);
        const used = after.filter((name) => !before.includes(name)).map((name) => second[name]);
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });

  it('add a pattern once all eight are taken', () => {
    expect(hueOf(0)).toEqual({ color: 'var(--hue-1)', pattern: 'plain' });
    expect(hueOf(8)).toEqual({ color: 'var(--hue-1)', pattern: 'stripes' });
  });

  it('survive names that look like object machinery', () => {
    expect(assignHues({}, ['constructor', '__proto__x', 'toString'])).toEqual({
      constructor: 0,
      __proto__x: 1,
      toString: 2,
    });
  });
});
