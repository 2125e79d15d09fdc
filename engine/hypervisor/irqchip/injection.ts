// Virtual interrupts of a CPU: list registers first, then a software queue that the maintenance interrupt empties.
// Source: ABI reference, C.4 (injection).
import type { InterruptController } from '../../machine/api.ts';
import type { PerCpu } from '../cell/percpu.ts';

export const QUEUE_SIZE = 256;

/** The same id already in a list register, or a full queue: the interrupt is lost, as in the reference. */
export function inject(gic: InterruptController, cpu: PerCpu, intid: number, hardware: boolean): void {
  if (gic.inject(cpu.id, intid, hardware) !== 'full') return;
  enqueue(cpu, intid, hardware);
  gic.setUnderflowInterrupt(cpu.id, true);
}

/** Another CPU's interrupt: the target moves it to a list register when it takes the injection SGI. */
export function enqueue(cpu: PerCpu, intid: number, hardware: boolean): void {
  if (cpu.pending.length < QUEUE_SIZE) cpu.pending.push({ intid, hardware });
}

/** Moves what fits from the queue to list registers; the maintenance interrupt stays on while something waits. */
export function injectPending(gic: InterruptController, cpu: PerCpu): void {
  while (cpu.pending.length > 0) {
    const next = cpu.pending[0]!;
    if (gic.inject(cpu.id, next.intid, next.hardware) === 'full') break;
    cpu.pending.shift();
  }
  gic.setUnderflowInterrupt(cpu.id, cpu.pending.length > 0);
}
