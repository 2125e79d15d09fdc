// IOMMU units of a machine, and which of them serves a device. Source: ABI reference, F.4, A.11.
import { IOMMU_TYPE, type IommuUnit } from '../../../config/index.ts';
import { dmarOf, ivrsOf, type DmarUnit, type ReservedMemory } from '../machine/acpi.ts';
import type { PciFunction } from '../machine/pci.ts';
import { everyRange, type RangeNode } from '../machine/ranges.ts';
import type { MachineTree } from '../machine/tree.ts';
import { CreateError } from './memory.ts';

const TABLES = 'sys/firmware/acpi/tables';
const UNITS_MAX = 8;
const DMAR_REGION_MAX = 0x3000n;
/** Registers of an AMD IOMMU without and with performance counters (48882, 3.4: EFR.PCSup). */
const AMD_REGION = 0x8_0000n;
const CAP_MSI = 0x05;
const SPECIFIC = 12;

export interface Iommus {
  units: IommuUnit[];
  reserved: ReservedMemory[];
  /** Index of the unit that serves a device. @throws CreateError */
  unitOf(device: PciFunction): number;
  /** IOAPIC id to `iommu<<16 | requester`; 0 without an entry. */
  ioApicId(id: number): number;
  isIntel: boolean;
}

const none: Iommus = { units: [], reserved: [], unitOf: () => 0, ioApicId: () => 0, isIntel: false };

/** @throws CreateError, AcpiError */
export function iommusOf(
  tree: MachineTree,
  vendor: string,
  iomem: readonly RangeNode[],
  functions: readonly PciFunction[],
): Iommus {
  if (vendor === 'GenuineIntel') {
    const table = tree.read(`${TABLES}/DMAR`);
    if (!table) throw new CreateError('The machine has no DMAR table; enable VT-d in the firmware setup.');
    return intel(table, iomem, functions);
  }
  const table = tree.read(`${TABLES}/IVRS`);
  return table ? amd(table, iomem, functions) : none;
}

const regionAt = (iomem: readonly RangeNode[], base: bigint, name: RegExp): RangeNode | undefined =>
  [...everyRange(iomem)].find((node) => name.test(node.name) && node.start === base);

function intel(table: Uint8Array, iomem: readonly RangeNode[], functions: readonly PciFunction[]): Iommus {
  const { units, reserved } = dmarOf(table);
  if (units.length > UNITS_MAX) throw new CreateError('Too many DMAR units');
  const ioApics = units.flatMap((unit, index) =>
    unit.ioApics.map(({ id, bdf }) => ({ id, requester: (index << 16) | bdf })),
  );
  return {
    isIntel: true,
    reserved,
    units: units.map(({ base }) => {
      const region = regionAt(iomem, base, /^dmar\d/);
      if (!region) throw new CreateError('DMAR region size cannot be identified');
      if (region.end - region.start > DMAR_REGION_MAX) throw new CreateError('Unexpectedly large DMAR region.');
      return {
        type: IOMMU_TYPE.INTEL,
        base,
        size: Number(region.end - region.start),
        specific: new Uint8Array(SPECIFIC),
      };
    }),
    unitOf: (device) => intelUnitOf(units, device, functions),
    ioApicId: (wanted) => ioApics.find(({ id }) => id === wanted)?.requester ?? 0,
  };
}

/** The unit that names the device or a bridge above it, else the one for all others. */
function intelUnitOf(units: readonly DmarUnit[], device: PciFunction, functions: readonly PciFunction[]): number {
  const bridgesAbove = functions.filter((one) => {
    const buses = one.isBridge ? one.buses : undefined;
    return buses !== undefined && device.bdf >> 8 >= buses.secondary && device.bdf >> 8 <= buses.subordinate;
  });
  const named = units.findIndex(({ devices }) =>
    devices.some(
      ({ bdf, isBridge }) => bdf === device.bdf || (isBridge && bridgesAbove.some((one) => one.bdf === bdf)),
    ),
  );
  const unit = named >= 0 ? named : units.findIndex(({ includesAll }) => includesAll);
  if (unit < 0) throw new CreateError(`PCI device ${device.name} outside the scope of an IOMMU`);
  return unit;
}

function amd(table: Uint8Array, iomem: readonly RangeNode[], functions: readonly PciFunction[]): Iommus {
  const { units, reserved } = ivrsOf(table);
  const ioApics = units.flatMap((unit, index) =>
    unit.ioApics.map(({ id, bdf }) => ({ id, requester: (index << 16) | bdf })),
  );
  return {
    isIntel: false,
    reserved,
    units: units.map(({ bdf, base, capability, features }) => {
      const device = functions.find((one) => one.bdf === bdf);
      const msi = device?.capabilities.find(({ id }) => id === CAP_MSI);
      if (!msi) throw new CreateError('AMD IOMMU lacks MSI support');
      const region = regionAt(iomem, base, /amd_iommu/);
      const specific = new Uint8Array(SPECIFIC);
      const view = new DataView(specific.buffer);
      view.setUint16(0, bdf, true);
      view.setUint8(2, capability);
      view.setUint8(3, msi.start);
      view.setUint32(4, features, true);
      return { type: IOMMU_TYPE.AMD, base, size: Number(region ? region.end - region.start : AMD_REGION), specific };
    }),
    // One unit serves the segment on these machines; the tables of those with more name ranges that are not read here.
    unitOf: () => 0,
    ioApicId: (wanted) => ioApics.find(({ id }) => id === wanted)?.requester ?? 0,
  };
}
