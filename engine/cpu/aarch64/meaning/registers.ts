// Meanings of MRS and MSR for registers that lie in the processor's state, and of MSR DAIFSet and DAIFClr: frequent in
// operating systems, so they may run inside the interpreter's main loop (Arm ARM DDI 0487, C5.2, C6.2 MRS, MSR).
import { REGISTER_KIND } from '../system/registers.ts';
import type { X64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import type { Meaning, Operations } from './operations.ts';

const PERMISSION: Partial<Record<number, (o: Operations) => void>> = {
  [REGISTER_KIND.PRIVILEGED]: (o) => o.requireEl1(),
  [REGISTER_KIND.BANKED]: (o) => o.requireOtherStack(),
  [REGISTER_KIND.DAIF]: (o) => o.requireDaif(),
  [REGISTER_KIND.FP]: (o) => o.requireFp(),
};

export const REGISTER_MEANINGS: Readonly<Record<string, Meaning>> = {
  MRS: (o, s) => {
    PERMISSION[s.kind!]?.(o);
    if (s.kind === REGISTER_KIND.DAIF) o.x.write('t', i64.extendU(o.readDaif()));
    else if (s.kind === REGISTER_KIND.ENABLED) o.x.write('t', o.readEnabledSlot('slot', o.immediate32('key')));
    else o.x.write('t', o.readSlot('slot'));
  },
  'MSR (register)': (o, s) => {
    PERMISSION[s.kind!]?.(o);
    const value = o.x.read('t') as X64;
    if (s.kind === REGISTER_KIND.DAIF) o.changePstate(i32.and(i32.wrap(value), 0x3c0), i32.const(0x3c0));
    else o.writeSlot('slot', value, o.immediate64('mask'));
  },
  'MSR DAIFSet': (o) => {
    o.requireDaif();
    o.changePstate(i32.shl(o.immediate32('imm'), 6), i32.const(0));
  },
  'MSR DAIFClr': (o) => {
    o.requireDaif();
    o.changePstate(i32.const(0), i32.shl(o.immediate32('imm'), 6));
  },
};

/** Whether a form of MRS or MSR is one that these meanings describe. */
export const isStateRegister = (kind: number | undefined): boolean =>
  kind !== REGISTER_KIND.CALL && kind !== REGISTER_KIND.NZCV;
