// What the board view has in hand: the selection, how far it is zoomed, plan or table, and a CPU that is being moved.
import type { CpuMove } from './cpus.ts';

/** What the inspector shows. Cells and the root are named by their file's path. */
export type Selection =
  | { kind: 'region'; cell: string; index: number }
  | { kind: 'cell'; cell: string }
  | { kind: 'cpu'; cpu: number }
  | { kind: 'device'; name: string }
  | { kind: 'hypervisor' }
  | { kind: 'address'; address: bigint; note: string };

export class BoardState {
  selection = $state.raw<Selection>();
  mode = $state<'plan' | 'table'>('plan');
  /** Scale of the axis; undefined: chosen so that everything is legible. */
  scale = $state<number>();
  /** A CPU in the hand. */
  move = $state.raw<CpuMove>();
  /** Counts requests to bring the selection into view. */
  reveal = $state(0);
  /** Set by the plan: zooms about the pointer, or the middle of the view. */
  zoomBy: (factor: number) => void = () => undefined;
  zoomFit: () => void = () => undefined;

  select(selection: Selection | undefined, reveal = false): void {
    this.selection = selection;
    if (reveal) this.reveal++;
  }

  reset(): void {
    this.selection = undefined;
    this.move = undefined;
    this.scale = undefined;
  }
}
