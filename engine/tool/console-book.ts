// What every console of the run has shown, for `expect`: text since the last match, and the end of it for reports.
// The service hands over each chunk that any console gets.

/** Text kept for each console; older text can not be matched any more. */
const KEPT = 1 << 20;
/** A match may begin this far before text that has been searched already. */
const OVERLAP = 1 << 16;

/**
 * Guests print byte by byte; so many bytes, or those that came until somebody looks, become text at once. Returns are left
 * out before: text that has them taken out is a string of V8's for each line, several times as large as the line.
 */
const GATHERED_BYTES = 1 << 12;
const RETURN = 0x0d;

class Page {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #gathered = new Uint8Array(GATHERED_BYTES);
  #size = 0;
  #text = '';
  /** Everything before has been matched. */
  mark = 0;

  append(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === RETURN) continue;
      if (this.#size === GATHERED_BYTES) this.#decode();
      this.#gathered[this.#size++] = byte;
    }
  }

  get text(): string {
    if (this.#size > 0) this.#decode();
    return this.#text;
  }

  #decode(): void {
    this.#text += this.#decoder.decode(this.#gathered.subarray(0, this.#size), { stream: true });
    this.#size = 0;
    if (this.#text.length <= 2 * KEPT) return;
    const cut = this.#text.length - KEPT;
    this.#text = this.#text.slice(cut);
    this.mark = Math.max(0, this.mark - cut);
  }
}

/** Looks for one match; keeps its place so that text is not searched again and again. */
export interface Search {
  /** The match, once there is one; it and everything before it will not match again. */
  find(): string | undefined;
}

export class ConsoleBook {
  readonly #pages = new Map<string, Page>();

  append(console: string, bytes: Uint8Array): void {
    this.#page(console).append(bytes);
  }

  get names(): string[] {
    return [...this.#pages.keys()].sort();
  }

  search(console: string, pattern: RegExp): Search {
    const page = this.#page(console);
    const regex = new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join(''));
    let searched = 0;
    let lastLength = -1;
    return {
      find: () => {
        if (page.text.length === lastLength) return undefined;
        lastLength = page.text.length;
        regex.lastIndex = Math.max(page.mark, searched - OVERLAP);
        const match = regex.exec(page.text);
        searched = page.text.length;
        if (!match) return undefined;
        page.mark = match.index + match[0].length;
        return match[0];
      },
    };
  }

  /** The last lines that came since the last match. */
  tail(console: string, lines: number): string[] {
    const page = this.#pages.get(console);
    if (!page) return [];
    const all = page.text.slice(page.mark).split('\n');
    return (all.at(-1) === '' ? all.slice(0, -1) : all).slice(-lines);
  }

  #page(console: string): Page {
    let page = this.#pages.get(console);
    if (!page) this.#pages.set(console, (page = new Page()));
    return page;
  }
}
