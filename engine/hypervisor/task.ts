// Work during which guest time passes: a generator that asks its pump to run the machine and goes on when that is done.
// Hypercalls that wait for a cell's answer, ioctls, tool commands and the root shell are tasks. Whoever pumps decides about
// pace and pause; what the task sees depends on guest state alone, so that paced, paused and free runs are the same run.
import type { Machine } from '../machine/api.ts';
import { guestNs, type GuestNs } from '../util/units.ts';

/** "Run the machine until then, or until `stop` answers true." Same meaning as Machine.run's arguments. */
export interface Wait {
  readonly until: GuestNs;
  readonly stop?: () => boolean;
  /** What is being waited for, to show to people: `cell comm-client to answer a shutdown request`. */
  readonly reason: string;
}

/** How a wait ended; `idle`: nothing can ever happen again (only when `until` was FOREVER). */
export type WaitEnd = 'time' | 'stopped' | 'idle';

export type Task<Result> = Generator<Wait, Result, WaitEnd>;

export const FOREVER = guestNs(Infinity);

/** A task waits for what can never happen: nothing is left that could run. */
export class BlockedForever extends Error {
  constructor(reason: string) {
    super(`Waiting for ${reason}, and nothing is left that could run.`);
  }
}

/**
 * Pumps a task to its end at full speed. Other pumps must, as this one does, not resume a task after `idle` until somebody
 * changed the machine's state from outside; `task.return()` ends a task that waits.
 * @throws BlockedForever
 */
export function finish<Result>(machine: Pick<Machine, 'run'>, task: Task<Result>): Result {
  let step = task.next();
  while (!step.done) {
    const end = machine.run(step.value.until, step.value.stop);
    if (end === 'idle') throw new BlockedForever(step.value.reason);
    // Nobody is there to look at a breakpoint.
    if (end === 'time' || end === 'stopped') step = task.next(end);
  }
  return step.value;
}

/** True if a hypercall or command gave a task and not its result at once. */
export const isTask = <Result>(value: Result | Task<Result>): value is Task<Result> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value;
