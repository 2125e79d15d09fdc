// Bringing the hypervisor up: the sequence of steps and console lines from the banner to `Activating hypervisor`.
// Source: ABI reference, B.7 (order and texts), B.12 (figures), A.11 (CPU count).
import { cellName, configSize, cpusOf, isSubPage } from '../config/index.ts';
import { gpa, pa, PAGE_SIZE } from '../util/units.ts';
import { Arm64 } from './arch/arm64/arm64.ts';
import { MAX_SEGMENTS, takeAddressMap } from './cell/address-maps.ts';
import { regionsOf, Cell } from './cell/cell.ts';
import { CommRegion } from './cell/comm-region.ts';
import { ERRNO } from './errno.ts';
import { cpusText } from './explain/text.ts';
import { Hypervisor, type HypervisorOptions } from './hypervisor.ts';
import { MmioTable } from './mmio/table.ts';
import { bitmapPages, mmioPages, ownTables, PARKING_TABLES, PERCPU_PAGES, PRIVATE_TABLES } from './paging/footprint.ts';
import { pagesOf } from './paging/page-pool.ts';
import { mapIntoCell } from './paging/regions.ts';
import { Stage2 } from './paging/stage2.ts';

export const VERSION = 'v0.12';

/** What became of an enable; the console (and with it the log) outlives a failure. */
export interface Boot {
  readonly hypervisor: Hypervisor;
  /** 0, or the negated error number that every CPU's entry returns. */
  readonly result: number;
}

/**
 * Runs the hypervisor's entry on all online CPUs.
 * @param master the CPU that comes first
 * @param online logical numbers of the CPUs that enter
 */
export function boot(options: HypervisorOptions, master: number, online: readonly number[]): Boot {
  const configured = cpusOf(options.system.rootCell.cpuSet);
  const hv = new Hypervisor(options, configured);
  const { platform } = options.system;
  if (platform.kind !== 'arm' || hv.machine.board.architecture !== 'arm64')
    throw new Error(`boot: no hypervisor for ${hv.machine.board.architecture}`);
  hv.arch = new Arm64(hv, platform);
  const result = early(hv, master) || processors(hv, master, online) || late(hv, configured, online);
  if (result !== 0) {
    hv.shutdown();
  } else {
    hv.print('Activating hypervisor\n');
  }
  return { hypervisor: hv, result };
}

function early(hv: Hypervisor, master: number): number {
  hv.print(`\nInitializing Jailhouse hypervisor ${VERSION} on CPU ${master}\nCode location: ${hv.arch.codeLocation}\n`);
  const highest = cpusOf(hv.system.rootCell.cpuSet).at(-1) ?? 0;
  const size = Number(hv.system.hypervisorMemory.size);
  const fixed =
    (highest + 1) * PERCPU_PAGES +
    pagesOf(configSize({ kind: 'system', system: hv.system })) +
    bitmapPages(hv.pool.pages) +
    bitmapPages(hv.remap.pages) +
    ownTables(size) +
    PRIVATE_TABLES;
  if (!hv.takePages(fixed) || !createRootCell(hv)) return outOfMemory(hv);
  hv.printUsage('after early setup');
  return 0;
}

/** The root cell with CPUs and views, but without memory yet; hypervisor memory reads as one empty page. */
function createRootCell(hv: Hypervisor): boolean {
  const { rootCell: config, hypervisorMemory } = hv.system;
  const comm = hv.pool.alloc();
  const slots =
    hv.arch.units.reduce((sum, unit) => sum + unit.mmioWindows(config), 0) +
    config.memoryRegions.filter(isSubPage).length;
  if (comm === undefined || !hv.takePages(mmioPages(slots))) return false;
  const stage2 = Stage2.create(hv.pool, hv.arch.addressBits);
  if (!stage2) return false;
  hv.machine.memory.fill(comm, PAGE_SIZE, 0);
  hv.rootCell = new Cell({
    config,
    isRoot: true,
    comm: new CommRegion(hv.machine.memory, comm),
    stage2,
    addressMap: takeAddressMap(hv.machine),
    mmio: new MmioTable(slots),
    pages: [],
  });
  hv.rootCell.cpus = hv.systemCpus.map(({ id }) => id);
  for (const cpu of hv.systemCpus) cpu.cell = hv.rootCell;
  hv.cells = [hv.rootCell];
  const empty = { read: true, write: false, device: false, empty: true };
  return stage2.map(gpa(hv.base), pa(hv.base), Number(hypervisorMemory.size), empty, false);
}

function processors(hv: Hypervisor, master: number, online: readonly number[]): number {
  hv.print('Initializing processors:\n');
  for (const cpu of [master, ...online.filter((id) => id !== master)]) {
    if (cpu !== master && !hv.takePages(PRIVATE_TABLES)) {
      hv.print(` CPU ${cpu}... FAILED\n`);
      return outOfMemory(hv);
    }
    hv.print(` CPU ${cpu}... OK\n`);
  }
  return 0;
}

function late(hv: Hypervisor, configured: readonly number[], online: readonly number[]): number {
  const missing = configured.filter((cpu) => !online.includes(cpu));
  if (missing.length > 0) {
    return hv.report.refuse('EINVAL', {
      call: 'ENABLE',
      rule: 'cpu-count',
      sentence:
        `The root cell's CPU set names ${cpusText(missing)}, which ${missing.length === 1 ? 'is' : 'are'} not online: ` +
        `Linux has ${online.length} CPUs and the set ${configured.length}. Take them out of the set or run all of them.`,
      target: { cell: hv.rootCell.name, field: 'rootCell.cpuSet' },
    });
  }
  if (!hv.takePages(PARKING_TABLES)) return outOfMemory(hv);
  for (const unit of hv.arch.units) {
    hv.print(`Initializing unit: ${unit.name}\n`);
    hv.units.push(unit);
    const result = unit.init();
    if (result !== 0) return result;
  }
  for (const view of regionsOf(hv.rootCell.config)) {
    const result = mapIntoCell(hv, hv.rootCell, view);
    if (result !== 0) return outOfMemory(hv);
  }
  if (hv.rootCell.stage2.segments(hv.machine.memory).length > MAX_SEGMENTS) {
    const sentence = `The root cell has more than ${MAX_SEGMENTS} separate pieces of memory. Merge regions that continue each other.`;
    const target = { cell: hv.rootCell.name, field: 'rootCell.memoryRegions' };
    return hv.report.refuse('ENOMEM', { call: 'ENABLE', rule: 'segments', sentence, target });
  }
  hv.commit(hv.rootCell);
  hv.printUsage('after late setup');
  return 0;
}

function outOfMemory(hv: Hypervisor): number {
  hv.report.refuse('ENOMEM', {
    call: 'ENABLE',
    rule: 'page-pool',
    sentence:
      `Hypervisor memory of ${hv.pool.pages} pages is used up while enabling. Make hypervisor_memory larger ` +
      'in the system configuration and reserve it on the kernel command line.',
    target: { cell: cellName(hv.system.rootCell), field: 'hypervisorMemory.size' },
  });
  return -ERRNO.ENOMEM;
}
