// What the floating-point functions are written with: taking numbers apart, choosing among NaNs, rounding (Arm ARM DDI
// 0487, J1.3 shared/functions/float: FPUnpack, FPProcessNaNs, FPRound). A number in work is a sign, an unbiased exponent
// and a 64-bit significand whose leading one is bit 63; bits below what is kept are or-ed into bit 0 ("sticky").
import { systemSlot } from '../aarch64/system/registers.ts';
import { CODE_LAYOUT } from '../core/layout.ts';
import type { ValueType, X32, X64 } from '../wasm/expression.ts';
import { I32, i32, I64, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, L64 } from '../wasm/function.ts';
import type { FunctionReference, ModuleBuilder } from '../wasm/module.ts';
import type { Format } from './format.ts';
import { FPCR, FPSR, ROUNDING } from './format.ts';

export const TOP = 1n << 63n;

/** The functions of the float module under construction. */
export class FloatWriter {
  readonly module: ModuleBuilder;
  private readonly functions = new Map<string, FunctionReference>();

  constructor(module: ModuleBuilder) {
    this.module = module;
  }

  /** Declares and defines a function; its body returns. */
  define(
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    write: (f: FunctionBuilder) => void,
  ): FunctionReference {
    const reference = this.module.declare(name, params, results);
    this.functions.set(name, reference);
    this.module.define(reference, (f) => {
      write(f);
      f.unreachable();
    });
    return reference;
  }

  function(name: string): FunctionReference {
    const reference = this.functions.get(name);
    if (!reference) throw new Error(`float function ${name} is used before it is defined`);
    return reference;
  }

  fpcr(): X32 {
    return i32.load(CODE_LAYOUT.window, systemSlot('FPCR'));
  }
  /** FPCR.RMode as a rounding mode. */
  mode(): X32 {
    return i32.and(i32.shrU(this.fpcr(), FPCR.MODE_SHIFT), 3);
  }
  raise(f: FunctionBuilder, flags: number): void {
    const at = systemSlot('FPSR');
    f.store32(CODE_LAYOUT.window, at, i32.or(i32.load(CODE_LAYOUT.window, at), flags));
  }

  /** Ends the function with the default NaN for an invalid operation. */
  invalid(f: FunctionBuilder, format: Format): void {
    this.raise(f, FPSR.IOC);
    f.return(i64.const(format.defaultNaN));
  }
}

export const isNaNOf = (format: Format, value: X64): X32 =>
  i64.gtU(i64.and(value, format.signBit - 1n), format.infinity);
export const isSignalling = (format: Format, value: X64): X32 =>
  i32.and(isNaNOf(format, value), i64.eqz(i64.and(value, format.quietBit)));
export const isQuiet = (format: Format, value: X64): X32 =>
  i32.and(isNaNOf(format, value), i64.ne(i64.and(value, format.quietBit), 0));
export const isInfinite = (format: Format, value: X64): X32 =>
  i64.eq(i64.and(value, format.signBit - 1n), format.infinity);
export const isZero = (format: Format, value: X64): X32 => i64.eqz(i64.and(value, format.signBit - 1n));
export const signOf = (format: Format, value: X64): X32 => i32.wrap(i64.shrU(value, format.bits - 1));
/** A sign (0 or 1) in its place, or-ed to a magnitude. */
export const withSign = (format: Format, sign: X32, magnitude: X64 | bigint): X64 =>
  i64.or(i64.shl(i64.extendU(sign), format.bits - 1), magnitude);

/** Replaces subnormal operands by zeros of their sign where FPCR.FZ says so. */
export function flushInputs(w: FloatWriter, f: FunctionBuilder, format: Format, values: readonly L64[]): void {
  if (format.bits === 16) return;
  f.if(
    i32.and(w.fpcr(), FPCR.FZ),
    () => {
      for (const value of values)
        f.if(i64.ltU(i64.sub(i64.and(value.get, format.signBit - 1n), 1), (1n << BigInt(format.fraction)) - 1n), () => {
          w.raise(f, FPSR.IDC);
          f.set(value, i64.and(value.get, format.signBit));
        });
    },
    undefined,
    'unlikely',
  );
}

