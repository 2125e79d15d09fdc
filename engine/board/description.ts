// A board as data: what is there, where it is, and where each fact comes from. One JSON file a board in boards/NAME/board.json,
// validated by the schema in schema.ts; the same object can be made from a device tree blob or from a system configuration.
// Numbers in the JSON are hex strings for addresses and sizes ("0x9000000"); here they are numbers.
import type { Architecture } from '../util/architecture.ts';
import type { Pa } from '../util/units.ts';

export interface BoardCpu {
  /** Logical CPU number: the bit in a cell's CPU set. */
  id: number;
  /** Arm: MPIDR affinity (Aff3 in bits 39:32). x86: APIC id. */
  affinity: number;
  /** `cortex-a57`, … : which model's ID registers and features. */
  model: string;
  cluster: number;
}

export interface BoardRange {
  name: string;
  base: Pa;
  size: number;
}

export interface BoardUart extends BoardRange {
  /** As in CONSOLE_TYPE: `PL011`, `8250`, … */
  type: string;
  /** Shared peripheral interrupt number (INTID minus 32), if wired. */
  spi?: number;
  /** Bytes between registers: 1 or 4. */
  stride?: 1 | 4;
  /** x86: `base` is an I/O port and `size` a number of ports; memory-mapped unless stated. */
  space?: 'memory' | 'ports';
  clockHz?: number;
  /** When a PL011 raises its receive interrupt: at the level in UARTIFLS (the manual's way, the default) or with every byte. */
  receiveInterrupt?: 'level' | 'every-byte';
}

export interface BoardGic {
  version: 2 | 3;
  distributor: Pa;
  /** v3: contiguous redistributor frames, 0x20000 a CPU. */
  redistributor?: Pa;
  /** v2. */
  cpuInterface?: Pa;
  hypervisorInterface?: Pa;
  virtualCpuInterface?: Pa;
  /** Number of SPIs implemented. */
  spis: number;
  maintenanceIrq: number;
}

export interface BoardPciHost {
  ecam: Pa;
  ecamSize: number;
  buses: number;
  domain: number;
  /** True if nothing real is behind it and the hypervisor emulates all of it. */
  virtual: boolean;
  windows: { kind: 'io' | 'mem32' | 'mem64'; base: Pa; size: number }[];
  /** SPIs of INTA..INTD, if any. */
  intx?: number[];
}

export const IOMMU_KINDS = ['SMMUv3', 'MMU-500', 'PVU', 'VT-d', 'AMD-Vi'] as const;
export type IommuKind = (typeof IOMMU_KINDS)[number];

export interface BoardIommu extends BoardRange {
  type: IommuKind;
  /** TI PVU: the window through which its TLB is filled. */
  tlb?: { base: Pa; size: number };
  /** MMU-500: entries of its stream match table, and its context banks. */
  streamGroups?: number;
  contextBanks?: number;
  /** AMD-Vi: the unit is a PCI function, bus<<8 | device<<3 | function. */
  bdf?: number;
}

export interface BoardIoApic {
  base: Pa;
  pins: number;
  /** Requester id of its interrupts where they are remapped (bus<<8 | device<<3 | function). */
  requester?: number;
}

/** What a PC platform has beside CPUs (whose affinity is the APIC id), RAM, serial ports and PCI host. */
export interface BoardX86 {
  ioApics: BoardIoApic[];
  /** I/O port of the ACPI PM timer. */
  pmTimerPort: number;
  hpet?: Pa;
}

export interface BoardDevice extends BoardRange {
  /** What model answers: `pl031`, `cfi-flash`, `fw-cfg`, `virtio-mmio`, … or `none` for a window that is only named. */
  type: string;
  spi?: number;
}

export interface BoardDescription {
  /** Folder name and what the command line calls it. */
  name: string;
  title: string;
  architecture: Architecture;
  cpus: BoardCpu[];
  ram: BoardRange[];
  /** Ranges of RAM or address space that firmware or hardware keeps. */
  reserved: BoardRange[];
  gic?: BoardGic;
  timers?: {
    frequencyHz: number;
    ppis: { securePhysical: number; physical: number; virtual: number; hypervisor: number };
  };
  /** Private interrupt (INTID) of the CPUs' performance monitors, where it is wired. */
  performanceMonitors?: { ppi: number };
  uarts: BoardUart[];
  devices: BoardDevice[];
  pci: BoardPciHost[];
  /** None unless stated. */
  iommus?: BoardIommu[];
  /** Only, and always, on x86 boards. */
  x86?: BoardX86;
  /** `smc` or `hvc`: how a guest on the bare board calls PSCI. */
  psci?: 'smc' | 'hvc';
  /** What Linux must be given so that the hypervisor's and the cells' memory stay free. */
  kernelArguments: string;
  /** The root configuration in the board's folder, and the cells that ship with it. */
  rootConfig: string;
  cells: string[];
  /** A board whose folder `inmates` serves this one as well: images that find console and interrupt controller by themselves. */
  inmatesOf?: string;
  /** Where the facts come from: field or group to document and section. */
  sources: Record<string, string>;
}
