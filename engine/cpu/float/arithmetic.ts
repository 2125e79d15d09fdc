// Addition, multiplication, division, square root and fused multiply-add of one format (Arm ARM DDI 0487, J1.3
// shared/functions/float: FPAdd, FPMul, FPMulX, FPDiv, FPSqrt, FPMulAdd, FPRecipStepFused, FPRSqrtStepFused).
import type { X32, X64 } from '../wasm/expression.ts';
import { I32, i32, I64, i64 } from '../wasm/expression.ts';
import { f64 } from '../wasm/float.ts';
import type { FunctionBuilder, L32, L64 } from '../wasm/function.ts';
import type { Format } from './format.ts';
import { FPSR, ROUNDING } from './format.ts';
import type { FloatWriter } from './writer.ts';
import {
  flushInputs,
  isInfinite,
  isQuiet,
  isZero,
  returnNaN,
  shiftSticky,
  signOf,
  unpack,
  withSign,
} from './writer.ts';

/** Ends the function with a number rounded as FPCR says. */
function returnRounded(
  w: FloatWriter,
  f: FunctionBuilder,
  format: Format,
  sign: X32,
  exponent: X32,
  significand: X64,
): void {
  f.return(f.call64(w.function(`round${format.bits}`), sign, exponent, significand, w.mode()));
}

/** The sign of a sum that is exactly zero: that of its terms, or by the rounding mode where they differ. */
const zeroSign = (w: FloatWriter, a: X32, b: X32): X32 => i32.select(i32.eq(a, b), a, i32.eq(w.mode(), ROUNDING.DOWN));

function swap(f: FunctionBuilder, a: L32 | L64, b: L32 | L64): void {
  const kept = f.local(a.type);
  f.set(kept, a.get);
  f.set(a, b.get);
  f.set(b, kept.get);
}

function defineAdd(w: FloatWriter, format: Format): void {
  w.define(`add${format.bits}`, [I64, I64], [I64], (f) => {
    const a = f.param(I64, 0);
    const b = f.param(I64, 1);
    flushInputs(w, f, format, [a, b]);
    returnNaN(w, f, format, [a, b]);
    f.if(isInfinite(format, a.get), () => {
      f.if(i32.and(isInfinite(format, b.get), i64.ne(a.get, b.get)), () => w.invalid(f, format));
      f.return(a.get);
    });
    f.if(isInfinite(format, b.get), () => f.return(b.get));
    const x = unpack(f, format, a.get);
    const y = unpack(f, format, b.get);
    const sign = f.local(I32);
    const other = f.local(I32);
    f.set(sign, signOf(format, a.get));
    f.set(other, signOf(format, b.get));
    // The larger exponent comes first; one bit of headroom for the carry.
    f.if(i32.ltS(x.exponent.get, y.exponent.get), () => {
      swap(f, x.exponent, y.exponent);
      swap(f, x.significand, y.significand);
      swap(f, sign, other);
    });
    f.set(x.significand, i64.shrU(x.significand.get, 1));
    f.set(y.significand, i64.shrU(y.significand.get, 1));
    shiftSticky(f, y.significand, i32.sub(x.exponent.get, y.exponent.get));
    const sum = f.local(I64);
    f.if(
      i32.eq(sign.get, other.get),
      () => f.set(sum, i64.add(x.significand.get, y.significand.get)),
      () => {
        f.set(sum, i64.sub(x.significand.get, y.significand.get));
        f.if(i64.ltS(sum.get, 0), () => {
          f.set(sum, i64.neg(sum.get));
          f.set(sign, other.get);
        });
      },
    );
    f.if(i64.eqz(sum.get), () =>
      f.return(withSign(format, zeroSign(w, signOf(format, a.get), signOf(format, b.get)), 0n)),
    );
    const zeros = f.local(I64);
    f.set(zeros, i64.clz(sum.get));
    const exponent = i32.sub(i32.add(x.exponent.get, 1), i32.wrap(zeros.get));
    returnRounded(w, f, format, sign.get, exponent, i64.shl(sum.get, zeros.get));
  });
  w.define(`sub${format.bits}`, [I64, I64], [I64], (f) => {
    const a = f.param(I64, 0);
    const b = f.param(I64, 1);
    flushInputs(w, f, format, [a, b]);
    returnNaN(w, f, format, [a, b]);
    f.return(f.call64(w.function(`add${format.bits}`), a.get, i64.xor(b.get, format.signBit)));
  });
  w.define(`absDifference${format.bits}`, [I64, I64], [I64], (f) => {
    const difference = f.call64(w.function(`sub${format.bits}`), f.param(I64, 0).get, f.param(I64, 1).get);
    f.return(i64.and(difference, format.signBit - 1n));
  });
}

