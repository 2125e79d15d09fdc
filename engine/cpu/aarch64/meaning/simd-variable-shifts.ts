// Shifts by a signed amount of each lane's own: to the left if positive, to the right if negative (Arm ARM DDI 0487, C7.2
// SSHL, SRSHL, SQSHL, SQRSHL and the unsigned ones). WebAssembly shifts all lanes alike, so each bit of the amount is
// a shift that the lane takes part in or not.
import type { XV } from '../../wasm/expression.ts';
import { v128 } from '../../wasm/expression.ts';
import { anyTrue } from '../../wasm/vector.ts';
import type { Operations } from './operations.ts';
import type { Lanes } from './simd-lanes.ts';
import { largestS, ones, saturatedIf, ZERO } from './simd-lanes.ts';

export interface ShiftKind {
  readonly signed: boolean;
  readonly rounded: boolean;
  readonly saturating: boolean;
}

/** value shifted by amounts from 0 to the width, by halving steps. */
function shiftEach(o: Operations, l: Lanes, value: XV, amount: XV, shift: (a: XV, by: number) => XV): XV {
  let result = value;
  for (let step = l.bits / 2; step >= 1; step /= 2) {
    const taken = l.eq(v128.and(amount, l.constant(BigInt(step))), l.constant(BigInt(step)));
    result = o.keep(v128.bitselect(shift(result, step), result, taken));
  }
  // The whole width is one more step, of two halves.
  const whole = l.eq(amount, l.constant(BigInt(l.bits)));
  return o.keep(v128.bitselect(shift(shift(value, l.bits / 2), l.bits / 2), result, whole));
}

export function shiftByRegister(o: Operations, l: Lanes, n: XV, m: XV, kind: ShiftKind): XV {
  const { signed, rounded, saturating } = kind;
  // The lowest byte of each lane is the amount.
  const amount = o.keep(l.shrS(l.shl(m, l.bits - 8), l.bits - 8));
  const width = l.constant(BigInt(l.bits));
  const isRight = o.keep(l.gtS(ZERO, amount));
  const left = o.keep(l.minS(o.keep(l.maxS(amount, ZERO)), width));
  const down = signed ? l.shrS : l.shrU;

  const up = shiftEach(o, l, n, left, l.shl);
  let shiftedLeft = up;
  if (saturating) {
    // Something is lost if shifting back does not restore it.
    const back = shiftEach(o, l, up, left, down);
    const lost = o.keep(v128.andnot(v128.not(l.eq(back, n)), isRight));
    saturatedIf(o, anyTrue(lost));
    const limit = signed ? v128.xor(l.shrS(n, l.bits - 1), largestS(l)) : ones(l);
    shiftedLeft = o.keep(v128.bitselect(limit, up, lost));
  }

  // To the right in two steps, so that the last bit that goes can be added back. Much more than the width is no more
  // than one beyond it. (As an unsigned number the opposite of the least amount is right.)
  const right = o.keep(l.maxU(o.keep(l.minU(o.keep(l.neg(amount)), l.constant(BigInt(l.bits + 1)))), l.constant(1n)));
  const most = shiftEach(o, l, n, o.keep(l.sub(right, l.constant(1n))), down);
  const rest = down(most, 1);
  const shiftedRight = rounded ? l.add(rest, v128.and(most, l.constant(1n))) : rest;
  return v128.bitselect(shiftedRight, shiftedLeft, isRight);
}
