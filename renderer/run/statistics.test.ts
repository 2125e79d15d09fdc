import { describe, expect, it } from 'vitest';
import { NO_STATISTICS } from '../../engine/contract/index.ts';
import { statisticsGroups, translatedShare } from './statistics.ts';

const statistics = {
  ...NO_STATISTICS,
  tlbMisses: 12_345_678,
  regionsTranslated: 2054,
  instructionsInRegions: 750,
  translateMs: 5665.4,
  exits: { access: 1, system: 2, call: 3, exception: 4 },
  regionExits: { interpreter: 5, budget: 6, untranslated: 7 },
};
const valueOf = (title: string, name: string, from = statistics, instructions = 1000) =>
  statisticsGroups(from, instructions)
    .find((group) => group.title === title)
    ?.rows.find((row) => row.name === name)?.value;

describe('statistics of the engine', () => {
  it('have units and are given in full while that is short', () => {
    expect(valueOf('translated regions', 'translated')).toBe('2,054');
    expect(valueOf('translated regions', 'time in translation')).toBe('5.67 s');
    expect(valueOf('misses of the TLB', 'data')).toBe('12.3M');
    expect(valueOf('exits of regions', 'not translated')).toBe('7');
  });

  it('tell who executed the instructions', () => {
    expect(valueOf('instructions', 'interpreted')).toBe('250');
    expect(translatedShare(statistics, 1000)).toBe(0.75);
    expect(translatedShare(statistics, 0)).toBeUndefined();
    // The count of instructions may be older than the statistics.
    expect(valueOf('instructions', 'interpreted', statistics, 700)).toBe('0');
    expect(translatedShare(statistics, 700)).toBe(1);
  });

  it('leave out what an older record does not have, and exits of what never was', () => {
    const cold = { ...statistics, regionsTranslated: 0 };
    expect(statisticsGroups(cold, 1000).map(({ title }) => title)).not.toContain('exits of regions');
    const { regionExits: _, ...older } = statistics;
    expect(statisticsGroups(older, 1000).map(({ title }) => title)).not.toContain('exits of regions');
  });

  it('show every number that the record holds', () => {
    const numbers = (value: unknown): number[] =>
      typeof value === 'number' ? [value] : Object.values(value as object).flatMap(numbers);
    const rows = statisticsGroups(statistics, 1000).flatMap((group) => group.rows);
    // One more: the instructions that were interpreted.
    expect(rows).toHaveLength(numbers(statistics).length + 1);
  });
});
