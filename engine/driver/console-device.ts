// Reading /dev/jailhouse: the hypervisor's console as a stream, each open with its own position.
// Source: ABI reference, E.1 (device read).
import { ERRNO, readRing, RING_SIZE, type RingSnapshot, type Task, type Wait } from '../hypervisor/index.ts';
import { guestNs, type GuestNs } from '../util/units.ts';

/** Blocked readers look again this often: HZ/10. */
const POLL_NS = 100_000_000;

/** What the driver knows of the console at this moment. */
export interface ConsoleSource {
  readonly now: GuestNs;
  readonly enabled: boolean;
  /** False: the system configuration forbids the root to read it. */
  readonly permitted: boolean;
  /** Counts enables: a position belongs to one of them. */
  readonly epoch: number;
  /** The live page, or the copy that was saved at disable or a failed enable. */
  snapshot(): RingSnapshot | undefined;
}

export class ConsoleReader {
  readonly #source: ConsoleSource;
  #head = 0;
  #epoch: number;

  constructor(source: ConsoleSource) {
    this.#source = source;
    this.#epoch = source.epoch;
  }

  /**
   * One read(2) with O_NONBLOCK: bytes (none: nothing new) or a negated error number.
   * @param count size of the reader's buffer
   */
  poll(count = RING_SIZE): Uint8Array | number {
    const { enabled, permitted, epoch } = this.#source;
    if (!permitted) return -ERRNO.EPERM;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#head = 0;
    }
    const snapshot = this.#source.snapshot();
    if (!snapshot) {
      this.#head = 0;
      return enabled ? new Uint8Array() : -ERRNO.EAGAIN;
    }
    const { bytes, missed } = readRing(snapshot, this.#head);
    if (missed > 0) {
      this.#head = (this.#head + missed) >>> 0;
      return new TextEncoder().encode(`<missed ${missed} bytes of console log>\n`);
    }
    const part = bytes.subarray(0, count);
    this.#head = (this.#head + part.length) >>> 0;
    return part;
  }

  /** One blocking read(2). `interrupted` ends the wait with -EINTR. */
  *read(count: number, interrupted: () => boolean): Task<Uint8Array | number> {
    for (;;) {
      const result = this.poll(count);
      const wouldBlock = typeof result === 'number' ? result === -ERRNO.EAGAIN : result.length === 0;
      if (!wouldBlock) return result;
      if (interrupted()) return -ERRNO.EINTR;
      const wait: Wait = {
        until: guestNs(this.#source.now + POLL_NS),
        stop: interrupted,
        reason: 'the hypervisor console',
      };
      yield wait;
    }
  }
}
