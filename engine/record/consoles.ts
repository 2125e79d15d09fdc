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

/** A line that comes so much later than its chunk's first byte begins a chunk, and so has a stamp, of its own. */
const CHUNK_GUEST_NS = 100_000;
const NEWLINE = 0x0a;

interface OpenChunk {
  readonly chunk: Omit<ConsoleChunk, 'bytes'>;
  readonly parts: Uint8Array[];
  size: number;
}

/**
 * Gathers output per console until it is taken: what crosses a process boundary goes in few, larger chunks. Where chunks end
 * within a line is up to the host; the stamps of lines are not.
 */
export class ChunkGatherer {
  readonly #open = new Map<string, OpenChunk[]>();

  add(info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp): void {
    let chunks = this.#open.get(info.name);
    if (!chunks) this.#open.set(info.name, (chunks = []));
    let last = chunks.at(-1);
    if (!last || (endsLine(last) && stamp.guestNs - last.chunk.guestNs >= CHUNK_GUEST_NS)) {
      last = { chunk: { console: info.name, ...stamp }, parts: [], size: 0 };
      chunks.push(last);
    }
    last.parts.push(bytes);
    last.size += bytes.length;
  }

  take(): ConsoleChunk[] {
    const chunks = [...this.#open.values()].flat().map(({ chunk, parts, size }) => {
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

const endsLine = ({ parts }: OpenChunk): boolean => parts.at(-1)?.at(-1) === NEWLINE;
