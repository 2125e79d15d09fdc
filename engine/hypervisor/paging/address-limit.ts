// The reference would wrap addresses beyond the address space around; we refuse configurations that have them.
import type { CellConfig, SystemConfig } from '../../config/index.ts';

/** Physical and guest-physical addresses have at most 48 bits. */
const ADDRESS_LIMIT = 1n << 48n;

/** Path of the first field of a cell whose address or range ends beyond the address space. */
export function cellFieldBeyond(cell: CellConfig): string | undefined {
  const region = cell.memoryRegions.findIndex(
    ({ physStart, virtStart, size }) => physStart + size > ADDRESS_LIMIT || virtStart + size > ADDRESS_LIMIT,
  );
  if (region >= 0) return `memoryRegions[${region}]`;
  const device = cell.pciDevices.findIndex(
    ({ msixAddress, msixRegionSize }) => msixAddress + BigInt(msixRegionSize) > ADDRESS_LIMIT,
  );
  return device >= 0 ? `pciDevices[${device}].msixAddress` : undefined;
}

/** The same for a system configuration; fields of its root cell begin with `rootCell.`. */
export function systemFieldBeyond(system: SystemConfig): string | undefined {
  const { hypervisorMemory, debugConsole, pciMmconfigBase, platform, rootCell } = system;
  const fields: [path: string, end: bigint][] = [
    ['hypervisorMemory', hypervisorMemory.physStart + hypervisorMemory.size],
    ['debugConsole.address', debugConsole.address],
    ['debugConsole.clockReg', debugConsole.clockReg],
    ['pciMmconfigBase', pciMmconfigBase],
  ];
  if (platform.kind === 'arm') {
    for (const name of ['gicdBase', 'giccBase', 'gichBase', 'gicvBase', 'gicrBase'] as const)
      fields.push([`platform.${name}`, platform[name]]);
  }
  const beyond = fields.find(([, end]) => end > ADDRESS_LIMIT)?.[0];
  const inRoot = cellFieldBeyond(rootCell);
  return beyond ?? (inRoot === undefined ? undefined : `rootCell.${inRoot}`);
}
