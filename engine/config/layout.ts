// The packed structures of a configuration as data: every field with its C name, its key in the model, its offset and its
// width. The codec, `config show`, the error texts, the C reader's types and the C writer all read this one table.
// Source: ABI reference, A.1-A.11 (revision 14; little endian, no padding between parts, the same for all architectures).
import type { CellConfig, Irqchip } from './model.ts';
import {
  APIC_MODE_SYMBOLS,
  ARCHITECTURE_SYMBOLS,
  CACHE_FLAG_SYMBOLS,
  CACHE_TYPE_SYMBOLS,
  CELL_FLAG_SYMBOLS,
  CONSOLE_FLAG_SYMBOLS,
  CONSOLE_TYPE_SYMBOLS,
  IOMMU_TYPE_SYMBOLS,
  MEM_FLAG_SYMBOLS,
  PCI_CAP_FLAG_SYMBOLS,
  PCI_CAP_SYMBOLS,
  PCI_TYPE_SYMBOLS,
  SHMEM_PROTOCOL_SYMBOLS,
  SYSTEM_FLAG_SYMBOLS,
  type SymbolSet,
} from './symbols.ts';

export type Scalar = 'u8' | 'u16' | 'u32' | 'u64';
export const SCALAR_WIDTH: Record<Scalar, number> = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** How people write the number: addresses and masks in hex, counts in decimal, flags and kinds by name. */
export type Notation = 'hex' | 'decimal' | SymbolSet;

/** A C bit-field inside one byte. */
export interface BitField {
  c: string;
  shift: number;
  width: number;
}

export type FieldType =
  | { kind: 'scalar'; scalar: Scalar; notation: Notation; bits?: readonly BitField[] }
  /** A C array of scalars; number[] in the model. */
  | { kind: 'scalars'; scalar: Scalar; count: number; notation: Notation }
  /** char array: Latin-1 text, trailing NULs cut. */
  | { kind: 'text'; length: number }
  | { kind: 'bytes'; length: number }
  | { kind: 'struct'; layout: StructLayout }
  | { kind: 'structs'; layout: StructLayout; count: number }
  /** The platform union: which layout applies follows from the architecture byte. */
  | { kind: 'platform' }
  /** Number of entries (of bytes for the CPU set) of a trailing array; the model has the array's length instead. */
  | { kind: 'count'; of: TrailingKey };

export interface Field {
  /** Key in the model's object; for counts the trailing array's key. */
  key: string;
  /** C member, with dots through nested structures. */
  c: string;
  /** Bytes from the start of the structure. */
  offset: number;
  /** Bytes. */
  width: number;
  type: FieldType;
}

export interface StructLayout {
  /** C structure tag. */
  c: string;
  /** What a sentence calls one of these. */
  title: string;
  size: number;
  fields: readonly Field[];
}

/** The trailing arrays in file order: A.1. */
export type TrailingKey =
  'cpuSet' | 'memoryRegions' | 'cacheRegions' | 'irqchips' | 'pioRegions' | 'pciDevices' | 'pciCaps' | 'streamIds';

const scalar = (
  s: Scalar,
  offset: number,
  key: string,
  c: string,
  notation: Notation = 'hex',
  bits?: readonly BitField[],
): Field => ({
  key,
  c,
  offset,
  width: SCALAR_WIDTH[s],
  type: { kind: 'scalar', scalar: s, notation, ...(bits && { bits }) },
});
type Rest = [offset: number, key: string, c: string, notation?: Notation];
const u8 = (...rest: Rest) => scalar('u8', ...rest);
const u16 = (...rest: Rest) => scalar('u16', ...rest);
const u32 = (...rest: Rest) => scalar('u32', ...rest);
const u64 = (...rest: Rest) => scalar('u64', ...rest);
const u32s = (offset: number, key: string, c: string, count: number): Field => ({
  key,
  c,
  offset,
  width: 4 * count,
  type: { kind: 'scalars', scalar: 'u32', count, notation: 'hex' },
});
const text = (offset: number, key: string, c: string, length: number): Field => ({
  key,
  c,
  offset,
  width: length,
  type: { kind: 'text', length },
});
const bytes = (offset: number, key: string, c: string, length: number): Field => ({
  key,
  c,
  offset,
  width: length,
  type: { kind: 'bytes', length },
});
const struct = (offset: number, key: string, c: string, layout: StructLayout): Field => ({
  key,
  c,
  offset,
  width: layout.size,
  type: { kind: 'struct', layout },
});
const count = (offset: number, of: TrailingKey, c: string): Field => ({
  key: of,
  c,
  offset,
  width: 4,
  type: { kind: 'count', of },
});

