// Meanings of the integer Advanced SIMD instructions whose operands differ in width (Arm ARM DDI 0487, C7.2).
import type { XV } from '../../wasm/expression.ts';
import { v128 } from '../../wasm/expression.ts';
import type { Meaning, Operations } from './operations.ts';
import type { Shape, WideLanes } from './simd-lanes.ts';
import {
  addSaturatingS,
  lanesOf,
  narrowLanes,
  odds,
  readShape,
  scalarShape,
  subSaturatingS,
  vectorShape,
  wideLanesOf,
  writeNarrow,
  writeScalar,
  ZERO,
} from './simd-lanes.ts';
import { distance } from './simd-same.ts';

/** One instruction's wide lanes, and how they come from the half of a register that Q chooses. */
class Widening {
  readonly shape: Shape;
  readonly w: WideLanes;
  private readonly high: boolean;

  constructor(shape: Shape) {
    this.shape = shape;
    this.w = wideLanesOf(shape.size);
    this.high = shape.q === 1;
  }

  extend(value: XV, signed: boolean): XV {
    const { w, high } = this;
    if (signed) return (high ? w.extendHighS : w.extendLowS)(value);
    return (high ? w.extendHighU : w.extendLowU)(value);
  }
  product(n: XV, m: XV, signed: boolean): XV {
    const { w, high } = this;
    if (signed) return (high ? w.extmulHighS : w.extmulLowS)(n, m);
    return (high ? w.extmulHighU : w.extmulLowU)(n, m);
  }

  /** A narrow operand: the whole register, for Q to choose from; or one element. */
  narrow(o: Operations, operand: string): XV {
    return this.shape.q === 'scalar' ? readShape(o, this.shape, operand) : o.readVector(operand);
  }
  wide(o: Operations, operand: string): XV {
    return this.shape.q === 'scalar'
      ? readShape(o, { q: 'scalar', size: this.shape.size + 1 }, operand)
      : o.readVector(operand);
  }
  write(o: Operations, value: XV): void {
    if (this.shape.q === 'scalar') writeScalar(o, 'd', v128.lane64(value, 0), this.shape.size + 1);
    else o.writeVector('d', value);
  }
}

/** Wide result from narrow operands, both kept. */
type Long = (o: Operations, x: Widening, n: XV, m: XV) => XV;

/** The product doubled, with saturation. */
function doubled(o: Operations, x: Widening, n: XV, m: XV): XV {
  const product = o.keep(x.product(n, m, true));
  return addSaturatingS(o, x.w, product, product);
}

/** Products of 8-bit polynomials, 15 bits each. */
function polynomialProduct(o: Operations, x: Widening, n: XV, m: XV): XV {
  const { w } = x;
  const a = o.keep(x.extend(n, false));
  const b = o.keep(x.extend(m, false));
  let sum: XV = ZERO;
  for (let bit = 0; bit < 8; bit++) {
    const chosen = v128.not(w.eq(v128.and(b, w.constant(1n << BigInt(bit))), ZERO));
    sum = o.keep(v128.xor(sum, v128.and(w.shl(a, bit), chosen)));
  }
  return sum;
}

const LONG: Record<string, Long> = {
  PMULL: polynomialProduct,
  SQDMULL: doubled,
  SQDMLAL: (o, x, n, m) => addSaturatingS(o, x.w, x.wide(o, 'd'), doubled(o, x, n, m)),
  SQDMLSL: (o, x, n, m) => subSaturatingS(o, x.w, x.wide(o, 'd'), doubled(o, x, n, m)),
};
/** Wide first operand. */
const WIDE: Record<string, (x: Widening, n: XV, m: XV) => XV> = {};
for (const [letter, signed] of [
  ['S', true],
  ['U', false],
] as const) {
  const far = (o: Operations, x: Widening, n: XV, m: XV): XV =>
    x.extend(o.keep(distance(lanesOf(x.shape.size), signed, n, m)), false);
  Object.assign(LONG, {
    [`${letter}ADDL`]: (_, x, n, m) => x.w.add(x.extend(n, signed), x.extend(m, signed)),
    [`${letter}SUBL`]: (_, x, n, m) => x.w.sub(x.extend(n, signed), x.extend(m, signed)),
    [`${letter}ABDL`]: far,
    [`${letter}ABAL`]: (o, x, n, m) => x.w.add(x.wide(o, 'd'), far(o, x, n, m)),
    [`${letter}MULL`]: (_, x, n, m) => x.product(n, m, signed),
    [`${letter}MLAL`]: (o, x, n, m) => x.w.add(x.wide(o, 'd'), x.product(n, m, signed)),
    [`${letter}MLSL`]: (o, x, n, m) => x.w.sub(x.wide(o, 'd'), x.product(n, m, signed)),
  } satisfies Record<string, Long>);
  WIDE[`${letter}ADDW`] = (x, n, m) => x.w.add(n, x.extend(m, signed));
  WIDE[`${letter}SUBW`] = (x, n, m) => x.w.sub(n, x.extend(m, signed));
}

const different: Record<string, Meaning> = {};

for (const [name, operation] of Object.entries(LONG)) {
  const define = (title: string, shapeOf: typeof vectorShape | typeof scalarShape, size?: number): void => {
    different[`${name} (${title})`] = (o, s) => {
      const x = new Widening(shapeOf(s, size));
      const m = size === undefined ? x.narrow(o, 'm') : o.keep(lanesOf(size).splat(o.readLane('m', size)));
      x.write(o, operation(o, x, x.narrow(o, 'n'), m));
    };
  };
  define('vector', vectorShape);
  define('scalar', scalarShape);
  for (const [letter, size] of [
    ['H', 1],
    ['S', 2],
  ] as const) {
    define(`element ${letter}`, vectorShape, size);
    define(`scalar element ${letter}`, scalarShape, size);
  }
}
for (const [name, operation] of Object.entries(WIDE))
  different[`${name} (vector)`] = (o, s) => {
    const x = new Widening(vectorShape(s));
    x.write(o, operation(x, o.readVector('n'), o.readVector('m')));
  };

/** Upper halves of sums and differences. */
for (const [name, subtract, rounded] of [
  ['ADDHN', false, false],
  ['SUBHN', true, false],
  ['RADDHN', false, true],
  ['RSUBHN', true, true],
] as const)
  different[`${name} (vector)`] = (o, s) => {
    const shape = vectorShape(s);
    const w = wideLanesOf(shape.size);
    const sum = (subtract ? w.sub : w.add)(o.readVector('n'), o.readVector('m'));
    const total = o.keep(rounded ? w.add(sum, w.constant(1n << BigInt(w.bits / 2 - 1))) : sum);
    writeNarrow(o, shape, odds(shape.size, total, total));
  };

for (const [name, narrowing] of [
  ['XTN', 'cut'],
  ['SQXTN', 'SS'],
  ['SQXTUN', 'SU'],
  ['UQXTN', 'UU'],
] as const)
  for (const [form, shapeOf] of [
    ['vector', vectorShape],
    ['scalar', scalarShape],
  ] as const)
    different[`${name} (${form})`] = (o, s) => {
      const x = new Widening(shapeOf(s));
      writeNarrow(o, x.shape, narrowLanes(o, x.shape.size, x.wide(o, 'n'), narrowing));
    };

different.SHLL = (o, s) => {
  const x = new Widening(vectorShape(s));
  o.writeVector('d', x.w.shl(x.extend(o.readVector('n'), false), x.w.bits / 2));
};

export const SIMD_DIFFERENT_MEANINGS: Readonly<Record<string, Meaning>> = different;
