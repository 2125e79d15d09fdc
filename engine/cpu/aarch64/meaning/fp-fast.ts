// Host arithmetic as a stand-in for the guest's, when it gives the same bits and the same exceptions. With FPCR at its
// defaults (round to nearest, no flushing) and FPSR.IXC set already, adding, subtracting, multiplying,
// dividing and taking roots differ only where a NaN, an overflow or a subnormal result is about: conditions here say
// when they do not, and all else goes to the float services (Arm ARM DDI 0487, A1.5; WebAssembly Core 2.0, 4.3.3).
import { FPCR, FPSR } from '../../float/format.ts';
import type { Expression, X32, X64, XF32, XF64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import { f32, f64 } from '../../wasm/float.ts';
import type { Condition, Operations, Statics } from './operations.ts';

/** A number of one of two precisions; which one is up to the Precision at hand. */
export type Real = XF32 | XF64;

/** Single or double precision, so that a meaning is written once for both. */
export interface Precision {
  readonly bits: 32 | 64;
  /** log2 of the bytes. */
  readonly scale: 2 | 3;
  readonly signBit: bigint;
  readonly infinity: Real;
  /** The least normal number. */
  readonly least: Real;
  read(o: Operations, operand: string): Real;
  write(o: Operations, operand: string, value: Real): void;
  const(value: number): Real;
  abs(a: Real): Real;
  neg(a: Real): Real;
  ceil(a: Real): Real;
  floor(a: Real): Real;
  trunc(a: Real): Real;
  nearest(a: Real): Real;
  sqrt(a: Real): Real;
  add(a: Real, b: Real): Real;
  sub(a: Real, b: Real): Real;
  mul(a: Real, b: Real): Real;
  div(a: Real, b: Real): Real;
  min(a: Real, b: Real): Real;
  max(a: Real, b: Real): Real;
  copysign(a: Real, b: Real): Real;
  eq(a: Real, b: Real): X32;
  ne(a: Real, b: Real): X32;
  lt(a: Real, b: Real): X32;
  gt(a: Real, b: Real): X32;
  le(a: Real, b: Real): X32;
  ge(a: Real, b: Real): X32;
  convertS32(a: X32): Real;
  convertU32(a: X32): Real;
  convertS64(a: X64): Real;
  convertU64(a: X64): Real;
  /** Saturating. */
  truncS32(a: Real): X32;
  truncU32(a: Real): X32;
  truncS64(a: Real): X64;
  truncU64(a: Real): X64;
  /** 2 to a power between -64 and 64. */
  power(exponent: X32): Real;
}

const single = {
  ...f32,
  bits: 32,
  scale: 2,
  signBit: 1n << 31n,
  infinity: f32.const(Infinity),
  least: f32.const(2 ** -126),
  read: (o: Operations, operand: string) => o.readFloat32(operand),
  write: (o: Operations, operand: string, value: XF32) => o.writeFloat32(operand, value),
  power: (exponent: X32) => f32.fromBits(i32.shl(i32.add(exponent, 127), 23)),
} as unknown as Precision;
const double = {
  ...f64,
  bits: 64,
  scale: 3,
  signBit: 1n << 63n,
  infinity: f64.const(Infinity),
  least: f64.const(2 ** -1022),
  read: (o: Operations, operand: string) => o.readFloat64(operand),
  write: (o: Operations, operand: string, value: XF64) => o.writeFloat64(operand, value),
  power: (exponent: X32) => f64.fromBits(i64.shl(i64.extendU(i32.add(exponent, 1023)), 52)),
} as unknown as Precision;

/** The precision of a scalar FP instruction. */
export const precisionOf = (s: Statics): Precision => (s.t === 1 ? double : single);

/** A register operand's number as bits, zero-extended. */
export const readBits = (o: Operations, p: Precision, operand: string): X64 =>
  p.bits === 64 ? o.readVectorLow(operand) : o.readLane(operand, 2);

const isRoundToNearest = (o: Operations): X32 => i32.eqz(i32.and(o.fpControl(), FPCR.MODE));
const isInexactSet = (o: Operations): X32 => i32.and(o.fpStatus(), FPSR.IXC);

/**
 * The host rounds as the guest does, and inexact results change nothing; or, where they would, the result is exact.
 * `normal`: neither an operand nor the result is subnormal, for guests that flush those. `exact` may be left out, and may
 * say no when it is not sure.
 */
export const roundsAlike = (o: Operations, normal: () => X32, exact: () => X32 = () => i32.const(0)): Condition[] => [
  {
    unless: i32.eqz(i32.and(o.fpControl(), FPCR.MODE | FPCR.FZ)),
    holds: () => i32.and(isRoundToNearest(o), normal()),
  },
  { unless: isInexactSet(o), holds: exact },
];
/** Subnormal numbers are what they are, or there are none. */
export const keepsSubnormals = (o: Operations, normal: () => X32): Condition => ({
  unless: i32.eqz(i32.and(o.fpControl(), FPCR.FZ)),
  holds: normal,
});
/** Rounding to an integer is exact, or it changes nothing that it is not. */
export const mayRound = (o: Operations, exact: X32, normal: () => X32): Condition => ({
  unless: exact,
  holds: () => i32.and(i32.ne(isInexactSet(o), 0), i32.or(i32.eqz(i32.and(o.fpControl(), FPCR.FZ)), normal())),
});

/** None of the numbers is subnormal. */
export const noSubnormals = (p: Precision, ...values: readonly Real[]): X32 =>
  values.map((value) => i32.or(p.ge(p.abs(value), p.least), p.eq(value, p.const(0)))).reduce((a, b) => i32.and(a, b));

/** Neither NaN nor infinity. */
export const isFinite = (p: Precision, value: Real): X32 => p.lt(p.abs(value), p.infinity);
/**
 * Certainly not rounded from below the normal range (tininess is detected before rounding); or zero for certain, and
 * then exact.
 */
export const isNormal = (p: Precision, value: Real, isZero: () => X32): Condition => ({
  unless: p.gt(p.abs(value), p.least),
  holds: isZero,
});

/** FPCR.RMode as a rounding mode. */
export const roundingMode = (o: Operations): X32 => i32.and(i32.shrU(o.fpControl(), FPCR.MODE_SHIFT), 3);

/** The rounded sum of kept numbers is the sum: what rounding took away (Knuth) is nothing. */
export function isExactSum(o: Operations, p: Precision, a: Real, b: Real, sum: Real): X32 {
  const part = o.keep(p.sub(sum, a));
  const error = p.add(p.sub(a, p.sub(sum, part)), p.sub(b, part));
  return p.eq(error, p.const(0));
}

/** Half of the fraction is zero in both: their product has no more bits than fit. */
const areShort = (a: XF64, b: XF64): X32 => i64.eqz(i64.and(i64.or(f64.bits(a), f64.bits(b)), 0x7ff_ffff));
/** Far from where products of doubles lose bits by being too small. */
const isLarge = (a: XF64): X32 => f64.gt(f64.abs(a), f64.const(2 ** -900));

/** a * b, rounded to the normal number `product`, is exact; of doubles only if that is easy to see. */
export function isExactProduct(p: Precision, a: Real, b: Real, product: Real): X32 {
  if (p.bits === 64) return areShort(a as XF64, b as XF64);
  const wide = f64.mul(f64.promote(a as XF32), f64.promote(b as XF32));
  return f64.eq(wide, f64.promote(product as XF32));
}

/** a * b is exactly the number `whole`: what tells that a quotient or a root is exact. */
export function isExactFactor(p: Precision, a: Real, b: Real, whole: Real): X32 {
  if (p.bits === 32) return isExactProduct(p, a, b, whole);
  const [x, y, product] = [a, b, whole] as [XF64, XF64, XF64];
  return i32.and(i32.and(areShort(x, y), isLarge(product)), f64.eq(f64.mul(x, y), product));
}

/** Arithmetic on doubles, one or lane by lane: T is the numbers, B what comparisons give. */
export interface DoubleArithmetic<T, B> {
  const(value: number): T;
  abs(a: T): T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  max(a: T, b: T): T;
  eq(a: T, b: T): B;
  lt(a: T, b: T): B;
  gt(a: T, b: T): B;
}

export interface FusedDouble<T, B> {
  /** a + n * m. */
  readonly value: T;
  /** Rounded product + a, and what it lacks to a + n * m. */
  readonly sum: T;
  readonly error: T;
  /** Nonzero for true: the value is rounded as it should be, given these. */
  readonly certain: B;
  /** The product is far from where its error is subnormal. */
  readonly largeProduct: B;
  /** Far from overflow: product and addend, and the factors. */
  readonly smallTerms: B;
  readonly smallFactors: B;
}

/**
 * a + n * m of kept doubles: product and sum with their errors (Dekker, Knuth); the sum of both errors moves the result if
 * need be. Its own rounding is at fault only where results with a slightly smaller and a slightly larger error differ.
 */
export function fusedDouble<T extends Expression, B>(
  o: Operations,
  d: DoubleArithmetic<T, B>,
  a: T,
  n: T,
  m: T,
): FusedDouble<T, B> {
  /** Splits a double into two halves whose products are exact (Veltkamp). */
  const split = (value: T): readonly [T, T] => {
    const scaled = o.keep(d.mul(value, d.const(2 ** 27 + 1)));
    const high = o.keep(d.sub(scaled, d.sub(scaled, value)));
    return [high, o.keep(d.sub(value, high))];
  };
  const product = o.keep(d.mul(n, m));
  const [nHigh, nLow] = split(n);
  const [mHigh, mLow] = split(m);
  const cross = d.add(d.add(d.sub(d.mul(nHigh, mHigh), product), d.mul(nHigh, mLow)), d.mul(nLow, mHigh));
  const productError = d.add(cross, d.mul(nLow, mLow));
  const sum = o.keep(d.add(product, a));
  const part = o.keep(d.sub(sum, product));
  const sumError = d.add(d.sub(product, d.sub(sum, part)), d.sub(a, part));
  const error = o.keep(d.add(productError, sumError));
  const value = o.keep(d.add(sum, d.mul(error, d.const(1 - 2 ** -50))));
  const other = d.add(sum, d.mul(error, d.const(1 + 2 ** -50)));
  const size = d.abs(product);
  return {
    value,
    sum,
    error,
    certain: d.eq(value, other),
    largeProduct: d.gt(size, d.const(2 ** -900)),
    smallTerms: d.lt(d.max(size, d.abs(a)), d.const(2 ** 900)),
    smallFactors: d.lt(d.max(d.abs(n), d.abs(m)), d.const(2 ** 990)),
  };
}
