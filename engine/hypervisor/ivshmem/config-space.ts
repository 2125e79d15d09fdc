// Configuration space of an ivshmem device: 0x80 bytes, as a table of dwords with the bits that a guest may write.
// Source: ABI reference, D.3 (table).
import type { CellConfig, PciDevice } from '../../config/index.ts';

export const CONFIG_SIZE = 0x80;
export const REG = {
  COMMAND: 0x04,
  BAR0: 0x10,
  BAR1: 0x14,
  INTERRUPT: 0x3c,
  VENDOR_CAP: 0x40,
  MSIX_CAP: 0x60,
} as const;
export const COMMAND_BIT = { MEMORY: 0x2, BUS_MASTER: 0x4, INTX_DISABLE: 0x400 } as const;
export const ONE_SHOT = 1 << 24;
export const MSIX_ENABLE = 1 << 31;
export const MSIX_FUNCTION_MASK = 1 << 30;

const VENDOR_DEVICE = 0x4106110a;
const STATUS_CAPABILITIES = 0x0010 << 16;
const CLASS_OTHER = 0xff << 24;
const CAP_VENDOR = 0x09;
const CAP_MSIX = 0x11;
const VENDOR_CAP_LENGTH = 0x20;
const PBA_OFFSET = 0x100;
/** MSI-X table and pending bits are behind BAR 1. */
const BIR = 1;

/** INTA..INTD by device number, 1 to 4; 0 with MSI-X. */
export const interruptPin = (device: PciDevice): number =>
  device.numMsixVectors > 0 ? 0 : ((device.bdf >> 3) & 3) + 1;

const NO_SECTION = { size: 0n, virtStart: 0n };

/** Initial dwords by offset. Sections' sizes come from the memory regions at shmem_regions_start. */
export function initialSpace(device: PciDevice, cell: CellConfig): Uint32Array {
  // Without peers there is no output section, and the creation checks do not ask for its region.
  const [state, common, output] = [0, 1, 2].map((i) => cell.memoryRegions[device.shmemRegionsStart + i] ?? NO_SECTION);
  const hasMsix = device.numMsixVectors > 0;
  const base = state!.virtStart;
  const low = (value: bigint) => Number(value & 0xffffffffn);
  const high = (value: bigint) => Number((value >> 32n) & 0xffffffffn);
  const dwords: Readonly<Record<number, number>> = {
    0x00: VENDOR_DEVICE,
    0x04: STATUS_CAPABILITIES,
    0x08: CLASS_OTHER | (device.shmemProtocol << 8),
    0x2c: VENDOR_DEVICE,
    0x34: REG.VENDOR_CAP,
    0x3c: interruptPin(device) << 8,
    0x40: (VENDOR_CAP_LENGTH << 16) | ((hasMsix ? REG.MSIX_CAP : 0) << 8) | CAP_VENDOR,
    0x44: low(state!.size),
    0x48: low(common!.size),
    0x4c: high(common!.size),
    0x50: low(output!.size),
    0x54: high(output!.size),
    0x58: low(base),
    0x5c: high(base),
    ...(hasMsix && {
      0x60: ((device.numMsixVectors - 1) << 16) | CAP_MSIX,
      0x64: BIR,
      0x68: PBA_OFFSET | BIR,
    }),
  };
  const space = new Uint32Array(CONFIG_SIZE / 4);
  for (const [offset, value] of Object.entries(dwords)) space[Number(offset) / 4] = value;
  return space;
}

/** Bits of a dword that a guest may change. */
export function writableBits(device: PciDevice, register: number): number {
  switch (register & ~3) {
    case REG.COMMAND:
      return COMMAND_BIT.MEMORY | COMMAND_BIT.BUS_MASTER | COMMAND_BIT.INTX_DISABLE;
    case REG.BAR0:
      return device.barMask[0]!;
    case REG.BAR1:
      return device.barMask[1]!;
    case REG.INTERRUPT:
      return 0xff;
    case REG.VENDOR_CAP:
      return ONE_SHOT;
    case REG.MSIX_CAP:
      return device.numMsixVectors > 0 ? (MSIX_ENABLE | MSIX_FUNCTION_MASK) >>> 0 : 0;
    default:
      return 0;
  }
}
