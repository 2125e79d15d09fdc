// CELL_DESTROY, and the undoing of a create that failed half-way. Source: ABI reference, B.5.
import { giveBackAddressMap } from '../cell/address-maps.ts';
import type { Cell } from '../cell/cell.ts';
import { regionsOf } from '../cell/cell.ts';
import { CELL_STATE, MESSAGE } from '../cell/comm-region.ts';
import type { PerCpu } from '../cell/percpu.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { returnToRoot, unmapFromCell } from '../paging/regions.ts';
import type { Task } from '../task.ts';
import { exchange } from './messages.ts';
import { stopTarget } from './prologue.ts';

export function* destroyCell(hv: Hypervisor, caller: PerCpu, id: number): Task<number> {
  const cell = yield* stopTarget(hv, caller, id, 'CELL_DESTROY');
  if (typeof cell === 'number') return cell;
  hv.print(`Closing cell "${cell.name}"\n`);
  dissolve(hv, cell);
  hv.cells = hv.cells.filter((other) => other !== cell);
  hv.printUsage('after cell destruction');
  for (const other of hv.cells) if (!other.isRoot) yield* exchange(hv, other, MESSAGE.RECONFIG_COMPLETED);
  hv.report.info('cell.destroyed', `${cell.name} is destroyed; its CPUs and memory are back with the root.`, {
    cell: cell.name,
  });
  return 0;
}

/** Gives back everything that the cell has: CPUs, memory, interrupts, devices, pages. */
export function dissolve(hv: Hypervisor, cell: Cell): void {
  cell.comm.state = CELL_STATE.SHUT_DOWN;
  for (const id of cell.cpus) {
    const cpu = hv.cpu(id)!;
    hv.arch.park(cpu);
    cpu.cell = hv.rootCell;
    cpu.failed = false;
    cpu.counters.clear();
  }
  hv.rootCell.cpus = [...hv.rootCell.cpus, ...cell.cpus].sort((a, b) => a - b);
  for (const view of regionsOf(cell.config)) {
    unmapFromCell(cell, view);
    if (returnToRoot(hv, view) !== 0) hv.print('WARNING: Failed to re-assign memory region to root cell\n');
  }
  for (const unit of hv.units.toReversed()) unit.cellExit(cell);
  releasePages(hv, cell);
  for (const unit of hv.units) unit.commit(hv.rootCell);
  hv.rootCell.addressMap.update(hv.rootCell.stage2.segments(hv.machine.memory));
}

/** Page tables, view, MMIO table and structure. */
export function releasePages(hv: Hypervisor, cell: Cell): void {
  cell.stage2.destroy();
  giveBackAddressMap(hv.machine, cell.addressMap);
  for (const { at, count } of cell.pages) hv.pool.free(at, count);
  cell.pages.length = 0;
}
