// The driver's own record of a cell: what it needs to give CPUs back and to find regions for images.
// Source: ABI reference, E.4, E.5.
import type { CellConfig } from '../config/index.ts';

export interface DriverCell {
  readonly id: number;
  readonly name: string;
  readonly config: CellConfig;
  /** Ascending; changes only for the root. */
  cpus: number[];
  /** CPUs that were online before create: destroy brings back exactly these. */
  readonly offlined: number[];
}

/** Smallest id that no cell has. */
export function freeId(cells: readonly DriverCell[]): number {
  let id = 0;
  while (cells.some((cell) => cell.id === id)) id++;
  return id;
}
