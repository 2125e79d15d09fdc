// CELL_CREATE, in the reference's order of checks. Source: ABI reference, B.5, A.1 (limits), B.6, K.7.
import {
  cellName,
  cellSize,
  ConfigError,
  decode,
  isCommRegion,
  isRootShared,
  isSubPage,
  type CellConfig,
} from '../../config/index.ts';
import { PAGE_SIZE, type Gpa, type Pa } from '../../util/units.ts';
import { MAX_SEGMENTS, takeAddressMap } from '../cell/address-maps.ts';
import { Cell, regionsOf } from '../cell/cell.ts';
import { CELL_STATE, CommRegion, MESSAGE } from '../cell/comm-region.ts';
import type { PerCpu } from '../cell/percpu.ts';
import type { ErrnoName } from '../errno.ts';
import { cpusText, rangeText } from '../explain/text.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { MmioTable } from '../mmio/table.ts';
import { cellFieldBeyond } from '../paging/address-limit.ts';
import { cellPages, mmioPages } from '../paging/footprint.ts';
import { mapIntoCell, takeFromRoot } from '../paging/regions.ts';
import { Stage2 } from '../paging/stage2.ts';
import type { Task } from '../task.ts';
import { dissolve, releasePages } from './destroy.ts';
import { exchange } from './messages.ts';
import { lockedCell, refuseLocked, suspendRoot } from './prologue.ts';

/** Of the descriptor: what is read before the whole is (A.1). */
const HEADER = { SIZE: 132, NAME: 8, NAME_END: 40, ID: 40 } as const;
/** Pages of the window through which a configuration is read. */
const WINDOW_PAGES = 16;
const MAX_CPU_SET = 4096;

type Refuse = (errno: ErrnoName, rule: string, sentence: string, field?: string) => number;

/** @param at guest-physical address of the configuration in the root */
export function* createCell(hv: Hypervisor, caller: PerCpu, at: Gpa): Task<number> {
  suspendRoot(hv, caller);
  const locked = lockedCell(hv);
  if (locked) return refuseLocked(hv, 'CELL_CREATE', locked);
  const config = readConfig(hv, at);
  if (typeof config === 'number') return config;
  const cell = build(hv, caller, config);
  if (typeof cell === 'number') return cell;
  cell.comm.state = CELL_STATE.SHUT_DOWN;
  hv.cells.push(cell);
  for (const other of hv.cells) if (!other.isRoot) yield* exchange(hv, other, MESSAGE.RECONFIG_COMPLETED);
  hv.print(`Created cell "${cell.name}"\n`);
  hv.printUsage('after cell creation');
  const cpus = cell.cpus.length > 0 ? cpusText(cell.cpus) : 'no CPU';
  hv.report.info('cell.created', `${cell.name} is created as cell ${cell.id} with ${cpus}.`, { cell: cell.name });
  return 0;
}

const refusals =
  (hv: Hypervisor, cell: string): Refuse =>
  (errno, rule, sentence, field) =>
    hv.report.refuse(errno, { call: 'CELL_CREATE', rule, sentence, target: { cell, ...(field && { field }) } });

/** Name and id first, then the whole, as far as the root's view has it. */
function readConfig(hv: Hypervisor, at: Gpa): CellConfig | number {
  const window = readWindow(hv, at);
  if (window.length < HEADER.SIZE) {
    const sentence = `The root has no memory at 0x${at.toString(16)}, where the configuration of the new cell should be.`;
    return refusals(hv, '')('ENOMEM', 'config-address', sentence);
  }
  const name = cellName({ name: String.fromCharCode(...window.subarray(HEADER.NAME, HEADER.NAME_END)) });
  const id = new DataView(window.buffer).getUint32(HEADER.ID, true);
  const refuse = refusals(hv, name);
  const twin = hv.cells.find((cell) => cell.name === name || cell.id === id);
  if (twin) {
    const what = twin.name === name ? `named "${name}"` : `with id ${id} (${twin.name})`;
    const sentence = `There is already a cell ${what}. Destroy it first, or give the new cell another name.`;
    return refuse('EEXIST', 'name-or-id', sentence, 'name');
  }
  const decoded = decode(window, 'cell', `The configuration of ${name}`);
  const tooLarge = decoded instanceof ConfigError && (decoded.code === 'counts' || decoded.code === 'cell-too-large');
  if (tooLarge || (!(decoded instanceof ConfigError) && (at % PAGE_SIZE) + decoded.size > WINDOW_PAGES * PAGE_SIZE)) {
    const sentence = `The configuration of ${name} does not fit the ${WINDOW_PAGES} pages through which it is read. Merge memory regions.`;
    return refuse('E2BIG', 'config-size', sentence);
  }
  if (decoded instanceof ConfigError) return refuse('EINVAL', decoded.code, decoded.message);
  return (decoded.config as { cell: CellConfig }).cell;
}

/** What the root has from `at` to the end of the window's last page. */
function readWindow(hv: Hypervisor, at: Gpa): Uint8Array {
  for (let pages = WINDOW_PAGES; pages > 0; pages--) {
    const size = pages * PAGE_SIZE - (at % PAGE_SIZE);
    const physical = hv.rootCell.stage2.translate(at, size);
    if (physical !== undefined && hv.machine.memory.isRam(physical, size))
      return hv.machine.memory.read(physical, size);
  }
  return new Uint8Array();
}

