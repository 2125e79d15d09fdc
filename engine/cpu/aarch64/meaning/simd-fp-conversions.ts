// Meanings of the floating-point Advanced SIMD instructions that convert and round (Arm ARM DDI 0487, C7.2).
import { ROUNDING } from '../../float/format.ts';
import type { In32, X32, X64, XV } from '../../wasm/expression.ts';
import { i32, i64, v128 } from '../../wasm/expression.ts';
import { f64 } from '../../wasm/float.ts';
import { f32x4, f64x2, i32x4, i64x2 } from '../../wasm/vector.ts';
import { keepsSubnormals, mayRound, roundingMode, roundsAlike } from './fp-fast.ts';
import type { Meaning, Operations } from './operations.ts';
import type { FloatVector } from './simd-fp-lanes.ts';
import {
  allFinite,
  allOrdered,
  callLanes,
  floatScalarShape,
  floatVectorShape,
  noSubnormalLanes,
  preferLanes,
  readFloats,
  vectorOf,
} from './simd-fp-lanes.ts';
import type { Shape } from './simd-lanes.ts';
import { repeated, scalarShape, vectorShape, writeShape, ZERO } from './simd-lanes.ts';

const conversions: Record<string, Meaning> = {};

interface VectorRounding {
  readonly suffix: string;
  readonly mode: number;
  /** Nothing where the host cannot. */
  readonly host: ((v: FloatVector, value: XV) => XV) | undefined;
}

const ROUNDINGS: readonly VectorRounding[] = [
  { suffix: 'N', mode: ROUNDING.TIE_EVEN, host: (v, value) => v.nearest(value) },
  { suffix: 'P', mode: ROUNDING.UP, host: (v, value) => v.ceil(value) },
  { suffix: 'M', mode: ROUNDING.DOWN, host: (v, value) => v.floor(value) },
  { suffix: 'Z', mode: ROUNDING.ZERO, host: (v, value) => v.trunc(value) },
  { suffix: 'A', mode: ROUNDING.TIE_AWAY, host: undefined },
];

const bitsOf = (value: number, bits: 32 | 64): bigint =>
  bits === 32
    ? BigInt(new Uint32Array(new Float32Array([value]).buffer)[0]!)
    : new BigUint64Array(new Float64Array([value]).buffer)[0]!;
const constant = (v: FloatVector, value: number): XV => repeated(bitsOf(value, v.bits), v.bits);

/** Lanes of whole numbers in range as integers. */
function truncate(v: FloatVector, value: XV, unsigned: boolean): XV {
  if (v.bits === 32) return (unsigned ? i32x4.truncU : i32x4.truncS)(value);
  const lane = (i: number): X64 => (unsigned ? f64.truncU64 : f64.truncS64)(f64x2.lane(value, i));
  return i64x2.replace(i64x2.splat(lane(0)), 1, lane(1));
}

/** 2 to a power between -64 and 64 in all lanes. */
function power(v: FloatVector, exponent: X32): XV {
  if (v.bits === 32) return i32x4.splat(i32.shl(i32.add(exponent, 127), 23));
  return i64x2.splat(i64.shl(i64.extendU(i32.add(exponent, 1023)), 52));
}

/** Fixed-point numbers, or integers where there are no fraction bits. */
function toIntegers(
  o: Operations,
  shape: Shape,
  { mode, host }: VectorRounding,
  unsigned: boolean,
  fractionBits?: X32,
): void {
  const v = vectorOf(shape);
  const n = readFloats(o, shape, 'n');
  const parameters = [fractionBits ?? i32.const(0), i32.const(mode), i32.const(unsigned ? 1 : 0), i32.const(v.bits)];
  if (!host) return writeShape(o, shape, 'd', callLanes(o, v, 'toInt', [n, ...parameters]));
  const scaled = fractionBits ? o.keep(v.mul(n, power(v, fractionBits))) : n;
  const rounded = o.keep(host(v, scaled));
  const limit = constant(v, 2 ** (v.bits - (unsigned ? 0 : 1)));
  const inRange = unsigned ? v128.and(v.ge(rounded, ZERO), v.lt(rounded, limit)) : v.lt(v.abs(rounded), limit);
  const exact = mayRound(o, v.all(v.eq(rounded, scaled)), () => noSubnormalLanes(v, n));
  preferLanes(o, shape, [v.all(inRange), exact], truncate(v, rounded, unsigned), 'toInt', [n, ...parameters]);
}

