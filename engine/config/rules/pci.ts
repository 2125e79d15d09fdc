// PCI functions: ownership, capability lists, BAR masks, MSI-X windows. ABI reference, A.8, A.9, D.1, D.2.
import { bdfText, iommuUnitsOf } from '../codec.ts';
import { PCI_TYPE, type PciDevice } from '../model.ts';
import { deviceTitle } from '../purpose.ts';
import { overlaps } from '../region.ts';
import { PCI_EXT_CAP } from '../symbols.ts';
import {
  cellFix,
  cellTitle,
  hex,
  owned,
  pairs,
  rangeOf,
  regionTitle,
  type CellView,
  type Found,
  type Rule,
} from './rule.ts';

interface DeviceView {
  view: CellView;
  device: PciDevice;
  index: number;
}

const devicesOf = (view: CellView): DeviceView[] =>
  view.cell.pciDevices.map((device, index) => ({ view, device, index }));
const title = ({ view, device }: DeviceView): string => `${deviceTitle(device)} of ${cellTitle(view)}`;
const place = ({ view, index }: DeviceView, field?: keyof PciDevice): Pick<Found, 'config' | 'path'> => ({
  config: view.config,
  path: `${view.prefix}pciDevices[${index}]${field ? `.${field}` : ''}`,
});
const isPhysical = ({ device }: DeviceView): boolean => device.type !== PCI_TYPE.IVSHMEM;
const removeDevice = ({ view, index }: DeviceView) =>
  cellFix(`Take it from ${view.name}`, view, (cell) => cell.pciDevices.splice(index, 1));

const PAGE = 0x1000;
const MSIX_ENTRY_SIZE = 16;
const CONFIG_SIZE = 256;
const EXTENDED_CONFIG_SIZE = 4096;
const CAPABILITIES_START = 0x40;

