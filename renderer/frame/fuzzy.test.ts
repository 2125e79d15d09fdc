import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzyMatch } from './fuzzy.ts';

describe('the palette', () => {
  it('finds letters in order and shows which', () => {
    expect(fuzzyMatch('csd', 'Cell: shut down')?.at).toHaveLength(3);
    expect(fuzzyMatch('xyz', 'Cell: shut down')).toBeUndefined();
    expect(fuzzyMatch('shut', 'Cell: shut down')?.at).toEqual([6, 7, 8, 9]);
  });

  it('prefers word beginnings and unbroken runs', () => {
    const score = (query: string, text: string): number => fuzzyMatch(query, text)?.score ?? -1;
    expect(score('boot', 'Boot the board')).toBeGreaterThan(score('boot', 'Go to the board view, then on to it'));
    expect(score('ec', 'Export .cell files')).toBeGreaterThan(score('ec', 'Select'));
  });

  it('marks only characters that are the query', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (query, text) => {
        const match = fuzzyMatch(query, text);
        const last = match?.at.at(-1);
        expect(last === undefined || last < text.length).toBe(true);
        expect(match?.at.every((at, i) => i === 0 || at > match.at[i - 1]!) ?? true).toBe(true);
      }),
    );
  });
});
