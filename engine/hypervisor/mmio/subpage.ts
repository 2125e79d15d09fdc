// Sub-page regions: windows smaller than a page are trapped and checked access by access.
// Source: ABI reference, A.3 (flags), B.8 (order of checks, message).
import { MEM_FLAG, type MemoryRegion } from '../../config/index.ts';
import type { Bus } from '../../machine/api.ts';
import { pa } from '../../util/units.ts';
import type { RegionView } from '../cell/cell.ts';
import { readPhysical, writePhysical } from './physical.ts';
import type { MmioAccess, MmioHandler } from './table.ts';

/** Why a sub-page region refuses an access, in the reference's order of checks. */
export type SubPageRule = 'permission' | 'width' | 'alignment';

export function subPageRule(
  region: MemoryRegion,
  offset: number,
  size: number,
  write: boolean,
): SubPageRule | undefined {
  const needed = write ? MEM_FLAG.WRITE : MEM_FLAG.READ;
  if ((region.flags & needed) === 0n) return 'permission';
  if ((region.flags & (BigInt(size) << 16n)) === 0n) return 'width';
  if (offset % size !== 0 && (region.flags & MEM_FLAG.IO_UNALIGNED) === 0n) return 'alignment';
  return undefined;
}

interface Surroundings {
  bus: Bus;
  /** Prints on the hypervisor's console. */
  print(text: string): void;
  /** Tells why an access was refused. */
  refused(access: MmioAccess, region: RegionView, rule: SubPageRule): void;
}

export function subPageHandler(view: RegionView, { bus, print, refused }: Surroundings): MmioHandler {
  return (access) => {
    const { offset, size, write } = access;
    const address = pa(view.physical + offset);
    const rule = subPageRule(view.region, offset, size, write);
    if (rule) {
      print(
        `FATAL: Invalid MMIO ${write ? 'write' : 'read'}, address: ${address.toString(16)}, size: ${size.toString(16)}\n`,
      );
      refused(access, view, rule);
      return 'error';
    }
    const by = { name: access.cpu.cell.name, cpu: access.cpu.id };
    if (write) writePhysical(bus, address, size, access, by);
    else if (!readPhysical(bus, address, size, access, by)) access.lo = access.hi = 0xffffffff;
    return 'handled';
  };
}
