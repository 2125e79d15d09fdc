// The words in which two lines differ, for showing them in one: `mem 159 → 161/994`.

export interface Piece {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Lines of more words than this are shown whole. */
const MOST_WORDS = 200;
const wordsOf = (line: string): string[] => line.match(/\s+|\w+|[^\s\w]/g) ?? [];

export function differingWords(a: string, b: string): Piece[] {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.length > MOST_WORDS || right.length > MOST_WORDS)
    return [
      { kind: 'removed', text: a },
      { kind: 'added', text: b },
    ];
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      common[i * width + j] =
        left[i] === right[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  const pieces: Piece[] = [];
  const add = (kind: Piece['kind'], text: string): void => {
    const last = pieces.at(-1);
    if (last?.kind === kind) last.text += text;
    else pieces.push({ kind, text });
  };
  for (let i = 0, j = 0; i < left.length || j < right.length;) {
    if (i < left.length && left[i] === right[j]) {
      add('same', left[i]!);
      i++;
      j++;
    } else if (i < left.length && (j >= right.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      add('removed', left[i++]!);
    else add('added', right[j++]!);
  }
  return pieces;
}

/** How alike two lines are: the part of their characters that is in common words, 0 to 1. */
export function likeness(a: string, b: string): number {
  const same = differingWords(a, b).reduce(
    (sum, { kind, text }) => sum + (kind === 'same' ? text.trim().length : 0),
    0,
  );
  const length = Math.max(a.replace(/\s/g, '').length, b.replace(/\s/g, '').length);
  return length === 0 ? 1 : Math.min(1, same / length);
}
