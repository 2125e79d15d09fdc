// Devices of the board and a cell's way to them: which region opens a device, and the region that would.
import { contains, isCommRegion, MEM_FLAG, overlaps, physRange } from '../../engine/config/index.ts';
import type { CellConfig, MemoryRegion } from '../../engine/config/index.ts';
import type { BoardDescription } from '../../engine/board/description.ts';
import { planWindows } from './names.ts';
import type { BoardWindow } from './names.ts';
import { PAGE } from './regionEdit.ts';

/** What the hypervisor keeps to itself or emulates is no device to be given. */
const NOT_GIVEN = /^(GIC|redistributors|virtual ECAM|ECAM)/;

export const givenDevices = (board: BoardDescription): BoardWindow[] =>
  planWindows(board).filter(({ kind, name }) => kind === 'device' && !NOT_GIVEN.test(name));

/** How a cell reaches a device: by a region of its own, inside a wider one, only some of it, or not at all. */
export type Access = { kind: 'own' | 'within' | 'part'; index: number } | { kind: 'none' };

export function accessOf(cell: CellConfig, window: BoardWindow): Access {
  let part: Access = { kind: 'none' };
  for (const [index, region] of cell.memoryRegions.entries()) {
    if (isCommRegion(region) || region.size === 0n) continue;
    const range = physRange(region);
    if (contains(range, window))
      return { kind: range.start === window.start && isAround(range, window) ? 'own' : 'within', index };
    if (overlaps(range, window)) part = { kind: 'part', index };
  }
  return part;
}

/** A region that was made for this device: no larger than its pages. */
const isAround = ({ size }: { size: bigint }, window: BoardWindow): boolean =>
  size <= ((window.size + PAGE - 1n) / PAGE) * PAGE;

/** The region that opens a device, at its physical address. Below a page every access is trapped and needs its width allowed. */
export function deviceRegion({ start, size }: BoardWindow): MemoryRegion {
  const whole = start % PAGE === 0n && size % PAGE === 0n;
  const widths = MEM_FLAG.IO_8 | MEM_FLAG.IO_16 | MEM_FLAG.IO_32 | MEM_FLAG.IO_64;
  return {
    physStart: start,
    virtStart: start,
    size,
    flags: MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.IO | (whole ? 0n : widths),
  };
}
