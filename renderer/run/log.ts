// A stored console as lines: where each begins, when it was written, and its text without terminal control sequences.
// Lines are found once; their text is made only for what is shown, so that ten megabytes open at once.
import type { ConsoleText } from '../../engine/contract/index.ts';

/** CSI, OSC and two-character escape sequences (ECMA-48, 5.4 and 8.3), and the control characters that print nothing. */
const CONTROL = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** What a terminal would show of a line: what follows a carriage return is written over what stands there. */
export function plainText(text: string): string {
  let shown = '';
  for (const part of text.replace(/\r+$/, '').split('\r')) {
    const erased = /^\x1b\[[0-2]?[KJ]/.test(part);
    const written = part.replace(CONTROL, '');
    shown = erased ? written : written + shown.slice(written.length);
  }
  return shown;
}

/** A part of a line that stands in a row of its own. */
export interface LogRow {
  line: number;
  start: number;
}

export interface LogMatch {
  line: number;
  /** Character range in the line's plain text. */
  start: number;
  end: number;
}

const decoder = new TextDecoder();

export class ConsoleLog {
  readonly #bytes: Uint8Array;
  readonly #marks: ConsoleText['marks'];
  /** Byte offset at which each line starts. */
  readonly #starts: number[];
  /** Characters of lines without blanks at their ends, once they are needed. */
  readonly #lengths = new Map<number, number>();

  constructor({ bytes, marks }: ConsoleText) {
    this.#bytes = bytes;
    this.#marks = marks;
    this.#starts = bytes.length === 0 ? [] : [0];
    for (let at = bytes.indexOf(10); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(10, at + 1))
      this.#starts.push(at + 1);
  }

  get lines(): number {
    return this.#starts.length;
  }

  get size(): number {
    return this.#bytes.length;
  }

  text(line: number): string {
    const start = this.#starts[line];
    if (start === undefined) return '';
    const next = this.#starts[line + 1] ?? this.#bytes.length;
    const end = this.#bytes[next - 1] === 10 ? next - 1 : next;
    return plainText(decoder.decode(this.#bytes.subarray(start, end)));
  }

  /**
   * The lines as rows of at most `columns` characters, as a terminal of that width breaks them; blanks at the end take no row.
   * @returns for each row its line and the character of the line that it begins with
   */
  rows(columns: number): LogRow[] {
    const rows: LogRow[] = [];
    for (let line = 0; line < this.lines; line++) {
      rows.push({ line, start: 0 });
      // No line has more characters than bytes: the text of most need not be made.
      const bytes = (this.#starts[line + 1] ?? this.#bytes.length) - this.#starts[line]!;
      if (bytes <= columns) continue;
      const length = this.#length(line);
      for (let start = columns; start < length; start += columns) rows.push({ line, start });
    }
    return rows;
  }

  #length(line: number): number {
    let length = this.#lengths.get(line);
    if (length === undefined) this.#lengths.set(line, (length = this.text(line).trimEnd().length));
    return length;
  }

  /** Guest time of the chunk that the line's first byte came in; undefined where nothing is known. */
  guestNs(line: number): number | undefined {
    const start = this.#starts[line];
    if (start === undefined) return undefined;
    let lo = 0;
    let hi = this.#marks.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.#marks[mid]!.offset <= start) lo = mid + 1;
      else hi = mid;
    }
    return this.#marks[lo - 1]?.guestNs;
  }

  /** The last line that was begun at or before this guest time. */
  lineAt(guestNs: number): number {
    let lo = 0;
    let hi = this.lines;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if ((this.guestNs(mid) ?? 0) <= guestNs) lo = mid + 1;
      else hi = mid;
    }
    return Math.max(0, lo - 1);
  }

  /** Lines that contain the text, case ignored, at most `limit` matches. */
  find(wanted: string, limit: number): LogMatch[] {
    const needle = wanted.toLowerCase();
    const matches: LogMatch[] = [];
    if (needle === '') return matches;
    for (let line = 0; line < this.lines && matches.length < limit; line++) {
      const text = this.text(line).toLowerCase();
      for (
        let at = text.indexOf(needle);
        at >= 0 && matches.length < limit;
        at = text.indexOf(needle, at + needle.length)
      ) {
        matches.push({ line, start: at, end: at + needle.length });
      }
    }
    return matches;
  }
}
