// How the palette finds a command: the letters of the query in order, words' beginnings and unbroken runs count most.

export interface Match {
  score: number;
  /** Indexes of the matched characters, for highlighting. */
  at: number[];
}

/** Undefined if the letters do not occur in order. An empty query matches everything with score 0. */
export function fuzzyMatch(query: string, text: string): Match | undefined {
  const wanted = query.toLowerCase().replaceAll(' ', '');
  if (wanted.length > text.length) return undefined;
  const lower = text.toLowerCase();
  const whole = lower.indexOf(query.trim().toLowerCase());
  if (whole >= 0) {
    const at = Array.from({ length: query.trim().length }, (_, i) => whole + i);
    return { score: wanted.length * 4 + (startsWord(text, whole) ? 20 : 0) - text.length / 100, at };
  }
  const at: number[] = [];
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    let found = lower.indexOf(letter, from);
    if (found < 0) return undefined;
    const word = wordStart(text, letter, from);
    if (found !== from && word >= 0) found = word;
    score += found === from && at.length > 0 ? 6 : startsWord(text, found) ? 5 : 1;
    at.push(found);
    from = found + 1;
  }
  return { score: score - text.length / 100, at };
}

const startsWord = (text: string, at: number): boolean => at === 0 || /[\s:.\-/]/.test(text[at - 1]!);

function wordStart(text: string, letter: string, from: number): number {
  for (let i = from; i < text.length; i++) if (startsWord(text, i) && text[i]!.toLowerCase() === letter) return i;
  return -1;
}
