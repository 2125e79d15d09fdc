// A unit: a part of the hypervisor with its own share in every cell. Units are initialised in a fixed order and shut down
// in reverse. Source: ABI reference, B.5 (cell_init, cell_exit), B.7 (order and names).
import type { CellConfig } from '../config/index.ts';
import type { Cell } from './cell/cell.ts';

export interface Unit {
  /** As in `Initializing unit: NAME`. */
  readonly name: string;
  /** Sets the unit up, the root cell's share included. 0 or a negated error number; stops enable. */
  init(): number;
  /** MMIO windows that the unit may register for this cell. */
  mmioWindows(config: CellConfig): number;
  /** The new cell's share. 0 or a negated error number; stops cell create. */
  cellInit(cell: Cell): number;
  cellExit(cell: Cell): void;
  /** Brings hardware in line after a cell was added or removed. */
  commit(cell: Cell): void;
  shutdown(): void;
}

/** A unit that is built in but finds nothing to do on this board (IOMMUs of other boards). */
export const idleUnit = (name: string): Unit => ({
  name,
  init: () => 0,
  mmioWindows: () => 0,
  cellInit: () => 0,
  cellExit: () => undefined,
  commit: () => undefined,
  shutdown: () => undefined,
});
