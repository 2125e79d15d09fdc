// Comparisons, maxima and minima of one format (Arm ARM DDI 0487, J1.3 shared/functions/float: FPCompare, FPCompareEQ,
// FPCompareGE, FPCompareGT, FPMax, FPMaxNum, FPMin, FPMinNum).
import type { X32, X64 } from '../wasm/expression.ts';
import { I32, i32, I64, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L64 } from '../wasm/function.ts';
import type { Format } from './format.ts';
import { FPSR } from './format.ts';
import type { BinaryOperation } from './services.ts';
import type { FloatWriter } from './writer.ts';
import { flushInputs, isNaNOf, isQuiet, isSignalling, isZero, returnNaN } from './writer.ts';

/** A number whose order as a signed integer is that of the values; -0 comes before +0. */
function ordered(format: Format, value: X64): X64 {
  const top = i64.shl(value, 64 - format.bits);
  return i64.xor(top, i64.shrU(i64.shrS(top, 63), 1));
}

const bothZero = (format: Format, a: X64, b: X64): X32 => isZero(format, i64.or(a, b));

/** NZCV of an unordered pair: C and V. */
const UNORDERED = 3;
const EQUAL = 6;
const LESS = 8;
const GREATER = 2;

function defineCompare(w: FloatWriter, format: Format): void {
  w.define(`compare${format.bits}`, [I64, I64, I32], [I32], (f) => {
    const a = f.param(I64, 0);
    const b = f.param(I64, 1);
    flushInputs(w, f, format, [a, b]);
    f.if(i32.or(isNaNOf(format, a.get), isNaNOf(format, b.get)), () => {
      const signalling = i32.or(isSignalling(format, a.get), isSignalling(format, b.get));
      f.if(i32.or(f.param(I32, 2).get, signalling), () => w.raise(f, FPSR.IOC));
      f.return(i32.const(UNORDERED));
    });
    f.if(i32.or(i64.eq(a.get, b.get), bothZero(format, a.get, b.get)), () => f.return(i32.const(EQUAL)));
    f.return(i32.select(i64.ltS(ordered(format, a.get), ordered(format, b.get)), LESS, GREATER));
  });
}

function defineRelations(w: FloatWriter, format: Format): void {
  const equal = (a: X64, b: X64): X32 => i32.or(i64.eq(a, b), bothZero(format, a, b));
  const greater = (a: X64, b: X64): X32 => i64.gtS(ordered(format, a), ordered(format, b));
  const relations: readonly (readonly [BinaryOperation, boolean, boolean, (a: X64, b: X64) => X32])[] = [
    ['equal', false, false, equal],
    ['greaterEqual', false, true, (a, b) => i32.or(equal(a, b), greater(a, b))],
    ['greater', false, true, (a, b) => i32.and(i32.eqz(equal(a, b)), greater(a, b))],
    ['absGreaterEqual', true, true, (a, b) => i64.geU(a, b)],
    ['absGreater', true, true, (a, b) => i64.gtU(a, b)],
  ];
  for (const [name, magnitudes, signalAll, holds] of relations)
    w.define(`${name}${format.bits}`, [I64, I64], [I64], (f) => {
      const a = f.param(I64, 0);
      const b = f.param(I64, 1);
      if (magnitudes) for (const value of [a, b]) f.set(value, i64.and(value.get, format.signBit - 1n));
      flushInputs(w, f, format, [a, b]);
      const test = signalAll ? isNaNOf : isSignalling;
      f.if(i32.or(test(format, a.get), test(format, b.get)), () => w.raise(f, FPSR.IOC));
      f.if(i32.or(isNaNOf(format, a.get), isNaNOf(format, b.get)), () => f.return(i64.const(0)));
      f.return(i64.neg(i64.extendU(holds(a.get, b.get))));
    });
}

function defineExtremes(w: FloatWriter, format: Format): void {
  for (const [name, keepsFirst] of [
    ['max', i64.geS],
    ['min', i64.leS],
  ] as const) {
    w.define(`${name}${format.bits}`, [I64, I64], [I64], (f) => {
      const a = f.param(I64, 0);
      const b = f.param(I64, 1);
      flushInputs(w, f, format, [a, b]);
      returnNaN(w, f, format, [a, b]);
      f.return(i64.select(keepsFirst(ordered(format, a.get), ordered(format, b.get)), a.get, b.get));
    });
    // A quiet NaN gives way to a number: it counts as the infinity that never wins.
    const loser = name === 'max' ? format.infinity | format.signBit : format.infinity;
    w.define(`${name}Number${format.bits}`, [I64, I64], [I64], (f) => {
      const a = f.param(I64, 0);
      const b = f.param(I64, 1);
      flushInputs(w, f, format, [a, b]);
      const quietA = f.keep(isQuiet(format, a.get));
      const quietB = f.keep(isQuiet(format, b.get));
      f.if(i32.gtU(quietA, quietB), () => replaceWith(f, a, loser));
      f.if(i32.gtU(quietB, quietA), () => replaceWith(f, b, loser));
      f.return(f.call64(w.function(`${name}${format.bits}`), a.get, b.get));
    });
  }
}

const replaceWith = (f: FunctionBuilder, value: L64, bits: bigint): void => f.set(value, i64.const(bits));

export function defineComparisons(w: FloatWriter, format: Format): void {
  defineCompare(w, format);
  defineRelations(w, format);
  defineExtremes(w, format);
}
