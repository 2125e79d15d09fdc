// What the board view has in hand: the selection, how far it is zoomed, plan or table, and a CPU that is being moved.
import type { CpuMove } from './cpus.ts';
import type { RegionMove } from './dragRegion.ts';

/** What the inspector shows. Cells and the root are named by their file's path. */
export type Selection =
  | { kind: 'region'; cell: string; index: number }
  | { kind: 'cell'; cell: string }
  | { kind: 'cpu'; cpu: number }
  | { kind: 'device'; name: string }
  | { kind: 'hypervisor' }
  | { kind: 'address'; address: bigint; note: string };

/** A stretch of a source that is to be shown, in characters. */
export interface SourcePlace {
  file: string;
  start: number;
  end: number;
  /** Whether the keyboard goes there, too. */
  focus: boolean;
}

export class BoardState {
  selection = $state.raw<Selection>();
  mode = $state<'plan' | 'table'>('plan');
  /** Scale of the axis; undefined: chosen so that everything is legible. */
  scale = $state<number>();
  /** A CPU in the hand. */
  move = $state.raw<CpuMove>();
  /** A region, or an edge of one, in the hand. */
  reshape = $state.raw<RegionMove>();
  /** Counts requests to bring the selection into view. */
  reveal = $state(0);
  /** True while the source pane shows the place already and need not follow the selection. */
  fromSource = $state(false);
  /** The file in the source pane; undefined: the system's. */
  file = $state<string>();
  /** What the source pane was asked to show last. */
  place = $state.raw<SourcePlace>();
  /** The problem that was gone to last: see problemKey(). */
  problem = $state<string>();
  /** Set by the plan: zooms about the pointer, or the middle of the view. */
  zoomBy: (factor: number) => void = () => undefined;
  zoomFit: () => void = () => undefined;

  select(selection: Selection | undefined, reveal = false, fromSource = false): void {
    this.selection = selection;
    this.fromSource = fromSource;
    if (reveal) this.reveal++;
  }

  showPlace(place: SourcePlace): void {
    this.file = place.file;
    this.place = place;
  }

  reset(): void {
    this.selection = undefined;
    this.move = undefined;
    this.reshape = undefined;
    this.scale = undefined;
    this.file = undefined;
    this.place = undefined;
    this.problem = undefined;
  }
}
