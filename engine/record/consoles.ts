// The consoles of one run: every byte that a person could have seen, with its stamp, on the console it belongs to.
// A wire (`uart0`) carries what the hypervisor and all cells write to it. A cell's name is its virtual console, or, for a
// cell without one, the bytes that this cell wrote to any wire.
import type { ConsoleChunk, ConsoleInfo } from '../contract/record.ts';
import type { GuestNs, Instructions } from '../util/units.ts';

/** Guest time and machine-wide instruction count of an output. */
export interface Stamp {
  guestNs: GuestNs;
  instructions: Instructions;
}

export interface ConsoleListener {
  /** `by`: who wrote to a wire, by the name of its cell or `hypervisor`. */
  (info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp, by?: string): void;
}

export class ConsoleHub {
  readonly #consoles = new Map<string, ConsoleInfo>();
  readonly #listeners: ConsoleListener[] = [];
  readonly #stamp: () => Stamp;

  constructor(stamp: () => Stamp) {
    this.#stamp = stamp;
  }

  /** In the order in which they appeared. */
  get all(): readonly ConsoleInfo[] {
    return [...this.#consoles.values()];
  }

  get(name: string): ConsoleInfo | undefined {
    return this.#consoles.get(name);
  }

  /** Makes a console known before it has output. A second call with the same name changes nothing. */
  declare(info: ConsoleInfo): ConsoleInfo {
    const known = this.#consoles.get(info.name);
    if (known) return known;
    this.#consoles.set(info.name, info);
    return info;
  }

  onOutput(listener: ConsoleListener): void {
    this.#listeners.push(listener);
  }

  write(info: ConsoleInfo, bytes: Uint8Array, by?: string): void {
    if (bytes.length === 0) return;
    const known = this.declare(info);
    const stamp = this.#stamp();
    for (const listener of this.#listeners) listener(known, bytes, stamp, by);
  }
}

/** Gathers output per console until it is taken: what crosses a process boundary goes in few, larger chunks. */
export class ChunkGatherer {
  readonly #open = new Map<string, { chunk: Omit<ConsoleChunk, 'bytes'>; parts: Uint8Array[]; size: number }>();

  add(info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp): void {
    let entry = this.#open.get(info.name);
    if (!entry) {
      entry = { chunk: { console: info.name, ...stamp }, parts: [], size: 0 };
      this.#open.set(info.name, entry);
    }
    entry.parts.push(bytes);
    entry.size += bytes.length;
  }

  take(): ConsoleChunk[] {
    const chunks = [...this.#open.values()].map(({ chunk, parts, size }) => {
      const bytes = new Uint8Array(size);
      let offset = 0;
      for (const part of parts) {
        bytes.set(part, offset);
        offset += part.length;
      }
      return { ...chunk, bytes };
    });
    this.#open.clear();
    return chunks;
  }
}
