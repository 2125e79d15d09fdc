// The main loop: one WebAssembly function that dispatches decoded records by one br_table. It comes back when the budget is
// used up or something wants it to; all state then lies in the window.
import { inlineMeaning } from '../aarch64/meaning/index.ts';
import { ARRIVALS_OFFSET, CODE_LAYOUT, CODE_TLB, EXIT, RECORD_SIZE, REGION_HANDLER, STATE } from '../core/layout.ts';
import type { Services } from '../core/services.ts';
import { StateAccess } from '../core/state.ts';
import type { X32 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder, Label } from '../wasm/function.ts';
import type { FunctionReference, ModuleBuilder } from '../wasm/module.ts';
import { INLINE_END, partsOf, SPECIAL } from './handlers.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import type { LoopLabels, LoopLocals } from './inline.ts';
import { declareLocals, InlineOperations, reload, spill } from './inline.ts';

/** Type of outlined functions: they take the record's address. */
export const OUTLINED = { params: [I32], results: [] } as const;

/**
 * Type of translated regions: record of the entry, budget left (in records' bytes), depth of calls between regions, and
 * the return address that the calling region expects. They return what is left of the budget, plus RETURNED if they come
 * back by that return: then the state has no address. Everything else is in the state.
 */
export const REGION = { params: [I32, I32, I32, I64], results: [I32] } as const;
export const RETURNED = 1;
/**
 * Handlers whose ways back meet before they meet the others'. V8's optimizing compiler holds, for each place where control
 * flow meets, every value that came about on one of the ways, once a way: with all handlers going to one label it needs
 * 100 MB and more for a second or two, in groups 20 MB.
 */
const GROUP = 32;
/** Handlers that write the flags; what is forgotten here only costs time. */
const setsFlags = (number: number): boolean =>
  partsOf(number)?.some(({ instruction }) => /^(ADDS|SUBS|ANDS|BICS|CCM[NP]|FCMPE?)\b/.test(instruction.name)) ?? false;
/** How often a branch target must be reached, where nobody says otherwise, before it is translated. */
export const USUAL_THRESHOLD = 16_000;
/** No region called: the address is one that no return goes to without a fault. */
const NOBODY = -1;

/**
 * `hot`: how often a branch target must be reached for the translator to hear of it, and records may stand for what it
 * made; 0 for an interpreter alone.
 */
export function defineLoop(module: ModuleBuilder, services: Services, hot: number): FunctionReference {
  const run = module.declare('run', [], [I32]);
  module.define(run, (f) => new LoopWriter(f, services, hot).write());
  module.define(services.untranslated, (f) => {
    const record = f.param(I32, 0).get;
    new StateAccess(f).add32('regionColdExits', 1);
    countArrival(f, hot, record, (rare) => f.if(rare, () => f.call(services.hot, record)));
  });
  return run;
}

class LoopWriter {
  private readonly f: FunctionBuilder;
  private readonly services: Services;
  private readonly locals: LoopLocals;
  private readonly hot: number;

  constructor(f: FunctionBuilder, services: Services, hot: number) {
    this.hot = hot;
    this.f = f;
    this.services = services;
    this.locals = declareLocals(f);
  }

