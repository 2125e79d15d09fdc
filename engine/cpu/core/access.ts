// Data accesses that the inline TLB check did not serve: alignment, page crossings, TLB refills, stores to pages that hold
// decoded code, and everything that is not RAM (Arm ARM DDI 0487, B2.5 alignment, D8.15 faults and their syndromes).
import { SCTLR } from '../aarch64/system/registers.ts';
import { OUTCOME } from '../port.ts';
import type { In32, X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { dataTlbEntry } from './data-tlb.ts';
import { EXCEPTION_CLASS, FAULT, syndrome } from './exceptions.ts';
import {
  COVERAGE_OFFSET,
  DATA_TLB,
  DATA_TLB_BYTES,
  PAGE_ENTRY,
  RECORD_SIZE,
  STATE_BYTES,
  TAG_SLOW,
  TRANSLATED,
} from './layout.ts';
import { defineExtendRange, inRange, openStores } from './linear-range.ts';
import { pageEntry } from './page-entry.ts';
import type { ServiceContext } from './services.ts';
import { ACCESS, PERMIT } from './services.ts';
import { StateAccess } from './state.ts';

const WRITE_NOT_READ = 1 << 6;
const CACHE_MAINTENANCE = 1 << 8;
const PAGE_MASK = -4096;

export function defineAccess(context: ServiceContext): void {
  const { module, services } = context;

  /** (fault status | WnR, va): data abort from the current level. */
  const dataAbort = module.declare('dataAbort', [I32, I64]);
  module.define(dataAbort, (f) => {
    // The class for an abort from the same level is the next one.
    const base = i32.const(syndrome(EXCEPTION_CLASS.DATA_ABORT));
    const level = i32.shl(new StateAccess(f).get32('el'), 26);
    f.call(services.raiseAt, i32.or(i32.add(base, level), f.param(I32, 0).get), f.param(I64, 1).get);
  });

  const extendRange = defineExtendRange(context);

  /** (data TLB, va): puts the last translation, of RAM or ROM, into its entry. */
  const fill = module.declare('fill', [I32, I64]);
  module.define(fill, (f) => {
    const state = new StateAccess(f);
    const tlb = f.param(I32, 0).get;
    const va = f.param(I64, 1).get;
    const { READ, WRITE, ADDEND } = DATA_TLB;
    const entry = f.keep(dataTlbEntry(tlb, va));
    const page = f.keep(i64.and(va, PAGE_MASK));
    const host = state.get32('translatedHost');
    const permissions = f.keep(state.get32('translatedAttributes'));
    f.store64(entry, READ, i64.select(i32.and(permissions, PERMIT.READ), page, -1));
    const ram = i32.eq(state.get32('translatedKind'), TRANSLATED.RAM);
    f.if(
      i32.and(i32.ne(i32.and(permissions, PERMIT.WRITE), 0), ram),
      () => {
        const where = f.keep(pageEntry(host));
        const held = f.keep(i32.load(where));
        f.if(
          i32.ltU(held, PAGE_ENTRY.WATCHED),
          () => {
            f.store64(entry, WRITE, page);
            openStores(f, host);
          },
          () => {
            f.store64(entry, WRITE, i64.or(page, TAG_SLOW));
            f.store32(where, 0, i32.or(held, PAGE_ENTRY.WRITTEN));
          },
        );
        f.if(i32.and(permissions, PERMIT.READ), () => f.call(extendRange, tlb, va));
      },
      () => f.store64(entry, WRITE, -1),
    );
    f.store32(entry, ADDEND, i32.sub(host, i32.wrap(va)));
    state.add32('tlbFills', 1);
    f.if(inRange(tlb, va), () => state.add32('rangeFills', 1));
  });

  /**
   * (va, access word, PERMIT.READ or WRITE) -> host address; translatedKind says what is there. On a fault the exception
   * has been taken and status is set.
   */
  const locate = module.declare('locate', [I64, I32, I32], [I32]);
  module.define(locate, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const word = f.param(I32, 1).get;
    const want = f.param(I32, 2).get;
    state.set32('status', 0);
    const user = f.keep(i32.or(i32.ne(i32.and(word, ACCESS.UNPRIVILEGED), 0), i32.eqz(state.get32('el'))));
    const tlb = f.keep(i32.select(user, state.get32('dataTlbEl0'), state.get32('dataTlbEl1')));
    const { READ, WRITE, ADDEND } = DATA_TLB;
    const entry = f.keep(dataTlbEntry(tlb, va));
    const page = f.keep(i64.and(va, PAGE_MASK));
    const writing = i32.eq(want, PERMIT.WRITE);
    const tag = i64.select(writing, i64.load(entry, WRITE), i64.load(entry, READ));
    f.if(i64.eq(i64.and(tag, ~TAG_SLOW), page), () => {
      state.set32('translatedKind', TRANSLATED.RAM);
      const hit = f.keep(i32.add(i32.wrap(va), i32.load(entry, ADDEND)));
      state.set32('translatedHost', hit);
      state.set32('translatedDevice', 0);
      // Nobody watches the page any more, and it holds no code: stores may go the fast way again.
      f.if(writing, () =>
        f.if(i32.ltU(i32.load(pageEntry(hit)), PAGE_ENTRY.WATCHED), () => {
          f.store64(entry, WRITE, page);
          openStores(f, hit);
        }),
      );
      f.return(hit);
    });

    state.add32('tlbMisses', 1);
    f.if(f.call32(services.translate, va, want, user), () => {
      f.call(dataAbort, i32.or(state.get32('faultStatus'), i32.select(writing, WRITE_NOT_READ, 0)), va);
      f.return(i32.const(0));
    });
    const kind = f.keep(state.get32('translatedKind'));
    const host = f.keep(state.get32('translatedHost'));
    // With SCTLR.A set, or in Device memory, every access comes here for its alignment to be checked: nothing may hit.
    const checked = i32.or(i32.and(state.system32('SCTLR_EL1'), SCTLR.A), state.get32('translatedDevice'));
    const cached = f.keep(i32.and(i32.ne(kind, TRANSLATED.OUTSIDE), i32.eqz(checked)));
    f.if(cached, () => f.call(fill, tlb, va));
    f.if(i32.and(i32.eqz(cached), i32.and(writing, i32.eq(kind, TRANSLATED.RAM))), () => {
      const where = f.keep(pageEntry(host));
      f.store32(where, 0, i32.or(i32.load(where), PAGE_ENTRY.WRITTEN));
    });
    f.return(host);
  });

  // What generated code asks when its own look at the TLB has failed. It only looks: what needs more than a TLB entry is
  // left to the instruction's outlined function, which finds everything as it was.
  module.define(services.refill, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const bytes = f.param(I32, 1).get;
    const write = f.param(I32, 2).get;
    const { READ, WRITE, ADDEND } = DATA_TLB;
    const nothing = (condition: X32): void => f.if(condition, () => f.return(i32.const(0)));
    nothing(i32.gtU(i32.add(i32.and(i32.wrap(va), 0xfff), bytes), 4096));
    const entry = f.keep(dataTlbEntry(state.get32('dataTlb'), va));
    const page = f.keep(i64.and(va, PAGE_MASK));
    const tag = (): X64 => i64.select(write, i64.load(entry, WRITE), i64.load(entry, READ));
    f.if(i64.ne(i64.and(tag(), ~TAG_SLOW), page), () => {
      state.add32('tlbMisses', 1);
      const want = i32.select(write, PERMIT.WRITE, PERMIT.READ);
      nothing(f.call32(services.translate, va, want, i32.eqz(state.get32('el'))));
      nothing(i32.eq(state.get32('translatedKind'), TRANSLATED.OUTSIDE));
      nothing(i32.or(i32.and(state.system32('SCTLR_EL1'), SCTLR.A), state.get32('translatedDevice')));
      f.call(fill, state.get32('dataTlb'), va);
      nothing(i64.ne(i64.and(tag(), ~TAG_SLOW), page));
    });
    const host = f.keep(i32.add(i32.wrap(va), i32.load(entry, ADDEND)));
    f.if(i32.and(write, i64.ne(i64.load(entry, WRITE), page)), () => {
      // Code in the page, or a monitor that watches it: the words of the store itself may hold none.
      const held = f.keep(i32.load(pageEntry(host)));
      nothing(i32.and(held, PAGE_ENTRY.WATCHED));
      const records = f.keep(i32.and(held, ~PAGE_ENTRY.FLAGS));
      f.if(i32.eqz(records), () => {
        f.store64(entry, WRITE, page);
        openStores(f, host);
        f.return(host);
      });
      const record = f.local(I32);
      const last = f.keep(recordAt(records, i32.add(host, i32.sub(bytes, 1))));
      f.set(record, i32.sub(recordAt(records, host), RECORD_SIZE));
      f.if(i32.ltU(record.get, records), () => f.set(record, records));
      f.loop((again) => {
        nothing(i32.or(i32.load16u(record.get), covered(f, records, record.get)));
        f.set(record, i32.add(record.get, RECORD_SIZE));
        f.brIf(again, i32.leU(record.get, last));
      });
    });
    f.return(host);
  });

  const bytesOf = (word: X32): X32 => i32.shl(1, i32.and(word, ACCESS.SCALE));

  const halvings = (word: X32): X32 => i32.shrU(i32.and(word, ACCESS.ELEMENTS), ACCESS.ELEMENTS_SHIFT);
  /** Address bits that are zero if every element is aligned. */
  const elementMask = (word: X32): X32 => i32.sub(i32.shrU(bytesOf(word), halvings(word)), 1);
  /** Address bits that must be zero where alignment is checked; the halves of a pair are aligned together. */
  const alignmentMask = (word: X32): X32 =>
    i32.sub(i32.shrU(i32.shl(bytesOf(word), i32.ne(i32.and(word, ACCESS.PAIR), 0)), halvings(word)), 1);

  /** Checks alignment; what follows handles an unaligned access that is allowed and crosses into another page. */
  const align = (f: FunctionBuilder, va: X64, word: X32, flags: number, crossing: () => void): void => {
    const state = new StateAccess(f);
    const bytes = f.keep(bytesOf(word));
    f.if(i32.and(i32.wrap(va), alignmentMask(word)), () => {
      const must = i32.or(i32.and(word, ACCESS.ORDERED), i32.and(state.system32('SCTLR_EL1'), SCTLR.A));
      f.if(must, () => {
        f.call(dataAbort, FAULT.ALIGNMENT | flags, va);
        returnNothing(f, flags);
      });
    });
    f.if(i32.gtU(i32.add(i32.and(i32.wrap(va), 0xfff), bytes), 4096), crossing);
  };
  const returnNothing = (f: FunctionBuilder, flags: number): void => {
    if (flags === 0) f.return(i64.const(0));
    else f.return();
  };

  const leaveIfEnded = (f: FunctionBuilder, state: StateAccess, flags: number): void =>
    f.if(state.get32('status'), () => returnNothing(f, flags));

  /** Finds where an access goes. In Device memory an unaligned one faults (B2.5.2), after the faults of translation. */
  const reach = (f: FunctionBuilder, va: X64, word: X32, flags: number, from = va): X32 => {
    const state = new StateAccess(f);
    const host = f.keep(f.call32(locate, from, word, flags === 0 ? PERMIT.READ : PERMIT.WRITE));
    leaveIfEnded(f, state, flags);
    f.if(state.get32('translatedDevice'), () =>
      f.if(i32.and(i32.wrap(va), elementMask(word)), () => {
        f.call(dataAbort, FAULT.ALIGNMENT | flags, va);
        returnNothing(f, flags);
      }),
    );
    return host;
  };

  /** Hands the access in `accessBytes`, `dataLo` … to the port; status is set unless it is done. */
  const portAccess = module.declare('portAccess', [I64, I32, I32, I32]);
  module.define(portAccess, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const write = f.param(I32, 3).get;
    state.set64('accessVirtual', va);
    state.set64('accessAddress', state.get64('translatedAddress'));
    state.set32('accessWord', f.param(I32, 1).get);
    state.set32('accessBytes', f.param(I32, 2).get);
    state.set32('accessWrite', write);
    const outcome = f.call32(services.access);
    f.if(i32.eq(outcome, OUTCOME.EXTERNAL_ABORT), () => {
      f.call(dataAbort, i32.or(FAULT.EXTERNAL, i32.select(write, WRITE_NOT_READ, 0)), va);
      f.return();
    });
    f.call(services.conclude, outcome);
  });

  /**
   * Does an access in pieces: its elements if they are aligned, else bytes. `each` does one, given its byte offset, its
   * address and its access word.
   */
  const inPieces = (
    f: FunctionBuilder,
    va: X64,
    word: X32,
    each: (at: X32, address: X64, piece: X32) => void,
  ): void => {
    const misaligned = i32.and(i32.wrap(va), elementMask(word));
    const element = i32.sub(i32.and(word, ACCESS.SCALE), halvings(word));
    const scale = i32.select(i32.or(misaligned, i32.eqz(i32.and(word, ACCESS.ELEMENTS))), 0, element);
    const piece = f.keep(i32.or(i32.and(word, ~(ACCESS.SCALE | ACCESS.ELEMENTS)), scale));
    const at = f.local(I32);
    f.set(at, 0);
    f.loop((again) => {
      each(at.get, i64.add(va, i64.extendU(at.get)), piece);
      f.set(at, i32.add(at.get, bytesOf(piece)));
      f.brIf(again, i32.ltU(at.get, bytesOf(word)));
    });
  };

  module.define(services.read, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const word = f.param(I32, 1).get;
    const apart = (): void => {
      const value = f.local(I64);
      f.set(value, i64.const(0));
      inPieces(f, va, word, (at, address, piece) => {
        const part = f.call64(services.read, address, piece);
        leaveIfEnded(f, state, 0);
        f.set(value, i64.or(value.get, i64.shl(part, i64.extendU(i32.shl(at, 3)))));
      });
      f.return(value.get);
    };
    align(f, va, word, 0, () => {
      reach(f, va, word, 0);
      reach(f, va, word, 0, i64.add(i64.or(va, 0xfff), 1));
      apart();
    });
    const host = reach(f, va, word, 0);
    const scale = f.keep(i32.and(word, ACCESS.SCALE));
    f.if(i32.eqz(state.get32('translatedKind')), () => {
      // A device sees every element.
      f.if(i32.and(word, ACCESS.ELEMENTS), apart);
      f.call(portAccess, va, word, bytesOf(word), 0);
      f.return(state.get64('dataLo'));
    });
    f.if(i32.eq(scale, 3), () => f.return(i64.load(host)));
    f.if(i32.eq(scale, 2), () => f.return(i64.load32u(host)));
    f.if(i32.eq(scale, 1), () => f.return(i64.load16u(host)));
    f.return(i64.load8u(host));
  });

  module.define(services.write, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const value = f.param(I64, 1).get;
    const word = f.param(I32, 2).get;
    const apart = (): void => {
      inPieces(f, va, word, (at, address, piece) => {
        f.call(services.write, address, i64.shrU(value, i64.extendU(i32.shl(at, 3))), piece);
        leaveIfEnded(f, state, WRITE_NOT_READ);
      });
      f.return();
    };
    align(f, va, word, WRITE_NOT_READ, () => {
      // Both pages must allow the store before the first byte changes.
      reach(f, va, word, WRITE_NOT_READ);
      reach(f, va, word, WRITE_NOT_READ, i64.add(i64.or(va, 0xfff), 1));
      apart();
    });
    const host = reach(f, va, word, WRITE_NOT_READ);
    const scale = f.keep(i32.and(word, ACCESS.SCALE));
    f.if(i32.ne(state.get32('translatedKind'), TRANSLATED.RAM), () => {
      f.if(i32.and(word, ACCESS.ELEMENTS), apart);
      const mask = i64.shrU(-1, i64.extendU(i32.sub(64, i32.shl(bytesOf(word), 3))));
      state.set64('dataLo', i64.and(value, mask));
      f.call(portAccess, va, word, bytesOf(word), 1);
      f.return();
    });
    f.block((done) => {
      const width = (log: number, store: () => void): void =>
        f.if(i32.eq(scale, log), () => {
          store();
          f.br(done);
        });
      width(3, () => f.store64(host, 0, value));
      width(2, () => f.store64as32(host, 0, value));
      width(1, () => f.store64as16(host, 0, value));
      f.store64as8(host, 0, value);
    });
    f.call(services.stored, host, bytesOf(word));
  });

  // 16 bytes are two halves of 8: they are not one access to the architecture (B2.2.1), and the first half stays stored
  // if the second faults.
  const vector = (write: boolean): void => {
    const service = write ? services.writeVector : services.readVector;
    module.define(service, (f) => {
      const state = new StateAccess(f);
      const va = f.param(I64, 0).get;
      const second = i64.add(va, 8);
      f.if(i32.and(i32.wrap(va), 15), () => {
        const direction = write ? WRITE_NOT_READ : 0;
        const misaligned = (): void => {
          f.call(dataAbort, FAULT.ALIGNMENT | direction, va);
          f.return();
        };
        f.if(i32.and(state.system32('SCTLR_EL1'), SCTLR.A), misaligned);
        f.dropCall(locate, va, 3, write ? PERMIT.WRITE : PERMIT.READ);
        f.if(state.get32('status'), () => f.return());
        f.if(state.get32('translatedDevice'), misaligned);
      });
      if (write) {
        const high = f.keep(state.get64('dataHi'));
        f.call(services.write, va, state.get64('dataLo'), 3);
        f.if(state.get32('status'), () => f.return());
        f.call(services.write, second, high, 3);
      } else {
        const low = f.keep(f.call64(services.read, va, 3));
        f.if(state.get32('status'), () => f.return());
        const high = f.keep(f.call64(services.read, second, 3));
        state.set64('dataLo', low);
        state.set64('dataHi', high);
      }
    });
  };
  vector(false);
  vector(true);

  module.define(services.hostRange, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const bytes = f.param(I32, 1).get;
    const { READ, WRITE, ADDEND } = DATA_TLB;
    const entry = f.keep(dataTlbEntry(state.get32('dataTlb'), va));
    const tag = i64.select(f.param(I32, 2).get, i64.load(entry, WRITE), i64.load(entry, READ));
    const page = i64.and(i64.add(va, i64.extendU(i32.sub(bytes, 1))), PAGE_MASK);
    f.return(i32.select(i64.eq(page, tag), i32.add(i32.wrap(va), i32.load(entry, ADDEND)), 0));
  });

  module.define(services.probe, (f) => {
    const va = f.param(I64, 0).get;
    const word = f.param(I32, 1).get;
    f.if(i32.and(i32.wrap(va), alignmentMask(word)), () => {
      f.call(dataAbort, FAULT.ALIGNMENT | WRITE_NOT_READ, va);
      f.return();
    });
    f.dropCall(locate, va, word, PERMIT.WRITE);
    const state = new StateAccess(f);
    f.if(state.get32('status'), () => f.return());
    f.if(i32.and(state.get32('translatedDevice'), i32.ne(i32.and(word, ACCESS.BLOCK), 0)), () =>
      f.call(dataAbort, FAULT.ALIGNMENT | WRITE_NOT_READ, va),
    );
  });

  module.define(services.maintain, (f) => {
    const state = new StateAccess(f);
    const [lo, hi, want] = [0, 1, 2].map((i) => f.param(I32, i).get) as [X32, X32, X32];
    const va = f.keep(i64.or(i64.extendU(lo), i64.shl(i64.extendU(hi), 32)));
    const faulted = f.call32(services.translate, va, want, i32.eqz(state.get32('el')));
    f.if(faulted, () => f.call(dataAbort, i32.or(state.get32('faultStatus'), WRITE_NOT_READ | CACHE_MAINTENANCE), va));
    f.return(faulted);
  });

  module.define(services.switchState, (f) => {
    const window = new StateAccess(f).window;
    f.copy(f.param(I32, 0).get, window, STATE_BYTES);
    f.copy(window, f.param(I32, 1).get, STATE_BYTES);
  });
  module.define(services.dropDataTlb, (f) => f.fill(new StateAccess(f).get32('dataTlbEl1'), 0xff, DATA_TLB_BYTES));

  module.define(services.stored, (f) => {
    const host = f.param(I32, 0).get;
    const bytes = f.param(I32, 1).get;
    const held = f.keep(i32.load(pageEntry(host)));
    f.if(i32.and(held, PAGE_ENTRY.WATCHED), () => f.call(services.watchedStore, host, bytes));
    const records = f.keep(i32.and(held, ~PAGE_ENTRY.FLAGS));
    f.if(records, () => {
      const last = f.keep(recordAt(records, i32.add(host, i32.sub(bytes, 1))));
      const record = f.local(I32);
      f.if(i32.or(covered(f, records, recordAt(records, host)), covered(f, records, last)), () =>
        f.call(services.regionStore, host, bytes),
      );
      // A fused record also depends on the word behind its own.
      f.set(record, i32.sub(recordAt(records, host), RECORD_SIZE));
      f.if(i32.ltU(record.get, records), () => f.set(record, records));
      f.loop((again) => {
        f.if(i32.load16u(record.get), () => {
          new StateAccess(f).add32('recordsInvalidated', 1);
          f.store16(record.get, 0, 0);
        });
        f.set(record, i32.add(record.get, RECORD_SIZE));
        f.brIf(again, i32.leU(record.get, last));
      });
    });
  });
}

/** 1 if a translated region was made from the word of a record. */
function covered(f: FunctionBuilder, records: X32, record: X32): X32 {
  const number = f.keep(i32.shrU(i32.sub(record, records), 4));
  const byte = i32.load8u(i32.add(records, i32.shrU(number, 3)), COVERAGE_OFFSET);
  return i32.and(i32.shrU(byte, i32.and(number, 7)), 1);
}

/** Record of the word at a host address. */
const recordAt = (records: X32, host: In32): X32 => i32.add(records, i32.shl(i32.shrU(i32.and(host, 0xfff), 2), 4));