/** Ends the function with the NaN that the operands ask for, if one of them is a NaN. */
export function returnNaN(w: FloatWriter, f: FunctionBuilder, format: Format, values: readonly L64[]): void {
  const any = values.map((value) => isNaNOf(format, value.get)).reduce((a, b) => i32.or(a, b));
  const choose = w.function(`nan${values.length}of${format.bits}`);
  f.if(any, () => f.return(f.call64(choose, ...values.map((value) => value.get))), undefined, 'unlikely');
}

/** nan1, nan2 and nan3: of NaN operands the first signalling one, else the first, made quiet; or the default NaN. */
export function defineNaNs(w: FloatWriter, format: Format): void {
  for (const count of [1, 2, 3])
    w.define(`nan${count}of${format.bits}`, Array<ValueType>(count).fill(I64), [I64], (f) => {
      const values = Array.from({ length: count }, (_, i) => f.param(I64, i).get);
      const answer = (value: X64): void => {
        f.if(i32.and(w.fpcr(), FPCR.DN), () => f.return(i64.const(format.defaultNaN)));
        f.return(i64.or(value, format.quietBit));
      };
      for (const value of values)
        f.if(isSignalling(format, value), () => {
          w.raise(f, FPSR.IOC);
          answer(value);
        });
      for (const value of values.slice(0, -1)) f.if(isNaNOf(format, value), () => answer(value));
      answer(values.at(-1)!);
    });
}

export interface Unpacked {
  readonly exponent: L32;
  /** Zero for zeros. */
  readonly significand: L64;
}

/** Exponent and significand of a number that is neither NaN nor infinite. Zeros have the least exponent of all. */
export function unpack(f: FunctionBuilder, format: Format, value: X64): Unpacked {
  const exponent = f.local(I32);
  const significand = f.local(I64);
  f.set(exponent, i32.and(i32.wrap(i64.shrU(value, format.fraction)), format.specialExponent));
  f.set(significand, i64.shl(value, 64 - format.fraction));
  f.if(
    exponent.get,
    () => {
      f.set(significand, i64.or(i64.shrU(significand.get, 1), TOP));
      f.set(exponent, i32.sub(exponent.get, format.bias));
    },
    () => {
      const zeros = f.local(I64);
      f.set(zeros, i64.clz(significand.get));
      f.set(significand, i64.shl(significand.get, zeros.get));
      f.set(exponent, i32.sub(-format.bias, i32.wrap(zeros.get)));
    },
  );
  return { exponent, significand };
}

/** value >> distance (unsigned, any distance), what falls off is sticky. */
export function shiftSticky(f: FunctionBuilder, value: L64, distance: X32): void {
  const by = f.keep(i64.extendU(distance));
  f.if(
    i64.gtU(by, 63),
    () => f.set(value, i64.extendU(i64.ne(value.get, 0))),
    () => {
      // (value << 1) << (63 - n) is what falls off, also for n = 0.
      const lost = i64.shl(i64.shl(value.get, 1), i64.sub(63, by));
      f.set(value, i64.or(i64.shrU(value.get, by), i64.extendU(i64.ne(lost, 0))));
    },
  );
}

/**
 * The remainder above which a magnitude is rounded up: `rest` is the part below the last place, its top bit worth half of
 * it; `odd` is the last place.
 */
export function roundingThreshold(f: FunctionBuilder, mode: X32, sign: X32, odd: X64): L64 {
  const threshold = f.local(I64);
  const never = -1;
  const half = TOP;
  f.if(
    i32.eqz(mode),
    () => f.set(threshold, i64.sub(half, odd)),
    () => {
      const upward = (condition: X32): X64 => i64.select(condition, i64.const(0), i64.const(never));
      f.set(threshold, i64.const(never));
      f.if(i32.eq(mode, ROUNDING.UP), () => f.set(threshold, upward(i32.eqz(sign))));
      f.if(i32.eq(mode, ROUNDING.DOWN), () => f.set(threshold, upward(sign)));
      f.if(i32.eq(mode, ROUNDING.TIE_AWAY), () => f.set(threshold, i64.const(half - 1n)));
    },
  );
  return threshold;
}

