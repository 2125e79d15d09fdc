// The physical-address axis of the floor plan: address <-> pixel, with what nobody uses folded away.
// Between two neighbouring edges of regions the axis is linear; a stretch's height grows with the logarithm of its size, and
// stretches grow further until every region is tall enough to read. A stretch without a region folds to a fixed height.

/** Physical addresses, end exclusive. Empty spans are ignored. */
export interface Span {
  start: bigint;
  end: bigint;
}

export interface AxisPiece extends Span {
  folded: boolean;
  y: number;
  /** Pixels at scale 1; folds keep it at every scale. */
  height: number;
}

export interface Tick {
  address: bigint;
  y: number;
  /** True where a region starts or ends; false for the ruler's own marks between them. */
  edge: boolean;
}

export const FOLD_HEIGHT = 20;
/** A region's least height: one line of small text. */
export const MIN_REGION_HEIGHT = 18;
const MARGIN = 10;

/** Height at scale 1 of a stretch of this many bytes, before any region asks for more. */
const weight = (size: bigint): number => 3 + 2.2 * Math.max(0, Math.log2(Number(size) / 4096));

/** Sorted distinct edges of the spans. */
function edgesOf(spans: readonly Span[]): bigint[] {
  const sorted = spans.flatMap((span) => (span.end > span.start ? [span.start, span.end] : [])).sort(compare);
  return sorted.filter((edge, i) => i === 0 || edge !== sorted[i - 1]);
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

export class Axis {
  readonly pieces: readonly AxisPiece[];
  readonly height: number;

  constructor(pieces: readonly Omit<AxisPiece, 'y'>[], scale = 1) {
    let y = MARGIN;
    this.pieces = pieces.map((piece) => {
      const height = piece.folded ? piece.height : piece.height * scale;
      const placed = { start: piece.start, end: piece.end, folded: piece.folded, y, height };
      y += height;
      return placed;
    });
    this.height = y + MARGIN;
  }

  /** The same axis with its stretches (not its folds) that many times as tall. */
  scaled(scale: number): Axis {
    return new Axis(this.pieces, scale);
  }

  /** The scale at which the axis is exactly this tall. */
  scaleToFit(height: number): number {
    const folds = this.pieces.reduce((sum, piece) => sum + (piece.folded ? piece.height : 0), 0);
    const stretches = this.height - 2 * MARGIN - folds;
    return stretches > 0 ? Math.max(0.05, (height - 2 * MARGIN - folds) / stretches) : 1;
  }

  /** Pixels from the top. Addresses before the first or behind the last piece land on its edge. */
  y(address: bigint): number {
    const piece = this.pieces[this.pieceIndex(address)];
    if (!piece) return MARGIN;
    if (address <= piece.start) return piece.y;
    if (address >= piece.end) return piece.y + piece.height;
    return piece.y + piece.height * (Number(address - piece.start) / Number(piece.end - piece.start));
  }

  /** The address under a pixel; inside a fold its nearer edge. */
  address(y: number): bigint {
    const first = this.pieces[0];
    if (!first || y <= first.y) return first?.start ?? 0n;
    let lo = 0;
    let hi = this.pieces.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.pieces[mid]!.y <= y) lo = mid;
      else hi = mid - 1;
    }
    const piece = this.pieces[lo]!;
    const part = Math.min(1, (y - piece.y) / piece.height);
    if (piece.folded) return part < 0.5 ? piece.start : piece.end;
    return piece.start + BigInt(Math.floor(Number(piece.end - piece.start) * part));
  }

  /** Index of the last piece that starts at or before the address, or of the first piece. */
  pieceIndex(address: bigint): number {
    let lo = 0;
    let hi = this.pieces.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.pieces[mid]!.start <= address) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** Labels for the axis column, top to bottom, at least `gap` pixels apart; edges of regions win over ruler marks. */
  ticks(gap: number): Tick[] {
    const edges: Tick[] = [];
    const push = (tick: Tick): void => {
      const last = edges.at(-1);
      if (!last || tick.y - last.y >= gap) edges.push(tick);
    };
    this.pieces.forEach((piece, i) => {
      if (!piece.folded) push({ address: piece.start, y: piece.y, edge: true });
      const next = this.pieces[i + 1];
      if (!piece.folded && (!next || next.folded)) push({ address: piece.end, y: piece.y + piece.height, edge: true });
    });
    const ruler: Tick[] = [];
    for (const piece of this.pieces) {
      if (piece.folded || piece.height < 5 * gap) continue;
      const step = rulerStep(piece.end - piece.start, piece.height, 3 * gap);
      for (let at = (piece.start / step + 1n) * step; at < piece.end; at += step) {
        const y = this.y(at);
        if (y - piece.y >= gap && piece.y + piece.height - y >= gap) ruler.push({ address: at, y, edge: false });
      }
    }
    return [...edges, ...ruler].sort((a, b) => a.y - b.y).filter((tick, i, all) => tick.edge || clear(all, i, gap));
  }
}

