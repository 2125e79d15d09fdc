// Host arithmetic as a stand-in for the guest's, when it gives the same bits and the same exceptions. With FPCR at its
// defaults (round to nearest, no flushing, NaNs propagated) and FPSR.IXC set already, adding, subtracting, multiplying,
// dividing and taking roots differ only where a NaN, an overflow or a subnormal result is about: conditions here say
// when they do not, and all else goes to the float services (Arm ARM DDI 0487, A1.5; WebAssembly Core 2.0, 4.3.3).
import { FPCR, FPSR } from '../../float/format.ts';
import type { X32, X64, XF32, XF64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import { f32, f64 } from '../../wasm/float.ts';
import type { Operations, Statics } from './operations.ts';

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

/** The host rounds as the guest does, and an inexact result changes nothing. */
export const roundsAlike = (o: Operations): X32 =>
  i32.eqz(
    i32.or(i32.and(o.fpControl(), FPCR.MODE | FPCR.FZ | FPCR.DN), i32.and(i32.xor(o.fpStatus(), FPSR.IXC), FPSR.IXC)),
  );
/** Inexact results change nothing, and subnormal operands are what they are. */
export const inexactAlready = (o: Operations): X32 =>
  i32.eqz(i32.or(i32.and(o.fpControl(), FPCR.FZ), i32.and(i32.xor(o.fpStatus(), FPSR.IXC), FPSR.IXC)));
/** Subnormal operands are what they are. */
export const keepsSubnormals = (o: Operations): X32 => i32.eqz(i32.and(o.fpControl(), FPCR.FZ));

/** Neither NaN nor infinity. */
export const isFinite = (p: Precision, value: Real): X32 => p.lt(p.abs(value), p.infinity);
/** Certainly not rounded from below the normal range (tininess is detected before rounding). */
export const isNormal = (p: Precision, value: Real): X32 => p.gt(p.abs(value), p.least);

/** FPCR.RMode as a rounding mode. */
export const roundingMode = (o: Operations): X32 => i32.and(i32.shrU(o.fpControl(), FPCR.MODE_SHIFT), 3);
