// Hypercalls as a table: code, name, who may call, what it does. Source: ABI reference, B.1 (convention), B.2 (list).
import { gpa } from '../../util/units.ts';
import type { PerCpu } from '../cell/percpu.ts';
import { ERRNO } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { isTask, type Task } from '../task.ts';
import { createCell } from './create.ts';
import { destroyCell } from './destroy.ts';
import { disable } from './disable.ts';
import { cellState, cpuInfo, hypervisorInfo } from './info.ts';
import { setLoadable } from './loadable.ts';
import { startCell } from './start.ts';

/** The immediate of HVC on Arm. */
export const HYPERCALL_IMMEDIATE = 0x4a48;

export const HYPERCALL = {
  DISABLE: 0,
  CELL_CREATE: 1,
  CELL_START: 2,
  CELL_SET_LOADABLE: 3,
  CELL_DESTROY: 4,
  HYPERVISOR_GET_INFO: 5,
  CELL_GET_STATE: 6,
  CPU_GET_INFO: 7,
  DEBUG_CONSOLE_PUTC: 8,
} as const;

interface Hypercall {
  /** Others get -EPERM. */
  readonly rootOnly: boolean;
  /** Arguments are the low 32 bits as signed numbers where they are ids, and addresses up to 48 bits. */
  readonly call: (hv: Hypervisor, caller: PerCpu, arg1: number, arg2: number) => number | Task<number>;
}

const TABLE: Readonly<Record<number, Hypercall>> = {
  [HYPERCALL.DISABLE]: { rootOnly: true, call: disable },
  [HYPERCALL.CELL_CREATE]: { rootOnly: true, call: (hv, cpu, config) => createCell(hv, cpu, gpa(config)) },
  [HYPERCALL.CELL_START]: { rootOnly: true, call: startCell },
  [HYPERCALL.CELL_SET_LOADABLE]: { rootOnly: true, call: setLoadable },
  [HYPERCALL.CELL_DESTROY]: { rootOnly: true, call: destroyCell },
  [HYPERCALL.HYPERVISOR_GET_INFO]: { rootOnly: false, call: (hv, _cpu, type) => hypervisorInfo(hv, type) },
  [HYPERCALL.CELL_GET_STATE]: { rootOnly: true, call: (hv, _cpu, id) => cellState(hv, id) },
  [HYPERCALL.CPU_GET_INFO]: { rootOnly: false, call: cpuInfo },
  [HYPERCALL.DEBUG_CONSOLE_PUTC]: { rootOnly: false, call: putCharacter },
};

function putCharacter(hv: Hypervisor, caller: PerCpu, character: number): number {
  if (!caller.cell.mayUseVirtualConsole) return -ERRNO.EPERM;
  hv.putCharacter(caller.cell, character & 0xff);
  return 0;
}

function dispatch(hv: Hypervisor, caller: PerCpu, code: number, arg1: number, arg2: number): number | Task<number> {
  caller.counters.count('vmexits_hypercall');
  const hypercall = TABLE[code];
  if (!hypercall) return -ERRNO.ENOSYS;
  if (hypercall.rootOnly && !caller.cell.isRoot) return -ERRNO.EPERM;
  return hypercall.call(hv, caller, arg1, arg2);
}

/** A hypercall by a CPU of the modelled root: one exit on that CPU. Calls that wait for cells are tasks. */
export function* hypercall(hv: Hypervisor, cpu: number, code: number, arg1 = 0, arg2 = 0): Task<number> {
  const caller = hv.cpu(cpu)!;
  caller.counters.count('vmexits_total');
  const result = dispatch(hv, caller, code, arg1, arg2);
  return isTask(result) ? yield* result : result;
}

/** The same for calls that never wait (queries). */
export function query(hv: Hypervisor, cpu: number, code: number, arg1 = 0, arg2 = 0): number {
  const caller = hv.cpu(cpu)!;
  caller.counters.count('vmexits_total');
  const result = dispatch(hv, caller, code, arg1, arg2);
  if (isTask(result)) throw new Error(`query: hypercall ${code} waits for cells`);
  return result;
}

/** By a guest of a non-root cell; the exit is counted by the port. Management calls end in -EPERM. */
export function hypercallFromCell(hv: Hypervisor, caller: PerCpu, code: bigint, arg1: bigint, arg2: bigint): number {
  const number = code <= 0xffffffffn ? Number(code) : -1;
  const result = dispatch(hv, caller, number, lowWord(arg1), lowWord(arg2));
  if (isTask(result)) throw new Error('hypercallFromCell: a guest of the root cell cannot manage cells yet');
  return result;
}

const lowWord = (value: bigint): number => Number(BigInt.asIntN(32, value));
