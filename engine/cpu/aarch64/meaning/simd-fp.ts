// Meanings of the floating-point Advanced SIMD instructions that compute: arithmetic, comparisons, maxima, estimates (Arm
// ARM DDI 0487, C7.2).
import type { BinaryOperation, LaneOperation } from '../../float/services.ts';
import type { X32, X64, XV } from '../../wasm/expression.ts';
import { i32, v128 } from '../../wasm/expression.ts';
import { f32x4, f64x2, i64x2 } from '../../wasm/vector.ts';
import type { DoubleArithmetic } from './fp-fast.ts';
import { fusedDouble, keepsSubnormals, roundsAlike } from './fp-fast.ts';
import type { Condition, Meaning, Operations } from './operations.ts';
import type { FloatVector } from './simd-fp-lanes.ts';
import {
  allFinite,
  allNormal,
  allOrdered,
  areExactFactors,
  areExactSums,
  areShort,
  callLanes,
  noSubnormalLanes,
  floatScalarShape,
  floatVectorShape,
  preferLanes,
  readElement,
  readFloats,
  vectorOf,
} from './simd-fp-lanes.ts';
import type { Shape } from './simd-lanes.ts';
import { evens, odds, repeated, vectorShape, writeScalar, writeShape, ZERO } from './simd-lanes.ts';

/** Writes one operation on two kept vectors. */
type Binary = (o: Operations, shape: Shape, n: XV, m: XV) => void;

const BINARY: Record<string, Binary> = {};

const binary =
  (
    operation: BinaryOperation,
    host: (v: FloatVector, n: XV, m: XV) => XV,
    conditions: (o: Operations, v: FloatVector, value: XV, n: XV, m: XV) => Condition[],
  ): Binary =>
  (o, shape, n, m) => {
    const v = vectorOf(shape);
    const value = o.keep(host(v, n, m));
    preferLanes(o, shape, conditions(o, v, value, n, m), value, operation, [n, m]);
  };

/** As roundsAlike, for finite results; `values`: operands, and a result that may be subnormal. */
const whenExact = (o: Operations, v: FloatVector, value: XV, values: readonly XV[], exact: () => X32): Condition[] => [
  ...roundsAlike(o, () => noSubnormalLanes(v, ...values), exact),
  allFinite(v, value),
];
const whenSum = (o: Operations, v: FloatVector, value: XV, n: XV, m: XV): Condition[] =>
  whenExact(o, v, value, [n, m, value], () => areExactSums(o, v, n, m, value));
const whenDifference = (o: Operations, v: FloatVector, value: XV, n: XV, m: XV): Condition[] =>
  whenExact(o, v, value, [n, m, value], () => areExactSums(o, v, n, o.keep(v.neg(m)), value));
const whenProduct = (o: Operations, v: FloatVector, value: XV, n: XV, m: XV): Condition[] => [
  ...whenExact(o, v, value, [n, m], () => areShort(v, n, m)),
  allNormal(v, value, n, m),
];
const whenQuotient = (o: Operations, v: FloatVector, value: XV, n: XV, m: XV): Condition[] => [
  ...whenExact(o, v, value, [n, m], () => areExactFactors(v, value, m, n)),
  allNormal(v, value, n),
];
const whenOrdered = (o: Operations, v: FloatVector, _: XV, n: XV, m: XV): Condition[] => [
  keepsSubnormals(o, () => noSubnormalLanes(v, n, m)),
  allOrdered(v, n, m),
];

Object.assign(BINARY, {
  FADD: binary('add', (v, n, m) => v.add(n, m), whenSum),
  FSUB: binary('sub', (v, n, m) => v.sub(n, m), whenDifference),
  FABD: binary(
    'absDifference',
    (v, n, m) => v.abs(v.sub(n, m)),
    (o, v, value, n, m) =>
      whenExact(o, v, value, [n, m, value], () => areExactSums(o, v, n, o.keep(v.neg(m)), o.keep(v.sub(n, m)))),
  ),
  FMUL: binary('mul', (v, n, m) => v.mul(n, m), whenProduct),
  FMULX: binary('mulExtended', (v, n, m) => v.mul(n, m), whenProduct),
  FDIV: binary('div', (v, n, m) => v.div(n, m), whenQuotient),
  FMAX: binary('max', (v, n, m) => v.max(n, m), whenOrdered),
  FMIN: binary('min', (v, n, m) => v.min(n, m), whenOrdered),
  FMAXNM: binary('maxNumber', (v, n, m) => v.max(n, m), whenOrdered),
  FMINNM: binary('minNumber', (v, n, m) => v.min(n, m), whenOrdered),
  FCMEQ: binary('equal', (v, n, m) => v.eq(n, m), whenOrdered),
  FCMGE: binary('greaterEqual', (v, n, m) => v.ge(n, m), whenOrdered),
  FCMGT: binary('greater', (v, n, m) => v.gt(n, m), whenOrdered),
  FACGE: binary('absGreaterEqual', (v, n, m) => v.ge(v.abs(n), v.abs(m)), whenOrdered),
  FACGT: binary('absGreater', (v, n, m) => v.gt(v.abs(n), v.abs(m)), whenOrdered),
  FRECPS: (o, shape, n, m) => writeShape(o, shape, 'd', callLanes(o, vectorOf(shape), 'recipStep', [n, m])),
  FRSQRTS: (o, shape, n, m) => writeShape(o, shape, 'd', callLanes(o, vectorOf(shape), 'recipSqrtStep', [n, m])),
} satisfies Record<string, Binary>);

