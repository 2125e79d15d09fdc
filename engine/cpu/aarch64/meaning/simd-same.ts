// Meanings of the integer Advanced SIMD instructions on three registers of one type, and of those with an element as the
// third operand that are no wider than it (Arm ARM DDI 0487, C7.2).
import type { XV } from '../../wasm/expression.ts';
import { v128 } from '../../wasm/expression.ts';
import { anyTrue, i8x16 } from '../../wasm/vector.ts';
import type { Meaning, Operations } from './operations.ts';
import type { Lanes, Shape } from './simd-lanes.ts';
import {
  addSaturatingS,
  addSaturatingU,
  evens,
  lanesOf,
  leastS,
  odds,
  readShape,
  saturatedIf,
  saturatedUnless,
  scalarShape,
  subSaturatingS,
  subSaturatingU,
  vectorShape,
  wideLanesOf,
  writeShape,
  ZERO,
} from './simd-lanes.ts';
import { shiftByRegister } from './simd-variable-shifts.ts';

/** Lane by lane from kept operands; `d` reads the destination. */
type Operation = (o: Operations, l: Lanes, n: XV, m: XV, d: () => XV) => XV;

/** Pairs of bits that differ, halved: what SHADD and its kin add to the bits that agree. */
const halfOfDifferent = (l: Lanes, signed: boolean, n: XV, m: XV): XV => (signed ? l.shrS : l.shrU)(v128.xor(n, m), 1);

/** |n - m| as an unsigned number. */
export const distance = (l: Lanes, signed: boolean, n: XV, m: XV): XV =>
  signed ? l.sub(l.maxS(n, m), l.minS(n, m)) : l.sub(l.maxU(n, m), l.minU(n, m));

function polynomialProduct(o: Operations, n: XV, m: XV): XV {
  let sum: XV = ZERO;
  for (let bit = 0; bit < 8; bit++) {
    const chosen = i8x16.ne(v128.and(m, lanesOf(0).constant(1n << BigInt(bit))), ZERO);
    sum = o.keep(v128.xor(sum, v128.and(i8x16.shl(n, bit), chosen)));
  }
  return sum;
}

/** Upper half of the doubled product, saturated: only the square of the least number is too large. */
export function doubledHigh(o: Operations, l: Lanes, n: XV, m: XV, rounded: boolean): XV {
  const least = leastS(l);
  const over = o.keep(v128.and(l.eq(n, least), l.eq(m, least)));
  saturatedIf(o, anyTrue(over));
  const w = wideLanesOf(l.size);
  const half = w.constant(1n << BigInt(l.bits - 2));
  const high = (product: XV): XV => w.shrS(rounded ? w.add(product, half) : product, l.bits - 1);
  const result = evens(l.size, high(w.extmulLowS(n, m)), high(w.extmulHighS(n, m)));
  // Of the one product that is too large the least number comes out: its inversion is the largest.
  return v128.xor(result, over);
}

/** SQRDMLAH and SQRDMLSH: the accumulator in the upper half, plus or minus the doubled product, rounded, saturated. */
function doubledAccumulate(o: Operations, l: Lanes, n: XV, m: XV, d: XV, subtract: boolean): XV {
  const w = wideLanesOf(l.size);
  const half = w.constant(1n << BigInt(l.bits - 2));
  const part = (product: XV, addend: XV): XV => {
    const base = w.add(w.shl(addend, l.bits - 1), half);
    const sum = o.keep(w.shrS(subtract ? w.sub(base, product) : w.add(base, product), l.bits - 1));
    const limit = 1n << BigInt(l.bits - 1);
    const clamped = o.keep(w.minS(o.keep(w.maxS(sum, w.constant(-limit))), w.constant(limit - 1n)));
    saturatedUnless(o, sum, clamped);
    return clamped;
  };
  return evens(l.size, part(w.extmulLowS(n, m), w.extendLowS(d)), part(w.extmulHighS(n, m), w.extendHighS(d)));
}

