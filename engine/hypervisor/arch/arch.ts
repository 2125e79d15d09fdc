// What the common core asks of an architecture. Arm64 is here; arm and x86 stand behind the same interface.
// Source: ABI reference, B.5 (which arch steps a management call takes), B.7 (boot lines), C.1.
import type { Gpa, Gva } from '../../util/units.ts';
import type { Cell } from '../cell/cell.ts';
import type { PerCpu } from '../cell/percpu.ts';
import type { Unit } from '../unit.ts';

export interface Arch {
  /** Width of stage 2's input and output addresses, which decides how deep its tables are. */
  readonly addressBits: number;
  /** The `Code location:` line's address, with 0x and all digits. */
  readonly codeLocation: string;
  /** In the order in which they are initialised. */
  readonly units: readonly Unit[];

  /** Refuses what this architecture cannot run. 0 or a negated error number. */
  cellCreate(cell: Cell): number;
  /** The cell's interrupts as at its start. */
  resetCell(cell: Cell): void;
  /** Lets a CPU take a management event: counts one exit on it. */
  event(cpu: PerCpu): void;
  /** Takes the CPU off whatever it runs. */
  park(cpu: PerCpu): void;
  /** Resets the CPU and lets it run the cell from there. */
  start(cpu: PerCpu, entry: Gva, contextId: bigint): void;
  /** A store by host code in the CPU's name to an address that its cell does not have: ends in a parked CPU. */
  storeFault(cpu: PerCpu, address: Gpa): void;
  shutdown(): void;
}
