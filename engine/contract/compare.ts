// Two stored runs beside each other, as main tells a window: what each was given, how it ended, its consoles line by line, its
// exit counters. engine/record/compare.ts says how lines are aligned and what is masked before.
import { z } from 'zod';
import { consoleInfo } from './record.ts';

/** One value that differs; `—` where a run has none. */
export const runDifference = z.object({ what: z.string(), a: z.string(), b: z.string() });
export type RunDifference = z.infer<typeof runDifference>;

/** A line of a console in one run or in both. */
export const comparedLine = z.object({
  text: z.string(),
  /** The other run's text, where only what is masked differs (times that a guest prints). */
  other: z.string().optional(),
  /** Guest time in either run; absent: the line is not in that run. */
  a: z.number().optional(),
  b: z.number().optional(),
});
export type ComparedLine = z.infer<typeof comparedLine>;

export const comparedConsole = z.object({
  info: consoleInfo,
  /** In the order of both runs: stretches that both have, and those that only one has. */
  stretches: z.array(z.object({ kind: z.enum(['same', 'removed', 'added']), lines: z.array(comparedLine) })),
  /** Lines that only one run has. */
  differing: z.number(),
});
export type ComparedConsole = z.infer<typeof comparedConsole>;

export const runComparison = z.object({
  /** Equal digests: nothing below differs. */
  same: z.boolean(),
  given: z.array(runDifference),
  ended: z.array(runDifference),
  consoles: z.array(comparedConsole),
  /** Last sums of every exit counter of every cell; absent: that run has no such cell or counter. */
  counters: z.array(
    z.object({ cell: z.string(), counter: z.string(), a: z.number().optional(), b: z.number().optional() }),
  ),
  /** The earliest line that only one run has. */
  first: z.object({ console: z.string(), guestNs: z.number(), text: z.string(), run: z.enum(['a', 'b']) }).optional(),
});
export type RunComparison = z.infer<typeof runComparison>;
