// Drives a task (the root shell, a script) and the machine under it. Free, paced and paused runs and a single step use this
// one pump; when it returns is the host's affair, what the guest sees is not: `machine.run` only ever stops where the
// guest's own schedule has a boundary.
import { FOREVER } from '../hypervisor/index.ts';
import type { Task, Wait } from '../hypervisor/index.ts';
import type { Machine, RunEnd } from '../machine/api.ts';
import { guestNs, instructions } from '../util/units.ts';
import type { GuestNs, Instructions } from '../util/units.ts';

/**
 * Why `advance` came back. `busy`: the caller asked. `ahead`: guest time reached the caller's limit. `idle`: nothing can
 * happen before something comes in from outside. `finished`: the task ended. `breakpoint`: a CPU stands in front of one.
 * `stepped`: one has done its step.
 */
export type PumpEnd = 'busy' | 'ahead' | 'idle' | 'finished' | 'breakpoint' | 'stepped';

/** As much of a machine as a pump uses. */
export interface Pumped extends Pick<Machine, 'run' | 'now'> {
  step(cpu: number, count: Instructions, until: GuestNs, stop: () => boolean): RunEnd;
}

type Move = (until: GuestNs, stop: () => boolean) => RunEnd;

export class Pump<Result> {
  readonly #machine: Pumped;
  readonly #task: Task<Result>;
  /** The task takes its first step with the first `advance`, when everyone who wants to listen does. */
  #started = false;
  #wait: Wait | undefined;
  #result: { value: Result } | undefined;

  constructor(machine: Pumped, task: Task<Result>) {
    this.#machine = machine;
    this.#task = task;
  }

  /** Undefined until the task has ended. */
  get result(): { value: Result } | undefined {
    return this.#result;
  }

  /** What the task waits for, in words. */
  get waitingFor(): string | undefined {
    return this.#wait?.reason;
  }

  /**
   * @param limit guest time not to be passed; a multiple of the scheduler's slice, or the guest would notice
   * @param breakOff asked several times a slice: true to come back
   */
  advance(limit: GuestNs = FOREVER, breakOff: () => boolean = () => false): PumpEnd {
    return this.#go(limit, (until, stop) => this.#machine.run(until, stop, breakOff));
  }

  /** As `advance`, up to behind the next `count` instructions of one CPU. */
  step(cpu: number, count: Instructions = instructions(1), limit: GuestNs = FOREVER): PumpEnd {
    return this.#go(limit, (until, stop) => this.#machine.step(cpu, count, until, stop));
  }

  #go(limit: GuestNs, move: Move): PumpEnd {
    if (!this.#started) {
      this.#started = true;
      this.#take(this.#task.next());
    }
    while (this.#wait) {
      const { until, stop } = this.#wait;
      let met = false;
      const end = move(guestNs(Math.min(until, limit)), () => (met = stop?.() ?? false));
      if (met) this.#take(this.#task.next('stopped'));
      else if (end === 'breakpoint' || end === 'stepped' || end === 'idle') return end;
      else if (end === 'stopped') return 'busy';
      else if (this.#machine.now >= until) this.#take(this.#task.next('time'));
      else return 'ahead';
    }
    return 'finished';
  }

  #take(step: IteratorResult<Wait, Result>): void {
    this.#wait = step.done ? undefined : step.value;
    if (step.done) this.#result = { value: step.value };
  }
}
