// ACPI tables that describe interrupt controllers, MMCONFIG and IOMMUs. Sources: ACPI 6.5, 5.2.12 (MADT); PCI Firmware 3.3, 4.1.2
// (MCFG); Intel VT-d 4.1, chapter 8 (DMAR); AMD IOMMU 48882, chapter 5 (IVRS).

export class AcpiError extends Error {}

const HEADER = 36;
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A table's bytes behind its header and `fixed` further ones, cut to the length it states. @throws AcpiError */
function body(table: Uint8Array, signature: string, fixed: number): DataView {
  const name = String.fromCharCode(...table.subarray(0, 4));
  if (table.length < HEADER + fixed || name !== signature) throw new AcpiError(`the ${signature} table is not one`);
  const length = view(table).getUint32(4, true);
  if (length > table.length) throw new AcpiError(`the ${signature} table says ${length} bytes and has ${table.length}`);
  return view(table.subarray(HEADER + fixed, Math.max(length, HEADER + fixed)));
}

/** Structures with a type and a length in front. `wide`: both have two bytes. @throws AcpiError */
function* structures(data: DataView, what: string, lengthOf: (at: number) => number): Generator<DataView> {
  for (let at = 0; at < data.byteLength;) {
    const length = at + 4 <= data.byteLength ? lengthOf(at) : 0;
    if (length < 2 || at + length > data.byteLength) throw new AcpiError(`the ${what} table is cut short`);
    yield new DataView(data.buffer, data.byteOffset + at, length);
    at += length;
  }
}

export interface IoApicEntry {
  id: number;
  address: number;
  gsiBase: number;
}

/** Type 1 structures of the MADT. */
export function ioApicsOf(madt: Uint8Array): IoApicEntry[] {
  const data = body(madt, 'APIC', 8);
  return [...structures(data, 'APIC', (at) => data.getUint8(at + 1))]
    .filter((entry) => entry.getUint8(0) === 1 && entry.byteLength >= 12)
    .map((entry) => ({ id: entry.getUint8(2), address: entry.getUint32(4, true), gsiBase: entry.getUint32(8, true) }));
}

export interface McfgEntry {
  base: bigint;
  segment: number;
  startBus: number;
  endBus: number;
}

export function mcfgOf(mcfg: Uint8Array): McfgEntry[] {
  const data = body(mcfg, 'MCFG', 8);
  return Array.from({ length: Math.floor(data.byteLength / 16) }, (_, n) => ({
    base: data.getBigUint64(n * 16, true),
    segment: data.getUint16(n * 16 + 8, true),
    startBus: data.getUint8(n * 16 + 10),
    endBus: data.getUint8(n * 16 + 11),
  }));
}

/** Memory that a device uses behind the system's back: RMRR or IVMD. Last byte included in `end`: behind it. */
export interface ReservedMemory {
  start: bigint;
  end: bigint;
}

const SCOPE = { ENDPOINT: 1, BRIDGE: 2, IOAPIC: 3, HPET: 4 } as const;

export interface DmarUnit {
  base: bigint;
  /** Takes every device that no other unit names. */
  includesAll: boolean;
  /** bus<<8 | device<<3 | function of endpoints and bridges. */
  devices: { bdf: number; isBridge: boolean }[];
  /** IOAPIC ids with their requester. */
  ioApics: { id: number; bdf: number }[];
}

/** @throws AcpiError "Unsupported DMAR Device Scope Structure" for a path over bridges */
export function dmarOf(dmar: Uint8Array): { units: DmarUnit[]; reserved: ReservedMemory[] } {
  const data = body(dmar, 'DMAR', 12);
  const units: DmarUnit[] = [];
  const reserved: ReservedMemory[] = [];
  for (const entry of structures(data, 'DMAR', (at) => data.getUint16(at + 2, true))) {
    const type = entry.getUint16(0, true);
    if (type === 0 && entry.byteLength >= 16) {
      const unit: DmarUnit = {
        base: entry.getBigUint64(8, true),
        includesAll: (entry.getUint8(4) & 1) !== 0,
        devices: [],
        ioApics: [],
      };
      const scopes = new DataView(entry.buffer, entry.byteOffset + 16, entry.byteLength - 16);
      for (const scope of structures(scopes, 'DMAR', (at) => scopes.getUint8(at + 1))) addScope(unit, scope);
      units.push(unit);
    } else if (type === 1 && entry.byteLength >= 24) {
      reserved.push({ start: entry.getBigUint64(8, true), end: entry.getBigUint64(16, true) + 1n });
    }
  }
  return { units, reserved };
}

function addScope(unit: DmarUnit, scope: DataView): void {
  const type = scope.getUint8(0);
  if (scope.byteLength !== 8) throw new AcpiError('Unsupported DMAR Device Scope Structure');
  const bdf = (scope.getUint8(5) << 8) | (scope.getUint8(6) << 3) | scope.getUint8(7);
  if (type === SCOPE.ENDPOINT || type === SCOPE.BRIDGE) unit.devices.push({ bdf, isBridge: type === SCOPE.BRIDGE });
  else if (type === SCOPE.IOAPIC) unit.ioApics.push({ id: scope.getUint8(4), bdf });
}

export interface IvrsUnit {
  bdf: number;
  capability: number;
  base: bigint;
  features: number;
  ioApics: { id: number; bdf: number }[];
}

const IVHD_HEADER: Readonly<Record<number, number>> = { 0x10: 24, 0x11: 40, 0x40: 40 };
const IVHD_SPECIAL = 0x48;
const IVHD_IOAPIC = 1;

/** Of several blocks for one unit the first, type 0x10, is taken. @throws AcpiError */
export function ivrsOf(ivrs: Uint8Array): { units: IvrsUnit[]; reserved: ReservedMemory[] } {
  const data = body(ivrs, 'IVRS', 12);
  const units: IvrsUnit[] = [];
  const reserved: ReservedMemory[] = [];
  for (const entry of structures(data, 'IVRS', (at) => data.getUint16(at + 2, true))) {
    const type = entry.getUint8(0);
    const header = IVHD_HEADER[type];
    if (header !== undefined && entry.byteLength >= header) {
      const bdf = entry.getUint16(4, true);
      if (units.some((unit) => unit.bdf === bdf)) continue;
      const unit: IvrsUnit = {
        bdf,
        capability: entry.getUint16(6, true),
        base: entry.getBigUint64(8, true),
        features: entry.getUint32(20, true),
        ioApics: [],
      };
      const entries = new DataView(entry.buffer, entry.byteOffset + header, entry.byteLength - header);
      for (let at = 0; at + 4 <= entries.byteLength;) {
        // The two highest bits of a type code its length: 4, 8, 16 or 32 bytes.
        const code = entries.getUint8(at);
        if (code === IVHD_SPECIAL && at + 8 <= entries.byteLength && entries.getUint8(at + 7) === IVHD_IOAPIC)
          unit.ioApics.push({ id: entries.getUint8(at + 4), bdf: entries.getUint16(at + 5, true) });
        at += 4 << (code >> 6);
      }
      units.push(unit);
    } else if (type >= 0x20 && type <= 0x22 && entry.byteLength >= 32) {
      const start = entry.getBigUint64(16, true);
      reserved.push({ start, end: start + entry.getBigUint64(24, true) });
    }
  }
  return { units, reserved };
}
