// The names that the field gives to flag bits and enumerated values: one table for `show`, the C writer, the C reader's
// built-in macros and the rules' sentences. Source: ABI reference, A.2-A.11; names as in Jailhouse's public headers.
import {
  CACHE_TYPE,
  CELL_FLAG,
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  IOMMU_TYPE,
  MEM_FLAG,
  PCI_TYPE,
  SYSTEM_FLAG,
} from './model.ts';

export interface SymbolSet {
  /** `flags`: bits that are or-ed together. `enum`: one value of a list. */
  kind: 'flags' | 'enum';
  /** Common beginning of the C names; `show` prints the rest. */
  prefix: string;
  /** Full C name and value, in ascending order. */
  symbols: readonly (readonly [string, bigint])[];
}

const symbolSet = (kind: SymbolSet['kind'], prefix: string, values: Record<string, number | bigint>): SymbolSet => ({
  kind,
  prefix,
  symbols: Object.entries(values)
    .map(([name, value]) => [prefix + name, BigInt(value)] as const)
    .sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)),
});

export const ARCHITECTURE_SYMBOLS = symbolSet('enum', 'JAILHOUSE_', { X86: 0, ARM: 1, ARM64: 2 });
export const SYSTEM_FLAG_SYMBOLS = symbolSet('flags', 'JAILHOUSE_SYS_', SYSTEM_FLAG);
export const CELL_FLAG_SYMBOLS = symbolSet('flags', 'JAILHOUSE_CELL_', CELL_FLAG);
export const MEM_FLAG_SYMBOLS = symbolSet('flags', 'JAILHOUSE_MEM_', MEM_FLAG);
export const CONSOLE_TYPE_SYMBOLS = symbolSet('enum', 'JAILHOUSE_CON_TYPE_', CONSOLE_TYPE);
export const CONSOLE_FLAG_SYMBOLS = symbolSet('flags', 'JAILHOUSE_CON_', {
  ACCESS_MMIO: CONSOLE_FLAG.MMIO,
  REGDIST_4: CONSOLE_FLAG.REGDIST_4,
  FB_1920x1080: CONSOLE_FLAG.FB_1920x1080,
  INVERTED_GATE: CONSOLE_FLAG.INVERTED_GATE,
  MDR_QUIRK: CONSOLE_FLAG.MDR_QUIRK,
});
export const IOMMU_TYPE_SYMBOLS = symbolSet('enum', 'JAILHOUSE_IOMMU_', {
  AMD: IOMMU_TYPE.AMD,
  INTEL: IOMMU_TYPE.INTEL,
  SMMUV3: IOMMU_TYPE.SMMUV3,
  PVU: IOMMU_TYPE.TI_PVU,
  ARM_MMU500: IOMMU_TYPE.ARM_MMU500,
});
export const APIC_MODE_SYMBOLS = symbolSet('enum', 'JAILHOUSE_APIC_MODE_', { AUTO: 0, XAPIC: 1, X2APIC: 2 });
export const PCI_TYPE_SYMBOLS = symbolSet('enum', 'JAILHOUSE_PCI_TYPE_', PCI_TYPE);
export const CACHE_TYPE_SYMBOLS = symbolSet('enum', 'JAILHOUSE_CACHE_', {
  L3_CODE: CACHE_TYPE.CODE,
  L3_DATA: CACHE_TYPE.DATA,
  L3: CACHE_TYPE.BOTH,
});
export const CACHE_FLAG_SYMBOLS = symbolSet('flags', 'JAILHOUSE_CACHE_', { ROOTSHARED: 1 });
export const PCI_CAP_FLAG_SYMBOLS = symbolSet('flags', 'JAILHOUSE_PCICAPS_', { WRITE: 1 });

/** Set in a capability id when the capability stands in extended configuration space (A.9). */
export const PCI_EXT_CAP = 0x8000;
const STANDARD_CAPS = {
  PM: 0x1,
  VPD: 0x3,
  MSI: 0x5,
  HT: 0x8,
  VNDR: 0x9,
  DBG: 0xa,
  SSVID: 0xd,
  SECDEV: 0xf,
  EXP: 0x10,
  MSIX: 0x11,
  SATA: 0x12,
  AF: 0x13,
};
const EXTENDED_CAPS = {
  ERR: 0x1,
  VC: 0x2,
  DSN: 0x3,
  PWR: 0x4,
  RCLD: 0x5,
  RCILC: 0x6,
  RCEC: 0x7,
  MFVC: 0x8,
  VC9: 0x9,
  RCRB: 0xa,
  VNDR: 0xb,
  CAC: 0xc,
  ACS: 0xd,
  ARI: 0xe,
  ATS: 0xf,
  SRIOV: 0x10,
  MRIOV: 0x11,
  MCAST: 0x12,
  PRI: 0x13,
  AMD_XXX: 0x14,
  REBAR: 0x15,
  DPA: 0x16,
  TPH: 0x17,
  LTR: 0x18,
  SECPCI: 0x19,
  PMUX: 0x1a,
  PASID: 0x1b,
  DPC: 0x1d,
  L1SS: 0x1e,
  PTM: 0x1f,
};
/** Extended ids carry 0x8000 already, so that or-ing it again, as sources do, changes nothing. */
export const PCI_CAP_SYMBOLS = symbolSet('enum', 'PCI_', {
  ...Object.fromEntries(Object.entries(STANDARD_CAPS).map(([name, id]) => [`CAP_ID_${name}`, id])),
  ...Object.fromEntries(Object.entries(EXTENDED_CAPS).map(([name, id]) => [`EXT_CAP_ID_${name}`, id | PCI_EXT_CAP])),
});

export const SHMEM_PROTOCOL = {
  UNDEFINED: 0x0000,
  VETH: 0x0001,
  CUSTOM: 0x4000,
  VIRTIO_FRONT: 0x8000,
  VIRTIO_BACK: 0xc000,
} as const;
export const SHMEM_PROTOCOL_SYMBOLS = symbolSet('enum', 'JAILHOUSE_SHMEM_PROTO_', SHMEM_PROTOCOL);
export const VIRTIO_DEVICE = { NET: 1, BLOCK: 2, CONSOLE: 3 } as const;
export const VIRTIO_DEVICE_SYMBOLS = symbolSet('enum', 'VIRTIO_DEV_', VIRTIO_DEVICE);

export const SYSTEM_SIGNATURE = 'JHSYS';
export const CELL_SIGNATURE = 'JHCLL';

/** Names of the bits that are set, ascending, and what no name covers. */
export function flagNames(set: SymbolSet, value: bigint): { names: string[]; rest: bigint } {
  const names: string[] = [];
  let rest = value;
  for (const [name, bit] of set.symbols) {
    if (bit !== 0n && (value & bit) === bit) {
      names.push(name);
      rest &= ~bit;
    }
  }
  return { names, rest };
}

/** The name of an enumerated value, if it has one. */
export const enumName = (set: SymbolSet, value: bigint): string | undefined =>
  set.symbols.find(([, v]) => v === value)?.[0];
