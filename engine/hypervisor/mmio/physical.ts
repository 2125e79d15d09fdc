// Accesses that the hypervisor passes on to the board for a guest. Devices answer naturally aligned accesses only, so
// others are split into bytes.
import type { Bus, BusOwner } from '../../machine/api.ts';
import { pa, type Pa } from '../../util/units.ts';

export interface Value {
  lo: number;
  hi: number;
}

type Size = 1 | 2 | 4 | 8;

/** False if nothing answers at some byte; what was read until then is in `value`. */
export function readPhysical(bus: Bus, address: Pa, size: Size, value: Value, by: BusOwner): boolean {
  if (address % size === 0) return bus.read(address, size, value, by);
  const piece = { lo: 0, hi: 0 };
  const bytes = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < size; i++) {
    if (!bus.read(pa(address + i), 1, piece, by)) return false;
    bytes.setUint8(i, piece.lo);
  }
  value.lo = bytes.getUint32(0, true);
  value.hi = bytes.getUint32(4, true);
  return true;
}

/** False if nothing answers at some byte; bytes before it were written. */
export function writePhysical(bus: Bus, address: Pa, size: Size, { lo, hi }: Value, by: BusOwner): boolean {
  if (address % size === 0) return bus.write(address, size, lo, hi, by);
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint32(0, lo, true);
  bytes.setUint32(4, hi, true);
  for (let i = 0; i < size; i++) if (!bus.write(pa(address + i), 1, bytes.getUint8(i), 0, by)) return false;
  return true;
}
