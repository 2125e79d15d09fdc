// Which colour a cell wears. A cell keeps its hue for life: the project remembers it by name, so chips, map, consoles, timeline
// and past runs agree. There are eight hues; the ninth cell starts again at the first with a pattern on top.

export const HUES = 8;
/** Patterns laid over a hue once all hues are taken: plain, stripes, dots, cross-hatch. */
export const PATTERNS = ['plain', 'stripes', 'dots', 'hatch'] as const;

export interface Hue {
  /** CSS colour. */
  color: string;
  pattern: (typeof PATTERNS)[number];
}

export const ROOT_HUE: Hue = { color: 'var(--root)', pattern: 'plain' };
export const HYPERVISOR_HUE: Hue = { color: 'var(--hypervisor)', pattern: 'plain' };

/** The hue of the n-th cell, n from 0. */
export const hueOf = (n: number): Hue => ({
  color: `var(--hue-${(n % HUES) + 1})`,
  pattern: PATTERNS[Math.floor(n / HUES) % PATTERNS.length]!,
});

/** Cell name to the number of its hue. */
export type HueNumbers = Readonly<Record<string, number>>;

/**
 * Gives each name that has no number yet the smallest one that is free. Names keep their number when other cells come and
 * go; the numbers of names that are gone are kept too, until all of the eight plain hues are taken.
 */
export function assignHues(known: HueNumbers, names: readonly string[]): HueNumbers {
  const numbers: Record<string, number> = { ...known };
  for (const name of names) {
    if (Object.hasOwn(numbers, name)) continue;
    const alive = new Set(names.flatMap((other) => (Object.hasOwn(numbers, other) ? [numbers[other]!] : [])));
    const remembered = new Set(Object.values(numbers));
    numbers[name] = firstFree(remembered) < HUES ? firstFree(remembered) : firstFree(alive);
  }
  return numbers;
}

function firstFree(taken: ReadonlySet<number>): number {
  let n = 0;
  while (taken.has(n)) n++;
  return n;
}