/** The 128-bit product of two significands. */
function multiply(f: FunctionBuilder, a: X64, b: X64): { high: L64; low: L64 } {
  const part = (value: X64): X64 => i64.and(value, 0xffff_ffff);
  const top = (value: X64): X64 => i64.shrU(value, 32);
  const middle = f.local(I64);
  const other = f.local(I64);
  const high = f.local(I64);
  const low = f.local(I64);
  f.set(middle, i64.add(i64.mul(top(a), part(b)), top(i64.mul(part(a), part(b)))));
  f.set(other, i64.add(i64.mul(part(a), top(b)), part(middle.get)));
  f.set(high, i64.add(i64.add(i64.mul(top(a), top(b)), top(middle.get)), top(other.get)));
  f.set(low, i64.mul(a, b));
  return { high, low };
}

function defineMultiply(w: FloatWriter, format: Format, extended: boolean): void {
  w.define(`mul${extended ? 'Extended' : ''}${format.bits}`, [I64, I64], [I64], (f) => {
    const a = f.param(I64, 0);
    const b = f.param(I64, 1);
    flushInputs(w, f, format, [a, b]);
    returnNaN(w, f, format, [a, b]);
    const sign = f.local(I32);
    f.set(sign, signOf(format, i64.xor(a.get, b.get)));
    f.if(i32.or(isInfinite(format, a.get), isInfinite(format, b.get)), () => {
      f.if(i32.or(isZero(format, a.get), isZero(format, b.get)), () => {
        // Infinity times zero: 2 for FMULX.
        if (extended) f.return(withSign(format, sign.get, powerOfTwo(format, 1)));
        else w.invalid(f, format);
      });
      f.return(withSign(format, sign.get, format.infinity));
    });
    const x = unpack(f, format, a.get);
    const y = unpack(f, format, b.get);
    const { high, low } = multiply(f, x.significand.get, y.significand.get);
    f.if(i64.eqz(high.get), () => f.return(withSign(format, sign.get, 0n)));
    const significand = f.local(I64);
    const exponent = f.local(I32);
    f.set(significand, i64.or(high.get, i64.extendU(i64.ne(low.get, 0))));
    f.set(exponent, i32.add(i32.add(x.exponent.get, y.exponent.get), 1));
    f.if(i64.geS(significand.get, 0), () => {
      f.set(significand, i64.shl(significand.get, 1));
      f.set(exponent, i32.sub(exponent.get, 1));
    });
    returnRounded(w, f, format, sign.get, exponent.get, significand.get);
  });
}

/** Bits of 2 to a power. */
const powerOfTwo = (format: Format, power: number): bigint => BigInt(format.bias + power) << BigInt(format.fraction);

/** A significand of at most 53 bits as a double between 1 and 2. */
const asDouble = (significand: X64) =>
  f64.fromBits(i64.or(i64.and(i64.shrU(significand, 11), (1n << 52n) - 1n), 0x3ffn << 52n));

