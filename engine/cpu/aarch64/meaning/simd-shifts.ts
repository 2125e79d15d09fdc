// Meanings of the integer Advanced SIMD shifts by an immediate (Arm ARM DDI 0487, C7.2).
import type { In32, X32, XV } from '../../wasm/expression.ts';
import { i32, v128 } from '../../wasm/expression.ts';
import { anyTrue } from '../../wasm/vector.ts';
import { SHIFT_SIZES } from '../table/simd-shifts.ts';
import type { Meaning, Operations } from './operations.ts';
import type { Lanes, Narrowing, Shape } from './simd-lanes.ts';
import {
  lanesOf,
  largestS,
  narrowLanes,
  ones,
  readShape,
  saturatedIf,
  scalarShape,
  vectorShape,
  wideLanesOf,
  writeNarrow,
  writeShape,
} from './simd-lanes.ts';

/** To the right by 1 up to the width, in two steps since WebAssembly takes amounts modulo the width. */
function shiftRight(o: Operations, l: Lanes, value: XV, amount: X32, signed: boolean, rounded: boolean): XV {
  const down: (a: XV, by: In32) => XV = signed ? l.shrS : l.shrU;
  const most = o.keep(down(value, i32.sub(amount, 1)));
  const result = down(most, 1);
  return rounded ? l.add(result, v128.and(most, l.constant(1n))) : result;
}

/** To the left, with saturation from a signed or unsigned number to one. */
function shiftLeftSaturating(o: Operations, l: Lanes, n: XV, amount: X32, from: 'S' | 'U', to: 'S' | 'U'): XV {
  const up = o.keep(l.shl(n, amount));
  const back = (to === 'S' ? l.shrS : l.shrU)(up, amount);
  const sign = o.keep(l.shrS(n, l.bits - 1));
  const changed = v128.not(l.eq(back, n));
  const negative = from === 'S' && to === 'U';
  const lost = o.keep(negative ? v128.or(changed, sign) : changed);
  saturatedIf(o, anyTrue(lost));
  const limit = to === 'S' ? v128.xor(sign, largestS(l)) : negative ? v128.not(sign) : ones(l);
  return v128.bitselect(limit, up, lost);
}

type Shift = (o: Operations, l: Lanes, n: XV, amount: X32, d: () => XV) => XV;

const SHIFTS: Record<string, Shift> = {
  SHL: (_, l, n, amount) => l.shl(n, amount),
  SLI: (_, l, n, amount, d) => v128.bitselect(l.shl(n, amount), d(), l.shl(ones(l), amount)),
  SRI: (o, l, n, amount, d) =>
    v128.bitselect(shiftRight(o, l, n, amount, false, false), d(), shiftRight(o, l, ones(l), amount, false, false)),
  SQSHL: (o, l, n, amount) => shiftLeftSaturating(o, l, n, amount, 'S', 'S'),
  UQSHL: (o, l, n, amount) => shiftLeftSaturating(o, l, n, amount, 'U', 'U'),
  SQSHLU: (o, l, n, amount) => shiftLeftSaturating(o, l, n, amount, 'S', 'U'),
};
for (const [letter, signed] of [
  ['S', true],
  ['U', false],
] as const)
  for (const [round, rounded] of [
    ['', false],
    ['R', true],
  ] as const) {
    SHIFTS[`${letter}${round}SHR`] = (o, l, n, amount) => shiftRight(o, l, n, amount, signed, rounded);
    SHIFTS[`${letter}${round}SRA`] = (o, l, n, amount, d) => l.add(d(), shiftRight(o, l, n, amount, signed, rounded));
  }

/** Name, whether the shift is signed, whether it rounds, how the result is narrowed. */
const NARROWING: readonly (readonly [string, boolean, boolean, Narrowing])[] = [
  ['SHRN', false, false, 'cut'],
  ['RSHRN', false, true, 'cut'],
  ['SQSHRN', true, false, 'SS'],
  ['SQRSHRN', true, true, 'SS'],
  ['SQSHRUN', true, false, 'SU'],
  ['SQRSHRUN', true, true, 'SU'],
  ['UQSHRN', false, false, 'UU'],
  ['UQRSHRN', false, true, 'UU'],
];

const shifts: Record<string, Meaning> = {};

for (const { letter, size } of SHIFT_SIZES) {
  const forms = [
    [`vector, immediate ${letter.toUpperCase()}`, vectorShape],
    [`scalar, immediate ${letter.toUpperCase()}`, scalarShape],
  ] as const;
  for (const [form, shapeOf] of forms) {
    for (const [name, shift] of Object.entries(SHIFTS))
      shifts[`${name} (${form})`] = (o, s) => {
        const shape = shapeOf(s, size);
        const n = readShape(o, shape, 'n');
        const amount = o.keep(o.immediate32('shift'));
        writeShape(
          o,
          shape,
          'd',
          shift(o, lanesOf(size), n, amount, () => readShape(o, shape, 'd')),
        );
      };
    if (size === 3) continue;
    for (const [name, signed, rounded, narrowing] of NARROWING)
      shifts[`${name} (${form})`] = (o, s) => {
        const shape = shapeOf(s, size);
        // All of the wide register, or its lowest element.
        const wide: Shape = shape.q === 'scalar' ? { q: 'scalar', size: size + 1 } : { q: 1, size: size + 1 };
        const amount = o.keep(o.immediate32('shift'));
        const n = readShape(o, wide, 'n');
        const shifted = o.keep(shiftRight(o, wideLanesOf(size), n, amount, signed, rounded));
        writeNarrow(o, shape, narrowLanes(o, size, shifted, narrowing));
      };
  }
  if (size === 3) continue;
  const w = wideLanesOf(size);
  for (const [name, low, high] of [
    ['SSHLL', w.extendLowS, w.extendHighS],
    ['USHLL', w.extendLowU, w.extendHighU],
  ] as const)
    shifts[`${name} (vector, immediate ${letter.toUpperCase()})`] = (o, s) => {
      const extended = (s.Q === 1 ? high : low)(o.readVector('n'));
      o.writeVector('d', w.shl(extended, o.immediate32('shift')));
    };
}

export const SIMD_SHIFT_MEANINGS: Readonly<Record<string, Meaning>> = shifts;