export const MEMORY_LAYOUT: StructLayout = {
  c: 'jailhouse_memory',
  title: 'memory region',
  size: 32,
  fields: [
    u64(0, 'physStart', 'phys_start'),
    u64(8, 'virtStart', 'virt_start'),
    u64(16, 'size', 'size'),
    u64(24, 'flags', 'flags', MEM_FLAG_SYMBOLS),
  ],
};

export const CONSOLE_LAYOUT: StructLayout = {
  c: 'jailhouse_console',
  title: 'console',
  size: 32,
  fields: [
    u64(0, 'address', 'address'),
    u32(8, 'size', 'size'),
    u16(12, 'type', 'type', CONSOLE_TYPE_SYMBOLS),
    u16(14, 'flags', 'flags', CONSOLE_FLAG_SYMBOLS),
    u32(16, 'divider', 'divider', 'decimal'),
    u32(20, 'gateNr', 'gate_nr', 'decimal'),
    u64(24, 'clockReg', 'clock_reg'),
  ],
};

export const CACHE_LAYOUT: StructLayout = {
  c: 'jailhouse_cache',
  title: 'cache region',
  size: 12,
  fields: [
    u32(0, 'start', 'start', 'decimal'),
    u32(4, 'size', 'size', 'decimal'),
    u8(8, 'type', 'type', CACHE_TYPE_SYMBOLS),
    u8(9, 'padding', 'padding'),
    u16(10, 'flags', 'flags', CACHE_FLAG_SYMBOLS),
  ],
};

export const IRQCHIP_LAYOUT: StructLayout = {
  c: 'jailhouse_irqchip',
  title: 'irqchip',
  size: 32,
  fields: [
    u64(0, 'address', 'address'),
    u32(8, 'id', 'id'),
    u32(12, 'pinBase', 'pin_base', 'decimal'),
    u32s(16, 'pinBitmap' satisfies keyof Irqchip, 'pin_bitmap', 4),
  ],
};

export const PIO_LAYOUT: StructLayout = {
  c: 'jailhouse_pio',
  title: 'PIO region',
  size: 4,
  fields: [u16(0, 'base', 'base'), u16(2, 'length', 'length')],
};

export const PCI_DEVICE_LAYOUT: StructLayout = {
  c: 'jailhouse_pci_device',
  title: 'PCI device',
  size: 56,
  fields: [
    u8(0, 'type', 'type', PCI_TYPE_SYMBOLS),
    u8(1, 'iommu', 'iommu', 'decimal'),
    u16(2, 'domain', 'domain'),
    u16(4, 'bdf', 'bdf'),
    u32s(6, 'barMask', 'bar_mask', 6),
    u16(30, 'capsStart', 'caps_start', 'decimal'),
    u16(32, 'numCaps', 'num_caps', 'decimal'),
    u8(34, 'numMsiVectors', 'num_msi_vectors', 'decimal'),
    scalar('u8', 35, 'msiBits', 'msi_bits', 'hex', [
      { c: 'msi_64bits', shift: 0, width: 1 },
      { c: 'msi_maskable', shift: 1, width: 1 },
    ]),
    u16(36, 'numMsixVectors', 'num_msix_vectors', 'decimal'),
    u16(38, 'msixRegionSize', 'msix_region_size'),
    u64(40, 'msixAddress', 'msix_address'),
    u32(48, 'shmemRegionsStart', 'shmem_regions_start', 'decimal'),
    u8(52, 'shmemDevId', 'shmem_dev_id', 'decimal'),
    u8(53, 'shmemPeers', 'shmem_peers', 'decimal'),
    u16(54, 'shmemProtocol', 'shmem_protocol', SHMEM_PROTOCOL_SYMBOLS),
  ],
};

export const PCI_CAP_LAYOUT: StructLayout = {
  c: 'jailhouse_pci_capability',
  title: 'PCI capability',
  size: 8,
  fields: [
    u16(0, 'id', 'id', PCI_CAP_SYMBOLS),
    u16(2, 'start', 'start'),
    u16(4, 'len', 'len', 'decimal'),
    u16(6, 'flags', 'flags', PCI_CAP_FLAG_SYMBOLS),
  ],
};