function fromIntegers(o: Operations, shape: Shape, unsigned: boolean, fractionBits?: X32): void {
  const v = vectorOf(shape);
  const n = readFloats(o, shape, 'n');
  let value: XV;
  if (v.bits === 32) value = (unsigned ? f32x4.convertU : f32x4.convertS)(n);
  else {
    const lane = (i: number) => (unsigned ? f64.convertU64 : f64.convertS64)(i64x2.lane(n, i));
    value = v128.shuffle(f64x2.splat(lane(0)), f64x2.splat(lane(1)), FIRST_AND_SECOND);
  }
  if (fractionBits) value = v.mul(value, power(v, i32.neg(fractionBits)));
  const parameters = [fractionBits ?? i32.const(0), i32.const(unsigned ? 1 : 0)];
  preferLanes(
    o,
    shape,
    roundsAlike(o, () => i32.const(1)),
    o.keep(value),
    'fromInt',
    [n, ...parameters],
  );
}
const FIRST_AND_SECOND = Array.from({ length: 16 }, (_, i) => (i < 8 ? i : i + 8));

function roundToIntegers(o: Operations, shape: Shape, rounding: VectorRounding): void {
  const v = vectorOf(shape);
  const n = readFloats(o, shape, 'n');
  const parameters = [i32.const(rounding.mode), i32.const(0)];
  if (!rounding.host) return writeShape(o, shape, 'd', callLanes(o, v, 'roundInt', [n, ...parameters]));
  const conditions = [keepsSubnormals(o, () => noSubnormalLanes(v, n)), allOrdered(v, n)];
  preferLanes(o, shape, conditions, o.keep(rounding.host(v, n)), 'roundInt', [n, ...parameters]);
}

for (const rounding of ROUNDINGS) {
  conversions[`FRINT${rounding.suffix} (vector)`] = (o, s) => roundToIntegers(o, floatVectorShape(s), rounding);
  for (const unsigned of [false, true])
    for (const [form, shapeOf] of [
      ['vector', floatVectorShape],
      ['scalar', floatScalarShape],
    ] as const)
      conversions[`FCVT${rounding.suffix}${unsigned ? 'U' : 'S'} (${form})`] = (o, s) =>
        toIntegers(o, shapeOf(s), rounding, unsigned);
}
for (const [name, signalInexact] of [
  ['FRINTX', 1],
  ['FRINTI', 0],
] as const)
  conversions[`${name} (vector)`] = (o, s) => {
    const shape = floatVectorShape(s);
    const v = vectorOf(shape);
    const n = readFloats(o, shape, 'n');
    const parameters = [roundingMode(o), i32.const(signalInexact)];
    const value = o.keep(v.nearest(n));
    const alike = roundsAlike(
      o,
      () => noSubnormalLanes(v, n),
      () => v.all(v.eq(value, n)),
    );
    const conditions = [...alike, allOrdered(v, n)];
    preferLanes(o, shape, conditions, value, 'roundInt', [n, ...parameters]);
  };

const TOWARDS_ZERO = ROUNDINGS.find(({ suffix }) => suffix === 'Z')!;

for (const unsigned of [false, true]) {
  const from = unsigned ? 'UCVTF' : 'SCVTF';
  const to = unsigned ? 'FCVTZU' : 'FCVTZS';
  conversions[`${from} (vector)`] = (o, s) => fromIntegers(o, floatVectorShape(s), unsigned);
  conversions[`${from} (scalar)`] = (o, s) => fromIntegers(o, floatScalarShape(s), unsigned);
  for (const [letter, size] of [
    ['S', 2],
    ['D', 3],
  ] as const)
    for (const [form, shapeOf] of [
      ['vector', vectorShape],
      ['scalar', scalarShape],
    ] as const) {
      const title = `(${form}, fixed-point ${letter})`;
      conversions[`${from} ${title}`] = (o, s) =>
        fromIntegers(o, shapeOf(s, size), unsigned, o.keep(o.immediate32('shift')));
      conversions[`${to} ${title}`] = (o, s) =>
        toIntegers(o, shapeOf(s, size), TOWARDS_ZERO, unsigned, o.keep(o.immediate32('shift')));
    }
}

