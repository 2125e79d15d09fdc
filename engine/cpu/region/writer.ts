// Writes the WebAssembly function of one region. Control flow is structured by the dominator tree (Ramsey, "Beyond
// Relooper: Recursive Translation of Unstructured Control Flow to Structured Control Flow", ICFP 2022). Registers and flags
// live in locals; they are stored where control leaves. The budget is charged block by block, and checked in front of
// loops and behind calls for all that may run before the next check, so that it never runs out in the middle.
import type { AreaLayout } from '../core/layout.ts';
import { CODE_TLB, RECORD_SIZE, REGION_HANDLER, SLOT, STATE } from '../core/layout.ts';
import { LAZY } from '../core/lazy-flags.ts';
import { StateAccess } from '../core/state.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import { OUTLINED, REGION, RETURNED } from '../interpreter/loop.ts';
import type { In32, X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { L32, L64, Label } from '../wasm/function.ts';
import { FunctionBuilder } from '../wasm/function.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import type { Ending, GuestInstruction } from './blocks.ts';
import { DISPATCH, firstInstruction, inPage } from './blocks.ts';
import { regionMeaning, SP_BIT } from './effects.ts';
import type { Flow, FlowBlock } from './flow.ts';
import { dirtyBehind, flagsWantedAtEnd, flagsWantedBehind, isOutlined, liveBehind } from './flow.ts';
import type { FlagState } from './flag-state.ts';
import { LoopFlags, sameOperands } from './loop-flags.ts';
import type { RegionServices } from './operations.ts';
import { RegionOperations } from './operations.ts';

/** Calls between regions nest on the host's stack: deeper ones replace their caller. */
const DEEPEST_CALL = 400;

/** Bit of a site: the code there was not known when the region was made; it may have one of its own by now. */
const UNKNOWN_SITE = 0x8000;

const slotOf = (bit: number): number => (bit === SP_BIT ? SLOT.SP : 8 * bit);

function eachBit(set: number, visit: (bit: number) => void): void {
  for (let bit = 0; bit < 32; bit++) if ((set >>> bit) & 1) visit(bit);
}

export interface RegionPlace {
  readonly area: AreaLayout;
  /** Records of the code page. */
  readonly records: number;
  /** Offset of the entry in the page. */
  readonly entry: number;
  /** Most memory that is accessed lies in the linear range. */
  readonly ranged: boolean;
}

export class RegionWriter {
  private readonly f: FunctionBuilder;
  private readonly flow: Flow;
  private readonly place: RegionPlace;
  private readonly services: RegionServices;
  private readonly operations: RegionOperations;
  private readonly state: StateAccess;
  private readonly left: L32;
  private readonly depth: X32;
  /** Where the region that called this one expects the return. */
  private readonly back: L64;
  /** Where a side exit happens: record number, and in the upper half instructions charged for but not executed. */
  private readonly site: L32;
  /** Where the indirect jump in front of the dispatch goes. */
  private readonly target: L64;
  /** Whether that jump was a return. */
  private readonly returning: L32;
  private readonly loopFlags: LoopFlags;
  private readonly labels = new Map<number, Label>();
  /** By number of the set that they store. */
  private readonly sideExits: Label[] = [];
  /** The running point for side exits: page offset, what of the block's cost lies ahead, registers to store. */
  private at = { offset: 0, ahead: 0, dirty: 0 };

  constructor(f: FunctionBuilder, services: RegionServices, flow: Flow, place: RegionPlace) {
    this.f = f;
    this.flow = flow;
    this.place = place;
    this.services = services;
    this.state = new StateAccess(f, place.area.window);
    this.left = f.param(I32, 1);
    this.depth = f.param(I32, 2).get;
    this.back = f.param(I64, 3);
    this.site = f.local(I32);
    this.target = f.local(I64);
    this.returning = f.local(I32);
    const { area, ranged } = place;
    this.loopFlags = new LoopFlags(flow, (instruction) => this.flagsSetBy(instruction));
    this.operations = new RegionOperations(f, { area, ranged, services, leave: () => this.leaveHere() });
  }

  private get window(): number {
    return this.place.area.window;
  }
  private record(offset: number): number {
    return this.place.records + offset * (RECORD_SIZE / 4);
  }

  write(): void {
    const { f, flow, left } = this;
    const entry = flow.blocks[0]!;
    f.block((tooLittle) => {
      this.withSideExits(flow.exits.sets.length - 1, () => {
        f.brIf(tooLittle, i32.ltS(left.get, entry.need * RECORD_SIZE), 'unlikely');
        const { locals } = this.operations;
        this.operations.loadTlb();
        const bias = i64.load(this.window, STATE.pcBias);
        f.set(locals.page, i64.add(bias, this.place.records / 4));
        if (entry.block.start === DISPATCH) f.set(this.target, this.address(this.place.entry));
        this.load(entry.live);
        this.operations.takeStoredFlags(entry.flagsLive);
        f.set(locals.flagKind, LAZY.STORED);
        this.tree(entry);
        f.unreachable();
      });
    });
    this.state.add32('regionBudgetExits', 1);
    this.runEntryOutlined();
  }

  /** Writes what leaves by side exits, and the exits up to a number behind it. */
  private withSideExits(last: number, write: () => void): void {
    const { f, flow } = this;
    f.block((common) => {
      const nest = (number: number): void => {
        if (number < 0) return write();
        f.block((label) => {
          this.sideExits[number] = label;
          nest(number - 1);
        });
        this.store(flow.exits.sets[number]!);
        f.br(common);
      };
      nest(last);
    });
    this.writeSideExit();
  }

  private load(set: number): void {
    const { f, operations, window } = this;
    eachBit(set, (bit) => f.set(operations.locals.register(bit), i64.load(window, slotOf(bit))));
  }
  private store(set: number): void {
    const { f, operations, window } = this;
    eachBit(set, (bit) => f.store64(window, slotOf(bit), operations.locals.register(bit).get));
  }

  /** Leaves in front of the running instruction, which the interpreter executes. */
  private leaveHere(unknown = false): void {
    const { f, at } = this;
    this.flags.gather();
    f.set(this.site, i32.const((at.offset >> 2) | (at.ahead << 16) | (unknown ? UNKNOWN_SITE : 0)));
    f.br(this.sideExits[this.flow.exits.for(at.dirty)]!);
  }

  private writeSideExit(): void {
    const { f, site, left, state } = this;
    this.storeUnknownFlags();
    f.set(left, i32.add(left.get, i32.shl(i32.shrU(site.get, 16), 4)));
    const record = f.keep(i32.add(i32.shl(i32.and(site.get, UNKNOWN_SITE - 1), 4), this.place.records));
    state.set32('ip', record);
    f.if(i32.and(site.get, UNKNOWN_SITE), () => this.chain(record));
    state.add32('regionSideExits', 1);
    // The record of the entry is this region: the interpreter would come back at once.
    f.if(i32.ne(state.get32('ip'), this.record(this.place.entry)), () => f.return(left.get));
    this.runEntryOutlined();
  }

  /** Runs the entry's instruction as the interpreter would, if the budget has one more. */
  private runEntryOutlined(): void {
    const { f, left, state } = this;
    f.if(i32.eqz(left.get), () => f.return(left.get));
    const { block } = this.flow.blocks[this.flow.blockAt(this.place.entry)!]!;
    this.settleFlags();
    state.set32('remaining', left.get);
    f.callIndirect(OUTLINED, i32.const(firstInstruction(block).form.handler), this.record(this.place.entry));
    f.return(state.get32('remaining'));
  }

  /** Stores flags of which only the locals know how they were set. */
  private storeUnknownFlags(): void {
    const { f, operations } = this;
    const { locals } = operations;
    f.if(locals.flagKind.get, () =>
      f.if(
        i32.eq(locals.flagKind.get, LAZY.EXPLICIT),
        () => this.storeExplicitFlags(),
        () => this.storeLazyFlags(locals.flagKind.get, { a: locals.flagA.get, b: locals.flagB.get }),
      ),
    );
  }

  private storeExplicitFlags(): void {
    this.state.setFlags(this.operations.locals.explicitFlags);
    this.state.set32('lazyKind', LAZY.STORED);
  }
  private storeLazyFlags(kind: In32, { a, b }: { readonly a: X64; readonly b: X64 }): void {
    this.state.set32('lazyKind', kind);
    this.state.set64('lazyA', a);
    this.state.set64('lazyB', b);
  }

  private storeFlags(dirty: boolean): void {
    const { known, values } = this.flags;
    if (!dirty || known === LAZY.STORED) return;
    if (known === 'dynamic') {
      this.flags.gather();
      this.storeUnknownFlags();
    } else if (known === LAZY.EXPLICIT) this.storeExplicitFlags();
    else this.storeLazyFlags(known, values);
  }

  /** The interpreter's functions want the flags themselves. */
  private settleFlags(): void {
    const { f, state, services } = this;
    f.if(state.get32('lazyKind'), () => f.call(services.settleFlags));
  }

  /** A block and all that it dominates. */
  private tree(block: FlowBlock): void {
    const { f, flow } = this;
    // Blocks where several ways meet are placed behind this one, the last of them outermost.
    const merges = flow.blocks.filter(({ merge, dominator }) => merge && dominator === block.order);
    const inside = (): void => this.within(block, merges);
    if (!block.loop) return inside();
    f.loop((top) => {
      this.labels.set(block.order, top);
      inside();
    });
  }

  private within(block: FlowBlock, merges: readonly FlowBlock[]): void {
    const last = merges.at(-1);
    if (!last) return this.writeBlock(block);
    this.f.block((label) => {
      this.labels.set(last.order, label);
      this.within(block, merges.slice(0, -1));
    });
    this.tree(last);
  }

  private writeBlock(block: FlowBlock): void {
    const { f, operations, flow, left } = this;
    const { body, ending, start } = block.block;
    if (ending.kind === 'dispatch') return this.dispatch(block, ending.targets);
    operations.anchors.forget();
    // What one block alone goes on to knows what that one knew.
    if (meets(block)) this.meetFlags(block);
    this.at = { offset: start, ahead: 0, dirty: block.dirty };
    if (block.checked && (block.order > 0 || block.loop))
      f.if(i32.ltS(left.get, block.need * RECORD_SIZE), () => this.leaveHere(), undefined, 'unlikely');
    if (block.cost > 0) f.set(left, i32.sub(left.get, block.cost * RECORD_SIZE));
    let dirty = block.dirty;
    let flagsDirty = block.flagsDirty;
    const flagsWanted = flagsWantedBehind(block, flagsWantedAtEnd(block, flow.blocks, flow.allows));
    const behind = block.effects.some(isOutlined) ? liveBehind(block, flow.blocks, flow.exits) : [];
    body.forEach((instruction, i) => {
      this.at = { offset: instruction.offset, ahead: block.cost - i, dirty };
      const effects = block.effects[i]!;
      if (isOutlined(effects)) {
        this.callOutlined(instruction, dirty, flagsDirty, behind[i]!);
        const later = block.effects.slice(i + 1);
        const reader = later.findIndex(({ readsFlags }) => readsFlags);
        const setter = later.findIndex((next) => next.setsFlags || isOutlined(next));
        const wanted = reader >= 0 && (setter < 0 || reader <= setter);
        const passed = setter < 0 && (block.endEffects?.readsFlags === true || this.successorsWantFlags(block));
        flagsDirty = false;
        operations.takeStoredFlags(wanted || passed);
      } else {
        this.flags.wantedBehind = !effects.setsFlags && flagsWanted[i]!;
        this.execute(instruction);
        flagsDirty ||= effects.setsFlags;
      }
      dirty = dirtyBehind(effects, dirty);
      f.releaseTemporaries();
    });
    const offset = 'instruction' in ending ? ending.instruction.offset : 0;
    this.at = { offset, ahead: block.cost - body.length, dirty };
    this.end(block, dirty, flagsDirty);
  }

  private get flags(): FlagState {
    return this.operations.flagState;
  }

  /** The flags at the start of a block that several go on to. */
  private meetFlags(block: FlowBlock): void {
    if (block.flagsLive) this.flags.become(LAZY.EXPLICIT);
    else this.flags.become('dynamic', this.loopFlags.of(block)?.operands);
  }

  /** Makes the flags what a block that several go on to expects. */
  private handOverFlags(successor: FlowBlock, exit: Exit): void {
    const { f, flags, operations } = this;
    const { flagKind } = operations.locals;
    if (successor.flagsLive) {
      operations.makeFlagsExplicit();
      return flags.gather();
    }
    const loop = this.loopFlags.of(successor);
    if (!loop) {
      if (successor.flagsWanted) flags.gather();
      return;
    }
    const same = flags.operands !== undefined && sameOperands(flags.operands, loop.operands);
    if (same && flags.known === loop.kind) return f.set(flagKind, loop.kind);
    if (same && flags.known === 'dynamic') return;
    this.storeFlags(exit.flagsDirty);
    f.set(flagKind, LAZY.STORED);
  }

  /** What is known of the flags behind an instruction: it is written once for nobody. */
  private flagsSetBy(instruction: GuestInstruction): FlagState {
    const { area, ranged } = this.place;
    const { services } = this;
    const nowhere = new FunctionBuilder(new ModuleBuilder(), { ...OUTLINED, name: '', index: 0, typeIndex: 0 });
    const trial = new RegionOperations(nowhere, {
      ...{ area, ranged, services },
      leave: () => undefined,
      locals: this.operations.locals,
    });
    // It may read the flags as well.
    trial.flagState.become(LAZY.EXPLICIT);
    trial.take(instruction);
    regionMeaning(instruction.form)!(trial, instruction.form.statics);
    trial.commit();
    return trial.flagState;
  }

  private successorsWantFlags(block: FlowBlock): boolean {
    return block.successors.some((to) => this.flow.blocks[to]!.flagsLive);
  }

  private execute(instruction: GuestInstruction): void {
    const { operations } = this;
    const { instruction: entry, statics } = instruction.form;
    operations.take(instruction);
    if (usesFp(entry)) operations.requireFp();
    regionMeaning(instruction.form)!(operations, statics);
    operations.commit();
  }

  /** Runs an instruction in its outlined function, and comes back if it ended like any other. */
  private callOutlined(instruction: GuestInstruction, dirty: number, flagsDirty: boolean, live: number): void {
    const { f, state, left, operations } = this;
    const { offset, form } = instruction;
    const { ahead } = this.at;
    this.store(dirty);
    this.storeFlags(flagsDirty);
    this.settleFlags();
    state.set32('ip', this.record(offset));
    state.set32('remaining', i32.add(left.get, ahead * RECORD_SIZE));
    f.callIndirect(OUTLINED, i32.const(form.handler), this.record(offset));
    const elsewhere = i32.ne(state.get32('ip'), this.record(offset + 4));
    f.if(i32.or(elsewhere, state.get32('attention')), () => f.return(state.get32('remaining')), undefined, 'unlikely');
    operations.loadTlb();
    this.load(live);
  }

  private end(block: FlowBlock, dirty: number, flagsDirty: boolean): void {
    const { f, operations } = this;
    const { ending } = block.block;
    const exit = { block, dirty: dirty | (block.endEffects?.writes ?? 0), flagsDirty };
    switch (ending.kind) {
      case 'fall':
        return this.goTo(ending.next, exit);
      case 'leave':
        this.at = { offset: ending.at, ahead: 0, dirty };
        return this.leaveHere(ending.unknown);
      case 'branch':
        if (!block.endEffects!.writes) return this.goTo(ending.target, exit);
        return this.takeEnding(ending.instruction, {
          taken: () => {
            operations.commit();
            this.goTo(ending.target, exit);
          },
        });
      case 'conditional':
        this.takeEnding(ending.instruction, {
          takenIf: (condition) => {
            const { known, operands } = this.flags;
            f.if(condition, () => {
              f.releaseTemporaries();
              this.goTo(ending.target, exit);
            });
            this.flags.become(known, operands);
          },
        });
        f.releaseTemporaries();
        return this.goTo(ending.next, exit);
      case 'jump':
        return this.takeEnding(ending.instruction, {
          jump: (target) => {
            if (ending.dispatched && this.inside(DISPATCH, exit)) {
              f.set(this.target, target);
              f.set(this.returning, ending.returns ? 1 : 0);
              return this.goTo(DISPATCH, exit);
            }
            this.storeAll(exit);
            if (ending.returns) this.returnTo(target);
            const record = this.lookUp(target);
            if (ending.returns) f.if(this.depth, () => f.return(this.left.get));
            this.chain(record);
          },
        });
      case 'call':
        this.takeEnding(ending.instruction, {
          taken: () => this.call(ending, exit, () => this.findTarget(ending.target!)),
          jump: (target) => {
            const kept = f.keep(target);
            // BLR may go to what X30 was.
            this.call(ending, exit, () => this.lookUp(kept));
          },
        });
    }
  }

  private takeEnding(
    instruction: GuestInstruction,
    branches: { taken?(): void; takenIf?(condition: X32): void; jump?(target: X64): void },
  ): void {
    const unexpected = (): void => {
      throw new Error(`${instruction.form.instruction.name} ends its block in another way`);
    };
    const { statics } = instruction.form;
    this.operations.take(instruction, { taken: unexpected, takenIf: unexpected, jump: unexpected, ...branches });
    regionMeaning(instruction.form)!(this.operations, statics);
  }

  /** Everything is stored: returns to the region that called this one, if it expects that. */
  private returnTo(target: X64): void {
    const { f, left } = this;
    f.if(i64.eq(target, this.back.get), () => f.return(i32.or(left.get, RETURNED)), undefined, 'likely');
  }

  /** Guest-virtual address of an offset from the page's start. */
  private address(offset: number): X64 {
    return i64.add(this.operations.locals.page.get, offset);
  }

  private storeAll(exit: Exit): void {
    this.store(exit.dirty);
    this.storeFlags(exit.flagsDirty);
  }

  /** Goes to one of the targets by a table, or out of the region to where else the jump says. */
  private dispatch(block: FlowBlock, targets: readonly number[]): void {
    const { f, operations, left, target } = this;
    const exit = { block, dirty: block.dirty, flagsDirty: block.flagsDirty };
    this.meetFlags(block);
    if (block.checked)
      f.if(
        i32.ltS(left.get, block.need * RECORD_SIZE),
        () => {
          this.storeAll(exit);
          this.lookUp(target.get);
          f.return(left.get);
        },
        undefined,
        'unlikely',
      );
    const first = Math.min(...targets);
    const count = (Math.max(...targets) - first) / 4 + 1;
    // The low two bits become the highest ones: a misaligned target is in no table.
    const index = f.keep(i64.rotr(i64.sub(i64.sub(target.get, operations.locals.page.get), first), 2));
    f.block((elsewhere) => {
      f.brIf(elsewhere, i64.geU(index, count), 'unlikely');
      const labels = Array.from({ length: count }, (_, i) => {
        const to = this.inside(first + 4 * i, exit);
        return to && targets.includes(to.block.start) ? this.labels.get(to.order)! : elsewhere;
      });
      f.brTable(labels, elsewhere, i32.wrap(index));
    });
    // A return may be to what the table has and to the calling region as well: then it was better to stay.
    this.storeAll(exit);
    const returns = block.order === 0;
    if (returns) this.returnTo(target.get);
    const record = this.lookUp(target.get);
    if (returns) f.if(i32.and(this.returning.get, i32.ne(this.depth, 0)), () => f.return(left.get));
    this.chain(record);
  }

  /** The region's block at an offset, if the exit may go there. */
  private inside(offset: number, exit: Exit): FlowBlock | undefined {
    const to = this.flow.blockAt(offset);
    return to !== undefined && this.flow.allows(exit.block.order, to) ? this.flow.blocks[to] : undefined;
  }

  /** Goes on at an offset: in the region, or out of it. */
  private goTo(offset: number, exit: Exit): void {
    const { f } = this;
    const successor = this.inside(offset, exit);
    if (successor) {
      const to = successor.order;
      if (meets(successor)) this.handOverFlags(successor, exit);
      if (to <= exit.block.order || successor.merge) f.br(this.labels.get(to)!);
      else this.tree(successor);
      return;
    }
    if (this.dispatches(offset)) {
      f.set(this.target, this.address(offset));
      return this.goTo(DISPATCH, exit);
    }
    this.storeAll(exit);
    this.chain(this.findTarget(offset));
  }

  /** Whether the first block is a dispatch that goes to an offset. */
  private dispatches(offset: number): boolean {
    const { ending } = this.flow.blocks[0]!.block;
    return ending.kind === 'dispatch' && ending.targets.includes(offset);
  }

  /** Makes the state's `ip` the record of a direct target, and returns it; leaves if the page is not at hand. */
  private findTarget(offset: number): X32 {
    if (!inPage(offset)) return this.lookUp(this.address(offset));
    const record = i32.const(this.record(offset));
    this.state.set32('ip', record);
    return record;
  }

  /** As findTarget for any address. */
  private lookUp(target: X64): X32 {
    const { f, state, window } = this;
    const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT, TAG, BIAS, RECORDS } = CODE_TLB;
    const address = f.keep(target);
    const low = f.keep(i32.wrap(address));
    const index = i32.and(i32.shrU(low, 12 - ENTRY_SHIFT), (ENTRIES - 1) * ENTRY_SIZE);
    const entry = f.keep(i32.add(i32.load(window, STATE.codeTlb), index));
    f.if(
      i64.ne(i64.and(address, ~0xffc), i64.load(entry, TAG)),
      () => {
        state.set64('pc', address);
        state.set32('ip', this.place.area.resolveRecord);
        f.return(this.left.get);
      },
      undefined,
      'unlikely',
    );
    state.set64('pcBias', i64.load(entry, BIAS));
    const record = f.keep(i32.add(i32.load(entry, RECORDS), i32.shl(i32.and(low, 0xffc), 2)));
    state.set32('ip', record);
    return record;
  }

  /** Everything is stored: goes on in the region at a record, which the state's `ip` is, if there is one. */
  private chain(record: X32): void {
    const { f, left } = this;
    const handler = f.keep(i32.load16u(record));
    f.if(i32.geU(handler, REGION_HANDLER.FIRST), () =>
      f.returnCallIndirect(REGION, handler, record, left.get, this.depth, this.back.get),
    );
    f.call(this.services.untranslated, record);
    f.return(left.get);
  }

  private call(ending: Extract<Ending, { kind: 'call' }>, exit: Exit, find: () => X32): void {
    const { f, state, left, operations, flow } = this;
    operations.commit();
    this.storeAll(exit);
    const record = find();
    const behind = this.inside(ending.next, exit);
    const next = behind ?? (this.dispatches(ending.next) ? flow.blocks[0] : undefined);
    if (!next) return this.chain(record);
    const handler = f.keep(i32.load16u(record));
    f.if(
      i32.ltU(handler, REGION_HANDLER.FIRST),
      () => {
        f.call(this.services.untranslated, record);
        f.return(left.get);
      },
      undefined,
      'unlikely',
    );
    f.if(
      i32.geU(this.depth, DEEPEST_CALL),
      () => f.returnCallIndirect(REGION, handler, record, left.get, this.depth, this.back.get),
      undefined,
      'unlikely',
    );
    const { locals } = operations;
    const expected = this.address(ending.next);
    f.set(left, f.callIndirect32(REGION, handler, record, left.get, i32.add(this.depth, 1), expected));
    // Anything else than the expected return is in the state, for whoever comes next.
    f.if(i32.eqz(i32.and(left.get, RETURNED)), () => f.return(left.get), undefined, 'unlikely');
    f.set(left, i32.xor(left.get, RETURNED));
    state.set64('pcBias', i64.sub(locals.page.get, this.place.records / 4));
    this.load(next.live);
    operations.takeStoredFlags(next.flagsLive);
    if (meets(next)) f.set(locals.flagKind, LAZY.STORED);
    f.releaseTemporaries();
    if (!behind) f.set(this.target, this.address(ending.next));
    if (next.order <= exit.block.order || next.merge) f.br(this.labels.get(next.order)!);
    else this.tree(next);
  }
}

/** Whether a block has its place in front of which several may have been: those it dominates know more. */
const meets = (block: FlowBlock): boolean => block.merge || block.loop;

/** What must be stored where control leaves behind a block. */
interface Exit {
  readonly block: FlowBlock;
  readonly dirty: number;
  readonly flagsDirty: boolean;
}
