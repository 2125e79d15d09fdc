// Moving a region and dragging its edges: how its addresses follow, where an edge comes to rest, and what the result would break.
// Sizes and edges stay whole pages of 4 KiB: smaller ones would be trapped access by access (ABI reference, A.3).
import { isCommRegion, rangeText } from '../../engine/config/index.ts';
import type { CellConfig, MemoryRegion } from '../../engine/config/index.ts';
import { newErrors } from '../state/problems.ts';
import type { OpenProject } from '../state/project.svelte.ts';

export const PAGE = 0x1000n;
const LIMIT = 1n << 64n;

/** What of a region is in the hand. */
export type Grip = 'whole' | 'start' | 'end';

export type Shape = Pick<MemoryRegion, 'physStart' | 'virtStart' | 'size'>;

/** Regions of whole pages can be taken hold of. */
export const canReshape = (region: MemoryRegion): boolean =>
  !isCommRegion(region) && region.size > 0n && region.size % PAGE === 0n && region.physStart % PAGE === 0n;

/**
 * The region with this part of it at an address. Its start takes the guest address along, so that what is left of it stays where the
 * cell sees it; a region that the cell sees at its physical address is seen there when it is moved, another one stays for the cell.
 * Undefined: less than a page would be left, or it would leave the address space.
 */
export function reshaped(region: Shape, grip: Grip, to: bigint): Shape | undefined {
  const { physStart, virtStart, size } = region;
  const by = to - physStart;
  const next: Shape =
    grip === 'end'
      ? { physStart, virtStart, size: to - physStart }
      : grip === 'start'
        ? { physStart: to, virtStart: virtStart + by, size: size - by }
        : { physStart: to, virtStart: virtStart === physStart ? to : virtStart, size };
  const fits =
    next.size >= PAGE &&
    next.physStart >= 0n &&
    next.virtStart >= 0n &&
    next.physStart + next.size <= LIMIT &&
    next.virtStart + next.size <= LIMIT;
  return fits ? next : undefined;
}

/**
 * Where an edge comes to rest near an address: at another edge within reach, else on a grid.
 * @param edges of everything else on the plan
 * @param reach bytes; @param grid bytes, at least a page
 */
export function snapped(address: bigint, edges: readonly bigint[], reach: bigint, grid: bigint): bigint {
  let best: bigint | undefined;
  let distance = reach + 1n;
  for (const edge of edges) {
    const away = edge > address ? edge - address : address - edge;
    if (away < distance && edge % PAGE === 0n) [best, distance] = [edge, away];
  }
  if (best !== undefined) return best;
  return ((address + grid / 2n) / grid) * grid;
}

/** The largest power of two of at least a page that is not more than so many bytes. */
export function gridFor(bytes: bigint): bigint {
  let grid = PAGE;
  while (grid * 2n <= bytes) grid *= 2n;
  return grid;
}

/** Both ranges, and what the new one would break. */
export interface ReshapeVerdict {
  from: string;
  to: string;
  collisions: string[];
}

export function reshapeVerdict(
  project: OpenProject,
  key: string,
  index: number,
  shape: Shape,
): ReshapeVerdict | undefined {
  const entry = project.cells.find((cell) => cell.key === key);
  const region = entry?.cell.memoryRegions[index];
  const { scenario } = project;
  if (!entry || !region || !scenario) return undefined;
  const changed = (cell: CellConfig): CellConfig => ({
    ...cell,
    memoryRegions: cell.memoryRegions.map((each, i) => (i === index ? { ...each, ...shape } : each)),
  });
  const next = entry.root
    ? { ...scenario, system: { ...scenario.system, rootCell: changed(scenario.system.rootCell) } }
    : { ...scenario, cells: scenario.cells.map((cell) => (cell === entry.cell ? changed(cell) : cell)) };
  return {
    from: rangeText(region.physStart, region.size),
    to: rangeText(shape.physStart, shape.size),
    collisions: newErrors(scenario, next).map(({ message }) => message),
  };
}
