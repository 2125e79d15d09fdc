// Two runs as one column of lines, as a code review shows a change: the lines of all consoles in the order of guest time, those that
// both runs have folded except around differences, lines that changed a word in one row, and marks where the times come apart.
import type { ComparedConsole, ComparedLine } from '../../engine/contract/index.ts';
import { likeness } from './words.ts';

export interface LineRow {
  kind: 'line';
  console: string;
  change: 'same' | 'added' | 'removed' | 'changed';
  a: number | undefined;
  b: number | undefined;
  text: string;
  /** The second run's text, of changed lines. */
  other: string | undefined;
  /** How much later (guest ns) the second run wrote this line, where that is not what it was for the line before. */
  shift: number | undefined;
  /** Number of the difference that this line belongs to, from 0. */
  difference: number | undefined;
}

export interface FoldRow {
  kind: 'fold';
  /** Index of its first line in the unfolded list; names the fold. */
  first: number;
  count: number;
  consoles: readonly string[];
}

export type CompareRow = LineRow | FoldRow;

/** Times this far apart from what they were are told, in guest ns. */
const RETIMED = 1e6;
/** Lines shown around a difference. */
const CONTEXT = 2;
/** Fewer lines than this are not folded. */
const LEAST_FOLD = 4;
/** Two lines this alike are one that changed. */
const ALIKE = 0.45;

interface Line {
  line: Omit<LineRow, 'difference'>;
  key: number;
}

/** The lines of one console; `key` puts them in order with other consoles': the first run's time, or what it would be there. */
function linesOf({ info, stretches }: ComparedConsole): Line[] {
  const lines: Line[] = [];
  let later = 0;
  let key = 0;
  const push = (change: LineRow['change'], first: ComparedLine | undefined, second: ComparedLine | undefined): void => {
    const a = first?.a;
    const b = second?.b;
    const delta = a !== undefined && b !== undefined ? b - a : undefined;
    const shift = delta !== undefined && Math.abs(delta - later) >= RETIMED ? delta : undefined;
    if (shift !== undefined) later = shift;
    key = Math.max(key, a ?? (b ?? 0) - later);
    const { text } = (first ?? second)!;
    const other = change === 'changed' ? second!.text : undefined;
    lines.push({ line: { kind: 'line', console: info.name, change, a, b, text, other, shift }, key });
  };
  for (let i = 0; i < stretches.length; i++) {
    const { kind, lines: own } = stretches[i]!;
    const next = stretches[i + 1];
    if (kind === 'same') {
      for (const line of own) push('same', line, line);
    } else if (next && next.kind !== 'same') {
      const [removed, added] = kind === 'removed' ? [own, next.lines] : [next.lines, own];
      for (let n = 0; n < Math.max(removed.length, added.length); n++) {
        const [gone, come] = [removed[n], added[n]];
        if (gone && come && likeness(gone.text, come.text) >= ALIKE) push('changed', gone, come);
        else {
          if (gone) push('removed', gone, undefined);
          if (come) push('added', undefined, come);
        }
      }
      i++;
    } else
      for (const line of own) push(kind, kind === 'removed' ? line : undefined, kind === 'added' ? line : undefined);
  }
  return lines;
}

/** All lines, unfolded, in order; consoles that wrote at the same time in the order given. */
export function mergedLines(consoles: readonly ComparedConsole[]): LineRow[] {
  const queues = consoles.map(linesOf);
  const heads = queues.map(() => 0);
  const merged: LineRow[] = [];
  let difference = -1;
  let inside = false;
  for (;;) {
    let best = -1;
    for (let q = 0; q < queues.length; q++) {
      const line = queues[q]![heads[q]!];
      if (line && (best < 0 || line.key < queues[best]![heads[best]!]!.key)) best = q;
    }
    if (best < 0) return merged;
    const { line } = queues[best]![heads[best]!++]!;
    const differs = line.change !== 'same';
    if (differs && !inside) difference++;
    inside = differs;
    merged.push({ ...line, difference: differs ? difference : undefined });
  }
}

export const differencesIn = (lines: readonly LineRow[]): number =>
  lines.reduce((most, { difference }) => Math.max(most, (difference ?? -1) + 1), 0);

/** What is shown: lines with nothing to tell folded away. @param opened folds that the person opened, by their first line */
export function foldedRows(lines: readonly LineRow[], opened: ReadonlySet<number>): CompareRow[] {
  const shown = new Uint8Array(lines.length);
  lines.forEach(({ change, shift }, i) => {
    if (change === 'same' && shift === undefined) return;
    const around = change === 'same' ? 0 : CONTEXT;
    shown.fill(1, Math.max(0, i - around), i + around + 1);
  });
  const rows: CompareRow[] = [];
  for (let i = 0; i < lines.length;) {
    let end = i;
    while (end < lines.length && !shown[end]) end++;
    const count = end - i;
    if (count >= LEAST_FOLD && !opened.has(i)) {
      rows.push({
        kind: 'fold',
        first: i,
        count,
        consoles: [...new Set(lines.slice(i, end).map((line) => line.console))],
      });
      i = end;
    } else {
      end = Math.max(end, i + 1);
      for (; i < end; i++) rows.push(lines[i]!);
    }
  }
  return rows;
}

/** The wires of a board carry what the hypervisor's and the cells' consoles show: they are left out while there are others. */
export const consolesToShow = (consoles: readonly ComparedConsole[]): string[] => {
  const others = consoles.filter(({ info }) => info.kind !== 'uart');
  const words = others.some(({ info }) => info.kind === 'hypervisor' || info.kind === 'cell');
  return (words ? others : consoles).map(({ info }) => info.name);
};
