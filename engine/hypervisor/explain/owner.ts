// Who has a physical address: the board's device or RAM, the hypervisor's memory, and the cells whose stage 2 reaches it.
import { pa } from '../../util/units.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { listText } from './text.ts';

export interface Owner {
  /** `UART1`, `RAM`, `hypervisor memory`, `nothing on this board`. */
  readonly thing: string;
  /** Cells that reach the address now. */
  readonly cells: readonly string[];
  /** A sentence's part: `it is UART1, owned by root`. */
  readonly phrase: string;
}

export function ownerOf(hv: Hypervisor, address: number): Owner {
  const thing = thingAt(hv, address);
  const cells = hv.cells.filter((cell) => reaches(hv, cell, address)).map((cell) => (cell.isRoot ? 'root' : cell.name));
  const held =
    thing === HYPERVISOR_MEMORY
      ? 'which no cell may touch'
      : cells.length > 0
        ? `owned by ${listText(cells)}`
        : 'and no cell has it';
  return { thing, cells, phrase: `it is ${thing}, ${held}` };
}

const HYPERVISOR_MEMORY = 'hypervisor memory';

function reaches(hv: Hypervisor, cell: Hypervisor['rootCell'], address: number): boolean {
  if (hv.coversOwnMemory(address)) return false;
  if (cell.stage2.reaches(address, 1)) return true;
  return cell.mmio.windows.some(
    ({ region, size }) =>
      region !== undefined &&
      address >= Number(cell.config.memoryRegions[region]!.physStart) &&
      address < Number(cell.config.memoryRegions[region]!.physStart) + size,
  );
}

function thingAt(hv: Hypervisor, address: number): string {
  if (hv.coversOwnMemory(address)) return HYPERVISOR_MEMORY;
  const { board, bus, memory } = hv.machine;
  const inside = ({ base, size }: { base: number; size: number }) => address >= base && address < base + size;
  const named = [...board.uarts, ...board.devices, ...board.reserved].find(inside);
  if (named) return named.name;
  const device = bus.deviceAt(pa(address));
  if (device) return device.name;
  if (memory.isRam(pa(address), 1)) return 'RAM';
  return 'nothing on this board';
}