/** The cell with everything that it takes, or a negated error number and nothing changed. */
function build(hv: Hypervisor, caller: PerCpu, config: CellConfig): Cell | number {
  const refuse = refusals(hv, cellName(config));
  const cell = allocate(hv, config);
  if (!cell) return refuseForMemory(hv, refuse);
  const failed =
    checkCpus(hv, caller, cell, refuse) ||
    checkAddresses(cell, refuse) ||
    hv.arch.cellCreate(cell) ||
    initUnits(hv, cell);
  if (failed !== 0) {
    releasePages(hv, cell);
    return failed;
  }
  takeCpus(hv, cell);
  warnOfForeignMemory(hv, cell);
  for (const view of regionsOf(config)) {
    if ((takeFromRoot(hv, view) || mapIntoCell(hv, cell, view)) === 0) continue;
    dissolve(hv, cell);
    return refuseForMemory(hv, refuse);
  }
  if (cell.stage2.segments(hv.machine.memory).length > MAX_SEGMENTS) {
    dissolve(hv, cell);
    const sentence = `${cell.name} has more than ${MAX_SEGMENTS} separate pieces of memory. Merge regions that continue each other.`;
    return refuse('ENOMEM', 'segments', sentence, 'memoryRegions');
  }
  hv.commit(cell);
  return cell;
}

function allocate(hv: Hypervisor, config: CellConfig): Cell | undefined {
  const pages: { at: Pa; count: number }[] = [];
  const take = (count: number): Pa | undefined => {
    const at = hv.pool.alloc(count);
    if (at !== undefined) pages.push({ at, count });
    return at;
  };
  const slots =
    hv.arch.units.reduce((sum, unit) => sum + unit.mmioWindows(config), 0) +
    config.memoryRegions.filter(isSubPage).length;
  const structure = take(cellPages(cellSize(config)));
  const table = structure === undefined ? undefined : take(mmioPages(slots));
  const stage2 = table === undefined ? undefined : Stage2.create(hv.pool, hv.arch.addressBits);
  if (structure === undefined || !stage2) {
    for (const { at, count } of pages) hv.pool.free(at, count);
    return undefined;
  }
  hv.machine.memory.fill(structure, PAGE_SIZE, 0);
  return new Cell({
    config,
    isRoot: false,
    comm: new CommRegion(hv.machine.memory, structure),
    stage2,
    addressMap: takeAddressMap(hv.machine),
    mmio: new MmioTable(slots),
    pages,
  });
}

function checkCpus(hv: Hypervisor, caller: PerCpu, cell: Cell, refuse: Refuse): number {
  if (cell.config.cpuSet.length > MAX_CPU_SET)
    return refuse(
      'EINVAL',
      'cpu-set-size',
      `The CPU set of ${cell.name} is larger than ${MAX_CPU_SET} bytes. Shorten it.`,
      'cpuSet',
    );
  if (cell.owns(caller.id)) {
    const sentence = `${cell.name} asks for CPU ${caller.id}, on which the root makes this call. Leave it to the root.`;
    return refuse('EBUSY', 'calling-cpu', sentence, 'cpuSet');
  }
  const foreign = cell.cpus.filter((id) => !hv.rootCell.owns(id));
  if (foreign.length === 0) return 0;
  const owners = foreign.map(
    (id) => `CPU ${id} belongs to ${hv.cpu(id)?.cell.name ?? 'no cell: the system does not have it'}`,
  );
  return refuse(
    'EBUSY',
    'cpu-not-in-root',
    `${cell.name} asks for CPUs that the root does not have: ${owners.join('; ')}.`,
    'cpuSet',
  );
}

function checkAddresses(cell: Cell, refuse: Refuse): number {
  const field = cellFieldBeyond(cell.config);
  if (field === undefined) return 0;
  const sentence = `${field} of ${cell.name} ends beyond the 48-bit address space. Correct its address and size.`;
  return refuse('EINVAL', 'address-space', sentence, field);
}

function initUnits(hv: Hypervisor, cell: Cell): number {
  for (const [index, unit] of hv.units.entries()) {
    const result = unit.cellInit(cell);
    if (result === 0) continue;
    for (const done of hv.units.slice(0, index).toReversed()) done.cellExit(cell);
    return result;
  }
  return 0;
}

function takeCpus(hv: Hypervisor, cell: Cell): void {
  hv.rootCell.cpus = hv.rootCell.cpus.filter((id) => !cell.owns(id));
  for (const id of cell.cpus) {
    const cpu = hv.cpu(id)!;
    hv.arch.park(cpu);
    cpu.cell = cell;
    cpu.counters.clear();
  }
}

function refuseForMemory(hv: Hypervisor, refuse: Refuse): number {
  return refuse(
    'ENOMEM',
    'page-pool',
    `Hypervisor memory has ${hv.pool.pages - hv.pool.used} of ${hv.pool.pages} pages left, too few for this cell. ` +
      'Make hypervisor_memory larger, or merge and align regions so that huge pages serve them.',
  );
}

/** The core checks only CPUs; memory that another cell or the hypervisor has is shared silently. We say so. */
function warnOfForeignMemory(hv: Hypervisor, cell: Cell): void {
  for (const { index, region, physical, size } of regionsOf(cell.config)) {
    if (size === 0 || isCommRegion(region) || isRootShared(region)) continue;
    const where = `Memory region ${index} of ${cell.name} (${rangeText(physical, size)})`;
    const target = {
      cell: cell.name,
      field: `memoryRegions[${index}].physStart`,
      address: `0x${physical.toString(16)}`,
    };
    const other = hv.cells.find((candidate) => !candidate.isRoot && candidate.stage2.reaches(physical, size));
    if (other) {
      const sentence = `${where} is memory that ${other.name} has already: both cells now share it. Move one of them.`;
      hv.report.warning('memory.shared', sentence, target);
    }
    if (physical < hv.base + Number(hv.system.hypervisorMemory.size) && hv.base < physical + size) {
      const sentence = `${where} reaches into hypervisor memory: the cell could overwrite the hypervisor. Move the region.`;
      hv.report.warning('memory.hypervisor', sentence, target);
    }
  }
}
