// What is due at a guest time: a small ordered queue. Events of the same time run in the order in which they were made.
import type { GuestNs } from '../util/units.ts';

interface Entry {
  time: GuestNs;
  serial: number;
  action: () => void;
}

export class EventQueue {
  /** Sorted, latest first, so that the next one is popped from the end. */
  #entries: Entry[] = [];
  #serial = 0;

  /** @returns a canceller; cancelling twice or after the event ran does nothing. */
  at(time: GuestNs, action: () => void): () => void {
    const entry = { time, serial: this.#serial++, action };
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Entry).time > time) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** Time of the next event, Infinity if there is none. */
  get next(): number {
    return this.#entries.at(-1)?.time ?? Infinity;
  }

  /** Runs one event that is due at or before `now`. False if none is. */
  runDue(now: GuestNs): boolean {
    const entry = this.#entries.at(-1);
    if (!entry || entry.time > now) return false;
    this.#entries.pop();
    entry.action();
    return true;
  }
}