const clear = (all: readonly Tick[], i: number, gap: number): boolean =>
  (i === 0 || all[i]!.y - all[i - 1]!.y >= gap) && (i === all.length - 1 || all[i + 1]!.y - all[i]!.y >= gap);

/** The smallest power of two of at least a page whose marks stand `gap` pixels apart. */
function rulerStep(size: bigint, height: number, gap: number): bigint {
  let step = 4096n;
  while ((Number(step) / Number(size)) * height < gap) step *= 2n;
  return step;
}

/**
 * Lays out the axis for these spans. `spans` get at least MIN_REGION_HEIGHT; `marks` (RAM banks, wide windows) only
 * contribute their edges, so that their unused inside can fold.
 */
export function foldAxis(spans: readonly Span[], marks: readonly Span[] = []): Axis {
  const edges = edgesOf([...spans, ...marks]);
  const used = spans.filter((span) => span.end > span.start);
  const pieces: { start: bigint; end: bigint; folded: boolean; height: number }[] = [];
  const index = new Map<bigint, number>();
  const covered = coverage(edges, used);
  for (let i = 0; i + 1 < edges.length; i++) {
    const [start, end] = [edges[i]!, edges[i + 1]!];
    const height = weight(end - start);
    index.set(start, i);
    const folded = !covered[i] && height > FOLD_HEIGHT;
    pieces.push({ start, end, folded, height: folded ? FOLD_HEIGHT : height });
  }
  if (edges.length > 0) index.set(edges.at(-1)!, pieces.length);
  // Regions of few stretches first: what they ask for also counts for the larger ones around them.
  const ranges = used
    .map((span) => ({ from: index.get(span.start)!, to: index.get(span.end)! }))
    .sort((a, b) => a.to - a.from - (b.to - b.from));
  for (const { from, to } of ranges) {
    let height = 0;
    for (let i = from; i < to; i++) height += pieces[i]!.height;
    if (height >= MIN_REGION_HEIGHT) continue;
    for (let i = from; i < to; i++) pieces[i]!.height *= MIN_REGION_HEIGHT / height;
  }
  return new Axis(mergeFolds(pieces));
}

/** For each stretch between neighbouring edges: whether a span covers it. */
function coverage(edges: readonly bigint[], spans: readonly Span[]): boolean[] {
  const change = new Map<bigint, number>();
  for (const span of spans) {
    change.set(span.start, (change.get(span.start) ?? 0) + 1);
    change.set(span.end, (change.get(span.end) ?? 0) - 1);
  }
  let depth = 0;
  return edges.slice(0, -1).map((edge) => (depth += change.get(edge) ?? 0) > 0);
}

/** Neighbouring folds (a mark's edge between them) become one. */
function mergeFolds<T extends { start: bigint; end: bigint; folded: boolean }>(pieces: readonly T[]): T[] {
  const merged: T[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (last?.folded && piece.folded) last.end = piece.end;
    else merged.push(piece);
  }
  return merged;
}
