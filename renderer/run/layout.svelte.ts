// How the run view is arranged: how many consoles are side by side, which, with or without guest time, and the search.
import type { ConsoleInfo } from '../../engine/contract/index.ts';

export type Grid = 1 | 2 | 4;

/** A place in a stored console that the person went to. */
export interface LogPlace {
  console: string;
  line: number;
  start: number;
  end: number;
}

export class RunLayout {
  grid = $state<Grid>(4);
  /** The pane that fills the grid alone. */
  focus = $state<number>();
  /** Consoles that the person put into the panes, by pane number; others fill up by themselves. */
  chosen = $state.raw<Readonly<Record<number, string>>>({});
  /** Guest time beside every line. */
  stamps = $state(false);
  searching = $state(false);
  /** Counts requests to type into the search. */
  asked = $state(0);
  /** Shown instead of the console's live end. */
  reading = $state.raw<LogPlace>();
  /** The cell whose counters are shown; undefined: the first that has some. */
  countersOf = $state<string>();
  /** The cell that the load dialog is for. */
  loadInto = $state<number>();
  /** Faults that were read and put away: index of the event. */
  faultsSeen = $state.raw<readonly number[]>([]);

  choose(pane: number, console: string): void {
    this.chosen = { ...this.chosen, [pane]: console };
  }

  /** Another run is shown: what pointed into the last one goes. */
  reset(): void {
    this.reading = undefined;
    this.searching = false;
    this.faultsSeen = [];
    this.countersOf = undefined;
  }
}

const RANK: Record<ConsoleInfo['kind'], number> = { root: 0, hypervisor: 1, cell: 2, uart: 3 };

/** Root shell, hypervisor, cells, then the board's wires. */
export const inOrder = (consoles: readonly ConsoleInfo[]): ConsoleInfo[] =>
  [...consoles].sort((a, b) => RANK[a.kind] - RANK[b.kind]);

/** The consoles in the panes: those that were chosen stay where they are, the rest follow in order. */
export function panes(
  count: number,
  chosen: Readonly<Record<number, string>>,
  names: readonly string[],
): (string | undefined)[] {
  const shown = Array.from({ length: count }, (_, pane) => {
    const name = chosen[pane];
    return name !== undefined && names.includes(name) ? name : undefined;
  });
  const rest = names.filter((name) => !shown.includes(name));
  return shown.map((name) => name ?? rest.shift());
}
