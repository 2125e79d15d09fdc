// Exceptions to EL1 and the return from them (Arm ARM DDI 0487, D1.3 and J1.3 AArch64.TakeException), processor state in
// SPSR layout, and what the loop does when something wants attention.
import { SCTLR } from '../aarch64/system/registers.ts';
import { OUTCOME } from '../port.ts';
import type { Expression, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { packFlags } from './flags.ts';
import { ATTENTION, CODE_LAYOUT, EXIT, RECORD_SIZE } from './layout.ts';
import type { ServiceContext } from './services.ts';
import { OUTCOME_TAKEN, OUTCOME_TRAP } from './services.ts';
import { StateAccess } from './state.ts';

/** Exception classes (ESR_ELx.EC, D17.2.37) that the core itself raises. */
export const EXCEPTION_CLASS = {
  UNKNOWN: 0x00,
  WFX: 0x01,
  FP_ACCESS: 0x07,
  ILLEGAL_STATE: 0x0e,
  SVC: 0x15,
  SYSTEM: 0x18,
  INSTRUCTION_ABORT: 0x20,
  PC_ALIGNMENT: 0x22,
  DATA_ABORT: 0x24,
  SP_ALIGNMENT: 0x26,
  SERROR: 0x2f,
  BRK: 0x3c,
} as const;

/** ESR with the IL bit: all instructions are 32 bits long. */
export const syndrome = (exceptionClass: number, iss = 0): number => ((exceptionClass << 26) | (1 << 25) | iss) >>> 0;

export const FAULT = {
  ADDRESS_SIZE: 0x00,
  TRANSLATION: 0x04,
  ACCESS_FLAG: 0x08,
  PERMISSION: 0x0c,
  EXTERNAL: 0x10,
  EXTERNAL_ON_WALK: 0x14,
  ALIGNMENT: 0x21,
} as const;

export const PSTATE = {
  DAIF: 0x3c0,
  FIQ: 0x40,
  IRQ: 0x80,
  SERROR: 0x100,
  IL: 1 << 20,
  SS: 1 << 21,
  PAN: 1 << 22,
  UAO: 1 << 23,
} as const;
/** PSTATE bits kept in the `pstate` field. */
const KEPT = PSTATE.DAIF | PSTATE.IL | PSTATE.PAN;

/** Where a branch goes: the top byte does not count if TCR_EL1.TBI says so (J1.3 AArch64.BranchAddr). */
function branchAddress(f: FunctionBuilder, state: StateAccess, target: X64): X64 {
  const upper = f.keep(i64.and(i64.shrU(target, 55), 1));
  const ignored = i64.and(i64.shrU(state.system('TCR_EL1'), i64.add(upper, 37)), 1);
  const shift = f.keep(i64.shl(ignored, 3));
  return i64.shrS(i64.shl(target, shift), shift);
}

export function defineExceptions(context: ServiceContext): void {
  const { module, services } = context;

  /** Goes to an address without looking it up yet. */
  const goTo = (state: StateAccess, target: Expression<typeof I64>): void => {
    state.set64('pc', target);
    state.set32('ip', CODE_LAYOUT.resolveRecord);
  };

  module.define(services.jump, (f) => {
    const state = new StateAccess(f);
    goTo(state, branchAddress(f, state, f.param(I64, 0).get));
    state.add32('remaining', -RECORD_SIZE);
  });

  module.define(services.readPstate, (f) => {
    const state = new StateAccess(f);
    const flags = packFlags(state.flags);
    const level = i32.or(i32.shl(state.get32('el'), 2), state.get32('spSelect'));
    f.return(i32.or(i32.or(i32.shl(flags, 28), state.get32('pstate')), level));
  });

  module.define(services.switchLevel, (f) => {
    const state = new StateAccess(f);
    const el = f.param(I32, 0).get;
    const spSelect = f.param(I32, 1).get;
    // What was retired since the level last changed belongs to the old one.
    const remaining = f.keep(state.get32('remaining'));
    f.if(i32.eqz(state.get32('el')), () =>
      state.set32('retiredAtEl0', i32.add(state.get32('retiredAtEl0'), i32.sub(state.get32('levelMark'), remaining))),
    );
    state.set32('levelMark', remaining);
    f.if(
      state.get32('spSelect'),
      () => state.setSystem('SP_EL1', state.stackPointer()),
      () => state.setSystem('SP_EL0', state.stackPointer()),
    );
    state.set32('el', el);
    state.set32('spSelect', spSelect);
    state.setStackPointer(i64.select(spSelect, state.system('SP_EL1'), state.system('SP_EL0')));
    state.set32('dataTlb', i32.select(el, state.get32('dataTlbEl1'), state.get32('dataTlbEl0')));
    // No instruction executes in the illegal state: an empty TLB sends every fetch to the service that looks.
    const illegal = i32.and(state.get32('pstate'), PSTATE.IL);
    const codeTlb = i32.select(el, state.get32('codeTlbEl1'), state.get32('codeTlbEl0'));
    state.set32('codeTlb', i32.select(illegal, CODE_LAYOUT.emptyCodeTlb, codeTlb));
    // CPACR_EL1.FPEN: 0 and 2 trap both levels, 1 traps EL0.
    const enable = f.keep(i32.and(i32.shrU(state.system32('CPACR_EL1'), 20), 3));
    state.set32('fpTrap', i32.select(el, i32.eqz(i32.and(enable, 1)), i32.ne(enable, 3)));
  });

  module.define(services.writePstate, (f) => {
    const state = new StateAccess(f);
    const value = f.param(I32, 0).get;
    const n = f.keep(i64.extendS(value));
    state.set64('flagN', n);
    state.set64('flagZ', i64.extendU(i32.xor(i32.and(i32.shrU(value, 30), 1), 1)));
    state.set32('flagC', i32.and(i32.shrU(value, 29), 1));
    state.set64('flagV', i64.extendS(i32.shl(value, 3)));
    state.set32('pstate', i32.and(value, KEPT));
    const el = f.keep(i32.and(i32.shrU(value, 2), 1));
    f.call(services.switchLevel, el, i32.and(value, el));
  });

  module.define(services.enter, (f) => {
    const state = new StateAccess(f);
    const offset = f.param(I32, 0).get;
    const returnAddress = f.param(I64, 1).get;
    state.setSystem('SPSR_EL1', i64.extendU(f.call32(services.readPstate)));
    state.setSystem('ELR_EL1', returnAddress);
    // Vector groups: from EL1 on SP_EL0 0, on SP_EL1 0x200, from EL0 0x400 (D1.3.4).
    const group = i32.select(state.get32('el'), i32.shl(state.get32('spSelect'), 9), 0x400);
    const vector = f.keep(i64.add(state.system('VBAR_EL1'), i64.extendU(i32.add(group, offset))));
    // PAN is set unless SCTLR.SPAN keeps it.
    const pan = i32.select(i32.and(state.system32('SCTLR_EL1'), SCTLR.SPAN), 0, PSTATE.PAN);
    const kept = i32.and(state.get32('pstate'), PSTATE.PAN);
    state.set32('pstate', i32.or(i32.or(PSTATE.DAIF, kept), i32.and(pan, state.get32('panImplemented'))));
    f.call(services.switchLevel, 1, 1);
    state.add32('exceptions', 1);
    state.set32('status', 1);
    goTo(state, branchAddress(f, state, vector));
  });

  module.define(services.raise, (f) => {
    const state = new StateAccess(f);
    state.setSystem('ESR_EL1', i64.extendU(f.param(I32, 0).get));
    f.call(services.enter, 0, state.currentPc());
    state.add32('remaining', -RECORD_SIZE);
  });

  module.define(services.raiseAt, (f) => {
    new StateAccess(f).setSystem('FAR_EL1', f.param(I64, 1).get);
    f.call(services.raise, f.param(I32, 0).get);
  });

  module.define(services.raiseAfter, (f) => {
    const state = new StateAccess(f);
    state.setSystem('ESR_EL1', i64.extendU(f.param(I32, 0).get));
    f.call(services.enter, 0, i64.add(state.currentPc(), 4));
    state.add32('remaining', -RECORD_SIZE);
  });

  module.define(services.trapSystem, (f) => {
    const iss = f.call32(services.systemSyndrome);
    f.call(services.raise, i32.or(syndrome(EXCEPTION_CLASS.SYSTEM), iss));
  });

  module.define(services.hypervisorCall, (f) => {
    const state = new StateAccess(f);
    f.if(i32.eqz(state.get32('el')), () => {
      f.call(services.undefined);
      f.return();
    });
    // The port sees the return address; if it knows no hypervisor the instruction is UNDEFINED after all.
    const record = f.keep(state.get32('ip'));
    state.set32('ip', i32.add(record, RECORD_SIZE));
    state.add32('remaining', -RECORD_SIZE);
    const outcome = f.call32(services.hvc, f.param(I32, 0).get);
    f.if(i32.eq(outcome, OUTCOME.UNDEFINED), () => {
      state.set32('ip', record);
      state.add32('remaining', RECORD_SIZE);
    });
    f.call(services.conclude, outcome);
  });

  module.define(services.secureMonitorCall, (f) => {
    const state = new StateAccess(f);
    f.if(i32.eqz(state.get32('el')), () => {
      f.call(services.undefined);
      f.return();
    });
    state.add32('remaining', -RECORD_SIZE);
    const outcome = f.call32(services.smc, f.param(I32, 0).get);
    f.if(i32.eq(outcome, OUTCOME.UNDEFINED), () => state.add32('remaining', RECORD_SIZE));
    f.call(services.conclude, outcome);
  });

  module.define(services.undefined, (f) => f.call(services.raise, syndrome(EXCEPTION_CLASS.UNKNOWN)));

  module.define(services.checkStackAlignment, (f) => {
    const state = new StateAccess(f);
    state.set32('status', 0);
    const checks = i32.select(state.get32('el'), SCTLR.SA, SCTLR.SA0);
    f.if(i32.and(state.system32('SCTLR_EL1'), checks), () =>
      f.call(services.raise, syndrome(EXCEPTION_CLASS.SP_ALIGNMENT)),
    );
  });

  module.define(services.exceptionReturn, (f) => {
    const state = new StateAccess(f);
    const saved = f.keep(state.system32('SPSR_EL1'));
    const mode = f.keep(i32.and(saved, 0x1f));
    state.set32('exclusiveBytes', 0);
    const target = f.keep(state.system('ELR_EL1'));
    // EL0t, EL1t, EL1h are what this core can return to; all else is illegal (D1.4.4): the level stays.
    const legal = i32.or(i32.eqz(mode), i32.eq(i32.or(mode, 1), 5));
    const stay = i32.or(i32.shl(state.get32('el'), 2), state.get32('spSelect'));
    const illegal = i32.or(i32.or(i32.and(saved, 0xf000_0000 | KEPT), PSTATE.IL), stay);
    f.call(services.writePstate, i32.select(legal, saved, illegal));
    f.call(services.jump, target);
  });

  module.define(services.conclude, (f) => {
    const state = new StateAccess(f);
    const outcome = f.param(I32, 0).get;
    state.set32('status', i32.eq(outcome, OUTCOME_TAKEN));
    f.if(i32.eq(outcome, OUTCOME.UNDEFINED), () => f.call(services.undefined));
    f.if(i32.eq(outcome, OUTCOME_TRAP), () => f.call(services.trapSystem));
    f.if(i32.eq(outcome, OUTCOME.LEAVE), () => {
      state.set32('attention', i32.or(state.get32('attention'), ATTENTION.LEAVE));
      state.set32('status', 1);
    });
  });

  module.define(services.attend, (f) => {
    const state = new StateAccess(f);
    const attention = f.local(I32);
    f.set(attention, state.get32('attention'));
    const masked = f.keep(state.get32('pstate'));
    const when = (bit: number, then: () => void): void => f.if(i32.and(attention.get, bit), then);
    const consume = (bit: number): void => state.set32('attention', i32.and(attention.get, ~bit));
    // All regions have come back by now.
    when(ATTENTION.CODE, () => {
      consume(ATTENTION.CODE);
      f.set(attention, state.get32('attention'));
    });
    when(ATTENTION.BREAKPOINT, () => {
      consume(ATTENTION.BREAKPOINT);
      f.return(i32.const(EXIT.BREAKPOINT + 1));
    });
    when(ATTENTION.LEAVE, () => {
      consume(ATTENTION.LEAVE);
      f.return(i32.const(EXIT.LEAVE + 1));
    });
    when(ATTENTION.WAIT, () => {
      consume(ATTENTION.WAIT);
      f.return(i32.const(EXIT.WAIT + 1));
    });
    const take = (bit: number, mask: number, vector: number): void =>
      when(bit, () =>
        f.if(i32.eqz(i32.and(masked, mask)), () => {
          f.call(services.enter, vector, state.currentPc());
          f.return(i32.const(0));
        }),
      );
    // An SError interrupt is gone once it is taken (D1.3.5); its syndrome is implementation defined and zero.
    when(ATTENTION.SERROR, () =>
      f.if(i32.eqz(i32.and(masked, PSTATE.SERROR)), () => {
        consume(ATTENTION.SERROR);
        state.setSystem('ESR_EL1', syndrome(EXCEPTION_CLASS.SERROR));
        f.call(services.enter, 0x180, state.currentPc());
        f.return(i32.const(0));
      }),
    );
    take(ATTENTION.FIQ, PSTATE.FIQ, 0x100);
    take(ATTENTION.IRQ, PSTATE.IRQ, 0x80);
    f.return(i32.const(0));
  });
}
