// What a memory region is for, from its flags alone. Source: ABI reference, A.3, B.6, B.8 and F.6 (the RAM rule of the tools).
import { MEM_FLAG, type CellConfig, type MemoryRegion } from './model.ts';

const has = (region: MemoryRegion, flag: bigint): boolean => (region.flags & flag) === flag;

const RAM_FLAGS = MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.EXECUTE | MEM_FLAG.DMA;

/** RAM as `cell linux` sees it: readable, writable, executable, DMA; not I/O, comm region or shared with root (F.6). */
export const isLinuxRam = (region: MemoryRegion): boolean =>
  has(region, RAM_FLAGS) && (region.flags & (MEM_FLAG.IO | MEM_FLAG.COMM_REGION | MEM_FLAG.ROOTSHARED)) === 0n;

/** Executable memory: RAM in the root's table and every inmate's code. */
export const isExecutable = (region: MemoryRegion): boolean => has(region, MEM_FLAG.EXECUTE);
export const isCommRegion = (region: MemoryRegion): boolean => has(region, MEM_FLAG.COMM_REGION);
export const isLoadable = (region: MemoryRegion): boolean => has(region, MEM_FLAG.LOADABLE);
export const isRootShared = (region: MemoryRegion): boolean => has(region, MEM_FLAG.ROOTSHARED);
export const isIo = (region: MemoryRegion): boolean => has(region, MEM_FLAG.IO);

/** All fields zero: holds the place of an ivshmem section (A.3). */
export const isPlaceholder = (region: MemoryRegion): boolean =>
  region.physStart === 0n && region.virtStart === 0n && region.size === 0n && region.flags === 0n;

const PAGE_MASK = 0xfffn;
/** Trapped and dispatched access by access instead of mapped: start or size is not a multiple of 4 KiB (B.8). */
export const isSubPage = (region: MemoryRegion): boolean => ((region.virtStart | region.size) & PAGE_MASK) !== 0n;

export interface Range {
  start: bigint;
  size: bigint;
}
export const physRange = (region: MemoryRegion): Range => ({ start: region.physStart, size: region.size });
export const virtRange = (region: MemoryRegion): Range => ({ start: region.virtStart, size: region.size });

/** Ranges of size 0 overlap nothing. */
export const overlaps = (a: Range, b: Range): boolean =>
  a.size > 0n && b.size > 0n && a.start < b.start + b.size && b.start < a.start + a.size;

export const contains = (outer: Range, inner: Range): boolean =>
  inner.start >= outer.start && inner.start + inner.size <= outer.start + outer.size;

/** The common part of two ranges, or null. */
export function intersection(a: Range, b: Range): Range | null {
  if (!overlaps(a, b)) return null;
  const start = a.start > b.start ? a.start : b.start;
  const endA = a.start + a.size;
  const endB = b.start + b.size;
  return { start, size: (endA < endB ? endA : endB) - start };
}

/** The cell's comm region, if it maps one. */
export const commRegionOf = (cell: CellConfig): MemoryRegion | undefined => cell.memoryRegions.find(isCommRegion);
