// Aligns two sequences: the shortest edit script by Myers' algorithm (An O(ND) Difference Algorithm and Its Variations, 1986),
// after the common beginning and end are cut. Bounded: sequences that have too little in common count as replaced.

/** A run of places: `length` of the same in both, or `a` only, or `b` only. */
export interface Stretch {
  readonly kind: 'same' | 'removed' | 'added';
  /** First place in each sequence. */
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/** Differences beyond this many are not looked for one by one. */
const MOST_EDITS = 2000;

export function align(a: readonly string[], b: readonly string[]): Stretch[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const edits = shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const moves = [
    ...Array.from({ length: head }, () => 'same' as const),
    ...edits,
    ...Array.from({ length: tail }, () => 'same' as const),
  ];
  return stretches(moves);
}

type Move = Stretch['kind'];

function stretches(moves: readonly Move[]): Stretch[] {
  const out: { kind: Move; a: number; b: number; length: number }[] = [];
  let a = 0;
  let b = 0;
  for (const kind of moves) {
    const last = out.at(-1);
    if (last?.kind === kind) last.length++;
    else out.push({ kind, a, b, length: 1 });
    if (kind !== 'added') a++;
    if (kind !== 'removed') b++;
  }
  return out;
}

function shortest(a: readonly string[], b: readonly string[]): Move[] {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  // furthest[k + most]: how far along a the best path on diagonal k = x - y has come; one copy for each number of edits.
  const trace: Int32Array[] = [];
  let furthest = new Int32Array(2 * most + 2);
  for (let edits = 0; edits <= most; edits++) {
    const next = furthest.slice();
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(furthest, k - 1) < at(furthest, k + 1));
      let x = down ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next[k + most] = x;
      if (x >= a.length && x - k >= b.length) {
        trace.push(next);
        return backtrack(trace, most, a.length, b.length);
      }
    }
    trace.push(next);
    furthest = next;
  }
  return [...a.map((): Move => 'removed'), ...b.map((): Move => 'added')];

  function at(row: Int32Array, k: number): number {
    return row[k + most] ?? 0;
  }
}

function backtrack(trace: readonly Int32Array[], most: number, lengthA: number, lengthB: number): Move[] {
  const moves: Move[] = [];
  let x = lengthA;
  let y = lengthB;
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const before = trace[edits - 1]!;
    const k = x - y;
    const left = before[k - 1 + most] ?? 0;
    const right = before[k + 1 + most] ?? 0;
    const down = k === -edits || (k !== edits && left < right);
    const fromX = down ? right : left;
    const fromY = down ? fromX - (k + 1) : fromX - (k - 1);
    while (x > (down ? fromX : fromX + 1) && y > (down ? fromY + 1 : fromY)) {
      moves.push('same');
      x--;
      y--;
    }
    moves.push(down ? 'added' : 'removed');
    x = fromX;
    y = fromY;
  }
  while (x > 0 && y > 0) {
    moves.push('same');
    x--;
    y--;
  }
  return moves.reverse();
}
