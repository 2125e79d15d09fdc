// The lines of a source around a place: the whole initialiser that begins there, and a comment on the line before it.
import type { SourceLocation } from '../../engine/config/index.ts';

export interface SnippetLine {
  number: number;
  text: string;
  /** Part of what the location names, rather than around it. */
  hit: boolean;
}

const MOST_LINES = 24;

/** Removes the indentation that all lines share. */
function outdent(lines: string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^[\t ]*/.exec(line)![0].length);
  const common = Math.min(...indents);
  return Number.isFinite(common) ? lines.map((line) => line.slice(common)) : lines;
}

export function snippet(text: string, location: SourceLocation): SnippetLine[] {
  const all = text.split('\n');
  const before = all[location.line - 2] ?? '';
  const first = location.line - (/\/\*|\*\/|\/\//.test(before) ? 2 : 1);
  const end = closing(text, location.start);
  const lastHit = text.slice(0, end).split('\n').length;
  const last = Math.min(all.length, lastHit, first + MOST_LINES);
  return outdent(all.slice(first, last)).map((line, i) => {
    const number = first + i + 1;
    return { number, text: line, hit: number >= location.line };
  });
}

/** The offset behind the brace that closes the one at `start`, or the end of its line when there is none. */
export function closing(text: string, start: number): number {
  const open = text.indexOf('{', start);
  const lineEnd = text.indexOf('\n', start);
  const endOfLine = lineEnd < 0 ? text.length : lineEnd;
  if (open < 0 || open > endOfLine) return endOfLine;
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i + 1;
  }
  return endOfLine;
}
