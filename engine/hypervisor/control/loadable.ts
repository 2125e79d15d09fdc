// CELL_SET_LOADABLE: the cell stands still and the root may fill its loadable regions. Source: ABI reference, B.5, B.6.
import { isLoadable } from '../../config/index.ts';
import { regionsOf } from '../cell/cell.ts';
import { CELL_STATE } from '../cell/comm-region.ts';
import type { PerCpu } from '../cell/percpu.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { lendToRoot } from '../paging/regions.ts';
import type { Task } from '../task.ts';
import { stopTarget } from './prologue.ts';

export function* setLoadable(hv: Hypervisor, caller: PerCpu, id: number): Task<number> {
  const cell = yield* stopTarget(hv, caller, id, 'CELL_SET_LOADABLE');
  if (typeof cell === 'number') return cell;
  for (const cpuId of cell.cpus) {
    const cpu = hv.cpu(cpuId)!;
    cpu.failed = false;
    hv.arch.park(cpu);
  }
  if (cell.loadable) return 0;
  cell.comm.state = CELL_STATE.SHUT_DOWN;
  cell.loadable = true;
  for (const pci of cell.pci) pci.reset();
  for (const view of regionsOf(cell.config)) {
    const result = isLoadable(view.region) ? lendToRoot(hv, view) : 0;
    if (result !== 0) return result;
  }
  hv.commit(cell);
  hv.print(`Cell "${cell.name}" can be loaded\n`);
  hv.report.info('cell.loadable', `${cell.name} is shut down and can be loaded.`, { cell: cell.name });
  return 0;
}
