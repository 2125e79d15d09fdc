// Lane arithmetic that is the same for all element sizes, what WebAssembly lacks made from what it has; and the operands of
// Advanced SIMD instructions as vectors. Expressions that a function here uses twice must be kept by the caller.
import { FPSR } from '../../float/format.ts';
import type { In32, X32, X64, XV } from '../../wasm/expression.ts';
import { i32, i64, v128 } from '../../wasm/expression.ts';
import { anyTrue, i16x8, i32x4, i64x2, i8x16, vectorConst } from '../../wasm/vector.ts';
import type { Operations, Statics } from './operations.ts';

type Unary = (a: XV) => XV;
type Binary = (a: XV, b: XV) => XV;
type Shift = (a: XV, amount: In32) => XV;

/** Arithmetic of one element size. Shift amounts are taken modulo the width. */
export interface Lanes {
  /** log2 of the bytes. */
  readonly size: number;
  readonly bits: number;
  /** The same value in every lane. */
  constant(value: bigint): XV;
  splat(value: X64): XV;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly eq: Binary;
  readonly gtS: Binary;
  readonly gtU: Binary;
  readonly geS: Binary;
  readonly geU: Binary;
  readonly minS: Binary;
  readonly minU: Binary;
  readonly maxS: Binary;
  readonly maxU: Binary;
  readonly shl: Shift;
  readonly shrS: Shift;
  readonly shrU: Shift;
  /** Sign bits of the lanes, the first in bit 0. */
  readonly signs: (a: XV) => X32;
}

/** Lanes half as wide, widened, and their full products. Doublewords have none that are wider. */
export interface WideLanes extends Lanes {
  readonly extendLowS: Unary;
  readonly extendHighS: Unary;
  readonly extendLowU: Unary;
  readonly extendHighU: Unary;
  readonly extmulLowS: Binary;
  readonly extmulHighS: Binary;
  readonly extmulLowU: Binary;
  readonly extmulHighU: Binary;
  /** Sums of neighbouring narrow lanes. */
  readonly pairwiseS: Unary;
  readonly pairwiseU: Unary;
}

/** A 16-byte constant that repeats a value of some bits. */
export function repeated(value: bigint, bits: number): XV {
  const lane = BigInt.asUintN(bits, value);
  return vectorConst(Array.from({ length: 16 }, (_, i) => Number((lane >> BigInt((8 * i) % bits)) & 0xffn)));
}

const common = (size: number) => ({
  size,
  bits: 8 << size,
  constant: (value: bigint) => repeated(value, 8 << size),
});

/** Even bytes of two vectors. */
const EVEN_BYTES = Array.from({ length: 16 }, (_, i) => 2 * i);

const bytes: Lanes = {
  ...i8x16,
  ...common(0),
  splat: (value) => i8x16.splat(i32.wrap(value)),
  signs: i8x16.bitmask,
  mul: (a, b) =>
    v128.shuffle(
      i16x8.mul(i16x8.extendLowU(a), i16x8.extendLowU(b)),
      i16x8.mul(i16x8.extendHighU(a), i16x8.extendHighU(b)),
      EVEN_BYTES,
    ),
};
const halfwords: WideLanes = {
  ...i16x8,
  ...common(1),
  splat: (value) => i16x8.splat(i32.wrap(value)),
  signs: i16x8.bitmask,
};
const words: WideLanes = {
  ...i32x4,
  ...common(2),
  splat: (value) => i32x4.splat(i32.wrap(value)),
  signs: i32x4.bitmask,
};

const TOP_BIT = repeated(1n << 63n, 64);
const unsigned =
  (compare: Binary): Binary =>
  (a, b) =>
    compare(v128.xor(a, TOP_BIT), v128.xor(b, TOP_BIT));
const gtU64 = unsigned(i64x2.gtS);
const choose =
  (greater: Binary, larger: boolean): Binary =>
  (a, b) =>
    larger ? v128.bitselect(a, b, greater(a, b)) : v128.bitselect(b, a, greater(a, b));
const LOW_WORD = repeated(0xffff_ffffn, 64);
const doublewords: WideLanes = {
  ...i64x2,
  ...common(3),
  splat: i64x2.splat,
  signs: i64x2.bitmask,
  gtU: gtU64,
  geU: unsigned(i64x2.geS),
  minS: choose(i64x2.gtS, false),
  maxS: choose(i64x2.gtS, true),
  minU: choose(gtU64, false),
  maxU: choose(gtU64, true),
  pairwiseS: (a) => i64x2.add(i64x2.shrS(i64x2.shl(a, 32), 32), i64x2.shrS(a, 32)),
  pairwiseU: (a) => i64x2.add(v128.and(a, LOW_WORD), i64x2.shrU(a, 32)),
};

const LANES = [bytes, halfwords, words, doublewords] as const;

/** Lanes of 1 << size bytes. */
export const lanesOf = (size: number): Lanes => LANES[size]!;
/** Lanes twice as wide as those of the size. */
export const wideLanesOf = (size: number): WideLanes => LANES[size + 1] as WideLanes;

export const largestS = (l: Lanes): XV => l.constant((1n << BigInt(l.bits - 1)) - 1n);
export const leastS = (l: Lanes): XV => l.constant(1n << BigInt(l.bits - 1));
export const ones = (l: Lanes): XV => l.constant(-1n);
export const ZERO = vectorConst(new Uint8Array(16));

