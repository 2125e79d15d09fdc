// What START, SET_LOADABLE and DESTROY begin with: the root stands still, the target is found, asked and stopped.
// Source: ABI reference, B.5 (common prologue), B.4 (locking).
import type { Cell } from '../cell/cell.ts';
import type { PerCpu } from '../cell/percpu.ts';
import { MESSAGE } from '../cell/comm-region.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Task } from '../task.ts';
import { exchange, suspendCell } from './messages.ts';

export type ManagementCall = 'CELL_START' | 'CELL_SET_LOADABLE' | 'CELL_DESTROY';

/** The other CPUs of the root take one management event each; they run no guest code that would have to stop. */
export function suspendRoot(hv: Hypervisor, caller: PerCpu): void {
  for (const id of hv.rootCell.cpus) if (id !== caller.id) hv.arch.event(hv.cpu(id)!);
}

/** The first non-root cell, other than `except`, that has locked the configuration. */
export const lockedCell = (hv: Hypervisor, except?: Cell): Cell | undefined =>
  hv.cells.find((cell) => !cell.isRoot && cell !== except && cell.isLocked);

/** The target with all its CPUs stopped, or a negated error number. */
export function* stopTarget(hv: Hypervisor, caller: PerCpu, id: number, call: ManagementCall): Task<Cell | number> {
  suspendRoot(hv, caller);
  const cell = hv.cell(id);
  if (!cell) {
    return hv.report.refuse('ENOENT', {
      call,
      rule: 'no-such-cell',
      sentence: `There is no cell with id ${id}. See \`jailhouse cell list\`.`,
    });
  }
  if (cell.isRoot) {
    return hv.report.refuse('EINVAL', {
      call,
      rule: 'root-cell',
      sentence: `Cell ${id} (${cell.name}) is the root cell, which cannot be loaded, started or destroyed. Name another cell.`,
      target: { cell: cell.name },
    });
  }
  const locked = call === 'CELL_DESTROY' ? lockedCell(hv, cell) : undefined;
  if (locked) return refuseLocked(hv, call, locked);
  if (!(yield* exchange(hv, cell, MESSAGE.SHUTDOWN_REQUEST))) {
    return hv.report.refuse('EPERM', {
      call,
      rule: 'shutdown-refused',
      sentence: `${cell.name} refused the shutdown request, so it keeps running. Ask again, or let the inmate approve.`,
      target: { cell: cell.name },
    });
  }
  suspendCell(hv, cell);
  return cell;
}

/** A locked cell forbids creating cells and destroying others. */
export const refuseLocked = (hv: Hypervisor, call: string, locked: Cell): number =>
  hv.report.refuse('EPERM', {
    call,
    rule: 'locked',
    sentence:
      `${locked.name} is in state running/locked and forbids changes to the set of cells. ` +
      'Shut it down first, or let its inmate leave the locked state.',
    target: { cell: locked.name },
  });
