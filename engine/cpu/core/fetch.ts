// Instruction fetch: from a virtual address to the decoded record, through translation, the address map and the table of
// code pages; faults of the fetch (Arm ARM DDI 0487, D1.3.1 PC alignment, D8.15).
import { OUTCOME } from '../port.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import { EXCEPTION_CLASS, FAULT, PSTATE, syndrome } from './exceptions.ts';
import { CODE_TLB, PAGE_ENTRY, RECORD_SIZE, TRANSLATED } from './layout.ts';
import { pageEntry } from './page-entry.ts';
import type { ServiceContext } from './services.ts';
import { PERMIT } from './services.ts';
import { StateAccess } from './state.ts';

export function defineFetch({ module, services }: ServiceContext): void {
  module.define(services.fetch, (f) => {
    const state = new StateAccess(f);
    const target = f.local(I64);
    f.call(services.jump, f.param(I64, 0).get);
    f.set(target, state.get64('pc'));
    state.add32('codeTlbMisses', 1);
    f.if(i32.and(state.get32('pstate'), PSTATE.IL), () => {
      f.call(services.raise, syndrome(EXCEPTION_CLASS.ILLEGAL_STATE));
      f.return();
    });
    f.if(i32.and(i32.wrap(target.get), 3), () => {
      f.call(services.raiseAt, syndrome(EXCEPTION_CLASS.PC_ALIGNMENT), target.get);
      f.return();
    });
    const user = f.keep(i32.eqz(state.get32('el')));
    const base = i32.const(syndrome(EXCEPTION_CLASS.INSTRUCTION_ABORT));
    const abort = f.keep(i32.add(base, i32.shl(state.get32('el'), 26)));
    f.if(f.call32(services.translate, target.get, PERMIT.EXECUTE, user), () => {
      f.call(services.raiseAt, i32.or(abort, state.get32('faultStatus')), target.get);
      f.return();
    });
    f.if(i32.eq(state.get32('translatedKind'), TRANSLATED.OUTSIDE), () => {
      state.set64('accessAddress', state.get64('translatedAddress'));
      const outcome = f.call32(services.fetchFault);
      f.if(i32.eq(outcome, OUTCOME.EXTERNAL_ABORT), () => {
        f.call(services.raiseAt, i32.or(abort, FAULT.EXTERNAL), target.get);
        f.return();
      });
      f.call(services.conclude, outcome);
      // A port that answers DONE has changed the map or the pc: the fetch is tried again, for the price of an instruction.
      f.if(i32.eqz(state.get32('status')), () => state.add32('remaining', -RECORD_SIZE));
      f.return();
    });

    const page = f.keep(i32.and(state.get32('translatedHost'), -4096));
    const held = i32.load(pageEntry(page));
    const records = f.local(I32);
    f.set(records, i32.and(held, ~PAGE_ENTRY.FLAGS));
    f.if(i32.eqz(records.get), () => f.set(records, f.call32(services.codePage, page)));

    const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT, TAG, BIAS, RECORDS } = CODE_TLB;
    const tlb = i32.select(user, state.get32('codeTlbEl0'), state.get32('codeTlbEl1'));
    const index = i32.and(i32.wrap(i64.shrU(target.get, 12 - ENTRY_SHIFT)), (ENTRIES - 1) * ENTRY_SIZE);
    const entry = f.keep(i32.add(tlb, index));
    const virtualPage = f.keep(i64.and(target.get, -4096));
    const bias = f.keep(i64.sub(virtualPage, i64.extendU(i32.shrU(records.get, 2))));
    f.store64(entry, TAG, virtualPage);
    f.store64(entry, BIAS, bias);
    f.store32(entry, RECORDS, records.get);
    state.set64('pcBias', bias);
    state.set32('ip', i32.add(records.get, i32.shl(i32.and(i32.wrap(target.get), 0xffc), 2)));
  });
}
