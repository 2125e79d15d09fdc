// Interrupt lines and PCI functions of a cell as pins under its column, and where each leads. Interrupt numbers of arm are shown as
// SPIs (GIC id minus 32), as device trees and board documents count them (ABI reference, A.6 and J.5: off-by-32).
import { bdfText, PCI_TYPE } from '../../engine/config/index.ts';
import type { CellConfig } from '../../engine/config/index.ts';
import type { BoardWindow } from './names.ts';

export interface Pin {
  key: string;
  kind: 'interrupt' | 'virtual' | 'pci';
  label: string;
  /** The long form, for the tooltip. */
  title: string;
  /** Interrupts: first and last SPI (x86: IOAPIC pin). */
  first: number;
  last: number;
  /** PCI functions: bus, device and function. */
  bdf: number | undefined;
}

const FIRST_SPI = 32;
/** INTA to INTD of the virtual PCI host. */
const VPCI_LINES = 4;

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}–${last}`);

/** All interrupts that the cell's irqchip entries give it, as SPIs or IOAPIC pins, ascending and without doubles. */
export function interruptsOf(cell: CellConfig, x86: boolean): number[] {
  const numbers = new Set<number>();
  for (const { pinBase, pinBitmap } of cell.irqchips) {
    pinBitmap.forEach((word, w) => {
      for (let bit = 0; bit < 32; bit++)
        if ((word >>> bit) & 1) numbers.add(pinBase + 32 * w + bit - (x86 ? 0 : FIRST_SPI));
    });
  }
  return [...numbers].sort((a, b) => a - b);
}

export function pinsOf(cell: CellConfig, x86: boolean): Pin[] {
  const numbers = interruptsOf(cell, x86);
  const virtualPci = cell.pciDevices.some((device) => device.type === PCI_TYPE.IVSHMEM);
  const isVirtual = (n: number): boolean =>
    !x86 && virtualPci && n >= cell.vpciIrqBase && n < cell.vpciIrqBase + VPCI_LINES;
  const pins: Pin[] = [];
  for (let i = 0; i < numbers.length;) {
    const first = numbers[i]!;
    const virtual = isVirtual(first);
    let end = i;
    while (numbers[end + 1] === numbers[end]! + 1 && isVirtual(numbers[end + 1]!) === virtual) end++;
    const last = numbers[end]!;
    const name = x86 ? 'pin' : 'SPI';
    const ids = x86 ? '' : ` (GIC ids ${range(first + FIRST_SPI, last + FIRST_SPI)})`;
    pins.push({
      key: `irq ${first}`,
      kind: virtual ? 'virtual' : 'interrupt',
      label: virtual ? `${range(first, last)} vpci` : `${name} ${range(first, last)}`,
      title: `${name} ${range(first, last)}${ids}${virtual ? ', lines of the virtual PCI host' : ''}`,
      first,
      last,
      bdf: undefined,
    });
    i = end + 1;
  }
  return [...pins, ...cell.pciDevices.map(pciPin)];
}

const PCI_NAMES: Record<number, string> = {
  [PCI_TYPE.DEVICE]: 'PCI device',
  [PCI_TYPE.BRIDGE]: 'PCI bridge',
  [PCI_TYPE.IVSHMEM]: 'ivshmem',
};

function pciPin(device: CellConfig['pciDevices'][number], index: number): Pin {
  const at = bdfText(device.bdf);
  const name = PCI_NAMES[device.type] ?? `PCI type ${device.type}`;
  const peer = device.type === PCI_TYPE.IVSHMEM ? `, peer ${device.shmemDevId} of ${device.shmemPeers}` : '';
  return {
    key: `pci ${index}`,
    kind: 'pci',
    label: device.type === PCI_TYPE.IVSHMEM ? `${at} ivshmem` : at,
    title: `${name} ${at}${peer}`,
    first: 0,
    last: -1,
    bdf: device.bdf,
  };
}

/** Windows of the board whose interrupt this pin carries. */
export const windowsOf = (pin: Pin, windows: readonly BoardWindow[]): BoardWindow[] =>
  windows.filter(({ spis }) => spis.some((spi) => spi >= pin.first && spi <= pin.last));

/** True if two pins of different cells are the same wire or the two ends of one link. */
export function samePin(a: Pin, b: Pin): boolean {
  if (a.kind === 'pci' || b.kind === 'pci') return a.bdf !== undefined && a.bdf === b.bdf;
  return a.first <= b.last && b.first <= a.last;
}
