// The virtual console page: a ring of 2048 bytes with a running count of what was ever written.
// Source: ABI reference, A.12 (layout), B.11 (bytes arrive unconverted), E.1 (reading, lost bytes).

export const RING_SIZE = 2048;

/** A copy of the page, as the driver keeps it after disable. */
export interface RingSnapshot {
  /** Bytes written since the start, modulo 2^32. */
  readonly tail: number;
  /** The ring itself, indexed by tail modulo its size. */
  readonly content: Uint8Array;
}

export class ConsoleRing {
  readonly #content = new Uint8Array(RING_SIZE);
  #tail = 0;

  get tail(): number {
    return this.#tail;
  }

  put(byte: number): void {
    this.#content[this.#tail % RING_SIZE] = byte;
    this.#tail = (this.#tail + 1) >>> 0;
  }

  snapshot(): RingSnapshot {
    return { tail: this.#tail, content: this.#content.slice() };
  }
}

/**
 * What a reader at position `head` finds: the bytes since then, at most a ring full, and how many were lost before.
 */
export function readRing({ tail, content }: RingSnapshot, head: number): { bytes: Uint8Array; missed: number } {
  const written = (tail - head) >>> 0;
  const count = Math.min(written, RING_SIZE);
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = content[(tail - count + i + 2 ** 32) % RING_SIZE]!;
  return { bytes, missed: written - count };
}
