// What a device sees of the machine's time: now, and a call back at a later guest time. Machine is one.
import type { GuestNs } from '../../util/units.ts';

export interface DeviceClock {
  readonly now: GuestNs;
  /** Calls back at a guest time; returns a canceller. */
  at(time: GuestNs, action: () => void): () => void;
}

/** The clock of devices that can be taken away: when the machine is reset, nothing that the old ones waited for happens. */
export class RevocableClock implements DeviceClock {
  readonly #clock: DeviceClock;
  readonly #cancellers = new Set<() => void>();

  constructor(clock: DeviceClock) {
    this.#clock = clock;
  }

  get now(): GuestNs {
    return this.#clock.now;
  }

  at(time: GuestNs, action: () => void): () => void {
    const cancel = (): void => {
      this.#cancellers.delete(cancel);
      cancelEvent();
    };
    const cancelEvent = this.#clock.at(time, () => {
      this.#cancellers.delete(cancel);
      action();
    });
    this.#cancellers.add(cancel);
    return cancel;
  }

  /** Nothing that was asked for until now comes any more. */
  revoke(): void {
    for (const cancel of [...this.#cancellers]) cancel();
  }
}
