// Meanings of the integer Advanced SIMD instructions on two registers, across lanes and of table lookups (Arm ARM DDI
// 0487, C7.2).
import type { XV } from '../../wasm/expression.ts';
import { i64, v128 } from '../../wasm/expression.ts';
import { anyTrue, i16x8, i32x4, i8x16 } from '../../wasm/vector.ts';
import type { Meaning, Operations } from './operations.ts';
import type { Lanes, Shape } from './simd-lanes.ts';
import {
  lanesOf,
  largestS,
  leastS,
  readShape,
  repeated,
  saturatedIf,
  scalarShape,
  vectorShape,
  wideLanesOf,
  writeScalar,
  writeShape,
  ZERO,
} from './simd-lanes.ts';

type Operation = (o: Operations, l: Lanes, n: XV, d: () => XV) => XV;

/** The least number has no counterpart: it becomes the largest. `result` is kept. */
function withoutLeast(o: Operations, l: Lanes, n: XV, result: XV): XV {
  const least = o.keep(l.eq(n, leastS(l)));
  saturatedIf(o, anyTrue(least));
  return v128.xor(result, least);
}

/** Ones in each lane. */
function populationCount(l: Lanes, value: XV): XV {
  const byBytes = i8x16.popcnt(value);
  if (l.size === 0) return byBytes;
  const byHalfwords = i16x8.pairwiseU(byBytes);
  return l.size === 1 ? byHalfwords : i32x4.pairwiseU(byHalfwords);
}

function leadingZeros(o: Operations, l: Lanes, value: XV): XV {
  // Ones from the highest set bit down; what is left are the leading zeros.
  let smeared = o.keep(value);
  for (let step = 1; step < l.bits; step *= 2) smeared = o.keep(v128.or(smeared, l.shrU(smeared, step)));
  return populationCount(l, v128.not(smeared));
}

const OPERATIONS: Record<string, Operation> = {
  ABS: (_, l, n) => l.abs(n),
  NEG: (_, l, n) => l.neg(n),
  SQABS: (o, l, n) => withoutLeast(o, l, n, l.abs(n)),
  SQNEG: (o, l, n) => withoutLeast(o, l, n, l.neg(n)),
  CNT: (_, l, n) => populationCount(l, n),
  CLZ: (o, l, n) => leadingZeros(o, l, n),
  CLS: (o, l, n) => leadingZeros(o, l, v128.or(l.shl(v128.xor(n, l.shrS(n, 1)), 1), l.constant(1n))),
  // An unsigned number is added to a signed one, which it can only lift over the largest.
  SUQADD: (o, l, n, d) => {
    const signed = d();
    const over = o.keep(l.gtU(n, l.sub(largestS(l), signed)));
    saturatedIf(o, anyTrue(over));
    return v128.bitselect(largestS(l), l.add(signed, n), over);
  },
  // A signed number is added to an unsigned one: upwards or downwards.
  USQADD: (o, l, n, d) => {
    const unsigned = d();
    const negative = o.keep(l.shrS(n, l.bits - 1));
    const sum = o.keep(l.add(unsigned, n));
    const above = v128.andnot(l.gtU(unsigned, sum), negative);
    const below = v128.and(l.gtU(sum, unsigned), negative);
    const lost = o.keep(v128.or(above, below));
    saturatedIf(o, anyTrue(lost));
    return v128.bitselect(v128.not(negative), sum, lost);
  },
  'CMGT zero': (_, l, n) => l.gtS(n, ZERO),
  'CMGE zero': (_, l, n) => l.geS(n, ZERO),
  'CMEQ zero': (_, l, n) => l.eq(n, ZERO),
  'CMLE zero': (_, l, n) => l.geS(ZERO, n),
  'CMLT zero': (_, l, n) => l.gtS(ZERO, n),
};

const misc: Record<string, Meaning> = {};

for (const [key, operation] of Object.entries(OPERATIONS)) {
  const [name, zero] = key.split(' ');
  const title = zero ? ', zero' : '';
  for (const [form, shapeOf] of [
    ['vector', vectorShape],
    ['scalar', scalarShape],
  ] as const)
    misc[`${name} (${form}${title})`] = (o, s) => {
      const shape: Shape = shapeOf(s);
      const n = readShape(o, shape, 'n');
      writeShape(
        o,
        shape,
        'd',
        operation(o, lanesOf(shape.size), n, () => readShape(o, shape, 'd')),
      );
    };
}

