// How the run view is arranged: how many consoles are side by side, which, with or without guest time, and the search.

export type Grid = 1 | 2 | 4;

export class RunLayout {
  grid = $state<Grid>(4);
  /** The console that fills the grid alone, when focused. */
  focus = $state<string>();
  /** Consoles that the person put into the panes, by pane number; others fill up by themselves. */
  chosen = $state.raw<Readonly<Record<number, string>>>({});
  /** Guest time beside every line. */
  stamps = $state(false);
  searching = $state(false);
  /** A cell whose counters are shown; undefined: the first that has some. */
  countersOf = $state<string>();

  choose(pane: number, console: string): void {
    this.chosen = { ...this.chosen, [pane]: console };
  }
}

/**
 * The consoles in the panes: those that were chosen stay where they are, the rest follow in the order that they came,
 * consoles of cells before wires.
 */
export function panes(
  count: number,
  chosen: Readonly<Record<number, string>>,
  names: readonly string[],
): (string | undefined)[] {
  const shown: (string | undefined)[] = Array.from({ length: count }, (_, pane) => {
    const name = chosen[pane];
    return name !== undefined && names.includes(name) ? name : undefined;
  });
  const rest = names.filter((name) => !shown.includes(name));
  return shown.map((name) => name ?? rest.shift());
}