/** Upper half of a vector in both. */
const upper = (value: XV): XV =>
  v128.shuffle(
    value,
    value,
    Array.from({ length: 16 }, (_, i) => 8 + (i & 7)),
  );

/** a + n * m of singles by way of doubles; see fusedSingle of fp.ts. */
function fusedSingles(o: Operations, a: XV, n: XV, m: XV): { value: XV; conditions: Condition[] } {
  const tie = repeated(0x1000_0000n, 64);
  const halves = [
    [a, n, m],
    [upper(a), upper(n), upper(m)],
  ].map((operands) => {
    const [addend, x, y] = operands.map((operand) => f64x2.promoteLow(operand)) as [XV, XV, XV];
    const product = o.keep(f64x2.mul(x, y));
    const kept = o.keep(addend);
    return { product, addend: kept, sum: o.keep(f64x2.add(product, kept)) };
  });
  const sums = halves.map(({ sum }) => sum) as [XV, XV];
  const [low, high] = sums.map((sum) => o.keep(f32x4.demote(sum))) as [XV, XV];
  const exact = (): X32 =>
    halves
      .map(({ product, addend, sum }, i) => {
        const back = f64x2.promoteLow([low, high][i]!);
        const d = vectorOf({ q: 1, size: 3 });
        return i32.and(areExactSums(o, d, product, addend, sum), d.all(d.eq(back, sum)));
      })
      .reduce((x, y) => i32.and(x, y));
  const value = o.keep(
    v128.shuffle(
      low,
      high,
      Array.from({ length: 16 }, (_, i) => (i < 8 ? i : i + 8)),
    ),
  );
  const v = vectorOf({ q: 1, size: 2 });
  const ties = sums
    .map((wide) => i64x2.eq(v128.and(wide, repeated(0x1fff_ffffn, 64)), tie))
    .reduce((x, y) => v128.or(x, y));
  // A lane is tiny if it is below the normal range without being exactly zero.
  const nonzero = sums.map((wide) => f64x2.ne(wide, ZERO)) as [XV, XV];
  const large = v128.or(v.gt(v.abs(value), v.least), v128.not(evens(2, ...nonzero)));
  return {
    value,
    conditions: [
      ...roundsAlike(o, () => noSubnormalLanes(v, a, n, m), exact),
      allFinite(v, value),
      v.all(large),
      i32.eqz(i64x2.bitmask(ties)),
    ],
  };
}

/** Vectors of doubles, with constants. */
const DOUBLES: DoubleArithmetic<XV, XV> = {
  ...vectorOf({ q: 1, size: 3 }),
  const: (value) => repeated(new BigUint64Array(new Float64Array([value]).buffer)[0]!, 64),
};

function fusedDoubles(o: Operations, a: XV, n: XV, m: XV): { value: XV; conditions: Condition[] } {
  const v = vectorOf({ q: 1, size: 3 });
  const fused = fusedDouble(o, DOUBLES, a, n, m);
  const { value, sum, error } = fused;
  // As of scalars: a product that is zero because a factor is leaves the addend as it is, but for negative zeros.
  const nothing = v128.and(v128.or(v.eq(n, ZERO), v.eq(m, ZERO)), i64x2.ne(sum, v.sign));
  const inRange = [fused.certain, v128.or(fused.largeProduct, nothing), fused.smallTerms, fused.smallFactors];
  const exact = (): X32 => v.all(v.eq(error, ZERO));
  return {
    value,
    conditions: [
      ...roundsAlike(o, () => noSubnormalLanes(v, a, n, m, value), exact),
      v.all(inRange.reduce((x, y) => v128.and(x, y))),
    ],
  };
}

for (const [name, negate] of [
  ['FMLA', false],
  ['FMLS', true],
] as const)
  BINARY[name] = (o, shape, n, m) => {
    const v = vectorOf(shape);
    const a = readFloats(o, shape, 'd');
    const factor = negate ? o.keep(v128.xor(n, v.sign)) : n;
    const { value, conditions } = (v.bits === 32 ? fusedSingles : fusedDoubles)(o, a, factor, m);
    preferLanes(o, shape, conditions, value, 'mulAdd', [a, factor, m]);
  };

const fp: Record<string, Meaning> = {};

