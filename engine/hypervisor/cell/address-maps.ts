// Address maps are few and live as long as their machine, so those of cells that are gone serve again.
import type { AddressMap } from '../../cpu/port.ts';
import type { Machine } from '../../machine/api.ts';

/** Segments that one map holds: a limit of the processor core. */
export const MAX_SEGMENTS = 1024;

const spare = new WeakMap<Machine, AddressMap[]>();

/** An empty map. */
export const takeAddressMap = (machine: Machine): AddressMap =>
  spare.get(machine)?.pop() ?? machine.createAddressMap([]);

/** No CPU may run on it any more. */
export function giveBackAddressMap(machine: Machine, map: AddressMap): void {
  map.update([]);
  const maps = spare.get(machine);
  if (maps) maps.push(map);
  else spare.set(machine, [map]);
}
