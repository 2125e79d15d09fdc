// The condition flags as generated code keeps them: N is the sign of one 64-bit value, Z the zeroness of another, V the sign
// of a third, C a 0/1 word. Cheap to set from a result, and N and Z can both be set, as MSR NZCV may ask.
import type { X32, X64 } from '../wasm/expression.ts';
import { i32, i64 } from '../wasm/expression.ts';

export interface FlagSource {
  n(): X64;
  z(): X64;
  c(): X32;
  v(): X64;
}

/** 1 if the condition holds (C1.2.4); the low bit of the code inverts. 14 and 15 always hold. */
export function conditionOf(flags: FlagSource, code: number): X32 {
  const signs = (): X64 => i64.xor(flags.n(), flags.v());
  const zero = (): X32 => i64.eqz(flags.z());
  const notZero = (): X32 => i64.ne(flags.z(), 0);
  const conditions: (() => X32)[] = [
    zero,
    notZero,
    () => flags.c(),
    () => i32.eqz(flags.c()),
    () => i64.ltS(flags.n(), 0),
    () => i64.geS(flags.n(), 0),
    () => i64.ltS(flags.v(), 0),
    () => i64.geS(flags.v(), 0),
    () => i32.and(flags.c(), notZero()),
    () => i32.or(i32.eqz(flags.c()), zero()),
    () => i64.geS(signs(), 0),
    () => i64.ltS(signs(), 0),
    () => i32.and(i64.geS(signs(), 0), notZero()),
    () => i32.or(i64.ltS(signs(), 0), zero()),
  ];
  return conditions[code]?.() ?? i32.const(1);
}

/** N:Z:C:V in bits 3:0. */
export function packFlags(flags: FlagSource): X32 {
  const n = i32.shl(i32.wrap(i64.shrU(flags.n(), 63)), 3);
  const z = i32.shl(i64.eqz(flags.z()), 2);
  return i32.or(i32.or(n, z), i32.or(i32.shl(flags.c(), 1), i32.wrap(i64.shrU(flags.v(), 63))));
}
