// CELL_START. Source: ABI reference, B.5, C.1 (who starts where).
import { isLoadable } from '../../config/index.ts';
import { gva } from '../../util/units.ts';
import { regionsOf } from '../cell/cell.ts';
import type { PerCpu } from '../cell/percpu.ts';
import { ERRNO } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { removeFromRoot } from '../paging/regions.ts';
import type { Task } from '../task.ts';
import { stopTarget } from './prologue.ts';

export function* startCell(hv: Hypervisor, caller: PerCpu, id: number): Task<number> {
  const cell = yield* stopTarget(hv, caller, id, 'CELL_START');
  if (typeof cell === 'number') return cell;
  if (cell.loadable) {
    for (const view of regionsOf(cell.config)) {
      if (isLoadable(view.region) && removeFromRoot(hv, view) !== 0) return -ERRNO.ENOMEM;
    }
    hv.commit(cell);
    cell.loadable = false;
  }
  cell.comm.start(cell.config, hv.system, cell.cpus.length);
  for (const pci of cell.pci) pci.reset();
  hv.arch.resetCell(cell);
  for (const [index, cpuId] of cell.cpus.entries()) {
    const cpu = hv.cpu(cpuId)!;
    cpu.failed = false;
    if (index === 0) hv.arch.start(cpu, gva(cell.config.cpuResetAddress), 0n);
    else hv.arch.park(cpu);
  }
  hv.print(`Started cell "${cell.name}"\n`);
  hv.report.info('cell.started', `${cell.name} started on CPU ${cell.cpus.join(', ')}.`, { cell: cell.name });
  return 0;
}
