// PCI functions as Linux shows them under /sys/bus/pci/devices: configuration space and resources. Sources: PCI Local Bus 3.0,
// chapter 6; PCI Express Base 5.0, 7.5 to 7.9; Linux, Documentation/PCI/sysfs-pci.rst. ABI reference, F.4 (capability lengths).
import { PCI_CAP_SYMBOLS, PCI_EXT_CAP } from '../../../config/index.ts';
import type { MachineTree } from './tree.ts';

export class PciError extends Error {}

const FOLDER = 'sys/bus/pci/devices';
const PAGE = 0x1000n;

const CONFIG = {
  STATUS: 0x06,
  HEADER_TYPE: 0x0e,
  SECONDARY_BUS: 0x19,
  SUBORDINATE_BUS: 0x1a,
  CAPABILITIES: 0x34,
  EXTENDED: 0x100,
  SIZE: 0x1000,
  STANDARD: 0x100,
} as const;
const STATUS_CAPABILITIES = 0x10;
const CAP = { PM: 0x01, MSI: 0x05, EXP: 0x10, MSIX: 0x11 } as const;
/** Resource flags of Linux (include/linux/ioport.h, as the sysfs file shows them). */
const RESOURCE = { IO: 0x100, MEMORY: 0x200, MEMORY_64: 0x10_0000 } as const;

/** Bytes of extended capabilities by id; those with lists behind them get their fixed part. PCI Express Base 5.0, 7.8 and 7.9. */
const EXTENDED_LENGTHS: Readonly<Record<string, number>> = {
  ERR: 0x40,
  VC: 0x10,
  DSN: 0x0c,
  PWR: 0x10,
  RCLD: 0x10,
  RCILC: 0x0c,
  RCEC: 0x08,
  MFVC: 0x10,
  VC9: 0x10,
  VNDR: 0x08,
  ACS: 0x08,
  ARI: 0x08,
  ATS: 0x08,
  SRIOV: 0x40,
  MCAST: 0x30,
  PRI: 0x10,
  REBAR: 0x0c,
  DPA: 0x10,
  TPH: 0x0c,
  LTR: 0x08,
  SECPCI: 0x10,
  PASID: 0x08,
  DPC: 0x10,
  L1SS: 0x10,
  PTM: 0x0c,
};
const EXTENDED_HEADER = 4;

export interface CapabilityEntry {
  /** Extended ones with 0x8000. */
  id: number;
  start: number;
  length: number;
  writable: boolean;
}

export interface PciResource {
  start: bigint;
  /** Behind the last byte. */
  end: bigint;
  kind: 'io' | 'memory';
  wide: boolean;
}

export interface PciFunction {
  /** As in sysfs: 0000:00:1f.2. */
  name: string;
  domain: number;
  bdf: number;
  isBridge: boolean;
  /** Bridges: the buses behind them. */
  buses: { secondary: number; subordinate: number } | undefined;
  /** By BAR number; unused ones are missing. */
  bars: (PciResource | undefined)[];
  capabilities: CapabilityEntry[];
  msi: { vectors: number; wide: boolean; maskable: boolean } | undefined;
  /** Table and, if it follows, pending bits: whole pages. */
  msix: { vectors: number; address: bigint; size: number } | undefined;
}

/** All functions, in ascending order. @throws PciError */
export function pciFunctions(tree: MachineTree): PciFunction[] {
  return tree
    .list(FOLDER)
    .map((name) => readFunction(tree, name))
    .sort((a, b) => a.domain - b.domain || a.bdf - b.bdf);
}

function readFunction(tree: MachineTree, name: string): PciFunction {
  const place = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(name);
  if (!place) throw new PciError(`${name} is no PCI address, such as 0000:00:1f.2`);
  const [domain, bus, device, fn] = place.slice(1).map((part) => Number.parseInt(part, 16)) as [
    number,
    number,
    number,
    number,
  ];
  const bytes = tree.read(`${FOLDER}/${name}/config`);
  if (!bytes || bytes.length < 0x40) throw new PciError(`the configuration space of ${name} is missing or too short`);
  const config = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bars = resources(
    new TextDecoder('latin1').decode(tree.read(`${FOLDER}/${name}/resource`) ?? new Uint8Array(0)),
  );
  const isBridge = (config.getUint8(CONFIG.HEADER_TYPE) & 0x7f) === 1;
  const capabilities = [...standardCapabilities(config), ...extendedCapabilities(config)];
  const at = (id: number): number | undefined => capabilities.find((entry) => entry.id === id)?.start;
  const msiAt = at(CAP.MSI);
  const msixAt = at(CAP.MSIX);
  const control = msiAt === undefined ? 0 : config.getUint16(msiAt + 2, true);
  return {
    name,
    domain,
    bdf: (bus << 8) | (device << 3) | fn,
    isBridge,
    buses: isBridge
      ? { secondary: config.getUint8(CONFIG.SECONDARY_BUS), subordinate: config.getUint8(CONFIG.SUBORDINATE_BUS) }
      : undefined,
    bars: bars.slice(0, isBridge ? 2 : 6),
    capabilities,
    msi:
      msiAt === undefined
        ? undefined
        : { vectors: 1 << ((control >> 1) & 7), wide: (control & 0x80) !== 0, maskable: (control & 0x100) !== 0 },
    msix: msixAt === undefined ? undefined : msixOf(name, config, msixAt, bars),
  };
}

