// Compares two recorded runs: what they were given, how they ended, their consoles line by line, their counters.
import type { RecordedRun } from './file.ts';
import { align } from './align.ts';
import { consoleLines } from './lines.ts';
import type { ConsoleLine } from './lines.ts';

/** One value that both runs have and that differs. */
export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

/** A stretch of lines of one console: in one run only, or in both (then only their times may differ). */
export interface LineStretch {
  readonly kind: 'same' | 'removed' | 'added';
  readonly lines: readonly { readonly a?: ConsoleLine; readonly b?: ConsoleLine }[];
}

export interface ConsoleComparison {
  readonly console: string;
  readonly stretches: readonly LineStretch[];
  readonly differing: number;
}

export interface Comparison {
  /** True if the digests are equal: then nothing below differs. */
  readonly same: boolean;
  /** Inputs: board, CPUs, script, files by hash. */
  readonly given: readonly Difference[];
  readonly ended: readonly Difference[];
  readonly consoles: readonly ConsoleComparison[];
  /** By cell and counter. */
  readonly counters: readonly Difference[];
  /** The earliest line that only one run has. */
  readonly firstDifference?: {
    readonly console: string;
    readonly guestNs: number;
    readonly text: string;
    readonly run: 'a' | 'b';
  };
}

const NONE = '—';

function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): Difference[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((what) => a.get(what) !== b.get(what))
    .map((what) => ({ what, a: a.get(what) ?? NONE, b: b.get(what) ?? NONE }));
}

const given = (run: RecordedRun): Map<string, string> =>
  new Map([
    ['board', run.board],
    ['CPUs', String(run.cpus)],
    ['script', run.script ?? NONE],
    ...run.files.map(({ path, sha256, size }): [string, string] => [path, `${size} bytes, ${sha256.slice(0, 12)}`]),
  ]);

const ended = ({ result }: RecordedRun): Map<string, string> =>
  new Map([
    ['result', result.result],
    ['reason', result.reason ?? NONE],
    ['guest seconds', String(result.guestSeconds)],
    ['instructions', String(result.instructions)],
    ['digest', result.digest],
  ]);

const counters = ({ result }: RecordedRun): Map<string, string> =>
  new Map(
    Object.entries(result.counters).flatMap(([cell, values]) =>
      Object.entries(values).map(([name, value]): [string, string] => [`${cell} ${name}`, String(value)]),
    ),
  );

function linesOf(run: RecordedRun, name: string): ConsoleLine[] {
  const console = run.consoles.find(({ info }) => info.name === name);
  return consoleLines(
    console?.chunks.map(({ guestNs, base64 }) => ({ guestNs, bytes: Buffer.from(base64, 'base64') })) ?? [],
  );
}

function compareConsole(console: string, a: readonly ConsoleLine[], b: readonly ConsoleLine[]): ConsoleComparison {
  const stretches = align(
    a.map(({ normal }) => normal),
    b.map(({ normal }) => normal),
  ).map(({ kind, a: fromA, b: fromB, length }): LineStretch => ({
    kind,
    lines: Array.from({ length }, (_, i) => ({
      ...(kind !== 'added' && { a: a[fromA + i]! }),
      ...(kind !== 'removed' && { b: b[fromB + i]! }),
    })),
  }));
  const differing = stretches.reduce((sum, { kind, lines }) => sum + (kind === 'same' ? 0 : lines.length), 0);
  return { console, stretches, differing };
}

export function compareRuns(a: RecordedRun, b: RecordedRun): Comparison {
  const names = [...new Set([...a.consoles, ...b.consoles].map(({ info }) => info.name))];
  const consoles = names.map((name) => compareConsole(name, linesOf(a, name), linesOf(b, name)));
  const first = consoles
    .flatMap(({ console, stretches }) =>
      stretches
        .filter(({ kind }) => kind !== 'same')
        .map(({ kind, lines }) => {
          const run = kind === 'removed' ? ('a' as const) : ('b' as const);
          const { guestNs, text } = lines[0]![run]!;
          return { console, guestNs, text, run };
        }),
    )
    .sort((x, y) => x.guestNs - y.guestNs)[0];
  return {
    same: a.result.digest === b.result.digest,
    given: differences(given(a), given(b)),
    ended: differences(ended(a), ended(b)),
    consoles,
    counters: differences(counters(a), counters(b)),
    ...(first && { firstDifference: first }),
  };
}