  write(): void {
    const { f, locals } = this;
    const { window } = CODE_LAYOUT;
    f.block((exit) => {
      // Interrupts may have become pending, and the entry point is looked up anew.
      this.attend(exit);
      reload(f, locals);
      f.loop((top) => {
        f.block((returned) => {
          f.block((outlined) => {
            f.block((spent) => {
              f.block((jump) => {
                if (this.hot === 0) return this.handlers({ top, branched: top, outlined, jump }, spent);
                f.block((branched) => this.handlers({ top, branched, outlined, jump }, spent));
                this.countTarget(top);
              });
              this.jump(top, returned);
            });
            // At most one instruction is left. Fused records would run two: the outlined function runs one.
            f.brIf(outlined, i32.eq(locals.ip.get, locals.mark.get));
            f.store32(window, STATE.exit, EXIT.LIMIT);
            spill(f, locals);
            f.br(exit);
          });
          spill(f, locals);
          const outlinedCall = (): void => f.callIndirect(OUTLINED, i32.load16u(locals.ip.get), locals.ip.get);
          if (this.hot === 0) return outlinedCall();
          f.if(
            i32.geU(i32.load16u(locals.ip.get), REGION_HANDLER.FIRST),
            () => this.runRegion(),
            () => outlinedCall(),
          );
        });
        f.if(i32.load(window, STATE.attention), () => this.attend(exit));
        reload(f, locals);
        f.br(top);
      });
    });
    // The next entry may come long after, when code pages have changed: leave an address, not a record.
    f.store64(window, STATE.pc, new StateAccess(f).currentPc());
    f.store32(window, STATE.ip, CODE_LAYOUT.resolveRecord);
    f.return(i32.load(window, STATE.exit));
  }

  /** Runs the region that the record at `ip` stands for. */
  private runRegion(): void {
    const { f, locals } = this;
    const { window } = CODE_LAYOUT;
    const before = f.keep(i32.load(window, STATE.remaining));
    const result = f.callIndirect32(REGION, i32.load16u(locals.ip.get), locals.ip.get, before, 0, NOBODY);
    const left = f.keep(i32.and(result, ~RETURNED));
    f.if(i32.and(result, RETURNED), () => {
      f.store64(window, STATE.pc, NOBODY);
      f.store32(window, STATE.ip, CODE_LAYOUT.resolveRecord);
    });
    f.store32(window, STATE.remaining, left);
    f.if(i32.load(window, STATE.lazyKind), () => f.call(this.services.settleFlags));
    const done = i64.extendU(i32.shrU(i32.sub(before, left), 4));
    f.store64(window, STATE.regionInstructions, i64.add(i64.load(window, STATE.regionInstructions), done));
  }

  /** Counts how often the record at `ip` was branched to; tells the host side when it was often. */
  private countTarget(top: Label): void {
    const { f, locals, services } = this;
    countArrival(f, this.hot, locals.ip.get, (rare) => f.brIf(top, i32.eqz(rare), 'likely'));
    f.call(services.hot, locals.ip.get);
    f.br(top);
  }

  private attend(exit: Label): void {
    const { f, services } = this;
    const reason = f.call32(services.attend);
    f.if(reason, () => {
      f.store32(CODE_LAYOUT.window, STATE.exit, i32.sub(reason, 1));
      f.br(exit);
    });
  }

  /** Dispatch, and the handlers behind it. */
  private handlers(labels: LoopLabels, spent: Label): void {
    const { f, locals } = this;
    const present = Array.from({ length: INLINE_END }, (_, number) => number).filter((number) => this.has(number));
    // Ways on which the flags are new meet apart from those on which they stay where they are.
    const numbers = [...present.filter((number) => !setsFlags(number)), ...present.filter(setsFlags)];
    // An interpreter alone does without groups: their way back is a jump longer.
    const size = this.hot > 0 ? GROUP : numbers.length;
    const targets = new Array<Label>(INLINE_END).fill(labels.outlined);
    const nest = (group: number): void => {
      if (group < 0) {
        f.brIf(spent, i32.geU(locals.ip.get, locals.mark.get), 'unlikely');
        f.brTable(targets, labels.outlined, i32.load16u(locals.ip.get));
        return;
      }
      const members = numbers.slice(group * size, (group + 1) * size);
      this.meet(labels, size < numbers.length, (own) =>
        f.blocks(
          members.length,
          (starts) => {
            members.forEach((number, i) => (targets[number] = starts[i]!));
            nest(group - 1);
          },
          (i) => {
            this.handler(members[i]!, own);
            f.releaseTemporaries();
          },
        ),
      );
    };
    nest(Math.ceil(numbers.length / size) - 1);
  }

