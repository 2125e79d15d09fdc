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

export class RunDigest {
  #hash = createHash('sha256');

  /** Every write to a console, at the place where it happened. */
  output(info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp): void {
    this.#text(`console ${info.name} ${stamp.guestNs} ${stamp.instructions} ${bytes.length}`);
    this.#hash.update(bytes);
  }

  event(event: RunEvent): void {
    this.#text(`event ${event.kind} ${event.guestNs} ${event.instructions} ${event.sentence}`);
  }

  /** @returns 64 hex digits over everything so far and this state; the digest goes on from where it was. */
  snapshot(state: DigestedState): string {
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
      this.#hash.update(bytes);
    }
    const digest = this.#hash.digest('hex');
    this.#hash = before;
    return digest;
  }

  #text(line: string): void {
    this.#hash.update(line + '\n');
  }
}
