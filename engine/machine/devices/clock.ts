// What a device sees of the machine's time: now, and a call back at a later guest time. Machine is one.
import type { GuestNs } from '../../util/units.ts';

export interface DeviceClock {
  readonly now: GuestNs;
  /** Calls back at a guest time; returns a canceller. */
  at(time: GuestNs, action: () => void): () => void;
}