function defineDivide(w: FloatWriter, format: Format): void {
  w.define(`div${format.bits}`, [I64, I64], [I64], (f) => {
    const a = f.param(I64, 0);
    const b = f.param(I64, 1);
    flushInputs(w, f, format, [a, b]);
    returnNaN(w, f, format, [a, b]);
    const sign = f.local(I32);
    f.set(sign, signOf(format, i64.xor(a.get, b.get)));
    f.if(isInfinite(format, a.get), () => {
      f.if(isInfinite(format, b.get), () => w.invalid(f, format));
      f.return(withSign(format, sign.get, format.infinity));
    });
    f.if(isInfinite(format, b.get), () => f.return(withSign(format, sign.get, 0n)));
    f.if(isZero(format, b.get), () => {
      f.if(isZero(format, a.get), () => w.invalid(f, format));
      w.raise(f, FPSR.DZC);
      f.return(withSign(format, sign.get, format.infinity));
    });
    f.if(isZero(format, a.get), () => f.return(withSign(format, sign.get, 0n)));
    const x = unpack(f, format, a.get);
    const y = unpack(f, format, b.get);
    const exponent = f.local(I32);
    f.set(exponent, i32.sub(x.exponent.get, y.exponent.get));
    // The quotient of the significands as a multiple of 2^-55 from the host's rounded one, mended by its remainder.
    // All of this is exact modulo 2^64, and the remainder is small.
    const quotient = f.local(I64);
    const remainder = f.local(I64);
    const divisor = f.local(I64);
    f.set(divisor, i64.shrU(y.significand.get, 11));
    f.set(
      quotient,
      f64.truncU64(f64.mul(f64.div(asDouble(x.significand.get), asDouble(y.significand.get)), f64.const(2 ** 55))),
    );
    f.set(remainder, i64.sub(i64.shl(i64.shrU(x.significand.get, 11), 55), i64.mul(quotient.get, divisor.get)));
    f.loop((again) =>
      f.if(i64.ltS(remainder.get, 0), () => {
        f.set(quotient, i64.sub(quotient.get, 1));
        f.set(remainder, i64.add(remainder.get, divisor.get));
        f.br(again);
      }),
    );
    f.loop((again) =>
      f.if(i64.geS(remainder.get, divisor.get), () => {
        f.set(quotient, i64.add(quotient.get, 1));
        f.set(remainder, i64.sub(remainder.get, divisor.get));
        f.br(again);
      }),
    );
    // 2^54 < quotient < 2^56.
    const zeros = f.local(I64);
    f.set(zeros, i64.clz(quotient.get));
    f.set(exponent, i32.sub(i32.add(exponent.get, 8), i32.wrap(zeros.get)));
    const significand = i64.or(i64.shl(quotient.get, zeros.get), i64.extendU(i64.ne(remainder.get, 0)));
    returnRounded(w, f, format, sign.get, exponent.get, significand);
  });
}

function defineSquareRoot(w: FloatWriter, format: Format): void {
  w.define(`sqrt${format.bits}`, [I64], [I64], (f) => {
    const a = f.param(I64, 0);
    flushInputs(w, f, format, [a]);
    returnNaN(w, f, format, [a]);
    f.if(isZero(format, a.get), () => f.return(a.get));
    f.if(signOf(format, a.get), () => w.invalid(f, format));
    f.if(isInfinite(format, a.get), () => f.return(a.get));
    const { exponent, significand } = unpack(f, format, a.get);
    // The radicand between 1 and 4 as a multiple of 2^-108, modulo 2^64; its root as one of 2^-54.
    const odd = f.local(I64);
    const root = f.local(I64);
    const remainder = f.local(I64);
    f.set(odd, i64.extendU(i32.and(exponent.get, 1)));
    const rounded = f64.sqrt(f64.mul(asDouble(significand.get), f64.convertU64(i64.shl(i64.const(1), odd.get))));
    f.set(root, f64.truncU64(f64.mul(rounded, f64.const(2 ** 54))));
    const radicand = i64.shl(i64.shrU(significand.get, 11), i64.add(odd.get, 56));
    f.set(remainder, i64.sub(radicand, i64.mul(root.get, root.get)));
    const twice = i64.shl(root.get, 1);
    f.loop((again) =>
      f.if(i64.ltS(remainder.get, 0), () => {
        f.set(root, i64.sub(root.get, 1));
        f.set(remainder, i64.add(remainder.get, i64.or(twice, 1)));
        f.br(again);
      }),
    );
    f.loop((again) =>
      f.if(i64.gtS(remainder.get, twice), () => {
        f.set(remainder, i64.sub(remainder.get, i64.or(twice, 1)));
        f.set(root, i64.add(root.get, 1));
        f.br(again);
      }),
    );
    const result = i64.or(i64.shl(root.get, 9), i64.extendU(i64.ne(remainder.get, 0)));
    returnRounded(w, f, format, i32.const(0), i32.shrS(exponent.get, 1), result);
  });
}

interface Wide {
  readonly high: L64;
  readonly low: L64;
}

