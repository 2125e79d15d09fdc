// The hypervisor: host code that owns the cells. This file holds what all its rooms share: the machine below, the system
// configuration, CPUs, cells, pools and console. boot.ts brings it up, control/ manages cells, arch/ is the architecture.
// Source: ABI reference, section B.
import type { SystemConfig } from '../config/index.ts';
import type { BusOwner, Machine } from '../machine/api.ts';
import { placeTouched } from '../machine/memory.ts';
import { gpa, pa, type Gpa, type Pa } from '../util/units.ts';
import type { Arch } from './arch/arch.ts';
import { CELL_STATE } from './cell/comm-region.ts';
import { giveBackAddressMap } from './cell/address-maps.ts';
import type { Cell } from './cell/cell.ts';
import { PerCpu } from './cell/percpu.ts';
import { HypervisorConsole, type ConsoleOutput } from './console/console.ts';
import { openUart } from './console/uart.ts';
import { Explain } from './explain/explain.ts';
import type { MmioWindow } from './mmio/table.ts';
import { CORE_SIZE, remapTables } from './paging/footprint.ts';
import { PagePool, pagesOf, REMAP_POOL_PAGES } from './paging/page-pool.ts';
import type { Compatibility } from './quirks.ts';
import type { Reporter } from './report.ts';
import type { Unit } from './unit.ts';

export interface HypervisorOptions {
  machine: Machine;
  system: SystemConfig;
  output: ConsoleOutput;
  report: Reporter;
  compatibility?: Compatibility;
}

/** How the hypervisor's own accesses appear on the bus. */
const OWNER: BusOwner = { name: 'hypervisor', cpu: -1 };

export class Hypervisor {
  readonly machine: Machine;
  readonly system: SystemConfig;
  readonly report: Reporter;
  readonly compatibility: Compatibility;
  readonly console: HypervisorConsole;
  readonly explain: Explain;
  readonly owner = OWNER;
  /** Pages of hypervisor memory behind the image. */
  readonly pool: PagePool;
  /** Pages of the virtual window for devices. */
  readonly remap = new PagePool(pa(0), REMAP_POOL_PAGES);

  /** Set by boot.ts. */
  arch!: Arch;
  rootCell!: Cell;
  /** Units that have been initialised, in that order. */
  units: Unit[] = [];
  /** The root first, then in order of creation. */
  cells: Cell[] = [];
  /** CPUs of the root's initial CPU set that the machine has, ascending. */
  readonly systemCpus: readonly PerCpu[];
  readonly #cpusById: (PerCpu | undefined)[] = [];
  readonly #memory: { base: number; size: number };
  readonly #output: ConsoleOutput;

  /** @param cpus logical CPU numbers of the system configuration's CPU set */
  constructor(options: HypervisorOptions, cpus: readonly number[]) {
    const { machine, system, output, report } = options;
    this.machine = machine;
    this.system = system;
    this.report = report;
    this.compatibility = options.compatibility ?? {};
    this.#output = output;
    this.console = new HypervisorConsole(output, openUart(system.debugConsole, machine.bus, OWNER));
    this.explain = new Explain(this);
    const { physStart, size } = system.hypervisorMemory;
    this.#memory = { base: Number(physStart), size: Number(size) };
    this.pool = new PagePool(pa(this.#memory.base + CORE_SIZE), pagesOf(this.#memory.size - CORE_SIZE));
    this.systemCpus = machine.cpus
      .filter(({ index }) => cpus.includes(index))
      .map((cpu) => (this.#cpusById[cpu.index] = new PerCpu(cpu, machine.board.architecture)));
  }

  /** Start of hypervisor memory. */
  get base(): Pa {
    return pa(this.#memory.base);
  }

  coversOwnMemory(address: number): boolean {
    return address >= this.#memory.base && address < this.#memory.base + this.#memory.size;
  }

  /** Undefined outside the root's initial CPU set. */
  cpu(id: number): PerCpu | undefined {
    return this.#cpusById[id];
  }

  cell(id: number): Cell | undefined {
    return this.cells.find((cell) => cell.id === id);
  }

  print(text: string): void {
    this.console.print(text);
  }

  printUsage(when: string): void {
    this.print(`Page pool usage ${when}: mem ${this.pool.usage}, remap ${this.remap.usage}\n`);
  }

  /** A character of hypercall 8: on the console like everything printed, and on the cell's own virtual console. */
  putCharacter(cell: Cell, byte: number): void {
    const bytes = Uint8Array.of(byte);
    this.console.putBytes(bytes);
    this.#output({ name: cell.name, kind: 'cell', cell: cell.name }, bytes);
  }

  registerMmio(cell: Cell, window: MmioWindow): void {
    if (cell.mmio.register(window)) return;
    this.print('WARNING: Overflow during MMIO region registration!\n');
    this.report.warning(
      'mmio.overflow',
      `${cell.name} has more MMIO windows than were counted for it; ${window.name} is dropped and not reachable.`,
      { cell: cell.name },
    );
  }

  /** Takes remap pages for device windows of these sizes, and the tables under them. False if a pool ran dry. */
  remapWindows(...sizes: number[]): boolean {
    const pages = sizes.reduce((sum, size) => sum + pagesOf(size), 0);
    return this.remap.alloc(pages) !== undefined && this.takePages(remapTables(pages));
  }

  /** Pages that stay taken until the hypervisor goes. False if the pool ran dry. */
  takePages(count: number): boolean {
    for (let i = 0; i < count; i++) if (this.pool.alloc() === undefined) return false;
    return true;
  }

  /** Brings CPUs' views and hardware in line with what the cells own now. */
  commit(cell: Cell): void {
    for (const each of new Set([this.rootCell, cell]))
      each.addressMap.update(each.stage2.segments(this.machine.memory));
    for (const unit of this.units) unit.commit(cell);
  }

  /** After a guest's access outside its address map: true if it hit RAM of its cell that has its place only now; try again. */
  revealRam(cell: Cell, address: Gpa, size: number): boolean {
    const { memory } = this.machine;
    if (memory.allPlaced) return false;
    const touched = [address, gpa(address + size - 1)].flatMap((guest) => {
      const mapping = cell.stage2.find(guest);
      if (!mapping?.access.read || mapping.access.empty) return [];
      return [{ guest, physical: pa(mapping.physical + (guest - mapping.start)) }];
    });
    if (!placeTouched(memory, cell.addressMap, touched)) return false;
    cell.addressMap.update(cell.stage2.segments(memory));
    return true;
  }

  /** Hands the hardware back; also after a boot that failed on the way. */
  shutdown(): void {
    for (const unit of this.units.toReversed()) unit.shutdown();
    this.arch.shutdown();
    if (this.cells.length > 0) giveBackAddressMap(this.machine, this.rootCell.addressMap);
  }

  /** A CPU met something that its cell may not do: it stops here, the others go on (B.9). */
  panicPark(cpu: PerCpu): void {
    const { cell } = cpu;
    this.print(`Parking CPU ${cpu.id} (Cell: "${cell.name}")\n`);
    cpu.failed = true;
    this.arch.park(cpu);
    const all = cell.cpus.every((id) => this.cpu(id)?.failed);
    if (all) cell.comm.state = CELL_STATE.FAILED;
    this.report.warning(
      'cpu.parked',
      all
        ? `CPU ${cpu.id} of ${cell.name} is parked and with it the whole cell, which is now failed. ` +
            `Load and start it again, or destroy it.`
        : `CPU ${cpu.id} of ${cell.name} is parked; the other CPUs of the cell go on.`,
      { cell: cell.name, cpu: cpu.id },
    );
  }
}
