// I/O ports of the root cell out of /proc/ioports: what is opened, and what is only listed. Source: ABI reference, F.4.
import { CreateError } from './memory.ts';
import type { RangeNode } from '../machine/ranges.ts';
import { everyRange } from '../machine/ranges.ts';

export interface PortRange {
  base: number;
  length: number;
  name: string;
  /** False: listed as a comment, for the user to decide. */
  open: boolean;
}

/** Below are the PC's own ports, above those of PCI devices. */
const PCI_PORTS = 0xd00;
/** Configuration space by ports is emulated. */
const PCI_CONFIG = 0xcf8;
/** Ports of every PC: timer, keyboard controller, RTC, serial ports. */
const CUSTOMARY: readonly number[] = [0x40, 0x60, 0x61, 0x64, 0x70, 0x2f8, 0x3f8];
const VGA = /vga|vesa/i;
const PCI_DEVICE = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i;

export function portRanges(ioports: readonly RangeNode[]): PortRange[] {
  const range = ({ name, start, end }: RangeNode, open: boolean): PortRange => ({
    base: Number(start),
    length: Number(end - start),
    name,
    open,
  });
  const pc = [...everyRange(ioports)]
    .filter(({ start, children }) => start < PCI_PORTS && start !== BigInt(PCI_CONFIG) && children.length === 0)
    .map((node) => range(node, CUSTOMARY.includes(Number(node.start)) || VGA.test(node.name)));
  const pci = [...everyRange(ioports)]
    .filter(({ start, name }) => start >= PCI_PORTS && PCI_DEVICE.test(name))
    .map((node) => range(node, true));
  return [...pc, ...pci].sort((a, b) => a.base - b.base);
}

/** @throws CreateError unless there is exactly one ACPI PM timer */
export function pmTimerPort(ioports: readonly RangeNode[]): number {
  const timers = [...everyRange(ioports)].filter(({ name }) => name === 'ACPI PM_TMR');
  if (timers.length !== 1) throw new CreateError(`Found ${timers.length} entries for ACPI PM_TMR (expected 1)`);
  return Number(timers[0]!.start);
}
