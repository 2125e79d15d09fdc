// What a run without a window leaves on standard output and in --console-dir.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsoleInfo } from '../contract/index.ts';
import type { Stamp } from '../record/consoles.ts';

interface OpenLine {
  stamp: Stamp;
  bytes: number[];
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Prints console lines as `[guest seconds] console: text`, stamped with the line's first byte.
 * A cell's own view of a wire is not printed beside the wire, nor is the hypervisor's text on a wire beside its console.
 */
export class LinePrinter {
  readonly #out: { write(text: string): unknown };
  readonly #except: readonly string[];
  readonly #open = new Map<string, OpenLine>();

  constructor(out: { write(text: string): unknown }, options: { except: readonly string[] }) {
    this.#out = out;
    this.#except = options.except;
  }

  write(info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp, by?: string): void {
    if (info.wire !== undefined || (info.kind === 'uart' && by === 'hypervisor')) return;
    if (this.#except.includes(info.name)) return;
    for (const byte of bytes) {
      let line = this.#open.get(info.name);
      if (!line) this.#open.set(info.name, (line = { stamp, bytes: [] }));
      if (byte !== NEWLINE) {
        line.bytes.push(byte);
        continue;
      }
      this.#print(info.name, line);
      this.#open.delete(info.name);
    }
  }

  /** Prints what has no newline yet. */
  finish(): void {
    for (const [name, line] of this.#open) if (line.bytes.length > 0) this.#print(name, line);
    this.#open.clear();
  }

  #print(name: string, { stamp, bytes }: OpenLine): void {
    while (bytes.at(-1) === RETURN) bytes.pop();
    const text = new TextDecoder().decode(Uint8Array.from(bytes));
    this.#out.write(`[${(stamp.guestNs / 1e9).toFixed(6).padStart(12)}] ${name}: ${text}\n`);
  }
}

/** One file a console, opened when the console first speaks. */
export class ConsoleFiles {
  readonly #folder: string;
  readonly #open = new Map<string, number>();

  /** Makes the folder. @throws if it cannot be made */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  write(console: string, bytes: Uint8Array): void {
    let file = this.#open.get(console);
    // Cell names are free text; as file names they may not leave the folder.
    if (file === undefined)
      this.#open.set(console, (file = openSync(join(this.#folder, `${console.replace(/[/\\\0]/g, '_')}.log`), 'w')));
    writeSync(file, bytes);
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }
}
