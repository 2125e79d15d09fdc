// Queries: what the hypervisor tells about itself, cells and CPUs. Source: ABI reference, B.2.
import type { PerCpu } from '../cell/percpu.ts';
import { CELL_STATE } from '../cell/comm-region.ts';
import { ERRNO } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';

export const HYPERVISOR_INFO = {
  MEM_POOL_SIZE: 0,
  MEM_POOL_USED: 1,
  REMAP_POOL_SIZE: 2,
  REMAP_POOL_USED: 3,
  NUM_CELLS: 4,
} as const;
export const CPU_INFO = { STATE: 0, FIRST_COUNTER: 1000 } as const;
export const CPU_STATE = { RUNNING: 0, FAILED: 2 } as const;

const HYPERVISOR_ANSWERS: Readonly<Record<number, (hv: Hypervisor) => number>> = {
  [HYPERVISOR_INFO.MEM_POOL_SIZE]: (hv) => hv.pool.pages,
  [HYPERVISOR_INFO.MEM_POOL_USED]: (hv) => hv.pool.used,
  [HYPERVISOR_INFO.REMAP_POOL_SIZE]: (hv) => hv.remap.pages,
  [HYPERVISOR_INFO.REMAP_POOL_USED]: (hv) => hv.remap.used,
  [HYPERVISOR_INFO.NUM_CELLS]: (hv) => hv.cells.length,
};

export const hypervisorInfo = (hv: Hypervisor, type: number): number => HYPERVISOR_ANSWERS[type]?.(hv) ?? -ERRNO.EINVAL;

/** The state word of the comm region, whoever wrote it. */
export function cellState(hv: Hypervisor, id: number): number {
  const cell = hv.cell(id);
  if (!cell) return -ERRNO.ENOENT;
  const { state } = cell.comm;
  return state <= CELL_STATE.FAILED_COMM_REV ? state : -ERRNO.EINVAL;
}

/** Non-root cells may ask about their own CPUs only. */
export function cpuInfo(hv: Hypervisor, caller: PerCpu, id: number, type: number): number {
  const cpu = hv.cpu(id);
  if (!cpu) return -ERRNO.EINVAL;
  if (!caller.cell.isRoot && cpu.cell !== caller.cell) return -ERRNO.EPERM;
  if (type === CPU_INFO.STATE) return cpu.failed ? CPU_STATE.FAILED : CPU_STATE.RUNNING;
  return cpu.counters.value(type - CPU_INFO.FIRST_COUNTER) ?? -ERRNO.EINVAL;
}