/** The largest CPU set that the hypervisor takes: A.1. */
export const CPU_SET_MAX = 4096;
/** Bytes of a cell's name, the NUL included. */
export const CELL_NAME_SIZE = 32;

export const CELL_LAYOUT: StructLayout = {
  c: 'jailhouse_cell_desc',
  title: 'cell descriptor',
  size: 132,
  fields: [
    text(0, 'signature', 'signature', 5),
    u8(5, 'architecture', 'architecture', ARCHITECTURE_SYMBOLS),
    u16(6, 'revision', 'revision', 'decimal'),
    text(8, 'name', 'name', CELL_NAME_SIZE),
    u32(40, 'id', 'id', 'decimal'),
    u32(44, 'flags', 'flags', CELL_FLAG_SYMBOLS),
    count(48, 'cpuSet', 'cpu_set_size'),
    count(52, 'memoryRegions', 'num_memory_regions'),
    count(56, 'cacheRegions', 'num_cache_regions'),
    count(60, 'irqchips', 'num_irqchips'),
    count(64, 'pioRegions', 'num_pio_regions'),
    count(68, 'pciDevices', 'num_pci_devices'),
    count(72, 'pciCaps', 'num_pci_caps'),
    count(76, 'streamIds', 'num_stream_ids'),
    u32(80, 'vpciIrqBase', 'vpci_irq_base', 'decimal'),
    u64(84, 'cpuResetAddress', 'cpu_reset_address'),
    u64(92, 'msgReplyTimeout', 'msg_reply_timeout', 'decimal'),
    struct(100, 'console', 'console', CONSOLE_LAYOUT),
  ],
};

/** What each entry of a trailing array is: a structure, a bare u32 (stream ids), or a byte (the CPU set). */
export interface Trailing {
  key: TrailingKey & keyof CellConfig;
  /** What a sentence calls the array. */
  title: string;
  /** The member that sources give it by custom. */
  c: string;
  entrySize: number;
  layout: StructLayout | null;
}
const trailingStructs = (key: TrailingKey, title: string, c: string, layout: StructLayout): Trailing => ({
  key,
  title,
  c,
  entrySize: layout.size,
  layout,
});

/** In file order: A.1. */
export const TRAILING_ARRAYS: readonly Trailing[] = [
  { key: 'cpuSet', title: 'CPU set', c: 'cpus', entrySize: 1, layout: null },
  trailingStructs('memoryRegions', 'memory regions', 'mem_regions', MEMORY_LAYOUT),
  trailingStructs('cacheRegions', 'cache regions', 'cache_regions', CACHE_LAYOUT),
  trailingStructs('irqchips', 'irqchips', 'irqchips', IRQCHIP_LAYOUT),
  trailingStructs('pioRegions', 'PIO regions', 'pio_regions', PIO_LAYOUT),
  trailingStructs('pciDevices', 'PCI devices', 'pci_devices', PCI_DEVICE_LAYOUT),
  trailingStructs('pciCaps', 'PCI capabilities', 'pci_caps', PCI_CAP_LAYOUT),
  { key: 'streamIds', title: 'stream ids', c: 'stream_ids', entrySize: 4, layout: null },
];

export const IOMMU_LAYOUT: StructLayout = {
  c: 'jailhouse_iommu',
  title: 'IOMMU unit',
  size: 28,
  fields: [
    u32(0, 'type', 'type', IOMMU_TYPE_SYMBOLS),
    u64(4, 'base', 'base'),
    u32(12, 'size', 'size'),
    bytes(16, 'specific', 'specific', 12),
  ],
};

/** The union of an IOMMU unit read as what an AMD IOMMU keeps there; offsets from the start of the unit. */
export const IOMMU_AMD_FIELDS: readonly Field[] = [
  u16(16, 'bdf', 'amd.bdf'),
  u8(18, 'baseCap', 'amd.base_cap'),
  u8(19, 'msiCap', 'amd.msi_cap'),
  u32(20, 'features', 'amd.features'),
];
/** The same union for the TI PVU. */
export const IOMMU_PVU_FIELDS: readonly Field[] = [
  u64(16, 'tlbBase', 'tipvu.tlb_base'),
  u32(24, 'tlbSize', 'tipvu.tlb_size'),
];

