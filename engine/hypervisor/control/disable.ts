// DISABLE: issued on every root CPU; the last one to arrive takes the hypervisor down. Source: ABI reference, B.5.
import type { PerCpu } from '../cell/percpu.ts';
import type { Hypervisor } from '../hypervisor.ts';

/** CPUs that have called, in order, by hypervisor. */
const arrivals = new WeakMap<Hypervisor, PerCpu[]>();

export function disable(hv: Hypervisor, caller: PerCpu): number {
  if (hv.cells.length > 1) {
    const names = hv.cells.slice(1).map(({ name }) => name);
    return hv.report.refuse('EBUSY', {
      call: 'DISABLE',
      rule: 'cells-exist',
      sentence: `The hypervisor cannot go while there are other cells: ${names.join(', ')}. Destroy them first.`,
    });
  }
  const arrived = [...(arrivals.get(hv) ?? []), caller];
  arrivals.set(hv, arrived);
  if (arrived.length < hv.rootCell.cpus.length) return 0;
  hv.print('Shutting down hypervisor\n');
  hv.shutdown();
  for (const { id } of arrived) hv.print(` Releasing CPU ${id}\n`);
  hv.report.info('hypervisor.disabled', 'The hypervisor is disabled; all CPUs are back with Linux.');
  return 0;
}
