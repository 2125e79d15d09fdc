// All meanings by entry name: those that need nothing but the operations interface, and those that also need services of
// the processor (system.ts), which never run inside the interpreter's main loop.
import { BRANCH_MEANINGS } from './branches.ts';
import { INTEGER_MEANINGS } from './integer.ts';
import { MEMORY_MEANINGS } from './memory.ts';
import type { Meaning } from './operations.ts';
import { SIMD_MOVE_MEANINGS } from './simd-moves.ts';
import { STRUCTURE_MEANINGS } from './structures.ts';
import { SYSTEM_MEANINGS } from './system.ts';

export const INLINE_MEANINGS: Readonly<Record<string, Meaning>> = {
  ...INTEGER_MEANINGS,
  ...BRANCH_MEANINGS,
  ...MEMORY_MEANINGS,
  ...STRUCTURE_MEANINGS,
  ...SIMD_MOVE_MEANINGS,
};

export { SYSTEM_MEANINGS };