/** Writes a half vector below and clears the rest, or above and keeps the rest. */
function writeHalf(o: Operations, q: number, value: X64): void {
  if (q === 1) o.writeLane('d', 3, value, 8);
  else o.writeVectorLow('d', value);
}

/** Elements of n from a byte on, each converted, side by side in 64 bits. */
function convertEach(o: Operations, from: 32 | 64, to: 16 | 32, mode: In32): X64 {
  const elements = Array.from({ length: 128 / from }, (_, i) => {
    const element = o.readLane('n', from === 32 ? 2 : 3, (i * from) / 8);
    const service = from === 32 ? 'convert32to16' : to === 16 ? 'convert64to16' : 'convert64to32';
    const converted = o.callFloat(service, element, typeof mode === 'number' ? i32.const(mode) : mode) as X64;
    return i64.shl(converted, i * to);
  });
  return o.keep(elements.reduce((a, b) => i64.or(a, b)));
}

conversions.FCVTN = (o, s) => {
  if (s.sz === 0) return writeHalf(o, s.Q!, convertEach(o, 32, 16, roundingMode(o)));
  const v = vectorOf({ q: 1, size: 2 });
  const n = o.readVector('n');
  // The upper half is zero.
  const value = o.keep(f32x4.demote(n));
  const zeros = f32x4.demote(v128.and(f64x2.eq(n, ZERO), constant(vectorOf({ q: 1, size: 3 }), 1)));
  const tiny = v128.or(v.gt(v.abs(value), v.least), v.ne(zeros, ZERO));
  const exact = (back: XV): X32 => i64x2.allTrue(f64x2.eq(back, n));
  const low = v128.or(tiny, repeated(~0n << 64n, 128));
  o.prefer(
    [
      ...roundsAlike(
        o,
        () => noSubnormalLanes(vectorOf({ q: 1, size: 3 }), n),
        () => exact(f64x2.promoteLow(value)),
      ),
      allFinite(v, value),
      v.all(low),
    ],
    () => writeHalf(o, s.Q!, v128.lane64(value, 0)),
    () => writeHalf(o, s.Q!, convertEach(o, 64, 32, roundingMode(o))),
  );
};
conversions['FCVTXN (vector)'] = (o, s) => writeHalf(o, s.Q!, convertEach(o, 64, 32, ROUNDING.ODD));
conversions['FCVTXN (scalar)'] = (o) =>
  o.writeVectorLow('d', o.callFloat('convert64to32', o.readVectorLow('n'), i32.const(ROUNDING.ODD)) as X64);

conversions.FCVTL = (o, s) => {
  const offset = s.Q === 1 ? 8 : 0;
  const none = i32.const(0);
  const each = (scale: 1 | 2): readonly [X64, X64] => {
    const [first, second] = [0, 1].map((half) => {
      if (scale === 2) return o.callFloat('convert32to64', o.readLane('n', 2, offset + 4 * half), none) as X64;
      const [low, high] = [0, 2].map(
        (byte) => o.callFloat('convert16to32', o.readLane('n', 1, offset + 4 * half + byte), none) as X64,
      );
      return o.keep(i64.or(low!, i64.shl(high!, 32)));
    });
    return [first!, second!];
  };
  const write = ([low, high]: readonly [X64, X64]): void => {
    o.writeVectorLow('d', low);
    o.writeLane('d', 3, high, 8);
  };
  if (s.sz === 0) return write(each(1));
  const n = s.Q === 1 ? o.keep(v128.splat64(o.readLane('n', 3, 8))) : o.readVector('n');
  const value = o.keep(f64x2.promoteLow(n));
  o.prefer(
    [
      keepsSubnormals(o, () => noSubnormalLanes(vectorOf({ q: 1, size: 2 }), n)),
      allOrdered(vectorOf({ q: 1, size: 3 }), value),
    ],
    () => o.writeVector('d', value),
    () => write(each(2)),
  );
};

export const SIMD_FP_CONVERSION_MEANINGS: Readonly<Record<string, Meaning>> = conversions;
