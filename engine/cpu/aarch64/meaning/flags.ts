// The flags that arithmetic sets, from its operands and result (Arm ARM DDI 0487, J1.3 AddWithCarry, without carry in).
import type { Operations, Width, Word } from './operations.ts';

/** a + b, a - b, or a logical result a, which clears C and V. */
export type FlagSetter = 'add' | 'subtract' | 'logic';

/** Sets the flags at once and returns the result; `right` is of no use to `logic`. */
export function setFlagsEagerly(o: Operations, setter: FlagSetter, w: Width, left: Word, right: Word): Word {
  const a = o.keep(left);
  const b = setter === 'logic' ? a : o.keep(right);
  const r = setter === 'logic' ? a : o.keep(setter === 'add' ? w.add(a, b) : w.sub(a, b));
  const n = o.keep(w.extendS(r));
  if (setter === 'add') o.setFlags(n, n, w.ltU(r, a), w.extendS(w.and(w.xor(a, r), w.xor(b, r))));
  else if (setter === 'subtract') o.setFlags(n, n, w.geU(a, b), w.extendS(w.and(w.xor(a, b), w.xor(a, r))));
  else o.setFlags(n, n, 0, 0);
  return r;
}