export const PLATFORM_SIZE = 44;
export const X86_PLATFORM_LAYOUT: StructLayout = {
  c: 'x86',
  title: 'x86 platform',
  size: PLATFORM_SIZE,
  fields: [
    u16(0, 'pmTimerAddress', 'pm_timer_address'),
    u8(2, 'apicMode', 'apic_mode', APIC_MODE_SYMBOLS),
    u8(3, 'padding', 'padding'),
    u32(4, 'vtdInterruptLimit', 'vtd_interrupt_limit', 'decimal'),
    u32(8, 'tscKhz', 'tsc_khz', 'decimal'),
    u32(12, 'apicKhz', 'apic_khz', 'decimal'),
    bytes(16, 'rest', 'rest', 28),
  ],
};
export const ARM_PLATFORM_LAYOUT: StructLayout = {
  c: 'arm',
  title: 'Arm platform',
  size: PLATFORM_SIZE,
  fields: [
    u8(0, 'maintenanceIrq', 'maintenance_irq', 'decimal'),
    u8(1, 'gicVersion', 'gic_version', 'decimal'),
    bytes(2, 'padding', 'padding', 2),
    u64(4, 'gicdBase', 'gicd_base'),
    u64(12, 'giccBase', 'gicc_base'),
    u64(20, 'gichBase', 'gich_base'),
    u64(28, 'gicvBase', 'gicv_base'),
    u64(36, 'gicrBase', 'gicr_base'),
  ],
};

export const MAX_IOMMU_UNITS = 8;
export const SYSTEM_LAYOUT: StructLayout = {
  c: 'jailhouse_system',
  title: 'system descriptor',
  size: 488,
  fields: [
    text(0, 'signature', 'signature', 5),
    u8(5, 'architecture', 'architecture', ARCHITECTURE_SYMBOLS),
    u16(6, 'revision', 'revision', 'decimal'),
    u32(8, 'flags', 'flags', SYSTEM_FLAG_SYMBOLS),
    struct(12, 'hypervisorMemory', 'hypervisor_memory', MEMORY_LAYOUT),
    struct(44, 'debugConsole', 'debug_console', CONSOLE_LAYOUT),
    u64(76, 'pciMmconfigBase', 'platform_info.pci_mmconfig_base'),
    u8(84, 'pciMmconfigEndBus', 'platform_info.pci_mmconfig_end_bus', 'decimal'),
    u8(85, 'pciIsVirtual', 'platform_info.pci_is_virtual', 'decimal'),
    u16(86, 'pciDomain', 'platform_info.pci_domain'),
    {
      key: 'iommuUnits',
      c: 'platform_info.iommu_units',
      offset: 88,
      width: MAX_IOMMU_UNITS * IOMMU_LAYOUT.size,
      type: { kind: 'structs', layout: IOMMU_LAYOUT, count: MAX_IOMMU_UNITS },
    },
    { key: 'platform', c: 'platform_info', offset: 312, width: PLATFORM_SIZE, type: { kind: 'platform' } },
    struct(356, 'rootCell', 'root_cell', CELL_LAYOUT),
  ],
};

/** Which reading of the platform union an architecture byte asks for: 0 is x86, 1 and 2 are Arm. */
export const platformLayout = (architecture: number): StructLayout =>
  architecture === 0 ? X86_PLATFORM_LAYOUT : ARM_PLATFORM_LAYOUT;

/** Bytes of a PCI MMCONFIG bus: A.11. */
export const MMCONFIG_BUS_SIZE = 1n << 20n;

/** A cell's descriptor and arrays must fit the 16 temporary pages through which the hypervisor reads them: A.1. */
export const CELL_SIZE_MAX = 64 * 1024;

/** A file beyond this is no configuration: the largest array counts in use stay far below. */
export const FILE_SIZE_MAX = 16 * 1024 * 1024;

/** All structures that have a tag of their own in the headers, those that others hold in front. */
export const STRUCTURES: readonly StructLayout[] = [
  MEMORY_LAYOUT,
  CONSOLE_LAYOUT,
  CACHE_LAYOUT,
  IRQCHIP_LAYOUT,
  PIO_LAYOUT,
  PCI_DEVICE_LAYOUT,
  PCI_CAP_LAYOUT,
  IOMMU_LAYOUT,
  CELL_LAYOUT,
  SYSTEM_LAYOUT,
];