/** (high:low) >> distance, what falls off is sticky; distance is 0 or more. */
function shiftWideSticky(f: FunctionBuilder, { high, low }: Wide, distance: X32): void {
  const by = f.local(I32);
  f.set(by, distance);
  f.if(i32.geS(by.get, 64), () => {
    f.set(low, i64.or(high.get, i64.extendU(i64.ne(low.get, 0))));
    f.set(high, i64.const(0));
    f.set(by, i32.sub(by.get, 64));
  });
  const wide = f.local(I64);
  f.set(wide, i64.extendU(by.get));
  f.if(by.get, () => {
    f.if(
      i32.geS(by.get, 64),
      () => f.set(low, i64.extendU(i64.ne(i64.or(high.get, low.get), 0))),
      () => {
        const up = i64.sub(64, wide.get);
        const lost = i64.extendU(i64.ne(i64.shl(low.get, up), 0));
        f.set(low, i64.or(i64.or(i64.shrU(low.get, wide.get), i64.shl(high.get, up)), lost));
        f.set(high, i64.shrU(high.get, wide.get));
      },
    );
  });
}

/** fusedF (addend, n, m, scale): (addend + n * m) * 2^scale, rounded once. */
function defineFused(w: FloatWriter, format: Format): void {
  w.define(`fused${format.bits}`, [I64, I64, I64, I32], [I64], (f) => {
    const c = f.param(I64, 0);
    const a = f.param(I64, 1);
    const b = f.param(I64, 2);
    const scale = f.param(I32, 3).get;
    flushInputs(w, f, format, [c, a, b]);
    const infinite = f.local(I32);
    f.set(infinite, i32.or(isInfinite(format, a.get), isInfinite(format, b.get)));
    const impossible = i32.and(infinite.get, i32.or(isZero(format, a.get), isZero(format, b.get)));
    f.if(i32.and(impossible, isQuiet(format, c.get)), () => w.invalid(f, format));
    returnNaN(w, f, format, [c, a, b]);
    f.if(impossible, () => w.invalid(f, format));
    const sign = f.local(I32);
    const addendSign = f.local(I32);
    f.set(sign, signOf(format, i64.xor(a.get, b.get)));
    f.set(addendSign, signOf(format, c.get));
    f.if(infinite.get, () => {
      f.if(i32.and(isInfinite(format, c.get), i32.ne(sign.get, addendSign.get)), () => w.invalid(f, format));
      f.return(withSign(format, sign.get, format.infinity));
    });
    f.if(isInfinite(format, c.get), () => f.return(c.get));
    const x = unpack(f, format, a.get);
    const y = unpack(f, format, b.get);
    const z = unpack(f, format, c.get);
    // Both terms with their leading one in bit 126, or zero.
    const product = multiply(f, x.significand.get, y.significand.get);
    const exponent = f.local(I32);
    f.set(exponent, i32.add(i32.add(x.exponent.get, y.exponent.get), 1));
    f.if(
      i64.ltS(product.high.get, 0),
      () => {
        f.set(product.low, i64.or(i64.shrU(product.low.get, 1), i64.shl(product.high.get, 63)));
        f.set(product.high, i64.shrU(product.high.get, 1));
      },
      () => f.set(exponent, i32.sub(exponent.get, 1)),
    );
    const addend: Wide = { high: f.local(I64), low: f.local(I64) };
    f.set(addend.high, i64.shrU(z.significand.get, 1));
    f.set(addend.low, i64.shl(z.significand.get, 63));
    alignTerms(f, { exponent, ...product }, z.exponent, addend);
    const sum: Wide = { high: f.local(I64), low: f.local(I64) };
    const result = f.local(I32);
    f.set(result, sign.get);
    f.if(
      i32.eq(sign.get, addendSign.get),
      () => {
        f.set(sum.low, i64.add(product.low.get, addend.low.get));
        const carry = i64.extendU(i64.ltU(sum.low.get, addend.low.get));
        f.set(sum.high, i64.add(i64.add(product.high.get, addend.high.get), carry));
      },
      () => {
        subtractWide(f, sum, product, addend);
        f.if(i64.ltS(sum.high.get, 0), () => {
          subtractWide(f, sum, addend, product);
          f.set(result, addendSign.get);
        });
      },
    );
    f.if(i64.eqz(i64.or(sum.high.get, sum.low.get)), () =>
      f.return(withSign(format, zeroSign(w, sign.get, addendSign.get), 0n)),
    );
    normaliseWide(f, sum, exponent);
    const significand = i64.or(sum.high.get, i64.extendU(i64.ne(sum.low.get, 0)));
    returnRounded(w, f, format, result.get, i32.add(i32.add(exponent.get, 1), scale), significand);
  });
}