/** What an instruction works on: a vector, half of one (Q = 0), or one element. */
export interface Shape {
  readonly q: 0 | 1 | 'scalar';
  readonly size: number;
}

export const vectorShape = (s: Statics, size = s.size!): Shape => ({ q: s.Q === 1 ? 1 : 0, size });
export const scalarShape = (s: Statics, size = s.size!): Shape => ({ q: 'scalar', size });

/** A register operand; what is beyond the shape reads as zero. */
export function readShape(o: Operations, shape: Shape, operand: string): XV {
  if (shape.q === 1) return o.readVector(operand);
  const low = shape.q === 0 || shape.size === 3 ? o.readVectorLow(operand) : o.readLane(operand, shape.size);
  return o.keep(i64x2.replace(ZERO, 0, low));
}

/** Writes what is in the shape and clears the rest of the register. */
export function writeShape(o: Operations, shape: Shape, operand: string, value: XV): void {
  if (shape.q !== 'scalar') o.writeVectorSized(operand, shape.q, value);
  else writeScalar(o, operand, v128.lane64(value, 0), shape.size);
}

export function writeScalar(o: Operations, operand: string, value: X64, size: number): void {
  o.writeVectorLow(operand, size === 3 ? value : i64.and(value, (1n << BigInt(8 << size)) - 1n));
}

/** Sets FPSR.QC if the condition, nonzero for true, holds. */
export const saturatedIf = (o: Operations, condition: X32): void => o.if(condition, () => o.raiseFp(FPSR.QC));
/** Sets FPSR.QC if two kept vectors differ. */
export const saturatedUnless = (o: Operations, exact: XV, result: XV): void =>
  saturatedIf(o, anyTrue(v128.xor(exact, result)));

/** Signed saturation of a sum or difference: `wrapped` is what came out, overflow shows in the sign of `overflow`. */
function saturateSigned(o: Operations, l: Lanes, n: XV, wrapped: XV, overflow: XV): XV {
  const over = o.keep(overflow);
  saturatedIf(o, l.signs(over));
  const limit = v128.xor(l.shrS(n, l.bits - 1), largestS(l));
  return o.keep(v128.bitselect(limit, wrapped, l.shrS(over, l.bits - 1)));
}

export function addSaturatingS(o: Operations, l: Lanes, n: XV, m: XV): XV {
  const r = o.keep(l.add(n, m));
  return saturateSigned(o, l, n, r, v128.and(v128.xor(n, r), v128.xor(m, r)));
}
export function subSaturatingS(o: Operations, l: Lanes, n: XV, m: XV): XV {
  const r = o.keep(l.sub(n, m));
  return saturateSigned(o, l, n, r, v128.and(v128.xor(n, r), v128.xor(n, m)));
}
export function addSaturatingU(o: Operations, l: Lanes, n: XV, m: XV): XV {
  const r = o.keep(l.add(n, m));
  const over = o.keep(l.gtU(n, r));
  saturatedIf(o, anyTrue(over));
  return o.keep(v128.or(r, over));
}
export function subSaturatingU(o: Operations, l: Lanes, n: XV, m: XV): XV {
  const over = o.keep(l.gtU(m, n));
  saturatedIf(o, anyTrue(over));
  return o.keep(v128.andnot(l.sub(n, m), over));
}

/** Even elements of a pair of vectors: the low halves of wide lanes. */
export const evens = (size: number, a: XV, b: XV): XV => v128.shuffle(a, b, everyOther(size, 0));
export const odds = (size: number, a: XV, b: XV): XV => v128.shuffle(a, b, everyOther(size, 1));
const everyOther = (size: number, first: number): number[] =>
  Array.from({ length: 16 }, (_, i) => ((i >> size) * 2 + first) * (1 << size) + (i & ((1 << size) - 1)));

/** How wide lanes become narrow ones: cut off, or saturated from and to signed or unsigned numbers. */
export type Narrowing = 'cut' | 'SS' | 'SU' | 'UU';

/** The lanes of a kept wide vector as lanes of the size, in the low half. */
export function narrowLanes(o: Operations, size: number, value: XV, kind: Narrowing): XV {
  const w = wideLanesOf(size);
  if (kind === 'cut') return evens(size, value, value);
  const bits = BigInt(8 << size);
  const clamped = o.keep(
    kind === 'SS'
      ? w.minS(o.keep(w.maxS(value, w.constant(-(1n << (bits - 1n))))), w.constant((1n << (bits - 1n)) - 1n))
      : kind === 'SU'
        ? w.minS(o.keep(w.maxS(value, w.constant(0n))), w.constant((1n << bits) - 1n))
        : w.minU(value, w.constant((1n << bits) - 1n)),
  );
  saturatedUnless(o, value, clamped);
  return evens(size, clamped, clamped);
}

/** Writes narrowed lanes: to the lower half and clears the upper; or with Q to the upper, keeping the lower. */
export function writeNarrow(o: Operations, shape: Shape, value: XV): void {
  const low = v128.lane64(value, 0);
  if (shape.q === 1) o.writeLane('d', 3, low, 8);
  else if (shape.q === 0) o.writeVectorLow('d', low);
  else writeScalar(o, 'd', low, shape.size);
}
