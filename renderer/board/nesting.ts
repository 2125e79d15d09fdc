// Regions of one column may overlap (a wide window with a small region inside). Each block gets a depth: how far it is set in,
// so that the smaller one lies visibly on top of the larger one.
import type { Span } from './axis.ts';

/**
 * Depth of each span, in the order given: 0 for what overlaps nothing before it, else one more than the deepest span it
 * overlaps. Larger spans count as "before" smaller ones that start at the same address or later.
 */
export function nestingDepths(spans: readonly Span[]): number[] {
  const order = spans.map((_, i) => i).filter((i) => spans[i]!.end > spans[i]!.start);
  order.sort((a, b) => compare(spans[a]!, spans[b]!));
  const depths = spans.map(() => 0);
  /** Spans met so far that may still reach further, by index. */
  let open: number[] = [];
  for (const i of order) {
    const span = spans[i]!;
    open = open.filter((j) => spans[j]!.end > span.start);
    depths[i] = open.reduce((depth, j) => Math.max(depth, depths[j]! + 1), 0);
    open.push(i);
  }
  return depths;
}

function compare(a: Span, b: Span): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  return a.end > b.end ? -1 : a.end < b.end ? 1 : 0;
}

/** The part that two spans share, or undefined. */
export function overlap(a: Span, b: Span): Span | undefined {
  const start = a.start > b.start ? a.start : b.start;
  const end = a.end < b.end ? a.end : b.end;
  return start < end ? { start, end } : undefined;
}
