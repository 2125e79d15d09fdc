// Meanings of what operating systems do often although it belongs to the system: MRS and MSR for registers that lie in the
// processor's state, MSR DAIFSet and DAIFClr, hints that do nothing, DC ZVA. They need nothing but the state and memory,
// so they may run inside the interpreter's main loop and in regions (Arm ARM DDI 0487, C5.2, C5.3, C6.2).
import { REGISTER_KIND } from '../system/registers.ts';
import type { X64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import type { Meaning, Operations, Statics } from './operations.ts';

const PERMISSION: Partial<Record<number, (o: Operations) => void>> = {
  [REGISTER_KIND.PRIVILEGED]: (o) => o.requireEl1(),
  [REGISTER_KIND.BANKED]: (o) => o.requireOtherStack(),
  [REGISTER_KIND.DAIF]: (o) => o.requireDaif(),
  [REGISTER_KIND.FP]: (o) => o.requireFp(),
};

/** Bytes of a block of DC ZVA, as DCZID_EL0 says. */
const ZEROED = 64;

export const SYSTEM_INLINE_MEANINGS: Readonly<Record<string, Meaning>> = {
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
    else o.writeSlot('place', value, o.immediate64('mask'));
  },
  'MSR DAIFSet': (o) => {
    o.requireDaif();
    o.changePstate(i32.shl(o.immediate32('imm'), 6), i32.const(0));
  },
  'MSR DAIFClr': (o) => {
    o.requireDaif();
    o.changePstate(i32.const(0), i32.shl(o.immediate32('imm'), 6));
  },
  HINT: (o) => o.nothing(),
  SYS: (o) => {
    o.requireZeroing();
    const address = o.x.read('t') as X64;
    // A fault reports the address as it was given.
    o.probe(address, { scale: 0, block: true });
    o.structure(o.keep(i64.and(address, -ZEROED)), ZEROED, true, (memory) => {
      for (let offset = 0; offset < ZEROED; offset += 8) memory.store(offset, 3, i64.const(0), 3);
    });
  },
};

const STATE_REGISTER = ({ kind }: Statics): boolean => kind !== REGISTER_KIND.CALL && kind !== REGISTER_KIND.NZCV;

/** Which forms these meanings describe, where it is not all of a name. */
const DESCRIBED: Readonly<Record<string, (statics: Statics) => boolean>> = {
  MRS: STATE_REGISTER,
  'MSR (register)': STATE_REGISTER,
  // NOP and YIELD; pointer authentication and branch targets are among them.
  HINT: ({ hint }) => hint! < 2,
  SYS: ({ zero }) => zero === 1,
};

/** Whether a form has one of these meanings, or one that is not for the loop. */
export const isDescribedInline = (name: string, statics: Statics): boolean => DESCRIBED[name]?.(statics) ?? true;
