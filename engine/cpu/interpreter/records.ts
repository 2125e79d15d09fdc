// Decoded records: what the interpreter executes. 16 bytes an instruction: the handler's number in the first two, how often
// branches arrived there in the next two (loop.ts), then the operands where `placeOperands` puts them. Register operands are
// byte offsets of slots in the CPU's state.
import { ARRIVALS_OFFSET, RECORD_SIZE, SLOT, VECTOR_BASE } from '../core/layout.ts';
import type { Instruction, Operand } from '../aarch64/table/instruction.ts';
import type { Fields } from '../aarch64/table/pattern.ts';

/** Byte offset of each operand in its record. */
export type Placement = Readonly<Record<string, number>>;

const WIDTH: Record<Operand['kind'], 2 | 4 | 8> = {
  source: 2,
  target: 2,
  vector: 2,
  small: 2,
  imm32: 4,
  branch: 4,
  imm64: 8,
};

/** Gives every operand its place: wide ones at the end, so that they stay aligned. */
export function placeOperands(instruction: Instruction): Placement {
  const placement: Record<string, number> = {};
  const used = new Set<number>([0, ARRIVALS_OFFSET]);
  const operands = Object.entries(instruction.operands);
  for (const width of [8, 4, 2] as const)
    for (const [name] of operands.filter(([, operand]) => WIDTH[operand.kind] === width)) {
      let at = width === 2 ? 0 : RECORD_SIZE - width;
      const step = width === 2 ? 2 : -width;
      const taken = (): boolean =>
        Array.from({ length: width / 2 }, (_, i) => at + 2 * i).some((byte) => used.has(byte));
      while (at >= 0 && at < RECORD_SIZE && taken()) at += step;
      if (at < 0 || at >= RECORD_SIZE) throw new Error(`${instruction.name}: the operands do not fit a record`);
      for (let byte = at; byte < at + width; byte += 2) used.add(byte);
      placement[name] = at;
    }
  return placement;
}

export type RegisterOperand = Extract<Operand, { kind: 'vector' } | { kind: 'source' | 'target' }>;

export const isRegister = (operand: Operand): operand is RegisterOperand =>
  operand.kind === 'source' || operand.kind === 'target' || operand.kind === 'vector';

/** The state slot that a register operand stands for. */
export const registerSlot = (operand: RegisterOperand, f: Fields): number =>
  numberedSlot(operand, f[operand.field]!) + laneOffset(operand, f);

/** Byte offset in the register of what an operand means. */
export const laneOffset = (operand: RegisterOperand, f: Fields): number =>
  operand.kind === 'vector' ? (operand.lane?.(f) ?? 0) : 0;

/** Slot of the register that an operand's field names by `value`. */
export function numberedSlot(operand: RegisterOperand, value: number): number {
  const number = (value + (operand.plus ?? 0)) & 31;
  if (operand.kind === 'vector') return VECTOR_BASE + 16 * number;
  if (number < 31) return 8 * number;
  if (operand.sp) return SLOT.SP;
  return operand.kind === 'source' ? SLOT.ZERO : SLOT.SINK;
}
