// What the Advanced SIMD tables share: register operands, element sizes by letter, and which encodings of `size` and `Q`
// an instruction lacks.
import type { InstructionEntry } from './instruction.ts';
import { vector } from './instruction.ts';
import type { FieldCondition } from './pattern.ts';

export const d = vector('Rd');
export const n = vector('Rn');
export const m = vector('Rm');

/** Element sizes as letters of `bhsd`. */
export type Sizes = string;

const LETTERS = 'bhsd';
const CODES = ['00', '01', '10', '11'];

/** Codes of `size` that are not among the letters. */
export const otherSizes = (sizes: Sizes): FieldCondition[] =>
  CODES.filter((_, i) => !sizes.includes(LETTERS[i]!)).map((size) => ({ size }));
/** As otherSizes, and no vector of one doubleword. */
export const otherVectors = (sizes: Sizes): FieldCondition[] => [
  ...otherSizes(sizes),
  ...(sizes.includes('d') ? [{ Q: '0', size: '11' }] : []),
];

export const simd = (entry: InstructionEntry): InstructionEntry => ({ feature: 'SIMD', ...entry });
