// What the engine did to run the guest's code, in words: rows of counts, each with its unit and what it means.
import type { CacheStatistics } from '../../engine/contract/index.ts';
import { countText, shortCount, spanText } from '../format/time.ts';

export interface StatisticsRow {
  name: string;
  /** As it is shown; `exact` in full for the tooltip. */
  value: string;
  exact: string;
  /** What is counted, in a sentence. */
  meaning: string;
}

export interface StatisticsGroup {
  title: string;
  rows: StatisticsRow[];
}

/** Up to here counts are given in full. */
const LONG = 1e7;
const NS_PER_MS = 1e6;

function count(name: string, value: number, meaning: string): StatisticsRow {
  const exact = countText(value);
  return { name, value: value < LONG ? exact : shortCount(value), exact, meaning };
}

/** Part of the guest's instructions that translated code ran, 0 to 1; undefined before the first. */
export const translatedShare = (statistics: CacheStatistics, instructions: number): number | undefined =>
  instructions > 0 ? Math.min(1, statistics.instructionsInRegions / instructions) : undefined;

/** @param instructions that the guest has executed, on all CPUs */
export function statisticsGroups(statistics: CacheStatistics, instructions: number): StatisticsGroup[] {
  const { exits, translateMs } = statistics;
  const regionExits = statistics.regionsTranslated > 0 ? statistics.regionExits : undefined;
  const inRegions = statistics.instructionsInRegions;
  return [
    {
      title: 'instructions',
      rows: [
        count('in translated code', inRegions, 'Guest instructions that regions of WebAssembly executed.'),
        count(
          'interpreted',
          Math.max(0, instructions - inRegions),
          'Guest instructions that the interpreter executed.',
        ),
      ],
    },
    {
      title: 'translated regions',
      rows: [
        count('translated', statistics.regionsTranslated, 'Stretches of hot guest code that became WebAssembly.'),
        count('evicted', statistics.regionsEvicted, 'Regions given up: their code changed, or the cache was full.'),
        {
          name: 'time in translation',
          value: spanText(translateMs * NS_PER_MS),
          exact: `${translateMs.toFixed(1)} ms of host time`,
          meaning: 'Host time spent on making regions.',
        },
      ],
    },
    ...(regionExits
      ? [
          {
            title: 'exits of regions',
            rows: [
              count(
                'to the interpreter',
                regionExits.interpreter,
                'For an instruction that only the interpreter does.',
              ),
              count('end of the slice', regionExits.budget, 'The CPU had used up the guest time it was given.'),
              count('not translated', regionExits.untranslated, 'The next instruction is in no region yet.'),
            ],
          },
        ]
      : []),
    {
      title: 'decoded code',
      rows: [
        count('pages decoded', statistics.pagesDecoded, 'Pages of 4 KiB whose instructions were decoded.'),
        count('instructions decoded', statistics.instructionsDecoded, 'Each once, however often it runs.'),
        count('pages evicted', statistics.pagesEvicted, 'Pages given up to keep the cache in its bounds.'),
        count('invalidated', statistics.recordsInvalidated, 'Decoded instructions that the guest has overwritten.'),
      ],
    },
    {
      title: 'misses of the TLB',
      rows: [
        count('data', statistics.tlbMisses, 'Accesses whose address had to be translated by a walk of the tables.'),
        count('code', statistics.codeTlbMisses, 'Fetches whose address had to be translated, or a page looked up.'),
      ],
    },
    {
      title: 'exits of the guest',
      rows: [
        count('device access', exits.access, 'Accesses outside RAM: devices, or memory that the cell does not have.'),
        count('system register', exits.system, 'Registers that the board or the hypervisor holds.'),
        count('call', exits.call, 'HVC and SMC: hypercalls and PSCI.'),
        count('exception', exits.exception, 'Exceptions that the guest took itself: interrupts, faults, system calls.'),
      ],
    },
  ];
}
