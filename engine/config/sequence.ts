// What two sequences have in common, and the difference of two texts as a unified diff (POSIX diff -u).

const COMMON_MAX = 1_000_000;

/** Longest common subsequence as index pairs; none for lists too long to compare. */
export function commonPairs(a: readonly string[], b: readonly string[]): [number, number][] {
  if (a.length * b.length > COMMON_MAX) return [];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}

const CONTEXT = 3;

/** The difference of two texts with three lines of context; empty when there is none. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  // Lines of both texts in one list: kept, gone, new.
  const lines: { mark: ' ' | '-' | '+'; text: string }[] = a.slice(0, head).map((text) => ({ mark: ' ', text }));
  let i = head;
  let j = head;
  const upTo = (nextI: number, nextJ: number): void => {
    for (; i < nextI; i++) lines.push({ mark: '-', text: a[i]! });
    for (; j < nextJ; j++) lines.push({ mark: '+', text: b[j]! });
  };
  for (const [x, y] of commonPairs(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) {
    upTo(head + x, head + y);
    lines.push({ mark: ' ', text: a[i]! });
    i++;
    j++;
  }
  upTo(a.length - tail, b.length - tail);
  for (; i < a.length; i++) lines.push({ mark: ' ', text: a[i]! });
  return `--- ${path}\n+++ ${path}\n${hunks(lines)}`;
}

function hunks(lines: readonly { mark: ' ' | '-' | '+'; text: string }[]): string {
  let text = '';
  let lineA = 1;
  let lineB = 1;
  for (let at = 0; at < lines.length;) {
    const first = lines.findIndex(({ mark }, index) => index >= at && mark !== ' ');
    if (first < 0) break;
    const start = Math.max(at, first - CONTEXT);
    let end = first;
    for (let index = first; index < lines.length && index <= end + 2 * CONTEXT; index++)
      if (lines[index]!.mark !== ' ') end = index;
    end = Math.min(lines.length, end + 1 + CONTEXT);
    lineA += start - at;
    lineB += start - at;
    const hunk = lines.slice(start, end);
    const countA = hunk.filter(({ mark }) => mark !== '+').length;
    const countB = hunk.filter(({ mark }) => mark !== '-').length;
    text += `@@ -${lineA},${countA} +${lineB},${countB} @@\n${hunk.map(({ mark, text: line }) => `${mark}${line}\n`).join('')}`;
    lineA += countA;
    lineB += countB;
    at = end;
  }
  return text;
}
