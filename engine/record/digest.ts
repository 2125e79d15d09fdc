// The digest of a run: one SHA-256 over everything a guest or a person could tell two runs apart by. Equal inputs give an
// equal digest on every machine, paced or not, with a window or without one. What depends on the host (chunking, speed,
// statistics of caches) never enters.
import { createHash } from 'node:crypto';
import type { ConsoleInfo, RunEvent } from '../contract/record.ts';
import type { Cpu } from '../cpu/port.ts';
import type { Pa } from '../util/units.ts';
import type { Stamp } from './consoles.ts';

/** State that a digest covers. */
export interface DigestedState {
  stamp: Stamp;
  cpus: readonly Cpu[];
  /** Pages with content, in address order. */
  pages: Iterable<{ address: Pa; bytes: Uint8Array }>;
  counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Guests print byte by byte; the hash is fed in pieces of this size. */
const GATHERED_BYTES = 1 << 16;

export class RunDigest {
  #hash = createHash('sha256');
  readonly #gathered = Buffer.alloc(GATHERED_BYTES);
  #size = 0;

  /** Every write to a console, at the place where it happened. */
  output(info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp): void {
    this.#text(`console ${info.name} ${stamp.guestNs} ${stamp.instructions} ${bytes.length}`);
    this.#bytes(bytes);
  }

  event(event: RunEvent): void {
    this.#text(`event ${event.kind} ${event.guestNs} ${event.instructions} ${event.sentence}`);
  }

  /** @returns 64 hex digits over everything so far and this state; the digest goes on from where it was. */
  snapshot(state: DigestedState): string {
    this.#feed();
    const before = this.#hash.copy();
    this.#text(`end ${state.stamp.guestNs} ${state.stamp.instructions}`);
    for (const cpu of state.cpus) {
      this.#text(`cpu ${cpu.index} ${cpu.retired} ${cpu.pc} ${cpu.sp} ${cpu.pstate}`);
      for (let n = 0; n < 31; n++) this.#text(cpu.x(n).toString(16));
    }
    for (const [cell, counters] of Object.entries(state.counters).sort()) {
      for (const [name, value] of Object.entries(counters).sort()) this.#text(`${cell} ${name} ${value}`);
    }
    for (const { address, bytes } of state.pages) {
      this.#text(`page ${address}`);
      this.#bytes(bytes);
    }
    this.#feed();
    const digest = this.#hash.digest('hex');
    this.#hash = before;
    return digest;
  }

  #text(line: string): void {
    const text = `${line}\n`;
    // Each UTF-16 unit is at most three bytes.
    if (3 * text.length > GATHERED_BYTES) return this.#bytes(Buffer.from(text));
    if (this.#size + 3 * text.length > GATHERED_BYTES) this.#feed();
    this.#size += this.#gathered.write(text, this.#size);
  }

  #bytes(bytes: Uint8Array): void {
    if (this.#size + bytes.length > GATHERED_BYTES) this.#feed();
    if (bytes.length > GATHERED_BYTES) {
      this.#hash.update(bytes);
      return;
    }
    this.#gathered.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  #feed(): void {
    this.#hash.update(this.#gathered.subarray(0, this.#size));
    this.#size = 0;
  }
}
