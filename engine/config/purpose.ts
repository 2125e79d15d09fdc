// What a memory region is for, in the words of a comment or a finding: from the ivshmem section that it is, the console that
// lies in it, or its flags. Source: ABI reference, A.3, A.4, D.3.
import { bdfText } from './codec.ts';
import { CONSOLE_TYPE, MEM_FLAG, PCI_TYPE, type CellConfig, type ConsoleDescriptor, type PciDevice } from './model.ts';
import {
  isCommRegion,
  isExecutable,
  isIo,
  isPlaceholder,
  isRootShared,
  physRange,
  virtRange,
  type Range,
} from './region.ts';
import { SHMEM_PROTOCOL } from './symbols.ts';

/** An ivshmem device and which of its sections a region is: 0 state table, 1 read/write, 2 + n output of peer n. */
export function ivshmemSectionOf(cell: CellConfig, index: number): { device: PciDevice; section: number } | null {
  for (const device of cell.pciDevices) {
    const section = index - device.shmemRegionsStart;
    if (device.type === PCI_TYPE.IVSHMEM && section >= 0 && section < 2 + device.shmemPeers) return { device, section };
  }
  return null;
}

export const deviceTitle = (device: PciDevice): string => {
  const kind =
    device.type === PCI_TYPE.BRIDGE
      ? 'PCI bridge'
      : device.type !== PCI_TYPE.IVSHMEM
        ? 'PCI device'
        : device.shmemProtocol === SHMEM_PROTOCOL.VETH
          ? 'virtual Ethernet'
          : 'ivshmem';
  return `${kind} ${bdfText(device.bdf)}`;
};

function sectionTitle(device: PciDevice, section: number): string {
  if (section === 0) return 'state table';
  if (section === 1) return 'read/write section';
  const peer = section - 2;
  return peer === device.shmemDevId ? `output of peer ${peer}, this cell` : `output of peer ${peer}`;
}

const holdsConsole = (range: Range, { type, address, flags }: ConsoleDescriptor): boolean =>
  type !== CONSOLE_TYPE.NONE && (flags & 1) === 1 && address >= range.start && address < range.start + range.size;

/**
 * A few words, e.g. `ivshmem 00:00.0: state table`, `UART`, `RAM`.
 * @param consoles consoles beside the cell's own one, such as the hypervisor's
 */
export function regionPurpose(cell: CellConfig, index: number, consoles: readonly ConsoleDescriptor[] = []): string {
  const region = cell.memoryRegions[index]!;
  const shared = ivshmemSectionOf(cell, index);
  if (shared) {
    const gap = isPlaceholder(region) ? ' (empty)' : '';
    return `${deviceTitle(shared.device)}: ${sectionTitle(shared.device, shared.section)}${gap}`;
  }
  if (isPlaceholder(region)) return 'unused';
  if (isCommRegion(region)) return 'communication region';
  if (holdsConsole(virtRange(region), cell.console) && region.size <= 0x100000n) return 'UART';
  if (consoles.some((other) => holdsConsole(physRange(region), other)) && region.size <= 0x100000n) return 'UART';
  if (isIo(region)) return 'devices';
  if (isExecutable(region)) return 'RAM';
  const msix = cell.pciDevices.find(({ msixAddress }) => msixAddress !== 0n && msixAddress === region.physStart);
  if (msix) return `MSI-X table of ${deviceTitle(msix)}`;
  if (isRootShared(region)) return 'shared memory';
  return (region.flags & MEM_FLAG.WRITE) === 0n ? 'read-only memory' : 'memory or devices';
}
