// A cell: its configuration, CPUs, stage-2 view, MMIO table, interrupt ownership and comm region.
// Source: ABI reference, B.4-B.6; the sizes that make the usage lines come out are in paging/footprint.ts.
import {
  CELL_FLAG,
  cellName,
  cpusOf,
  isCommRegion,
  isIo,
  MEM_FLAG,
  type CellConfig,
  type MemoryRegion,
} from '../../config/index.ts';
import type { AddressMap } from '../../cpu/port.ts';
import { gpa, pa, type Gpa, type Pa } from '../../util/units.ts';
import type { MmioTable } from '../mmio/table.ts';
import type { Stage2, Access } from '../paging/stage2.ts';
import type { InterruptOwnership } from '../irqchip/ownership.ts';
import type { PciFunction } from '../pci/function.ts';
import { CELL_STATE, type CommRegion } from './comm-region.ts';

export class Cell {
  readonly config: CellConfig;
  readonly name: string;
  readonly id: number;
  readonly isRoot: boolean;
  /** Logical CPU numbers, ascending. Changes only for the root. */
  cpus: number[];
  /** True between SET_LOADABLE and START: the root may access LOADABLE regions. */
  loadable = false;
  readonly comm: CommRegion;
  readonly stage2: Stage2;
  /** What the cell's CPUs translate with; follows stage 2 at every commit. */
  readonly addressMap: AddressMap;
  readonly mmio: MmioTable;
  interrupts!: InterruptOwnership;
  pci: PciFunction[] = [];
  /** Physical address and page count of what the pool holds for structure and configuration. */
  readonly pages: { at: Pa; count: number }[];

  constructor(parts: {
    config: CellConfig;
    isRoot: boolean;
    comm: CommRegion;
    stage2: Stage2;
    addressMap: AddressMap;
    mmio: MmioTable;
    pages: { at: Pa; count: number }[];
  }) {
    this.config = parts.config;
    this.name = cellName(parts.config);
    this.id = parts.config.id;
    this.isRoot = parts.isRoot;
    this.cpus = cpusOf(parts.config.cpuSet);
    this.comm = parts.comm;
    this.stage2 = parts.stage2;
    this.addressMap = parts.addressMap;
    this.mmio = parts.mmio;
    this.pages = parts.pages;
  }

  get isPassive(): boolean {
    return (this.config.flags & CELL_FLAG.PASSIVE_COMMREG) !== 0;
  }

  get mayUseVirtualConsole(): boolean {
    return (this.config.flags & CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED) !== 0;
  }

  get isLocked(): boolean {
    return this.comm.state === CELL_STATE.RUNNING_LOCKED;
  }

  owns(cpu: number): boolean {
    return this.cpus.includes(cpu);
  }
}

/** A region's addresses as numbers; configurations are checked to fit 48 bits before a cell is built from them. */
export interface RegionView {
  readonly index: number;
  readonly region: MemoryRegion;
  readonly physical: Pa;
  readonly virtual: Gpa;
  readonly size: number;
}

export const regionsOf = (config: CellConfig): RegionView[] =>
  config.memoryRegions.map((region, index) => ({
    index,
    region,
    physical: pa(Number(region.physStart)),
    virtual: gpa(Number(region.virtStart)),
    size: Number(region.size),
  }));

export const accessOf = (region: MemoryRegion): Access => ({
  read: (region.flags & MEM_FLAG.READ) !== 0n,
  write: (region.flags & MEM_FLAG.WRITE) !== 0n,
  device: isIo(region),
});

/** Blocks of 2 MiB and 1 GiB are allowed for this region. The comm region is one page anyway. */
export const mayUseHugePages = (region: MemoryRegion): boolean =>
  (region.flags & MEM_FLAG.NO_HUGEPAGES) === 0n && !isCommRegion(region);
