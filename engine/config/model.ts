// The configuration model: the packed C structures of Jailhouse configurations (revision 14), field by field.
// Names are the C names in camelCase. 64-bit fields are bigint, all others number. Every byte of a file has a place
// here (padding and trailing bytes included), so that decode and encode are exact inverses. Source: ABI reference, A.1-A.11.

export { ARCHITECTURES, type Architecture } from '../util/architecture.ts';

export const CONFIG_REVISION = 14;

export const CELL_FLAG = {
  PASSIVE_COMMREG: 0x00000001,
  TEST_DEVICE: 0x00000002,
  AARCH32: 0x00000004,
  VIRTUAL_CONSOLE_PERMITTED: 0x40000000,
  VIRTUAL_CONSOLE_ACTIVE: 0x80000000,
} as const;

export const SYSTEM_FLAG = { VIRTUAL_DEBUG_CONSOLE: 0x1 } as const;

export const MEM_FLAG = {
  READ: 0x0001n,
  WRITE: 0x0002n,
  EXECUTE: 0x0004n,
  DMA: 0x0008n,
  IO: 0x0010n,
  COMM_REGION: 0x0020n,
  LOADABLE: 0x0040n,
  ROOTSHARED: 0x0080n,
  NO_HUGEPAGES: 0x0100n,
  IO_UNALIGNED: 0x8000n,
  IO_8: 0x10000n,
  IO_16: 0x20000n,
  IO_32: 0x40000n,
  IO_64: 0x80000n,
} as const;

export const CONSOLE_TYPE = {
  NONE: 0,
  EFIFB: 1,
  '8250': 2,
  PL011: 3,
  XUARTPS: 4,
  MVEBU: 5,
  HSCIF: 6,
  SCIFA: 7,
  IMX: 8,
  IMX_LPUART: 9,
  SCIF: 10,
} as const;

export const CONSOLE_FLAG = {
  MMIO: 0x0001,
  REGDIST_4: 0x0002,
  FB_1920x1080: 0x0004,
  INVERTED_GATE: 0x1000,
  MDR_QUIRK: 0x2000,
} as const;

export const PCI_TYPE = { DEVICE: 1, BRIDGE: 2, IVSHMEM: 3 } as const;
export const IOMMU_TYPE = { UNUSED: 0, AMD: 1, INTEL: 2, SMMUV3: 3, TI_PVU: 4, ARM_MMU500: 5 } as const;
export const CACHE_TYPE = { CODE: 1, DATA: 2, BOTH: 3 } as const;

/** 32 bytes. Addresses and size in bytes; flags are MEM_FLAG bits. */
export interface MemoryRegion {
  physStart: bigint;
  virtStart: bigint;
  size: bigint;
  flags: bigint;
}

/** 12 bytes, Intel CAT: bits of the capacity mask. */
export interface CacheRegion {
  start: number;
  size: number;
  type: number;
  padding: number;
  flags: number;
}

/** 32 bytes. Arm: pinBase is a GIC interrupt id (SPI + 32); bit b of word w is id pinBase + 32*w + b. */
export interface Irqchip {
  address: bigint;
  id: number;
  pinBase: number;
  /** Four 32-bit words. */
  pinBitmap: number[];
}

/** 4 bytes, x86. */
export interface PioRegion {
  base: number;
  length: number;
}

/** 56 bytes. */
export interface PciDevice {
  type: number;
  iommu: number;
  domain: number;
  bdf: number;
  /** Six 32-bit masks. */
  barMask: number[];
  capsStart: number;
  numCaps: number;
  numMsiVectors: number;
  /** The whole byte at offset 35: bit 0 msi_64bits, bit 1 msi_maskable. */
  msiBits: number;
  numMsixVectors: number;
  msixRegionSize: number;
  msixAddress: bigint;
  shmemRegionsStart: number;
  shmemDevId: number;
  shmemPeers: number;
  shmemProtocol: number;
}

/** 8 bytes. Extended capabilities carry 0x8000 in id; flags bit 0 permits writes. */
export interface PciCapability {
  id: number;
  start: number;
  len: number;
  flags: number;
}

/** 32 bytes: hypervisor debug console and inmate console alike. */
export interface ConsoleDescriptor {
  address: bigint;
  size: number;
  type: number;
  flags: number;
  divider: number;
  gateNr: number;
  clockReg: bigint;
}

/**
 * A cell descriptor with its trailing arrays.
 * Text fields hold the raw bytes as Latin-1 with trailing NULs cut, so that any byte string survives a round trip.
 */
export interface CellConfig {
  /** `JHCLL`; all NUL (empty string here) in the root cell inside a system configuration. */
  signature: string;
  /** Raw architecture byte; index into ARCHITECTURES when valid. */
  architecture: number;
  revision: number;
  name: string;
  id: number;
  flags: number;
  /** Bit n of the little-endian bitmap is logical CPU n; the length is cpu_set_size. */
  cpuSet: Uint8Array;
  memoryRegions: MemoryRegion[];
  cacheRegions: CacheRegion[];
  irqchips: Irqchip[];
  pioRegions: PioRegion[];
  pciDevices: PciDevice[];
  pciCaps: PciCapability[];
  streamIds: number[];
  vpciIrqBase: number;
  cpuResetAddress: bigint;
  msgReplyTimeout: bigint;
  console: ConsoleDescriptor;
}

/** 28 bytes. `specific` is the raw 12-byte union; see iommuSpecific() in codec.ts for its readings. */
export interface IommuUnit {
  type: number;
  base: bigint;
  size: number;
  specific: Uint8Array;
}

/** First 16 bytes of the 44-byte platform union when the architecture is x86; `rest` keeps the other 28. */
export interface X86Platform {
  kind: 'x86';
  pmTimerAddress: number;
  apicMode: number;
  padding: number;
  vtdInterruptLimit: number;
  tscKhz: number;
  apicKhz: number;
  rest: Uint8Array;
}

/** The 44-byte platform union for arm and arm64. */
export interface ArmPlatform {
  kind: 'arm';
  maintenanceIrq: number;
  gicVersion: number;
  /** Two bytes. */
  padding: Uint8Array;
  gicdBase: bigint;
  giccBase: bigint;
  gichBase: bigint;
  gicvBase: bigint;
  gicrBase: bigint;
}

export interface SystemConfig {
  /** `JHSYS`. */
  signature: string;
  architecture: number;
  revision: number;
  flags: number;
  hypervisorMemory: MemoryRegion;
  debugConsole: ConsoleDescriptor;
  pciMmconfigBase: bigint;
  pciMmconfigEndBus: number;
  pciIsVirtual: number;
  pciDomain: number;
  /** Always eight; entries from the first with base 0 on are unused. */
  iommuUnits: IommuUnit[];
  platform: X86Platform | ArmPlatform;
  rootCell: CellConfig;
}

export type Config = { kind: 'system'; system: SystemConfig } | { kind: 'cell'; cell: CellConfig };

/** A system configuration and its non-root cells: what a project's rules, map and run look at. */
export interface Scenario {
  system: SystemConfig;
  cells: CellConfig[];
}
