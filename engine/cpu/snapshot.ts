// All that a guest can see of a CPU, by name: for comparing runs and for showing where they differ. What depends on how code
// is executed (cached translations, decoded records, how flags are kept) is not among it.
import { SYSTEM_REGISTERS } from './aarch64/system/registers.ts';
import { disassemble } from './aarch64/disassemble.ts';
import { SLOT, SYSTEM_BASE, SYSTEM_SLOTS, VECTOR_BASE } from './core/layout.ts';
import type { Cpu } from './port.ts';
import { Processor } from './processor.ts';

function processorOf(cpu: Cpu): Processor {
  if (!(cpu instanceof Processor)) throw new TypeError(`CPU ${cpu.index} is none of a cluster`);
  return cpu;
}

/** Values by register: X0…, SP, PC, PSTATE, V0…, system registers, and what is no register: retired, waiting, the monitor. */
export function snapshot(cpu: Cpu): ReadonlyMap<string, bigint> {
  const processor = processorOf(cpu);
  const values = new Map<string, bigint>([
    ['PC', cpu.pc],
    ['PSTATE', BigInt(cpu.pstate)],
    ['SP', cpu.sp],
  ]);
  for (let n = 0; n < 31; n++) values.set(`X${n}`, cpu.x(n));
  for (let n = 0; n < 32; n++) values.set(`V${n}`, processor.v(n));
  values.set('SP_EL1', cpu.systemRegister('SP_EL1'));
  for (const { name, alias } of SYSTEM_REGISTERS) if (alias === undefined) values.set(name, cpu.systemRegister(name));
  values.set('instructions retired', BigInt(cpu.retired));
  for (const field of OTHER_FIELDS) values.set(field, BigInt(processor.field(field)));
  return values;
}

/** No registers, but a guest notices them: WFI and WFE, events, the exclusive monitor. */
const OTHER_FIELDS = ['waiting', 'eventRegister', 'exclusiveBytes'] as const;

/** Where registers lie in the state, without the slot that takes what is written to the zero register. */
const REGISTER_BYTES = [
  [0, SLOT.SINK],
  [VECTOR_BASE, SYSTEM_BASE + SYSTEM_SLOTS * 8],
] as const;

/** Whether two CPUs of machines with the same board have equal snapshots: much cheaper than making them. */
export function sameSnapshot(a: Cpu, b: Cpu): boolean {
  if (a.retired !== b.retired || a.pc !== b.pc || a.pstate !== b.pstate) return false;
  const [one, other] = [processorOf(a), processorOf(b)];
  if (OTHER_FIELDS.some((field) => one.field(field) !== other.field(field))) return false;
  return REGISTER_BYTES.every(([from, to]) => Buffer.compare(one.bytes(from, to), other.bytes(from, to)) === 0);
}

/** The instruction that a CPU runs next: its word and text. Undefined where none can be fetched. */
export function nextInstruction(cpu: Cpu): { word: number; text: string } | undefined {
  const word = processorOf(cpu).nextWord;
  return word === undefined ? undefined : { word, text: disassemble(word, cpu.pc) ?? 'unallocated' };
}
