// A clock for device tests: guest time moves when the test says so, and what is due happens on the way. For tests only.
import { guestNs } from '../../util/units.ts';
import type { GuestNs } from '../../util/units.ts';
import type { InterruptLine } from '../api.ts';
import { EventQueue } from '../events.ts';
import type { DeviceClock } from './clock.ts';

export class TestClock implements DeviceClock {
  now = guestNs(0);
  readonly #events = new EventQueue();

  at(time: GuestNs, action: () => void): () => void {
    return this.#events.at(time, action);
  }

  advance(ns: number): void {
    const until = guestNs(this.now + ns);
    while (this.#events.next <= until) {
      this.now = guestNs(Math.max(this.now, this.#events.next));
      this.#events.runDue(this.now);
    }
    this.now = until;
  }
}

/** A wire whose level and rises the test reads. */
export class TestLine implements InterruptLine {
  level = false;
  rises = 0;

  set(level: boolean): void {
    if (level && !this.level) this.rises++;
    this.level = level;
  }
}
