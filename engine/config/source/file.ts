// A source text with the means to turn character offsets into lines and columns, and the one way this room reports faults.
import { ConfigError } from '../errors.ts';
import type { SourceLocation, SourceSpan } from '../location.ts';

export class SourceFile {
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Line and column (both from 1) of a range of characters. */
  locate(start: number, end: number): SourceLocation {
    const starts = (this.#lineStarts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = starts[low]!;
    const next = starts[low + 1] ?? this.text.length + 1;
    const lineText = this.text.slice(lineStart, next - 1).replace(/\r$/, '');
    return { file: this.name, start, end, line: low + 1, column: start - lineStart + 1, lineText };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** A place that a sentence can point at: a token, or a span of a known file. */
export interface Place {
  source: SourceFile;
  start: number;
  end: number;
}

export const spanOf = ({ source, start, end }: Place): SourceSpan => ({ file: source.name, start, end });

/** Thrown inside this room and handed out as a value at its doors. */
export const fault = (place: Place, message: string): ConfigError =>
  new ConfigError('source', message, { location: place.source.locate(place.start, place.end) });

/** A source that is no source: refused before it is looked at. */
export const SOURCE_SIZE_MAX = 4 * 1024 * 1024;

/** `file:line:column: message`, the line, and a mark under the place: what compilers print and editors understand. */
export function renderFault(error: ConfigError, severity = 'error'): string {
  const at = error.location;
  if (!at) return `${severity}: ${error.message}`;
  const number = String(at.line);
  const shown = at.lineText.length > 200 ? at.lineText.slice(0, 200) : at.lineText;
  const column = Math.min(at.column - 1, shown.length);
  const pad = shown.slice(0, column).replace(/[^\t]/g, ' ');
  const width = Math.max(1, Math.min(at.end - at.start, shown.length - column));
  return (
    `${at.file}:${at.line}:${at.column}: ${severity}: ${error.message}\n` +
    ` ${number} | ${shown}\n` +
    ` ${' '.repeat(number.length)} | ${pad}^${'~'.repeat(width - 1)}`
  );
}