for (const [name, operation] of Object.entries(BINARY)) {
  for (const [form, shapeOf] of [
    ['vector', floatVectorShape],
    ['scalar', floatScalarShape],
  ] as const)
    fp[`${name} (${form})`] = (o, s) => {
      const shape = shapeOf(s);
      operation(o, shape, readFloats(o, shape, 'n'), readFloats(o, shape, 'm'));
    };
  for (const [letter, size] of [
    ['S', 2],
    ['D', 3],
  ] as const) {
    fp[`${name} (element ${letter})`] = (o, s) => {
      const shape = vectorShape(s, size);
      operation(o, shape, readFloats(o, shape, 'n'), readElement(o, shape, 'm'));
    };
    fp[`${name} (scalar element ${letter})`] = (o) => {
      const shape: Shape = { q: 'scalar', size };
      operation(o, shape, readFloats(o, shape, 'n'), readElement(o, shape, 'm'));
    };
  }
}

const LOW_HALVES = Array.from({ length: 16 }, (_, i) => (i < 8 ? i : i + 8));

for (const [name, operation] of [
  ['FADD', 'add'],
  ['FMAX', 'max'],
  ['FMIN', 'min'],
  ['FMAXNM', 'maxNumber'],
  ['FMINNM', 'minNumber'],
] as const) {
  fp[`${name}P (vector)`] = (o, s) => {
    const shape = floatVectorShape(s);
    let n = o.readVector('n');
    let m = o.readVector('m');
    if (shape.q === 0) n = m = o.keep(v128.shuffle(n, m, LOW_HALVES));
    const pairs = [o.keep(evens(shape.size, n, m)), o.keep(odds(shape.size, n, m))] as const;
    BINARY[name]!(o, shape, ...pairs);
  };
  fp[`${name}P (scalar)`] = (o, s) => {
    const shape = floatScalarShape(s);
    const n = o.readVector('n');
    const pair = shape.size === 2 ? o.keep(v128.splat64(v128.lane64(n, 0))) : n;
    BINARY[name]!(o, shape, o.keep(evens(shape.size, pair, pair)), o.keep(odds(shape.size, pair, pair)));
  };
  if (operation !== 'add')
    fp[`${name}V`] = (o) => {
      const call = (a: X64, b: X64): X64 => o.callFloat(`${operation}32`, a, b) as X64;
      const element = (i: number): X64 => o.readLane('n', 2, 4 * i);
      writeScalar(o, 'd', call(call(element(0), element(1)), call(element(2), element(3))), 2);
    };
}

/** Comparisons with zero; the last two the other way round. */
for (const [name, operation, host, swapped] of [
  ['FCMEQ', 'equal', 'eq', false],
  ['FCMGE', 'greaterEqual', 'ge', false],
  ['FCMGT', 'greater', 'gt', false],
  ['FCMLE', 'greaterEqual', 'ge', true],
  ['FCMLT', 'greater', 'gt', true],
] as const)
  for (const [form, shapeOf] of [
    ['vector', floatVectorShape],
    ['scalar', floatScalarShape],
  ] as const)
    fp[`${name} (${form}, zero)`] = (o, s) => {
      const shape = shapeOf(s);
      const n = readFloats(o, shape, 'n');
      const [a, b] = swapped ? [ZERO, n] : [n, ZERO];
      binary(operation, (v) => v[host](a, b), whenOrdered)(o, shape, a, b);
    };

fp['FABS (vector)'] = (o, s) => {
  const { sign } = vectorOf(floatVectorShape(s));
  o.writeVectorSized('d', s.Q!, v128.andnot(o.readVector('n'), sign));
};
fp['FNEG (vector)'] = (o, s) => {
  const { sign } = vectorOf(floatVectorShape(s));
  o.writeVectorSized('d', s.Q!, v128.xor(o.readVector('n'), sign));
};
fp['FSQRT (vector)'] = (o, s) => {
  const shape = floatVectorShape(s);
  const v = vectorOf(shape);
  const n = readFloats(o, shape, 'n');
  const value = o.keep(v.sqrt(n));
  const conditions = whenExact(o, v, value, [n], () => areExactFactors(v, value, value, n));
  preferLanes(o, shape, conditions, value, 'sqrt', [n]);
};

for (const [name, operation] of [
  ['FRECPE', 'recipEstimate'],
  ['FRSQRTE', 'recipSqrtEstimate'],
  ['FRECPX', 'recipExponent'],
] as const satisfies readonly (readonly [string, LaneOperation])[]) {
  const scalar: Meaning = (o, s) => {
    const bits = s.sz === 1 ? 64 : 32;
    const value = s.sz === 1 ? o.readVectorLow('n') : o.readLane('n', 2);
    o.writeVectorLow('d', o.callFloat(`${operation}${bits}`, value) as X64);
  };
  fp[`${name} (scalar)`] = scalar;
  if (name === 'FRECPX') fp[name] = scalar;
  fp[`${name} (vector)`] = (o, s) => {
    const shape = floatVectorShape(s);
    writeShape(o, shape, 'd', callLanes(o, vectorOf(shape), operation, [readFloats(o, shape, 'n')]));
  };
}

export const SIMD_FP_MEANINGS: Readonly<Record<string, Meaning>> = fp;
