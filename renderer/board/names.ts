// What a memory region is called on the plan: from the section of a virtual PCI device that it is, its flags, or the device of
// the board that it opens. Source of the rules: ABI reference, A.3 (flags), D.3 (sections of ivshmem).
import {
  bdfText,
  isCommRegion,
  isExecutable,
  isIo,
  isLoadable,
  isPlaceholder,
  isRootShared,
  ivshmemSectionOf,
  overlaps,
  physRange,
} from '../../engine/config/index.ts';
import type { CellConfig, MemoryRegion } from '../../engine/config/index.ts';
import type { BoardDescription } from '../../engine/board/description.ts';
import { hex } from '../format/address.ts';

/** A named window of the board, as the plan's first column shows them. */
export interface BoardWindow {
  name: string;
  kind: 'ram' | 'device' | 'reserved';
  start: bigint;
  size: bigint;
  /** Its interrupts; of several devices side by side all of theirs. */
  spis: readonly number[];
}

const GICD_SIZE = { 2: 0x1000, 3: 0x10000 } as const;
const GICC_SIZE = 0x2000;
const REDISTRIBUTOR_SIZE = 0x20000;

/** Everything that the board description places at an address. */
export function planWindows(board: BoardDescription): BoardWindow[] {
  const window = (
    name: string,
    kind: BoardWindow['kind'],
    base: number,
    size: number,
    spis: readonly number[] = [],
  ): BoardWindow => ({
    name,
    kind,
    start: BigInt(base),
    size: BigInt(size),
    spis,
  });
  const of = (spi: number | undefined): number[] => (spi === undefined ? [] : [spi]);
  const { gic } = board;
  return [
    ...board.ram.map(({ name, base, size }) => window(name, 'ram', base, size)),
    ...board.reserved.map(({ name, base, size }) => window(name, 'reserved', base, size)),
    ...(gic ? [window(`GICv${gic.version} distributor`, 'device', gic.distributor, GICD_SIZE[gic.version])] : []),
    ...(gic?.redistributor !== undefined
      ? [window('redistributors', 'device', gic.redistributor, board.cpus.length * REDISTRIBUTOR_SIZE)]
      : []),
    ...(gic?.cpuInterface !== undefined ? [window('GICC', 'device', gic.cpuInterface, GICC_SIZE)] : []),
    ...(gic?.hypervisorInterface !== undefined ? [window('GICH', 'device', gic.hypervisorInterface, GICC_SIZE)] : []),
    ...(gic?.virtualCpuInterface !== undefined ? [window('GICV', 'device', gic.virtualCpuInterface, GICC_SIZE)] : []),
    ...board.uarts.map(({ name, base, size, spi }) => window(name, 'device', base, size, of(spi))),
    ...runsOfDevices(board.devices).map(({ name, base, size, spis }) => window(name, 'device', base, size, spis)),
    ...board.pci.map((host) => window(host.virtual ? 'virtual ECAM' : 'ECAM', 'device', host.ecam, host.ecamSize)),
  ];
}

/** Devices of one type side by side (`virtio0`, `virtio1`, …) become one window, `virtio0–31`. */
function runsOfDevices(
  devices: BoardDescription['devices'],
): { name: string; base: number; size: number; spis: number[] }[] {
  const runs: { stem: string; first: string; last: string; base: number; size: number; spis: number[] }[] = [];
  for (const { name, base, size, spi } of devices) {
    const [, stem, number] = /^(.*?)(\d*)$/.exec(name)!;
    const run = runs.at(-1);
    if (run && number !== '' && run.stem === stem && run.base + run.size === base) {
      run.last = number!;
      run.size += size;
      if (spi !== undefined) run.spis.push(spi);
    } else runs.push({ stem: stem!, first: number!, last: number!, base, size, spis: spi === undefined ? [] : [spi] });
  }
  return runs.map(({ stem, first, last, ...run }) => ({
    name: `${stem}${first}${last === first ? '' : `–${last}`}`,
    ...run,
  }));
}

/** Which section of which virtual PCI device a region is, in two words. */
function sectionName(cell: CellConfig, index: number): string | undefined {
  const found = ivshmemSectionOf(cell, index);
  if (!found) return undefined;
  const { device, section } = found;
  const part =
    section === 0
      ? 'state'
      : section === 1
        ? 'shared'
        : section - 2 === device.shmemDevId
          ? 'output'
          : `input ${section - 2}`;
  return `ivshmem ${bdfText(device.bdf).replace(/^00:/, '')} ${part}`;
}

/** One or two words for a region; where it appears in the cell is added when that differs from where it is. */
export function regionName(cell: CellConfig, index: number, windows: readonly BoardWindow[]): string {
  const region = cell.memoryRegions[index]!;
  const section = sectionName(cell, index);
  if (section !== undefined) return section;
  if (isPlaceholder(region)) return 'empty';
  if (isCommRegion(region)) return 'comm region';
  const name = deviceName(region, windows) ?? kindName(region);
  const at = region.virtStart === region.physStart ? '' : ` → ${hex(region.virtStart, 1)}`;
  return `${name}${at}${isRootShared(region) ? ' · shared' : ''}`;
}

function kindName(region: MemoryRegion): string {
  if (isIo(region)) return 'MMIO';
  if (isExecutable(region) || isLoadable(region)) return 'RAM';
  return 'memory';
}

/** The one device window that the region opens; several or none give no name. */
function deviceName(region: MemoryRegion, windows: readonly BoardWindow[]): string | undefined {
  const range = physRange(region);
  const hit = windows.filter((window) => window.kind === 'device' && overlaps(range, window));
  return hit.length === 1 ? hit[0]!.name : undefined;
}
