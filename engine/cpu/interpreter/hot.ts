// Which instruction forms run inside the main loop: what compilers use all the time. Every form more makes the loop larger
// to compile and its registers scarcer, so the rest is called.
import { inlineMeaning } from '../aarch64/meaning/index.ts';
import type { Instruction } from '../aarch64/table/instruction.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import type { Form } from './handlers.ts';

/** Entries that never run inside the loop although they could. */
const COLD = [/^CRC32/, /^RBIT/, /^REV16/, /^CLS/, /^(SBC|ADC)S?$/, /\(unprivileged\)/, /\(no-allocate\)/, /^LDPSW/];

/** Of what uses the SIMD&FP registers, only this runs inside the loop. */
const HOT_FP = [
  /^(LDP|STP) [DQ]t \((offset|post-index|pre-index)\)$/,
  /^F(ADD|SUB|MUL|DIV) \(scalar\)$/,
  /^F(MADD|MSUB|NMADD|NMSUB)$/,
  /^FCMPE? /,
  /^(LDR|STR) [SDQ]t \((unsigned offset|register|post-index|unscaled)\)$/,
  /^FMOV \(register [SD]\)$/,
  /^[SU]CVTF \(general\)$/,
  /^FCVTZ[SU] \(general\)$/,
];

/** Inside the loop extended registers are the word extensions only, as array indexing makes them. */
const WORD_EXTENSIONS = [2, 3, 6];

/** Whether any form of an instruction runs inside the loop. */
export const mayBeInline = (instruction: Instruction): boolean => {
  const { name } = instruction;
  if (usesFp(instruction) && !HOT_FP.some((pattern) => pattern.test(name))) return false;
  return !COLD.some((pattern) => pattern.test(name));
};

/** Whether a form of such an instruction does. */
export function isInline({ instruction: { name }, statics }: Omit<Form, 'handler'>): boolean {
  if (!inlineMeaning(name, statics)) return false;
  if (statics.option !== undefined && !WORD_EXTENSIONS.includes(statics.option)) return false;
  if (name.includes('(register)') && statics.stack === 1) return false;
  // Condition codes 14 and 15 are "always"; no compiler writes them.
  if (statics.cond !== undefined && statics.cond >= 14) return false;
  return !(statics.shift === 4 && name !== 'EOR (shifted register)');
}
