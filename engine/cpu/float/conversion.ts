// Conversions between formats, and to and from integers and fixed point (Arm ARM DDI 0487, J1.3 shared/functions/float:
// FPConvert, FPToFixed, FixedToFP, FPRoundInt).
import type { X32, X64 } from '../wasm/expression.ts';
import { I32, i32, I64, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L64 } from '../wasm/function.ts';
import type { Format } from './format.ts';
import { FPCR, FPSR } from './format.ts';
import type { FloatWriter } from './writer.ts';
import {
  flushInputs,
  isInfinite,
  isNaNOf,
  isSignalling,
  isZero,
  returnNaN,
  roundingThreshold,
  shiftSticky,
  signOf,
  TOP,
  unpack,
  withSign,
} from './writer.ts';

/** convertXtoY (value, rounding mode). */
export function defineConversion(w: FloatWriter, from: Format, to: Format): void {
  w.define(`convert${from.bits}to${to.bits}`, [I64, I32], [I64], (f) => {
    const value = f.param(I64, 0);
    // Alternative half precision has neither NaNs nor infinities.
    const alternative = from.bits === 16 || to.bits === 16 ? i32.and(w.fpcr(), FPCR.AHP) : i32.const(0);
    flushInputs(w, f, from, [value]);
    const sign = f.local(I32);
    f.set(sign, signOf(from, value.get));
    const special = (): void => {
      f.if(isNaNOf(from, value.get), () => {
        f.if(isSignalling(from, value.get), () => w.raise(f, FPSR.IOC));
        if (to.bits === 16)
          f.if(alternative, () => {
            w.raise(f, FPSR.IOC);
            f.return(withSign(to, sign.get, 0n));
          });
        f.if(i32.and(w.fpcr(), FPCR.DN), () => f.return(i64.const(to.defaultNaN)));
        // The payload keeps its upper bits.
        const top = i64.shl(value.get, 64 - from.fraction);
        const payload = i64.shrU(top, 64 - to.fraction);
        f.return(withSign(to, sign.get, i64.or(payload, to.defaultNaN)));
      });
      f.if(isInfinite(from, value.get), () => {
        if (to.bits === 16)
          f.if(alternative, () => {
            w.raise(f, FPSR.IOC);
            f.return(withSign(to, sign.get, to.signBit - 1n));
          });
        f.return(withSign(to, sign.get, to.infinity));
      });
    };
    if (from.bits === 16) f.if(i32.eqz(alternative), special);
    else special();
    f.if(isZero(from, value.get), () => f.return(withSign(to, sign.get, 0n)));
    const { exponent, significand } = unpack(f, from, value.get);
    const round = w.function(`round${to.bits}`);
    f.return(f.call64(round, sign.get, exponent.get, significand.get, f.param(I32, 1).get));
  });
}

/** A magnitude's integer part and the rest as a fraction of 2^64, from an exponent below 63. */
function splitInteger(f: FunctionBuilder, significand: X64, exponent: X32): { whole: L64; rest: L64 } {
  const whole = f.local(I64);
  const rest = f.local(I64);
  const distance = f.keep(i32.sub(63, exponent));
  f.if(
    i32.gtS(distance, 63),
    () => {
      f.set(whole, i64.const(0));
      f.set(rest, significand);
      shiftSticky(f, rest, i32.sub(distance, 64));
    },
    () => {
      const wide = i64.extendU(distance);
      f.set(whole, i64.shrU(significand, wide));
      f.set(rest, i64.shl(significand, i64.sub(64, wide)));
    },
  );
  return { whole, rest };
}

/** Rounds an integer part up where the mode wants it. */
function roundWhole(f: FunctionBuilder, whole: L64, rest: L64, mode: X32, sign: X32): void {
  const threshold = roundingThreshold(f, mode, sign, i64.and(whole.get, 1));
  f.set(whole, i64.add(whole.get, i64.extendU(i64.gtU(rest.get, threshold.get))));
}

