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
  (info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp): void;
}

/** Text kept per console for `expect` and for late readers of a run: the newest part of what was written. */
const KEPT_TEXT = 1 << 20;

export class Console {
  readonly info: ConsoleInfo;
  /** Bytes written so far; `text` holds the newest of them. */
  written = 0;
  #text = '';
  /** Where the next `expect` starts to look, as an offset into all text ever written. */
  #searched = 0;
  #missed: { pattern: RegExp; written: number } | undefined;

  constructor(info: ConsoleInfo) {
    this.info = info;
  }

  append(bytes: Uint8Array): void {
    this.written += bytes.length;
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    this.#text += text;
    if (this.#text.length > 2 * KEPT_TEXT) this.#text = this.#text.slice(-KEPT_TEXT);
  }

  /** The newest text, one character a byte (Latin-1), so that offsets are byte offsets. */
  get text(): string {
    return this.#text;
  }

  /** Looks for the pattern behind the last match; a match is consumed. Cheap while nothing new was written. */
  match(pattern: RegExp): boolean {
    if (this.#missed?.pattern === pattern && this.#missed.written === this.written) return false;
    this.#missed = { pattern, written: this.written };
    const start = Math.max(0, this.#searched - (this.written - this.#text.length));
    const found = pattern.exec(this.#text.slice(start));
    if (!found) return false;
    this.#searched = this.written - this.#text.length + start + found.index + found[0].length;
    return true;
  }
}

export class ConsoleHub {
  readonly #consoles = new Map<string, Console>();
  readonly #listeners: ConsoleListener[] = [];
  readonly #stamp: () => Stamp;

  constructor(stamp: () => Stamp) {
    this.#stamp = stamp;
  }

  /** In the order in which they appeared. */
  get all(): readonly Console[] {
    return [...this.#consoles.values()];
  }

  get(name: string): Console | undefined {
    return this.#consoles.get(name);
  }

  /** Makes a console known before it has output. A second call with the same name changes nothing. */
  declare(info: ConsoleInfo): Console {
    const known = this.#consoles.get(info.name);
    if (known) return known;
    const console = new Console(info);
    this.#consoles.set(info.name, console);
    return console;
  }

  onOutput(listener: ConsoleListener): void {
    this.#listeners.push(listener);
  }

  write(info: ConsoleInfo, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const console = this.declare(info);
    console.append(bytes);
    const stamp = this.#stamp();
    for (const listener of this.#listeners) listener(console.info, bytes, stamp);
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
