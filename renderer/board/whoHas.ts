// What is at a physical address of the board, and which regions of which cells reach it.
import { contains, isCommRegion, physRange } from '../../engine/config/index.ts';
import type { CellConfig, SystemConfig } from '../../engine/config/index.ts';
import type { BoardDescription } from '../../engine/board/description.ts';
import { planWindows, regionName } from './names.ts';

/** The scenario as this module needs it; `cells` with the root first. */
export interface Ground<Entry extends { name: string; cell: CellConfig }> {
  board: BoardDescription | undefined;
  system: SystemConfig | undefined;
  cells: readonly Entry[];
}

export interface Reach<Entry> {
  entry: Entry;
  index: number;
  /** What the plan calls the region. */
  name: string;
}

export function whoHas<Entry extends { name: string; cell: CellConfig }>(
  { board, system, cells }: Ground<Entry>,
  address: bigint,
): { there: string[]; reached: Reach<Entry>[] } {
  const at = { start: address, size: 1n };
  const windows = board ? planWindows(board) : [];
  return {
    there: [
      ...windows.filter((window) => contains(window, at)).map((window) => window.name),
      ...(system && contains(physRange(system.hypervisorMemory), at) ? ['hypervisor memory'] : []),
    ],
    reached: cells.flatMap((entry) =>
      entry.cell.memoryRegions.flatMap((region, index) =>
        !isCommRegion(region) && contains(physRange(region), at)
          ? [{ entry, index, name: regionName(entry.cell, index, windows) }]
          : [],
      ),
    ),
  };
}