  /** Gives what is written inside labels of its own, if asked to, behind which control goes on to the outer ones. */
  private meet(outer: LoopLabels, apart: boolean, inside: (own: LoopLabels) => void): void {
    const { f } = this;
    if (!apart) return inside(outer);
    f.block((top) => {
      f.block((branched) => {
        f.block((outlined) => {
          f.block((jump) => inside({ top, branched, outlined, jump }));
          f.br(outer.jump);
        });
        f.br(outer.outlined);
      });
      f.br(outer.branched);
    });
    f.br(outer.top);
  }

  /**
   * Beside translated regions the loop does without fused handlers and floating point: what is worth it is in a region
   * soon, and the host has the rest of the loop optimized in a quarter of the time and memory.
   */
  private has(number: number): boolean {
    const parts = partsOf(number);
    return this.hot === 0 || !parts || (parts.length === 1 && !usesFp(parts[0].instruction));
  }

  private handler(number: number, labels: LoopLabels): void {
    const { f, locals } = this;
    const parts = partsOf(number);
    if (number === SPECIAL.RESOLVE || number === SPECIAL.PAGE_END) {
      const pc =
        number === SPECIAL.RESOLVE
          ? i64.load(CODE_LAYOUT.window, STATE.pc)
          : i64.add(i64.load(CODE_LAYOUT.window, STATE.pcBias), i64.extendU(i32.shrU(locals.ip.get, 2)));
      f.set(locals.target, pc);
      // Finding the next page costs no instruction: the jump charges for one record in front of this.
      f.set(locals.ip, i32.sub(locals.ip.get, RECORD_SIZE));
      f.br(labels.jump);
      return;
    }
    if (!parts) {
      f.br(labels.outlined);
      return;
    }
    const operations = new InlineOperations(f, locals, labels);
    parts.forEach((form, i) => {
      // From here on the second instruction is the running one, for faults as well.
      if (i > 0) operations.advance();
      operations.begin(form.instruction);
      operations.near = form.near;
      if (usesFp(form.instruction)) operations.requireFp();
      inlineMeaning(form.instruction.name, form.statics)!(operations, form.statics);
    });
    operations.finish();
  }

  /** Finds the record for `target` in the code TLB and goes there. */
  private jump(top: Label, returned: Label): void {
    const { f, locals, services } = this;
    const { window } = CODE_LAYOUT;
    const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT, TAG, BIAS, RECORDS } = CODE_TLB;
    const low = f.keep(i32.wrap(locals.target.get));
    const index = i32.and(i32.shrU(low, 12 - ENTRY_SHIFT), (ENTRIES - 1) * ENTRY_SIZE);
    const entry = f.keep(i32.add(i32.load(window, STATE.codeTlb), index));
    f.if(
      // The low two bits take part: a misaligned target never hits.
      i64.eq(i64.and(locals.target.get, ~0xffc), i64.load(entry, TAG)),
      () => {
        const ip = f.keep(i32.add(i32.load(entry, RECORDS), i32.shl(i32.and(low, 0xffc), 2)));
        f.store64(window, STATE.pcBias, i64.load(entry, BIAS));
        f.set(locals.mark, i32.sub(i32.add(locals.mark.get, i32.sub(ip, locals.ip.get)), RECORD_SIZE));
        f.set(locals.ip, ip);
        if (this.hot > 0) this.countTarget(top);
        else f.br(top);
      },
      undefined,
      'likely',
    );
    spill(f, locals);
    f.call(services.fetch, locals.target.get);
    f.br(returned);
  }
}

/** Counts an arrival at a record; `each` gets 1 once in `hot` times. @throws if that does not fit where it is counted */
export function countArrival(f: FunctionBuilder, hot: number, record: X32, each: (rare: X32) => void): void {
  if (hot > 0xffff) throw new RangeError(`arrivals are counted up to 65535, not to ${hot}`);
  const count = f.keep(i32.add(i32.load16u(record, ARRIVALS_OFFSET), 1));
  const rare = f.keep(i32.geU(count, hot));
  f.store16(record, ARRIVALS_OFFSET, i32.select(rare, 0, count));
  each(rare);
}
