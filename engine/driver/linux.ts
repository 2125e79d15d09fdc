// The modelled Linux of the root cell, as far as the driver and the tools touch it: kernel log, CPU hotplug, memory, and
// what its GIC driver left in the interrupt controller at boot. No guest code runs here.
// Source: ABI reference, E.2, E.4; Linux, Documentation/core-api/cpu_hotplug; Arm IHI 0048 and IHI 0069 (registers).
import type { BoardRange } from '../board/index.ts';
import { ERRNO } from '../hypervisor/index.ts';
import type { Cpu } from '../cpu/port.ts';
import type { Machine } from '../machine/api.ts';
import { MiB, PAGE_SIZE, pa, type GuestNs, type Pa } from '../util/units.ts';
import { linuxMemory } from './kernel-arguments.ts';

export interface LogLine {
  readonly time: GuestNs;
  readonly text: string;
}

/** The kernel's log buffer keeps this many lines. */
const LOG_LINES = 4096;
/** Where the kernel's allocations are modelled: this far into its memory. */
const HEAP_OFFSET = 128 * MiB;

export class Linux {
  readonly machine: Machine;
  /** RAM that the kernel manages. */
  readonly memory: readonly BoardRange[];
  #log: LogLine[] = [];
  readonly #online: Set<number>;

  /** False when a real system runs on the board: then there is no modelled kernel, and nothing of it is touched. */
  readonly present: boolean;

  constructor(machine: Machine, present = true) {
    this.machine = machine;
    this.present = present;
    this.memory = linuxMemory(machine.board);
    this.#online = new Set(machine.cpus.map(({ index }) => index));
    if (present) bootInterruptController(machine);
  }

  // ------------------------------------------------------------------------------------------------------------------ log

  get log(): readonly LogLine[] {
    return this.#log;
  }

  printk(text: string): void {
    this.#log.push({ time: this.machine.now, text });
    if (this.#log.length > LOG_LINES) this.#log = this.#log.slice(-LOG_LINES);
  }

  // -------------------------------------------------------------------------------------------------------------- hotplug

  /** One more than the highest CPU number that the kernel knows: nr_cpu_ids. */
  get possibleCpus(): number {
    return Math.max(...this.machine.cpus.map(({ index }) => index)) + 1;
  }

  /** Ascending. */
  get presentCpus(): number[] {
    return this.machine.cpus.map(({ index }) => index);
  }

  /** Ascending. */
  get onlineCpus(): number[] {
    return [...this.#online].sort((a, b) => a - b);
  }

  isOnline(cpu: number): boolean {
    return this.#online.has(cpu);
  }

  /** The CPU that runs processes: the first that is online. */
  get currentCpu(): number {
    return this.onlineCpus[0]!;
  }

  /** 0, -EINVAL for a CPU that is not there, -EBUSY for the last one. */
  takeOffline(cpu: number): number {
    if (!this.#cpu(cpu)) return -ERRNO.EINVAL;
    if (!this.#online.has(cpu)) return 0;
    if (this.#online.size === 1) return -ERRNO.EBUSY;
    this.#online.delete(cpu);
    this.printk(`psci: CPU${cpu} killed (polled 0 ms)`);
    return 0;
  }

  /** 0, -EINVAL for a CPU that is not there, -EPERM for one that another cell has. */
  bringOnline(cpu: number, mayStart: (cpu: number) => boolean = () => true): number {
    const booted = this.#cpu(cpu);
    if (!booted) return -ERRNO.EINVAL;
    if (this.#online.has(cpu)) return 0;
    if (!mayStart(cpu)) {
      this.printk(`psci: failed to boot CPU${cpu} (-${ERRNO.EPERM})`);
      return -ERRNO.EPERM;
    }
    this.#online.add(cpu);
    const mpidr = booted.mpidr & 0xff00ffffffn;
    this.printk(`CPU${cpu}: Booted secondary processor 0x${mpidr.toString(16).padStart(10, '0')}`);
    return 0;
  }

  #cpu(number: number): Cpu | undefined {
    return this.machine.cpus.find(({ index }) => index === number);
  }

  // --------------------------------------------------------------------------------------------------------------- memory

  /** The kernel's range that the given one overlaps, if any. */
  usedRam(start: number, size: number): BoardRange | undefined {
    return this.memory.find(({ base, size: length }) => start < base + length && base < start + size);
  }

  /** A page-aligned buffer with these bytes, as kmalloc gives for large requests. Undefined if there is no such room. */
  kmalloc(bytes: Uint8Array): Pa | undefined {
    const room = Math.ceil(bytes.length / PAGE_SIZE) * PAGE_SIZE;
    const range = this.memory.find(({ size }) => size >= room);
    if (!range) return undefined;
    const offset = Math.min(HEAP_OFFSET, Math.floor((range.size - room) / PAGE_SIZE) * PAGE_SIZE);
    const at = pa(range.base + offset);
    this.machine.memory.write(at, bytes);
    return at;
  }
}

const GICD = {
  CTLR: 0x0,
  IGROUPR: 0x80,
  ICENABLER: 0x180,
  IPRIORITYR: 0x400,
  ITARGETSR: 0x800,
  IROUTER: 0x6000,
} as const;
const GICR = { WAKER: 0x14, IGROUPR0: 0x10080, ISENABLER0: 0x10100, ICENABLER0: 0x10180, IPRIORITYR: 0x10400 } as const;
const ALL = 0xffffffff;
/** Linux's default priority for every interrupt. */
const PRIORITY = 0xa0a0a0a0;
const ENABLE_GROUPS_AND_AFFINITY_ROUTING = 0x13;
const FIRST_SPI = 32;

/** Distributor on, shared interrupts off, in group 1 and routed to CPU 0; software interrupts on. */
function bootInterruptController({ gic, cpus, board }: Machine): void {
  const last = FIRST_SPI + (board.gic?.spis ?? 0);
  for (let intid = FIRST_SPI; intid < last; intid += 32) {
    gic.writeDistributor(GICD.ICENABLER + intid / 8, 4, ALL);
    gic.writeDistributor(GICD.IGROUPR + intid / 8, 4, ALL);
  }
  for (let intid = FIRST_SPI; intid < last; intid += 4) {
    gic.writeDistributor(GICD.IPRIORITYR + intid, 4, PRIORITY);
    if (gic.version === 2) gic.writeDistributor(GICD.ITARGETSR + intid, 4, 0x01010101);
  }
  if (gic.version === 3) {
    const boot = cpus[0]!.mpidr & 0xff00ffffffn;
    for (let intid = FIRST_SPI; intid < last; intid++) {
      gic.writeDistributor(GICD.IROUTER + intid * 8, 4, Number(boot & 0xffffffffn));
      gic.writeDistributor(GICD.IROUTER + intid * 8 + 4, 4, Number(boot >> 32n));
    }
    for (const { index } of cpus) {
      gic.writeRedistributor(index, GICR.WAKER, 4, 0);
      gic.writeRedistributor(index, GICR.IGROUPR0, 4, ALL);
      gic.writeRedistributor(index, GICR.ICENABLER0, 4, 0xffff0000);
      for (let intid = 0; intid < FIRST_SPI; intid += 4)
        gic.writeRedistributor(index, GICR.IPRIORITYR + intid, 4, PRIORITY);
      gic.writeRedistributor(index, GICR.ISENABLER0, 4, 0x0000ffff);
    }
  }
  gic.writeDistributor(GICD.CTLR, 4, ENABLE_GROUPS_AND_AFFINITY_ROUTING);
}
