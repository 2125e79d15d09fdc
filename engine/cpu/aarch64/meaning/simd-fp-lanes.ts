// What the floating-point Advanced SIMD meanings share: host vectors of one precision, operands, and the conditions under
// which host arithmetic is the guest's in every lane (see fp-fast.ts).
import type { FloatService, LaneOperation } from '../../float/services.ts';
import { vectorName } from '../../float/services.ts';
import type { Expression, X32, XV } from '../../wasm/expression.ts';
import { i32, v128 } from '../../wasm/expression.ts';
import { anyTrue, f32x4, f64x2, i32x4, i64x2 } from '../../wasm/vector.ts';
import type { Condition, Operations, Statics } from './operations.ts';
import type { Shape } from './simd-lanes.ts';
import { lanesOf, repeated, vectorShape, writeShape, ZERO } from './simd-lanes.ts';

type HostVector = Omit<typeof f64x2, 'splat' | 'lane' | 'promoteLow'>;

/** Vectors of singles or of doubles. */
export interface FloatVector extends HostVector {
  readonly bits: 32 | 64;
  readonly sign: XV;
  readonly infinity: XV;
  readonly least: XV;
  /** 1 if all lanes of a mask are set. */
  readonly all: (mask: XV) => X32;
}

const SINGLES: FloatVector = {
  ...f32x4,
  bits: 32,
  sign: repeated(1n << 31n, 32),
  infinity: repeated(0x7f80_0000n, 32),
  least: repeated(0x0080_0000n, 32),
  all: i32x4.allTrue,
};
const DOUBLES: FloatVector = {
  ...f64x2,
  bits: 64,
  sign: repeated(1n << 63n, 64),
  infinity: repeated(0x7ffn << 52n, 64),
  least: repeated(1n << 52n, 64),
  all: i64x2.allTrue,
};

export const vectorOf = (shape: Shape): FloatVector => (shape.size === 3 ? DOUBLES : SINGLES);

/** Shapes of the instructions with `sz`. */
export const floatVectorShape = (s: Statics): Shape => vectorShape(s, 2 + s.sz!);
export const floatScalarShape = (s: Statics): Shape => ({ q: 'scalar', size: 2 + s.sz! });

/** A register operand; what is beyond the shape repeats what is in it, so that it changes neither result nor flags. */
export function readFloats(o: Operations, shape: Shape, operand: string): XV {
  if (shape.q === 1) return o.readVector(operand);
  if (shape.q === 0) return o.keep(v128.splat64(o.readVectorLow(operand)));
  return readElement(o, shape, operand);
}

/** One element in all lanes. */
export const readElement = (o: Operations, shape: Shape, operand: string): XV =>
  o.keep(lanesOf(shape.size).splat(o.readLane(operand, shape.size)));

/** The exact answer, lane by lane. */
export const callLanes = (
  o: Operations,
  v: FloatVector,
  operation: LaneOperation,
  operands: readonly Expression[],
): XV => o.callFloat(vectorName(operation, v.bits) satisfies FloatService, ...operands) as XV;

/** Writes the host's result if the conditions hold in all lanes, else the exact answer. */
export function preferLanes(
  o: Operations,
  shape: Shape,
  conditions: readonly Condition[],
  value: XV,
  operation: LaneOperation,
  operands: readonly Expression[],
): void {
  o.prefer(
    conditions,
    () => writeShape(o, shape, 'd', value),
    () => writeShape(o, shape, 'd', callLanes(o, vectorOf(shape), operation, operands)),
  );
}

export const allFinite = (v: FloatVector, value: XV): X32 => v.all(v.lt(v.abs(value), v.infinity));
export const allOrdered = (v: FloatVector, ...values: XV[]): X32 =>
  v.all(values.map((value) => v.eq(value, value)).reduce((a, b) => v128.and(a, b)));
/** No lane was rounded from below the normal range: large enough, or zero because an operand is. */
export const allNormal = (v: FloatVector, value: XV, ...factors: XV[]): X32 =>
  v.all(factors.map((factor) => v.eq(factor, ZERO)).reduce((a, b) => v128.or(a, b), v.gt(v.abs(value), v.least)));

/** None of the lanes is subnormal. */
export const noSubnormalLanes = (v: FloatVector, ...values: readonly XV[]): X32 =>
  v.all(
    values.map((value) => v128.or(v.ge(v.abs(value), v.least), v.eq(value, ZERO))).reduce((a, b) => v128.and(a, b)),
  );

/** The rounded sums of kept vectors are the sums; see fp-fast.ts for this and what follows. */
export function areExactSums(o: Operations, v: FloatVector, a: XV, b: XV, sum: XV): X32 {
  const part = o.keep(v.sub(sum, a));
  return v.all(v.eq(v.add(v.sub(a, v.sub(sum, part)), v.sub(b, part)), ZERO));
}
/** Half of the fraction is zero in all lanes of both. */
export function areShort(v: FloatVector, a: XV, b: XV): X32 {
  const rest = repeated(v.bits === 64 ? 0x7ff_ffffn : 0xfffn, v.bits);
  return i32.eqz(anyTrue(v128.and(v128.or(a, b), rest)));
}
export function areExactFactors(v: FloatVector, a: XV, b: XV, whole: XV): X32 {
  const large = v.gt(v.abs(whole), v.bits === 64 ? repeated(123n << 52n, 64) : repeated(63n << 23n, 32));
  return i32.and(areShort(v, a, b), v.all(v128.and(large, v.eq(v.mul(a, b), whole))));
}