/** One line a BAR: start, end, flags. */
function resources(text: string): (PciResource | undefined)[] {
  return text
    .split('\n')
    .slice(0, 6)
    .map((line) => {
      const [start, last, flags] = line.trim().split(/\s+/);
      if (flags === undefined || start === undefined || last === undefined) return undefined;
      const bits = Number(flags);
      const kind = bits & RESOURCE.IO ? 'io' : bits & RESOURCE.MEMORY ? 'memory' : undefined;
      if (kind === undefined || BigInt(last) === 0n) return undefined;
      return { start: BigInt(start), end: BigInt(last) + 1n, kind, wide: (bits & RESOURCE.MEMORY_64) !== 0 };
    });
}

/** Writable bits of the six BARs: sizes are powers of two; the upper half of a 64-bit one follows it. */
export function barMasks({ bars }: PciFunction): number[] {
  const masks = [0, 0, 0, 0, 0, 0];
  bars.forEach((bar, index) => {
    if (!bar) return;
    const mask = BigInt.asUintN(64, -(bar.end - bar.start));
    masks[index] = Number(mask & 0xffff_ffffn);
    if (bar.wide && index < 5) masks[index + 1] = Number(mask >> 32n);
  });
  return masks;
}

function standardLength(config: DataView, id: number, at: number): number {
  const control = config.getUint16(at + 2, true);
  switch (id) {
    case CAP.PM:
      return 8;
    case CAP.MSI:
      return 10 + (control & 0x80 ? 4 : 0) + (control & 0x100 ? 10 : 0);
    case CAP.EXP:
      return (control & 0x0f) === 1 ? 20 : 60;
    case CAP.MSIX:
      return MSIX_SIZE;
    default:
      return 2;
  }
}

const WRITABLE: readonly number[] = [CAP.PM, CAP.MSI, CAP.MSIX];

function standardCapabilities(config: DataView): CapabilityEntry[] {
  if ((config.getUint16(CONFIG.STATUS, true) & STATUS_CAPABILITIES) === 0) return [];
  const found: CapabilityEntry[] = [];
  for (
    let at = config.getUint8(CONFIG.CAPABILITIES) & ~3;
    at >= 0x40 && at + 4 <= Math.min(config.byteLength, CONFIG.STANDARD);
  ) {
    // A list that comes back to itself ends.
    if (found.some(({ start }) => start === at)) break;
    const id = config.getUint8(at);
    found.push({ id, start: at, length: standardLength(config, id, at), writable: WRITABLE.includes(id) });
    at = config.getUint8(at + 1) & ~3;
  }
  return found;
}

/** Only configuration space of 4 KiB has them; all ones or zero there is none. */
function extendedCapabilities(config: DataView): CapabilityEntry[] {
  const found: CapabilityEntry[] = [];
  for (let at: number = CONFIG.EXTENDED; at >= CONFIG.EXTENDED && at + 4 <= config.byteLength;) {
    const header = config.getUint32(at, true);
    if (header === 0 || header === 0xffff_ffff || found.some(({ start }) => start === at)) break;
    const id = (header & 0xffff) | PCI_EXT_CAP;
    const name = PCI_CAP_SYMBOLS.symbols.find(([, value]) => value === BigInt(id))?.[0].replace('PCI_EXT_CAP_ID_', '');
    found.push({ id, start: at, length: EXTENDED_LENGTHS[name ?? ''] ?? EXTENDED_HEADER, writable: false });
    at = (header >>> 20) & ~3;
  }
  return found;
}

const MSIX_SIZE = 12;

function msixOf(
  name: string,
  config: DataView,
  at: number,
  bars: readonly (PciResource | undefined)[],
): PciFunction['msix'] {
  if (at + MSIX_SIZE > config.byteLength) throw new PciError(`the MSI-X capability of ${name} is cut off`);
  const vectors = (config.getUint16(at + 2, true) & 0x7ff) + 1;
  const place = (word: number): bigint | undefined => {
    const bar = bars[word & 7];
    return bar?.kind === 'memory' ? bar.start + BigInt(word & ~7) : undefined;
  };
  const table = place(config.getUint32(at + 4, true));
  if (table === undefined) throw new PciError(`Invalid MSI-X BAR found: ${name}`);
  const pending = place(config.getUint32(at + 8, true));
  const up = (value: bigint): bigint => (value + PAGE - 1n) & ~(PAGE - 1n);
  const address = table & ~(PAGE - 1n);
  const tableEnd = up(table + BigInt(vectors * 16));
  // The pending bits belong to it where they are on the same or the next page.
  const pendingEnd = pending === undefined ? 0n : up(pending + BigInt(Math.ceil(vectors / 64) * 8));
  const joined = pending !== undefined && pending >= address && pending <= tableEnd && pendingEnd > tableEnd;
  return { vectors, address, size: Number((joined ? pendingEnd : tableEnd) - address) };
}