/** Gives product and addend one exponent: that of the larger, in the product's. A zero term gives way. */
function alignTerms(f: FunctionBuilder, product: Wide & { exponent: L32 }, exponent: L32, addend: Wide): void {
  f.if(i64.eqz(product.high.get), () => f.set(product.exponent, exponent.get));
  f.if(i64.eqz(addend.high.get), () => f.set(exponent, product.exponent.get));
  const distance = f.local(I32);
  f.set(distance, i32.sub(product.exponent.get, exponent.get));
  f.if(
    i32.ltS(distance.get, 0),
    () => {
      f.set(product.exponent, exponent.get);
      shiftWideSticky(f, product, i32.neg(distance.get));
    },
    () => shiftWideSticky(f, addend, distance.get),
  );
}

function subtractWide(f: FunctionBuilder, result: Wide, a: Wide, b: Wide): void {
  const borrow = i64.extendU(i64.ltU(a.low.get, b.low.get));
  f.set(result.high, i64.sub(i64.sub(a.high.get, b.high.get), borrow));
  f.set(result.low, i64.sub(a.low.get, b.low.get));
}

/** Brings the leading one to bit 127. */
function normaliseWide(f: FunctionBuilder, { high, low }: Wide, exponent: L32): void {
  f.if(i64.eqz(high.get), () => {
    f.set(high, low.get);
    f.set(low, i64.const(0));
    f.set(exponent, i32.sub(exponent.get, 64));
  });
  const zeros = f.local(I64);
  f.set(zeros, i64.clz(high.get));
  f.set(exponent, i32.sub(exponent.get, i32.wrap(zeros.get)));
  // (low >> 1) >> (63 - n) is what moves up, also for n = 0.
  f.set(high, i64.or(i64.shl(high.get, zeros.get), i64.shrU(i64.shrU(low.get, 1), i64.sub(63, zeros.get))));
  f.set(low, i64.shl(low.get, zeros.get));
}

/** FRECPS and FRSQRTS: a constant minus the product, the latter halved; infinity times zero counts as zero. */
function defineSteps(w: FloatWriter, format: Format): void {
  const one = powerOfTwo(format, 0);
  const half = 1n << BigInt(format.fraction - 1);
  for (const [name, constant, scale, special] of [
    ['recipStep', powerOfTwo(format, 1), 0, powerOfTwo(format, 1)],
    ['recipSqrtStep', powerOfTwo(format, 1) | half, -1, one | half],
  ] as const)
    w.define(`${name}${format.bits}`, [I64, I64], [I64], (f) => {
      const a = f.param(I64, 0);
      const b = f.param(I64, 1);
      f.set(a, i64.xor(a.get, format.signBit));
      flushInputs(w, f, format, [a, b]);
      returnNaN(w, f, format, [a, b]);
      const infinite = i32.or(isInfinite(format, a.get), isInfinite(format, b.get));
      f.if(i32.and(infinite, i32.or(isZero(format, a.get), isZero(format, b.get))), () => f.return(i64.const(special)));
      f.return(f.call64(w.function(`fused${format.bits}`), i64.const(constant), a.get, b.get, i32.const(scale)));
    });
}

export function defineArithmetic(w: FloatWriter, format: Format): void {
  defineAdd(w, format);
  defineMultiply(w, format, false);
  defineMultiply(w, format, true);
  defineDivide(w, format);
  defineSquareRoot(w, format);
  defineFused(w, format);
  w.define(`mulAdd${format.bits}`, [I64, I64, I64], [I64], (f) => {
    const values = [0, 1, 2].map((i) => f.param(I64, i).get);
    f.return(f.call64(w.function(`fused${format.bits}`), ...values, i32.const(0)));
  });
  defineSteps(w, format);
}
