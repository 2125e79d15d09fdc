// Guest time against host time, for runs that are paced: how far the guest may be now, and when to look again.
import { SLICE } from '../machine/scheduler.ts';
import { guestNs } from '../util/units.ts';
import type { GuestNs } from '../util/units.ts';

const NS_PER_MS = 1e6;
/** An engine at rest looks around this often; what a person types does not wait for it. */
const LONGEST_REST_MS = 100;
/** A guest that is further behind (the host was busy, or the guest is) is not hurried to catch up. Longer than any rest. */
const FORGIVEN_MS = 3 * LONGEST_REST_MS;

/** A clock of the host in milliseconds: performance.now. */
export type HostClock = () => number;

export class Pacer {
  readonly #clock: HostClock;
  #guestAnchor = 0;
  #hostAnchor: number;

  constructor(clock: HostClock) {
    this.#clock = clock;
    this.#hostAnchor = clock();
  }

  /** Guest time goes on from here at the host's speed (start, resume, change of pace). */
  anchor(now: GuestNs): void {
    this.#guestAnchor = now;
    this.#hostAnchor = this.#clock();
  }

  /** How far the guest may go now: on the scheduler's grid, so that pacing leaves no trace. */
  limit(now: GuestNs): GuestNs {
    const furthest = now + FORGIVEN_MS * NS_PER_MS;
    if (this.#target() > furthest) this.anchor(guestNs(furthest));
    return guestNs(Math.max(Math.floor(this.#target() / SLICE) * SLICE, Math.ceil(now / SLICE) * SLICE));
  }

  /** Host milliseconds until something can be due, given when the machine wakes by itself. */
  rest(wake: number): number {
    return Math.min(Math.max((wake - this.#target()) / NS_PER_MS, 1), LONGEST_REST_MS);
  }

  #target(): number {
    return this.#guestAnchor + (this.#clock() - this.#hostAnchor) * NS_PER_MS;
  }
}
