// Constructors of 128-bit vector expressions by lane shape (WebAssembly Core 2.0, chapter 4.3.4; opcodes from its appendix).
// Nothing of "relaxed SIMD": results must be the same on every host. What a shape lacks is left out here.
import type { In32, X32, X64, XF32, XF64, XV } from './expression.ts';
import { Expression, F32, F64, I32, I64, to32, V128 } from './expression.ts';

const VECTOR = 0xfd0000;

const unary =
  (op: number) =>
  (a: XV): XV =>
    new Expression(V128, VECTOR | op, a);
const binary =
  (op: number) =>
  (a: XV, b: XV): XV =>
    new Expression(V128, VECTOR | op, a, b);
/** Shift amounts are taken modulo the lane width. */
const shift =
  (op: number) =>
  (a: XV, amount: In32): XV =>
    new Expression(V128, VECTOR | op, a, to32(amount));
const test =
  (op: number) =>
  (a: XV): X32 =>
    new Expression(I32, VECTOR | op, a);
const splat =
  <T extends X32 | X64 | XF32 | XF64>(op: number) =>
  (a: T): XV =>
    new Expression(V128, VECTOR | op, a);
const replace =
  <T extends X32 | X64 | XF32 | XF64>(op: number) =>
  (a: XV, lane: number, value: T): XV =>
    new Expression(V128, VECTOR | op, a, value, null, lane);
const vectorLoad =
  (op: number) =>
  (address: In32, offset = 0): XV =>
    new Expression(V128, VECTOR | op, to32(address), null, null, offset);

/** Comparisons of integer lanes from the first opcode on; results are masks. */
const comparisons = (first: number) => ({
  eq: binary(first),
  ne: binary(first + 1),
  ltS: binary(first + 2),
  ltU: binary(first + 3),
  gtS: binary(first + 4),
  gtU: binary(first + 5),
  leS: binary(first + 6),
  leU: binary(first + 7),
  geS: binary(first + 8),
  geU: binary(first + 9),
});

/** What all integer shapes have, from the opcode of `abs` on. */
const integers = (first: number) => ({
  abs: unary(first),
  neg: unary(first + 1),
  allTrue: test(first + 3),
  bitmask: test(first + 4),
  shl: shift(first + 11),
  shrS: shift(first + 12),
  shrU: shift(first + 13),
  add: binary(first + 14),
  sub: binary(first + 17),
});

const minimums = (first: number) => ({
  minS: binary(first),
  minU: binary(first + 1),
  maxS: binary(first + 2),
  maxU: binary(first + 3),
});

/** Widening of the lanes half as wide. */
const extensions = (first: number) => ({
  extendLowS: unary(first),
  extendHighS: unary(first + 1),
  extendLowU: unary(first + 2),
  extendHighU: unary(first + 3),
});
/** Full products of the lanes half as wide. */
const products = (first: number) => ({
  extmulLowS: binary(first),
  extmulHighS: binary(first + 1),
  extmulLowU: binary(first + 2),
  extmulHighU: binary(first + 3),
});

export const i8x16 = {
  ...comparisons(0x23),
  ...integers(0x60),
  ...minimums(0x76),
  splat: splat<X32>(0x0f),
  popcnt: unary(0x62),
  swizzle: binary(0x0e),
  /** Saturating from 16-bit lanes, which are signed. */
  narrowS: binary(0x65),
  narrowU: binary(0x66),
  addSatS: binary(0x6f),
  addSatU: binary(0x70),
  subSatS: binary(0x72),
  subSatU: binary(0x73),
  avgrU: binary(0x7b),
  replace: replace<X32>(0x17),
};
export const i16x8 = {
  ...comparisons(0x2d),
  ...integers(0x80),
  ...minimums(0x96),
  ...extensions(0x87),
  ...products(0x9c),
  splat: splat<X32>(0x10),
  pairwiseS: unary(0x7c),
  pairwiseU: unary(0x7d),
  narrowS: binary(0x85),
  narrowU: binary(0x86),
  addSatS: binary(0x8f),
  addSatU: binary(0x90),
  subSatS: binary(0x92),
  subSatU: binary(0x93),
  mul: binary(0x95),
  avgrU: binary(0x9b),
  replace: replace<X32>(0x1a),
};
export const i32x4 = {
  ...comparisons(0x37),
  ...integers(0xa0),
  ...minimums(0xb6),
  ...extensions(0xa7),
  ...products(0xbc),
  splat: splat<X32>(0x11),
  pairwiseS: unary(0x7e),
  pairwiseU: unary(0x7f),
  mul: binary(0xb5),
  lane: (a: XV, lane: number): X32 => new Expression(I32, VECTOR | 0x1b, a, null, null, lane),
  replace: replace<X32>(0x1c),
  truncS: unary(0xf8),
  truncU: unary(0xf9),
};
export const i64x2 = {
  ...integers(0xc0),
  ...extensions(0xc7),
  ...products(0xdc),
  splat: splat<X64>(0x12),
  mul: binary(0xd5),
  eq: binary(0xd6),
  ne: binary(0xd7),
  ltS: binary(0xd8),
  gtS: binary(0xd9),
  leS: binary(0xda),
  geS: binary(0xdb),
  lane: (a: XV, lane: number): X64 => new Expression(I64, VECTOR | 0x1d, a, null, null, lane),
  replace: replace<X64>(0x1e),
};

const floats = (comparison: number, arithmetic: number) => ({
  eq: binary(comparison),
  ne: binary(comparison + 1),
  lt: binary(comparison + 2),
  gt: binary(comparison + 3),
  le: binary(comparison + 4),
  ge: binary(comparison + 5),
  abs: unary(arithmetic),
  neg: unary(arithmetic + 1),
  sqrt: unary(arithmetic + 3),
  add: binary(arithmetic + 4),
  sub: binary(arithmetic + 5),
  mul: binary(arithmetic + 6),
  div: binary(arithmetic + 7),
  min: binary(arithmetic + 8),
  max: binary(arithmetic + 9),
});

export const f32x4 = {
  ...floats(0x41, 0xe0),
  ceil: unary(0x67),
  floor: unary(0x68),
  trunc: unary(0x69),
  nearest: unary(0x6a),
  splat: splat<XF32>(0x13),
  lane: (a: XV, lane: number): XF32 => new Expression(F32, VECTOR | 0x1f, a, null, null, lane),
  convertS: unary(0xfa),
  convertU: unary(0xfb),
  /** Both lanes of f64x2 to the lower two; the upper two are zero. */
  demote: unary(0x5e),
};
export const f64x2 = {
  ...floats(0x47, 0xec),
  ceil: unary(0x74),
  floor: unary(0x75),
  trunc: unary(0x7a),
  nearest: unary(0x94),
  splat: splat<XF64>(0x14),
  lane: (a: XV, lane: number): XF64 => new Expression(F64, VECTOR | 0x21, a, null, null, lane),
  promoteLow: unary(0x5f),
};

/** 1 if any bit is set. */
export const anyTrue = test(0x53);
/** The vector of 16 bytes, the first in bits 7:0. */
export const vectorConst = (bytes: ArrayLike<number>): XV =>
  new Expression(V128, VECTOR | 0x0c, null, null, null, 0, 0, Array.from(bytes));
/** Low 64 bits from memory, twice; or with zeros above. */
export const load64Splat = vectorLoad(0x0a);
export const load64Zero = vectorLoad(0x5d);
export const load32Zero = vectorLoad(0x5c);