const OPERATIONS: Record<string, Operation> = {
  ADD: (_, l, n, m) => l.add(n, m),
  SUB: (_, l, n, m) => l.sub(n, m),
  MUL: (_, l, n, m) => l.mul(n, m),
  MLA: (_, l, n, m, d) => l.add(d(), l.mul(n, m)),
  MLS: (_, l, n, m, d) => l.sub(d(), l.mul(n, m)),
  PMUL: (o, _, n, m) => polynomialProduct(o, n, m),
  CMEQ: (_, l, n, m) => l.eq(n, m),
  CMGE: (_, l, n, m) => l.geS(n, m),
  CMGT: (_, l, n, m) => l.gtS(n, m),
  CMHI: (_, l, n, m) => l.gtU(n, m),
  CMHS: (_, l, n, m) => l.geU(n, m),
  CMTST: (_, l, n, m) => v128.not(l.eq(v128.and(n, m), ZERO)),
  SQADD: addSaturatingS,
  UQADD: addSaturatingU,
  SQSUB: subSaturatingS,
  UQSUB: subSaturatingU,
  SQDMULH: (o, l, n, m) => doubledHigh(o, l, n, m, false),
  SQRDMULH: (o, l, n, m) => doubledHigh(o, l, n, m, true),
  SQRDMLAH: (o, l, n, m, d) => doubledAccumulate(o, l, n, m, d(), false),
  SQRDMLSH: (o, l, n, m, d) => doubledAccumulate(o, l, n, m, d(), true),
};
for (const signed of [true, false]) {
  const letter = signed ? 'S' : 'U';
  const max = (l: Lanes, n: XV, m: XV): XV => (signed ? l.maxS : l.maxU)(n, m);
  const min = (l: Lanes, n: XV, m: XV): XV => (signed ? l.minS : l.minU)(n, m);
  Object.assign(OPERATIONS, {
    [`${letter}MAX`]: (_, l, n, m) => max(l, n, m),
    [`${letter}MIN`]: (_, l, n, m) => min(l, n, m),
    [`${letter}ABD`]: (_, l, n, m) => distance(l, signed, n, m),
    [`${letter}ABA`]: (_, l, n, m, d) => l.add(d(), distance(l, signed, n, m)),
    [`${letter}HADD`]: (_, l, n, m) => l.add(v128.and(n, m), halfOfDifferent(l, signed, n, m)),
    [`${letter}RHADD`]: (_, l, n, m) => l.sub(v128.or(n, m), halfOfDifferent(l, signed, n, m)),
    [`${letter}HSUB`]: (_, l, n, m) => l.sub(halfOfDifferent(l, signed, n, m), v128.andnot(m, n)),
    [`${letter}SHL`]: (o, l, n, m) => shiftByRegister(o, l, n, m, { signed, rounded: false, saturating: false }),
    [`${letter}RSHL`]: (o, l, n, m) => shiftByRegister(o, l, n, m, { signed, rounded: true, saturating: false }),
    [`${letter}QSHL`]: (o, l, n, m) => shiftByRegister(o, l, n, m, { signed, rounded: false, saturating: true }),
    [`${letter}QRSHL`]: (o, l, n, m) => shiftByRegister(o, l, n, m, { signed, rounded: true, saturating: true }),
  } satisfies Record<string, Operation>);
}

const same: Record<string, Meaning> = {};

function operate(o: Operations, shape: Shape, operation: Operation, m: XV): void {
  const l = lanesOf(shape.size);
  const n = readShape(o, shape, 'n');
  writeShape(
    o,
    shape,
    'd',
    operation(o, l, n, m, () => readShape(o, shape, 'd')),
  );
}

for (const [name, operation] of Object.entries(OPERATIONS)) {
  same[`${name} (vector)`] = (o, s) => operate(o, vectorShape(s), operation, readShape(o, vectorShape(s), 'm'));
  same[`${name} (scalar)`] = (o, s) => operate(o, scalarShape(s), operation, readShape(o, scalarShape(s), 'm'));
  for (const [letter, size] of [
    ['H', 1],
    ['S', 2],
  ] as const) {
    // Elements of a shape's reach only: others would saturate where there is nothing.
    const element = (o: Operations): XV => o.keep(lanesOf(size).splat(o.readLane('m', size)));
    same[`${name} (element ${letter})`] = (o, s) => operate(o, vectorShape(s, size), operation, element(o));
    same[`${name} (scalar element ${letter})`] = (o, s) => operate(o, scalarShape(s, size), operation, element(o));
  }
}

/** Elements of n, then of m, taken in pairs. */
function pairwise(o: Operations, shape: Shape, combine: (l: Lanes, a: XV, b: XV) => XV): void {
  const { size } = shape;
  let n = readShape(o, shape, 'n');
  let m = readShape(o, shape, 'm');
  if (shape.q === 0) n = m = o.keep(v128.shuffle(n, m, LOW_HALVES));
  const first = o.keep(evens(size, n, m));
  const second = o.keep(odds(size, n, m));
  writeShape(o, shape, 'd', combine(lanesOf(size), first, second));
}
const LOW_HALVES = Array.from({ length: 16 }, (_, i) => (i < 8 ? i : i + 8));

const PAIRWISE: Record<string, (l: Lanes, a: XV, b: XV) => XV> = {
  ADDP: (l, a, b) => l.add(a, b),
  SMAXP: (l, a, b) => l.maxS(a, b),
  SMINP: (l, a, b) => l.minS(a, b),
  UMAXP: (l, a, b) => l.maxU(a, b),
  UMINP: (l, a, b) => l.minU(a, b),
};
for (const [name, combine] of Object.entries(PAIRWISE))
  same[`${name} (vector)`] = (o, s) => pairwise(o, vectorShape(s), combine);

export const SIMD_SAME_MEANINGS: Readonly<Record<string, Meaning>> = same;
