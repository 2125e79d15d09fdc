// What the hypervisor knows of one CPU. Source: ABI reference, C.1 (lifecycle), B.2 (counters), C.4 (software queue).
import type { Architecture } from '../../config/index.ts';
import type { Cpu } from '../../cpu/port.ts';
import { Counters } from './counters.ts';
import type { Cell } from './cell.ts';

/** Interrupts that wait for a free list register (C.4). */
export interface PendingInterrupt {
  readonly intid: number;
  /** Tied to the physical interrupt, which the guest's end of interrupt deactivates. */
  readonly hardware: boolean;
}

export class PerCpu {
  readonly id: number;
  readonly cpu: Cpu;
  readonly counters: Counters;
  /** Assigned by the root cell's creation and changed by cell create and destroy. */
  cell!: Cell;
  /** Parked by a fault; cleared when the cell is loaded, started or destroyed. */
  failed = false;
  /** Waits for PSCI CPU_ON (or, on the root's CPUs, for Linux): the parking page runs. */
  off = true;
  pending: PendingInterrupt[] = [];

  constructor(cpu: Cpu, architecture: Architecture) {
    this.id = cpu.index;
    this.cpu = cpu;
    this.counters = new Counters(architecture);
  }
}