/** Ends the function with infinity, or with the largest number, where the mode does not round away from zero. */
export function returnOverflow(w: FloatWriter, f: FunctionBuilder, format: Format, sign: X32, mode: X32): void {
  w.raise(f, FPSR.OFC | FPSR.IXC);
  const away = f.local(I32);
  f.set(away, i32.or(i32.eqz(mode), i32.eq(mode, ROUNDING.TIE_AWAY)));
  f.set(away, i32.or(away.get, i32.and(i32.eq(mode, ROUNDING.UP), i32.eqz(sign))));
  f.set(away, i32.or(away.get, i32.and(i32.eq(mode, ROUNDING.DOWN), sign)));
  const result = i64.select(away.get, i64.const(format.infinity), i64.const(format.largest));
  f.return(withSign(format, sign, result));
}

/**
 * roundF (sign, exponent, significand, rounding mode): FPRound. The significand has bit 63 set. For half precision this is
 * FPRoundCV: never flushed, and without infinities where FPCR.AHP is set.
 */
export function defineRound(w: FloatWriter, format: Format): void {
  const { fraction, bias, specialExponent, infinity } = format;
  w.define(`round${format.bits}`, [I32, I32, I64, I32], [I64], (f) => {
    const sign = f.param(I32, 0).get;
    const biased = f.param(I32, 1);
    const significand = f.param(I64, 2);
    const mode = f.param(I32, 3).get;
    f.set(biased, i32.add(biased.get, bias));
    f.if(
      i32.ltS(biased.get, 1),
      () => {
        if (format.bits !== 16)
          f.if(i32.and(w.fpcr(), FPCR.FZ), () => {
            w.raise(f, FPSR.UFC);
            f.return(withSign(format, sign, 0n));
          });
        shiftSticky(f, significand, i32.sub(1, biased.get));
        f.set(biased, i32.const(0));
      },
      undefined,
      'unlikely',
    );
    const magnitude = f.local(I64);
    const rest = f.local(I64);
    f.set(magnitude, i64.shrU(significand.get, 63 - fraction));
    f.set(rest, i64.shl(significand.get, fraction + 1));
    const threshold = roundingThreshold(f, mode, sign, i64.and(magnitude.get, 1));
    f.set(magnitude, i64.add(magnitude.get, i64.extendU(i64.gtU(rest.get, threshold.get))));
    const inexact = i64.ne(rest.get, 0);
    f.if(i32.and(i32.eqz(biased.get), inexact), () => w.raise(f, FPSR.UFC), undefined, 'unlikely');
    f.if(i32.and(i32.eq(mode, ROUNDING.ODD), inexact), () => f.set(magnitude, i64.or(magnitude.get, 1)));
    // The leading one adds itself to the exponent field, and so does a carry out of the fraction.
    const field = i32.select(biased.get, i32.sub(biased.get, 1), 0);
    const overflow = f.local(I32);
    f.set(overflow, i32.gtS(biased.get, specialExponent));
    f.set(magnitude, i64.add(magnitude.get, i64.shl(i64.extendU(field), fraction)));
    if (format.bits === 16)
      f.if(i32.and(w.fpcr(), FPCR.AHP), () => {
        f.if(i32.or(overflow.get, i64.gtU(magnitude.get, format.signBit - 1n)), () => {
          w.raise(f, FPSR.IOC);
          f.return(withSign(format, sign, format.signBit - 1n));
        });
        f.if(inexact, () => w.raise(f, FPSR.IXC));
        f.return(withSign(format, sign, magnitude.get));
      });
    f.if(
      i32.or(overflow.get, i64.geU(magnitude.get, infinity)),
      () => {
        returnOverflow(w, f, format, sign, mode);
      },
      undefined,
      'unlikely',
    );
    f.if(inexact, () => w.raise(f, FPSR.IXC));
    f.return(withSign(format, sign, magnitude.get));
  });
}