/** toIntF (value, fraction bits, rounding mode, unsigned, bits): zero-extended to 64 bits. */
function defineToInteger(w: FloatWriter, format: Format): void {
  w.define(`toInt${format.bits}`, [I64, I32, I32, I32, I32], [I64], (f) => {
    const value = f.param(I64, 0);
    const [fractionBits, mode, unsigned, bits] = [1, 2, 3, 4].map((i) => f.param(I32, i).get) as [X32, X32, X32, X32];
    flushInputs(w, f, format, [value]);
    f.if(isNaNOf(format, value.get), () => {
      w.raise(f, FPSR.IOC);
      f.return(i64.const(0));
    });
    f.if(isZero(format, value.get), () => f.return(i64.const(0)));
    const sign = f.local(I32);
    f.set(sign, signOf(format, value.get));
    const all = f.local(I64);
    const largest = f.local(I64);
    f.set(all, i64.shrU(i64.const(-1), i64.sub(64, i64.extendU(bits))));
    // Largest magnitude of the sign.
    const signedLargest = i64.add(i64.shrU(all.get, 1), i64.extendU(sign.get));
    const unsignedLargest = i64.select(sign.get, i64.const(0), all.get);
    f.set(largest, i64.select(unsigned, unsignedLargest, signedLargest));
    const whole = f.local(I64);
    f.block((done) => {
      f.block((overflow) => {
        f.brIf(overflow, isInfinite(format, value.get));
        const { exponent, significand } = unpack(f, format, value.get);
        f.set(exponent, i32.add(exponent.get, fractionBits));
        f.brIf(overflow, i32.gtS(exponent.get, 63));
        f.if(
          i32.eq(exponent.get, 63),
          () => {
            f.brIf(overflow, i64.gtU(significand.get, largest.get));
            f.set(whole, significand.get);
          },
          () => {
            const parts = splitInteger(f, significand.get, exponent.get);
            roundWhole(f, parts.whole, parts.rest, mode, sign.get);
            f.brIf(overflow, i64.gtU(parts.whole.get, largest.get));
            f.set(whole, parts.whole.get);
            f.if(i64.ne(parts.rest.get, 0), () => w.raise(f, FPSR.IXC));
          },
        );
        f.br(done);
      });
      w.raise(f, FPSR.IOC);
      f.set(whole, largest.get);
    });
    f.if(sign.get, () => f.set(whole, i64.neg(whole.get)));
    f.return(i64.and(whole.get, all.get));
  });
}

/** fromIntF (integer, fraction bits, unsigned). */
function defineFromInteger(w: FloatWriter, format: Format): void {
  w.define(`fromInt${format.bits}`, [I64, I32, I32], [I64], (f) => {
    const value = f.param(I64, 0);
    f.if(i64.eqz(value.get), () => f.return(value.get));
    const sign = f.local(I32);
    f.set(sign, i32.and(i32.eqz(f.param(I32, 2).get), i64.ltS(value.get, 0)));
    f.if(sign.get, () => f.set(value, i64.neg(value.get)));
    const zeros = f.local(I64);
    f.set(zeros, i64.clz(value.get));
    const exponent = i32.sub(i32.sub(63, f.param(I32, 1).get), i32.wrap(zeros.get));
    const round = w.function(`round${format.bits}`);
    f.return(f.call64(round, sign.get, exponent, i64.shl(value.get, zeros.get), w.mode()));
  });
}

/** roundIntF (value, rounding mode, 1 to signal inexact). */
function defineRoundInteger(w: FloatWriter, format: Format): void {
  w.define(`roundInt${format.bits}`, [I64, I32, I32], [I64], (f) => {
    const value = f.param(I64, 0);
    flushInputs(w, f, format, [value]);
    returnNaN(w, f, format, [value]);
    f.if(i32.or(isInfinite(format, value.get), isZero(format, value.get)), () => f.return(value.get));
    const { exponent, significand } = unpack(f, format, value.get);
    // Without a fraction already.
    f.if(i32.geS(exponent.get, format.fraction), () => f.return(value.get));
    const sign = f.local(I32);
    f.set(sign, signOf(format, value.get));
    const { whole, rest } = splitInteger(f, significand.get, exponent.get);
    roundWhole(f, whole, rest, f.param(I32, 1).get, sign.get);
    f.if(i32.and(f.param(I32, 2).get, i64.ne(rest.get, 0)), () => w.raise(f, FPSR.IXC));
    f.if(i64.eqz(whole.get), () => f.return(withSign(format, sign.get, 0n)));
    // At most one bit more than the fraction has: exact.
    const zeros = f.local(I64);
    f.set(zeros, i64.clz(whole.get));
    const fraction = i64.shrU(i64.and(i64.shl(whole.get, zeros.get), TOP - 1n), 63 - format.fraction);
    const field = i64.shl(i64.sub(63 + format.bias, zeros.get), format.fraction);
    f.return(withSign(format, sign.get, i64.or(field, fraction)));
  });
}

export function defineIntegerConversions(w: FloatWriter, format: Format): void {
  defineToInteger(w, format);
  defineFromInteger(w, format);
  defineRoundInteger(w, format);
}
