// Two runs of the store beside each other: engine/record aligns them, this brings them into its form and the result into the contract's.
import {
  NO_STATISTICS,
  systemText,
  type ConsoleText,
  type CounterSample,
  type RunComparison,
  type RunRecord,
} from '../../engine/contract/index.ts';
import { compareRuns } from '../../engine/record/compare.ts';
import type { ConsoleLine } from '../../engine/record/lines.ts';
import type { RecordedRun } from '../../engine/record/file.ts';

export interface StoredRun {
  record: RunRecord;
  board: string;
  console(name: string): ConsoleText;
}

/** The sums of the last sample of each cell, for runs that did not come to their result. */
const lastCounters = (samples: readonly CounterSample[]): Record<string, Record<string, number>> =>
  Object.fromEntries(samples.map(({ cell, counters }) => [cell, counters]));

const countersOf = ({ result, counters }: RunRecord): Record<string, Record<string, number>> =>
  result?.counters ?? lastCounters(counters);

/** A run without a result (it crashed, or is going on) is compared as far as it came. */
const resultOf = (record: RunRecord): RecordedRun['result'] =>
  record.result ?? {
    result: record.outcome ?? 'stopped',
    reason: record.reason ?? (record.outcome === undefined ? 'It is still going on.' : ''),
    guestSeconds: record.guestNs / 1e9,
    hostSeconds: record.hostMs / 1e3,
    instructions: 0,
    counters: countersOf(record),
    events: record.events,
    statistics: NO_STATISTICS,
    digest: '',
  };

const recorded = ({ record, board, console }: StoredRun): RecordedRun => ({
  format: 'cellblock-run',
  version: 1,
  board,
  cpus: record.cpus ?? 0,
  script: record.script,
  files: record.files.map(({ path, hash, size }) => ({ path, sha256: hash, size })),
  consoles: record.consoles.map(({ size: _, ...info }) => {
    const { bytes, marks } = console(info.name);
    return {
      info,
      chunks: marks.map(({ offset, guestNs, instructions }, i) => ({
        guestNs,
        instructions,
        base64: Buffer.from(bytes.subarray(offset, marks[i + 1]?.offset ?? bytes.length)).toString('base64'),
      })),
    };
  }),
  result: resultOf(record),
});

const line = ({ a, b }: { readonly a?: ConsoleLine; readonly b?: ConsoleLine }) => ({
  text: (a ?? b)!.text,
  ...(a && b && a.text !== b.text && { other: b.text }),
  ...(a && { a: a.guestNs }),
  ...(b && { b: b.guestNs }),
});

/** What the window shows by itself, better: files by name and field, counters as a table, the end on the cards. */
const TOLD_ELSEWHERE = /^digest$/;

export function compareStored(a: StoredRun, b: StoredRun): RunComparison {
  const { given, ended, consoles, firstDifference } = compareRuns(recorded(a), recorded(b));
  const infos = [...a.record.consoles, ...b.record.consoles];
  const [left, right] = [countersOf(a.record), countersOf(b.record)];
  const digests = [a.record.result?.digest, b.record.result?.digest];
  return {
    same: digests[0] !== undefined && digests[0] === digests[1],
    given: [
      ...startDifference(a.record, b.record),
      ...given.map((each) =>
        each.what === 'CPUs' ? { what: each.what, a: cpusText(each.a), b: cpusText(each.b) } : each,
      ),
    ],
    ended: ended.filter(({ what }) => !TOLD_ELSEWHERE.test(what)),
    consoles: consoles.map(({ console, stretches, differing }) => {
      const { size: _, ...info } = infos.find(({ name }) => name === console)!;
      return { info, stretches: stretches.map(({ kind, lines }) => ({ kind, lines: lines.map(line) })), differing };
    }),
    counters: [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((cell) =>
      [...new Set([...Object.keys(left[cell] ?? {}), ...Object.keys(right[cell] ?? {})])].map((counter) => ({
        cell,
        counter,
        ...(left[cell]?.[counter] !== undefined && { a: left[cell][counter] }),
        ...(right[cell]?.[counter] !== undefined && { b: right[cell][counter] }),
      })),
    ),
    ...(firstDifference && { first: firstDifference }),
  };
}

const cpusText = (cpus: string): string => (cpus === '0' ? 'all' : cpus);

const startText = ({ system }: RunRecord): string =>
  system === undefined
    ? 'the modelled root Linux'
    : [systemText(system), ...('append' in system ? [`"${system.append}"`] : [])].join(', ');

function startDifference(a: RunRecord, b: RunRecord): RunComparison['given'] {
  const [left, right] = [startText(a), startText(b)];
  return left === right ? [] : [{ what: 'started with', a: left, b: right }];
}
