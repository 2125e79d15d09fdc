// All meanings by entry name: those that need nothing but the operations interface, and those that also need services of
// the processor (system.ts), which never run inside the interpreter's main loop.
import { BRANCH_MEANINGS } from './branches.ts';
import { CRC_MEANINGS } from './crc.ts';
import { AES_MEANINGS } from './crypto-aes.ts';
import { CRYPTO_MEANINGS } from './crypto.ts';
import { FP_MEANINGS } from './fp.ts';
import { INTEGER_MEANINGS } from './integer.ts';
import { MEMORY_MEANINGS } from './memory.ts';
import type { Meaning, Statics } from './operations.ts';
import { SIMD_DIFFERENT_MEANINGS } from './simd-different.ts';
import { SIMD_FP_CONVERSION_MEANINGS } from './simd-fp-conversions.ts';
import { SIMD_FP_MEANINGS } from './simd-fp.ts';
import { SIMD_MISC_MEANINGS } from './simd-misc.ts';
import { SIMD_MOVE_MEANINGS } from './simd-moves.ts';
import { SIMD_SAME_MEANINGS } from './simd-same.ts';
import { SIMD_SHIFT_MEANINGS } from './simd-shifts.ts';
import { STRUCTURE_MEANINGS } from './structures.ts';
import type { SystemOperations } from './system.ts';
import { SYSTEM_MEANINGS } from './system.ts';
import { isDescribedInline, SYSTEM_INLINE_MEANINGS } from './system-inline.ts';

/** Meanings that may run inside the interpreter's main loop, if the form's statics allow it. */
const INLINE = new Map<string, Meaning>(
  [
    INTEGER_MEANINGS,
    CRC_MEANINGS,
    BRANCH_MEANINGS,
    MEMORY_MEANINGS,
    STRUCTURE_MEANINGS,
    SIMD_MOVE_MEANINGS,
    SIMD_SAME_MEANINGS,
    SIMD_MISC_MEANINGS,
    SIMD_SHIFT_MEANINGS,
    SIMD_DIFFERENT_MEANINGS,
    AES_MEANINGS,
    CRYPTO_MEANINGS,
    SIMD_FP_MEANINGS,
    SIMD_FP_CONVERSION_MEANINGS,
    // Behind the others: where scalar instructions of both kinds have one name, it is one of these.
    FP_MEANINGS,
    SYSTEM_INLINE_MEANINGS,
  ].flatMap((meanings: Readonly<Record<string, Meaning>>) => Object.entries(meanings)),
);

/** The meaning of an instruction form if it may run inside the main loop. */
export function inlineMeaning(name: string, statics: Statics): Meaning | undefined {
  return isDescribedInline(name, statics) ? INLINE.get(name) : undefined;
}

/** The meaning of any instruction form, for code that has the processor's services. */
export function meaningOf(name: string, statics: Statics): Meaning<SystemOperations> | undefined {
  return inlineMeaning(name, statics) ?? SYSTEM_MEANINGS[name];
}