/** Elements in reverse order within containers of some bytes. */
for (const [name, container] of [
  ['REV16', 2],
  ['REV32', 4],
  ['REV64', 8],
] as const)
  misc[`${name} (vector)`] = (o, s) => {
    const size = 1 << s.size!;
    const lanes = Array.from({ length: 16 }, (_, i) => {
      const within = i % container;
      return i - within + (container - size - (within - (within % size))) + (within % size);
    });
    const n = o.readVector('n');
    o.writeVectorSized('d', s.Q!, v128.shuffle(n, n, lanes));
  };

misc['RBIT (vector)'] = (o, s) => {
  let value = o.readVector('n');
  for (const [by, mask] of [
    [1, 0x55n],
    [2, 0x33n],
    [4, 0x0fn],
  ] as const) {
    const chosen = repeated(mask, 8);
    value = o.keep(v128.or(v128.and(i8x16.shrU(value, by), chosen), i8x16.shl(v128.and(value, chosen), by)));
  }
  o.writeVectorSized('d', s.Q!, value);
};

for (const [name, signed, accumulate] of [
  ['SADDLP', true, false],
  ['UADDLP', false, false],
  ['SADALP', true, true],
  ['UADALP', false, true],
] as const)
  misc[name] = (o, s) => {
    const w = wideLanesOf(s.size!);
    const sums = (signed ? w.pairwiseS : w.pairwiseU)(o.readVector('n'));
    o.writeVectorSized('d', s.Q!, accumulate ? w.add(o.readVector('d'), sums) : sums);
  };

for (const [name, service] of [
  ['URECPE', 'unsignedRecipEstimate'],
  ['URSQRTE', 'unsignedRecipSqrtEstimate'],
] as const)
  misc[name] = (o, s) => o.writeVectorSized('d', s.Q!, o.callFloat(service, o.readVector('n')) as XV);

/** All lanes into the lowest by halving steps; lanes beyond the shape must not matter. */
function reduce(o: Operations, l: Lanes, value: XV, combine: (a: XV, b: XV) => XV): XV {
  let result = value;
  for (let bytes = 8; bytes >= 1 << l.size; bytes /= 2) {
    const turned = v128.shuffle(
      result,
      result,
      Array.from({ length: 16 }, (_, i) => (i + bytes) % 16),
    );
    result = o.keep(combine(result, turned));
  }
  return result;
}

/** A register with its lower half twice where Q = 0: maxima and minima do not mind. */
function readTwice(o: Operations, q: number, operand: string): XV {
  return q === 1 ? o.readVector(operand) : o.keep(v128.splat64(o.readVectorLow(operand)));
}

misc.ADDV = (o, s) => {
  const l = lanesOf(s.size!);
  writeScalar(o, 'd', v128.lane64(reduce(o, l, readShape(o, vectorShape(s), 'n'), l.add), 0), s.size!);
};
for (const [name, extreme] of [
  ['SMAXV', 'maxS'],
  ['SMINV', 'minS'],
  ['UMAXV', 'maxU'],
  ['UMINV', 'minU'],
] as const)
  misc[name] = (o, s) => {
    const l = lanesOf(s.size!);
    writeScalar(o, 'd', v128.lane64(reduce(o, l, readTwice(o, s.Q!, 'n'), l[extreme]), 0), s.size!);
  };
for (const [name, signed] of [
  ['SADDLV', true],
  ['UADDLV', false],
] as const)
  misc[name] = (o, s) => {
    const w = wideLanesOf(s.size!);
    const sums = (signed ? w.pairwiseS : w.pairwiseU)(readShape(o, vectorShape(s), 'n'));
    writeScalar(o, 'd', v128.lane64(reduce(o, w, o.keep(sums), w.add), 0), s.size! + 1);
  };

misc['ADDP (scalar)'] = (o) => o.writeVectorLow('d', i64.add(o.readVectorLow('n'), o.readLane('n', 3, 8)));

for (const name of ['TBL', 'TBX'])
  for (const count of [1, 2, 3, 4])
    misc[`${name} (${count} registers)`] = (o, s) => {
      const index = o.readVector('m');
      // Beyond a register's sixteen bytes WebAssembly finds zeros.
      let result = i8x16.swizzle(o.readVector('n0'), index);
      for (let i = 1; i < count; i++)
        result = v128.or(result, i8x16.swizzle(o.readVector(`n${i}`), i8x16.sub(index, repeated(BigInt(16 * i), 8))));
      if (name === 'TBX') {
        const beyond = i8x16.gtU(index, repeated(BigInt(16 * count - 1), 8));
        result = v128.bitselect(o.readVector('d'), result, beyond);
      }
      o.writeVectorSized('d', s.Q!, result);
    };

export const SIMD_MISC_MEANINGS: Readonly<Record<string, Meaning>> = misc;