export const pciRules: Rule[] = [
  {
    id: 'pci-twice-in-cell',
    severity: 'error',
    title: 'A PCI function twice in one cell',
    check: ({ all }) =>
      all.flatMap((view) =>
        [...pairs(devicesOf(view))]
          .filter(([a, b]) => a.device.bdf === b.device.bdf && a.device.domain === b.device.domain)
          .map(([a, b]) => ({
            ...place(b, 'bdf'),
            message: `PCI devices ${a.index} and ${b.index} of ${cellTitle(view)} are both ${bdfText(b.device.bdf)}: only the first is found; change or remove one.`,
            fix: cellFix(`Remove device ${b.index}`, view, (cell) => cell.pciDevices.splice(b.index, 1)),
          })),
      ),
  },
  {
    id: 'pci-twice',
    severity: 'error',
    title: 'A PCI function in two cells',
    check: ({ cells }) =>
      [...pairs(cells.flatMap(devicesOf).filter(isPhysical))]
        .filter(([a, b]) => a.view !== b.view && a.device.bdf === b.device.bdf && a.device.domain === b.device.domain)
        .map(([a, b]) => ({
          ...place(b),
          message: `${deviceTitle(b.device)} belongs to ${cellTitle(a.view)} and to ${cellTitle(b.view)}: whoever is created second does not get it; give it to one.`,
          fix: removeDevice(b),
        })),
  },
  {
    id: 'pci-not-in-root',
    severity: 'warning',
    title: 'A PCI function that root does not have',
    check: ({ cells, root }) =>
      cells
        .flatMap(devicesOf)
        .filter(isPhysical)
        .filter(
          ({ device }) =>
            !root.cell.pciDevices.some(({ bdf, domain }) => bdf === device.bdf && domain === device.domain),
        )
        .map((entry) => ({
          ...place(entry),
          message: `${title(entry)} (domain ${entry.device.domain}) is not in the root configuration, so it is not given back when the cell is destroyed: add it there.`,
          fix: {
            title: 'Add it to the root configuration',
            change: ({ system }) => {
              system.rootCell.pciDevices.push({ ...structuredClone(entry.device), capsStart: 0, numCaps: 0 });
            },
          },
        })),
  },
  {
    id: 'pci-type',
    severity: 'error',
    title: 'An unknown kind of PCI device',
    check: ({ all }) =>
      all
        .flatMap(devicesOf)
        .filter(({ device: { type } }) => type < PCI_TYPE.DEVICE || type > PCI_TYPE.IVSHMEM)
        .map((entry) => ({
          ...place(entry, 'type'),
          message: `PCI device ${entry.index} of ${cellTitle(entry.view)} has type ${entry.device.type}; expected 1 (device), 2 (bridge) or 3 (ivshmem): set it, or remove an entry that is not filled in.`,
          fix: removeDevice(entry),
        })),
  },
  {
    id: 'pci-capability-index',
    severity: 'error',
    title: 'Capabilities beyond the list',
    check: ({ all }) =>
      all
        .flatMap(devicesOf)
        .filter(
          ({ view, device: { capsStart, numCaps } }) => numCaps > 0 && capsStart + numCaps > view.cell.pciCaps.length,
        )
        .map((entry) => {
          const { capsStart, numCaps } = entry.device;
          return {
            ...place(entry, 'capsStart'),
            message: `${title(entry)} uses capabilities ${capsStart} to ${capsStart + numCaps - 1}, and the cell has ${entry.view.cell.pciCaps.length}: correct caps_start and num_caps, or list the missing ones.`,
          };
        }),
  },
  {
    id: 'pci-capability-range',
    severity: 'error',
    title: 'A capability outside configuration space',
    check: ({ all }) =>
      all.flatMap((view) =>
        view.cell.pciCaps.flatMap(({ id, start, len }, index) => {
          const extended = (id & PCI_EXT_CAP) !== 0;
          const low = extended ? CONFIG_SIZE : CAPABILITIES_START;
          const high = extended ? EXTENDED_CONFIG_SIZE : CONFIG_SIZE;
          if (start >= low && start + len <= high) return [];
          return [
            {
              config: view.config,
              path: `${view.prefix}pciCaps[${index}].start`,
              message: `Capability ${index} of ${cellTitle(view)} takes configuration bytes ${rangeOf({ start: BigInt(start), size: BigInt(len) })}; ${extended ? 'extended' : 'standard'} capabilities lie in ${hex(low)}-${hex(high - 1)}: correct start and len.`,
              ranges: [owned(`capability ${index}`, { start: BigInt(start), size: BigInt(len) })],
            },
          ];
        }),
      ),
  },
  {
    id: 'pci-bar-mask',
    severity: 'error',
    title: 'A BAR mask that is no size',
    check: ({ all }) =>
      all.flatMap(devicesOf).flatMap((entry) =>
        entry.device.barMask.flatMap((mask, bar) => {
          const size = (~mask + 1) >>> 0;
          // Address bits are the high ones: the size that the rest stands for is a power of two (or all 64-bit high bits).
          if (mask === 0 || (size & (size - 1)) === 0) return [];
          return [
            {
              ...place(entry, 'barMask'),
              message: `BAR ${bar} of ${title(entry)} has mask ${hex(mask)}, which is not a row of ones above zeros: write all ones to the BAR and use what it reads back, without its low flag bits.`,
            },
          ];
        }),
      ),
  },
  {
    id: 'pci-msix-window',
    severity: 'error',
    title: 'An MSI-X table that cannot be intercepted',
    check: ({ all }) =>
      all
        .flatMap(devicesOf)
        .filter((entry) => isPhysical(entry) && entry.device.numMsixVectors > 0)
        .flatMap((entry) => {
          const { numMsixVectors: vectors, msixRegionSize: size, msixAddress: address } = entry.device;
          const window = { start: address, size: BigInt(size) };
          if (address === 0n || size === 0 || size % PAGE !== 0 || vectors * MSIX_ENTRY_SIZE > size)
            return [
              {
                ...place(entry, 'msixRegionSize'),
                message: `The MSI-X table of ${title(entry)} has ${vectors} entries (${hex(vectors * MSIX_ENTRY_SIZE)} bytes) in ${hex(size)} bytes at ${hex(address)}: msix_address must be its page and msix_region_size whole pages that hold it.`,
                ranges: [owned('MSI-X table', window)],
              },
            ];
          const open = entry.view.regions.find(({ hasMemory, phys }) => hasMemory && overlaps(phys, window));
          if (!open) return [];
          return [
            {
              config: entry.view.config,
              path: open.path,
              message: `${regionTitle(open)} at ${rangeOf(open.phys)} covers the MSI-X table of ${deviceTitle(entry.device)} at ${rangeOf(window)}, which the hypervisor must intercept: leave that range out.`,
              ranges: [owned(regionTitle(open), open.phys), owned('MSI-X table', window)],
            },
          ];
        }),
  },
  {
    id: 'pci-bus',
    severity: 'error',
    title: 'A bus outside the PCI window',
    check: ({ all, system }) =>
      system.pciMmconfigBase === 0n
        ? []
        : all
            .flatMap(devicesOf)
            .filter(({ device }) => device.bdf >> 8 > system.pciMmconfigEndBus)
            .map((entry) => ({
              ...place(entry, 'bdf'),
              message: `${title(entry)} is on bus ${entry.device.bdf >> 8}; the MMCONFIG window ends with bus ${system.pciMmconfigEndBus}: correct bdf (bus << 8 | device << 3 | function) or pci_mmconfig_end_bus.`,
            })),
  },
  {
    id: 'pci-no-host',
    severity: 'error',
    title: 'PCI devices without a PCI host',
    check: ({ all, system, isX86 }) =>
      isX86 || system.pciMmconfigBase !== 0n
        ? []
        : all.flatMap(devicesOf).map((entry) => ({
            ...place(entry),
            message: `${title(entry)} cannot be reached: pci_mmconfig_base of the system configuration is 0; set it to a free window, with pci_is_virtual where the board has no PCI host.`,
          })),
  },
  {
    id: 'pci-virtual-host',
    severity: 'error',
    title: 'A physical PCI function on the virtual host',
    check: ({ all, system }) =>
      system.pciIsVirtual === 0
        ? []
        : all
            .flatMap(devicesOf)
            .filter(isPhysical)
            .map((entry) => ({
              ...place(entry),
              message: `${title(entry)} is a physical function, but pci_is_virtual says that there is no physical configuration space: every read gives all ones; clear pci_is_virtual, or remove the device.`,
            })),
  },
  {
    id: 'pci-iommu',
    severity: 'error',
    title: 'A PCI function behind an IOMMU that does not exist',
    check: ({ all, system }) => {
      const units = iommuUnitsOf(system).length;
      return units === 0
        ? []
        : all
            .flatMap(devicesOf)
            .filter((entry) => isPhysical(entry) && entry.device.iommu >= units)
            .map((entry) => ({
              ...place(entry, 'iommu'),
              message: `${title(entry)} names IOMMU ${entry.device.iommu}, and the system has ${units} (0 to ${units - 1}): correct the index.`,
            }));
    },
  },
];
