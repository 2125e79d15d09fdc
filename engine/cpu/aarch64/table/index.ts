// The whole A64 instruction table, and finding the entry of an instruction word.
import { BRANCHES } from './branches.ts';
import { CRYPTO } from './crypto.ts';
import { FP } from './fp.ts';
import type { Instruction } from './instruction.ts';
import { INTEGER } from './integer.ts';
import { MEMORY } from './memory.ts';
import type { Cube } from './pattern.ts';
import { conditionCube, inCube } from './pattern.ts';
import { SIMD_DIFFERENT } from './simd-different.ts';
import { SIMD_FP } from './simd-fp.ts';
import { SIMD_MISC } from './simd-misc.ts';
import { SIMD_MOVES } from './simd-moves.ts';
import { SIMD_SAME } from './simd-same.ts';
import { SIMD_SHIFTS } from './simd-shifts.ts';
import { STRUCTURES } from './structures.ts';

export const INSTRUCTIONS: readonly Instruction[] = [
  ...INTEGER,
  ...BRANCHES,
  ...MEMORY,
  ...STRUCTURES,
  ...SIMD_MOVES,
  ...SIMD_SAME,
  ...SIMD_MISC,
  ...SIMD_SHIFTS,
  ...SIMD_DIFFERENT,
  ...SIMD_FP,
  ...FP,
  ...CRYPTO,
];

export const INSTRUCTION_BY_NAME: ReadonlyMap<string, Instruction> = new Map(
  INSTRUCTIONS.map((instruction) => [instruction.name, instruction]),
);

/** An entry that a word may belong to. */
export interface Candidate {
  readonly instruction: Instruction;
  readonly mask: number;
  readonly value: number;
  /** What `except` takes out. */
  readonly holes: readonly Cube[];
}

/** Bits 31:21 choose a bucket: they hold most of what tells instructions apart. */
export const BUCKET_SHIFT = 21;
export const BUCKET_MASK = 0x7ff;

function fillBuckets(): Candidate[][] {
  const buckets: Candidate[][] = Array.from({ length: BUCKET_MASK + 1 }, () => []);
  for (const instruction of INSTRUCTIONS) {
    const { mask, value } = instruction.pattern;
    const holes = instruction.except.map((condition) => conditionCube(instruction.pattern, condition));
    const candidate: Candidate = { instruction, mask, value, holes };
    const fixed = mask >>> BUCKET_SHIFT;
    const wanted = value >>> BUCKET_SHIFT;
    // Every bucket whose number agrees with the fixed bits: count through the free ones.
    const free = ~fixed & BUCKET_MASK;
    let bits = 0;
    do {
      buckets[wanted | bits]!.push(candidate);
      bits = (bits - free) & free;
    } while (bits !== 0);
  }
  return buckets;
}

/** Candidates for words by their bits 31:21. */
export const CANDIDATES: readonly (readonly Candidate[])[] = fillBuckets();

/** The entry that a word belongs to, or nothing if the word is unallocated. */
export function findInstruction(word: number): Instruction | undefined {
  for (const { instruction, mask, value, holes } of CANDIDATES[(word >>> BUCKET_SHIFT) & BUCKET_MASK]!)
    if ((word & mask) >>> 0 === value && !holes.some((hole) => inCube(hole, word))) return instruction;
  return undefined;
}
