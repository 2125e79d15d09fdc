// Writes the WebAssembly function of one region. Control flow is structured by the dominator tree (Ramsey, "Beyond
// Relooper: Recursive Translation of Unstructured Control Flow to Structured Control Flow", ICFP 2022). Registers and flags
// live in locals; they are stored where control leaves. The budget is charged block by block, and checked in front of
// loops and behind calls for all that may run before the next check, so that it never runs out in the middle.
import { CODE_LAYOUT, RECORD_SIZE, REGION_HANDLER, STATE } from '../core/layout.ts';
import { LAZY } from '../core/lazy-flags.ts';
import { StateAccess } from '../core/state.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import { OUTLINED, REGION, RETURNED } from '../interpreter/loop.ts';
import type { X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { L32, L64, Label } from '../wasm/function.ts';
import { FunctionBuilder } from '../wasm/function.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import type { Ending, GuestInstruction } from './blocks.ts';
import { DISPATCH, firstInstruction } from './blocks.ts';
import { isOutlined, regionMeaning } from './effects.ts';
import type { Flow, FlowBlock } from './flow.ts';
import { dirtyBehind, flagsWantedAtEnd, flagsWantedBehind, isLoop, liveBehind } from './flow.ts';
import type { FlagState } from './flag-state.ts';
import { bitsOf } from './locals.ts';
import { LoopFlags, sameOperands } from './loop-flags.ts';
import type { RegionServices } from './operations.ts';
import { RegionOperations } from './operations.ts';
import type { Exit, RegionPlace } from './ways-out.ts';
import { WaysOut } from './ways-out.ts';

/** Calls between regions nest on the host's stack: deeper ones replace their caller. */
const DEEPEST_CALL = 400;

/** Bit of a site: the code there was not known when the region was made; it may have one of its own by now. */
const UNKNOWN_SITE = 0x8000;

export class RegionWriter {
  private readonly f: FunctionBuilder;
  private readonly flow: Flow;
  private readonly place: RegionPlace;
  private readonly services: RegionServices;
  private readonly operations: RegionOperations;
  private readonly state: StateAccess;
  private readonly out: WaysOut;
  private readonly left: L32;
  /** Where a side exit happens: record number, and in the upper half instructions charged for but not executed. */
  private readonly site: L32;
  /** Where the indirect jump in front of the dispatch goes. */
  private readonly target: L64;
  /** Whether that jump was a return. */
  private readonly returning: L32;
  private readonly loopFlags: LoopFlags;
  /** Of merges by their order, and of loops by those of the blocks that come back. */
  private readonly labels = new Map<number, Label>();
  private readonly turns = new Map<string, Label>();
  /** By number of the set that they store. */
  private readonly sideExits: Label[] = [];
  /** The running point for side exits: page offset, what of the block's cost lies ahead, registers to store. */
  private at = { offset: 0, ahead: 0, dirty: 0 };

  constructor(f: FunctionBuilder, services: RegionServices, flow: Flow, place: RegionPlace) {
    this.f = f;
    this.flow = flow;
    this.place = place;
    this.services = services;
    this.state = new StateAccess(f);
    this.site = f.local(I32);
    this.target = f.local(I64);
    this.returning = f.local(I32);
    const { ranged } = place;
    this.loopFlags = new LoopFlags(flow, (instruction, narrow) => this.flagsSetBy(instruction, narrow));
    this.operations = new RegionOperations(f, { ranged, services, leave: () => this.leaveHere() });
    this.out = new WaysOut(f, place, services, this.operations);
    this.left = this.out.left;
  }

  write(): void {
    const { f, flow, left } = this;
    const entry = flow.blocks[0]!;
    f.block((tooLittle) => {
      this.withSideExits(flow.exits.sets.length - 1, () => {
        f.brIf(tooLittle, i32.ltS(left.get, entry.need * RECORD_SIZE), 'unlikely');
        const { locals } = this.operations;
        this.operations.loadTlb();
        const bias = i64.load(CODE_LAYOUT.window, STATE.pcBias);
        f.set(locals.page, i64.add(bias, this.place.records / 4));
        if (entry.block.start === DISPATCH) f.set(this.target, this.out.address(this.place.entry));
        this.operations.loadRegisters(entry.live);
        this.narrowEntry(entry.narrowIfLow, tooLittle);
        this.operations.takeStoredFlags(entry.flagsLive);
        f.set(locals.flagKind, LAZY.STORED);
        this.tree(entry);
        f.unreachable();
      });
    });
    this.state.add32('regionBudgetExits', 1);
    this.runEntryOutlined();
  }

  /** Has 32-bit locals hold registers of the entry, or does not enter if one of them has more in it. */
  private narrowEntry(set: number, refuse: Label): void {
    const { locals } = this.operations;
    if (set === 0) return;
    const values = bitsOf(set).map((bit) => ({ bit, value: locals.read(bit) }));
    const all = values.map(({ value }) => value).reduce((some, value) => i64.or(some, value));
    this.f.brIf(refuse, i64.ne(i64.shrU(all, 32), 0), 'unlikely');
    for (const { bit, value } of values) locals.write(this.f, bit, value, true);
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
        this.operations.locals.narrow = flow.exits.narrow[number]!;
        this.operations.storeRegisters(flow.exits.sets[number]!);
        f.br(common);
      };
      nest(last);
    });
    this.writeSideExit();
  }

  /** Leaves in front of the running instruction, which the interpreter executes. */
  private leaveHere(unknown = false): void {
    const { f, at } = this;
    this.flags.gather();
    f.set(this.site, i32.const((at.offset >> 2) | (at.ahead << 16) | (unknown ? UNKNOWN_SITE : 0)));
    const { exits } = this.flow;
    const number = exits.for(at.dirty);
    this.operations.locals.widen(this.f, exits.sets[number]! & ~exits.narrow[number]!);
    f.br(this.sideExits[number]!);
  }

  private writeSideExit(): void {
    const { f, site, left, state } = this;
    this.out.storeUnknownFlags();
    f.set(left, i32.add(left.get, i32.shl(i32.shrU(site.get, 16), 4)));
    const record = f.keep(i32.add(i32.shl(i32.and(site.get, UNKNOWN_SITE - 1), 4), this.place.records));
    state.set32('ip', record);
    f.if(i32.and(site.get, UNKNOWN_SITE), () => this.out.chain(record));
    state.add32('regionSideExits', 1);
    // The record of the entry is this region: the interpreter would come back at once.
    f.if(i32.ne(state.get32('ip'), this.out.record(this.place.entry)), () => f.return(left.get));
    this.runEntryOutlined();
  }

  /** Runs the entry's instruction as the interpreter would, if the budget has one more. */
  private runEntryOutlined(): void {
    const { f, left, state } = this;
    f.if(i32.eqz(left.get), () => f.return(left.get));
    const { block } = this.flow.blocks[this.flow.blockAt(this.place.entry)!]!;
    this.out.settleFlags();
    state.set32('remaining', left.get);
    f.callIndirect(OUTLINED, i32.const(firstInstruction(block).form.handler), this.out.record(this.place.entry));
    f.return(state.get32('remaining'));
  }

  /** A block and all that it dominates. */
  private tree(block: FlowBlock): void {
    const { f, flow } = this;
    // Blocks where several ways meet are placed behind this one, the last of them outermost.
    const merges = flow.blocks.filter(({ merge, dominator }) => merge && dominator === block.order);
    const nest = (loop: number): void => {
      if (loop < 0) return this.within(block, merges);
      f.loop((top) => {
        for (const from of block.loops[loop]!) this.turns.set(turn(from, block.order), top);
        nest(loop - 1);
      });
    };
    nest(block.loops.length - 1);
  }

  /** Where a block goes for one that comes earlier, or has a place that several go to; undefined if neither. */
  private labelOf(from: FlowBlock, to: FlowBlock): Label | undefined {
    return to.order <= from.order ? this.turns.get(turn(from.order, to.order))! : this.labels.get(to.order);
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
    operations.locals.narrow = block.narrow;
    // What one block alone goes on to knows what that one knew.
    if (meets(block)) this.meetFlags(block);
    this.at = { offset: start, ahead: 0, dirty: block.dirty };
    if (block.checked && (block.order > 0 || isLoop(block)))
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
    const same = flags.operands !== undefined && sameOperands(flags.operands, loop.operands, operations.locals);
    if (same && flags.known === loop.kind) return f.set(flagKind, loop.kind);
    if (same && flags.known === 'dynamic') return;
    this.out.storeFlags(exit.flagsDirty);
    f.set(flagKind, LAZY.STORED);
  }

  /** What is known of the flags behind an instruction: it is written once for nobody, with registers in 32-bit locals. */
  private flagsSetBy(instruction: GuestInstruction, narrow: number): FlagState {
    const { ranged } = this.place;
    const { services } = this;
    const nowhere = new FunctionBuilder(new ModuleBuilder(), { ...OUTLINED, name: '', index: 0, typeIndex: 0 });
    const trial = new RegionOperations(nowhere, {
      ...{ ranged, services },
      leave: () => undefined,
      locals: this.operations.locals,
    });
    const { locals } = this.operations;
    const before = locals.narrow;
    locals.narrow = narrow;
    // It may read the flags as well.
    trial.flagState.become(LAZY.EXPLICIT);
    trial.take(instruction);
    regionMeaning(instruction.form)!(trial, instruction.form.statics);
    trial.commit();
    locals.narrow = before;
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
    this.operations.storeRegisters(dirty);
    this.out.storeFlags(flagsDirty);
    this.out.settleFlags();
    state.set32('ip', this.out.record(offset));
    state.set32('remaining', i32.add(left.get, ahead * RECORD_SIZE));
    f.callIndirect(OUTLINED, i32.const(form.handler), this.out.record(offset));
    const elsewhere = i32.ne(state.get32('ip'), this.out.record(offset + 4));
    f.if(i32.or(elsewhere, state.get32('attention')), () => f.return(state.get32('remaining')), undefined, 'unlikely');
    operations.loadTlb();
    this.operations.loadRegisters(live);
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
            const { narrow } = operations.locals;
            f.if(condition, () => {
              f.releaseTemporaries();
              this.goTo(ending.target, exit);
            });
            this.flags.become(known, operands);
            operations.locals.narrow = narrow;
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
            this.out.storeAll(exit);
            if (ending.returns) this.out.returnTo(target);
            const record = this.out.lookUp(target);
            if (ending.returns) f.if(this.out.depth, () => f.return(this.left.get));
            this.out.chain(record);
          },
        });
      case 'call':
        this.takeEnding(ending.instruction, {
          taken: () => this.call(ending, exit, () => this.out.findTarget(ending.target!)),
          jump: (target) => {
            const kept = f.keep(target);
            // BLR may go to what X30 was.
            this.call(ending, exit, () => this.out.lookUp(kept));
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

  /** Goes to one of the targets by a table, or out of the region to where else the jump says. */
  private dispatch(block: FlowBlock, targets: readonly number[]): void {
    const { f, operations, left, target } = this;
    const exit = { block, dirty: block.dirty, flagsDirty: block.flagsDirty };
    this.meetFlags(block);
    operations.locals.narrow = block.narrow;
    if (block.checked)
      f.if(
        i32.ltS(left.get, block.need * RECORD_SIZE),
        () => {
          this.out.storeAll(exit);
          this.out.lookUp(target.get);
          f.return(left.get);
        },
        undefined,
        'unlikely',
      );
    const wide = targets
      .map((offset) => this.inside(offset, exit))
      .reduce((set, to) => set | (to ? to.live & ~to.narrow : 0), 0);
    operations.locals.widen(this.f, wide);
    const first = Math.min(...targets);
    const count = (Math.max(...targets) - first) / 4 + 1;
    // The low two bits become the highest ones: a misaligned target is in no table.
    const index = f.keep(i64.rotr(i64.sub(i64.sub(target.get, operations.locals.page.get), first), 2));
    f.block((elsewhere) => {
      f.brIf(elsewhere, i64.geU(index, count), 'unlikely');
      const labels = Array.from({ length: count }, (_, i) => {
        const to = this.inside(first + 4 * i, exit);
        return to && targets.includes(to.block.start) ? this.labelOf(block, to)! : elsewhere;
      });
      f.brTable(labels, elsewhere, i32.wrap(index));
    });
    // A return may be to what the table has and to the calling region as well: then it was better to stay.
    this.out.storeAll(exit);
    const returns = block.order === 0;
    if (returns) this.out.returnTo(target.get);
    const record = this.out.lookUp(target.get);
    if (returns) f.if(i32.and(this.returning.get, i32.ne(this.out.depth, 0)), () => f.return(left.get));
    this.out.chain(record);
  }

  /** The region's block at an offset, if the exit may go there. */
  private inside(offset: number, exit: Exit): FlowBlock | undefined {
    const to = this.flow.blockAt(offset);
    return to !== undefined && this.flow.allows(exit.block.order, to) ? this.flow.blocks[to] : undefined;
  }

  /** Goes on at an offset: in the region, or out of it. */
  private goTo(offset: number, exit: Exit): void {
    const successor = this.inside(offset, exit);
    if (successor) {
      if (meets(successor)) this.handOverFlags(successor, exit);
      return this.follow(exit.block, successor);
    }
    if (this.dispatches(offset)) {
      this.f.set(this.target, this.out.address(offset));
      return this.goTo(DISPATCH, exit);
    }
    this.out.storeAll(exit);
    this.out.chain(this.out.findTarget(offset));
  }

  private follow(from: FlowBlock, to: FlowBlock): void {
    this.operations.locals.widen(this.f, to.live & ~to.narrow);
    const label = this.labelOf(from, to);
    if (label) this.f.br(label);
    else this.tree(to);
  }

  /** Whether the first block is a dispatch that goes to an offset. */
  private dispatches(offset: number): boolean {
    const { ending } = this.flow.blocks[0]!.block;
    return ending.kind === 'dispatch' && ending.targets.includes(offset);
  }

  private call(ending: Extract<Ending, { kind: 'call' }>, exit: Exit, find: () => X32): void {
    const { f, state, left, operations, flow } = this;
    operations.commit();
    this.out.storeAll(exit);
    const record = find();
    const behind = this.inside(ending.next, exit);
    const next = behind ?? (this.dispatches(ending.next) ? flow.blocks[0] : undefined);
    if (!next) return this.out.chain(record);
    const handler = f.keep(i32.load16u(record));
    f.if(i32.ltU(handler, REGION_HANDLER.FIRST), () => this.out.leaveUntranslated(record), undefined, 'unlikely');
    f.if(i32.geU(this.out.depth, DEEPEST_CALL), () => this.out.replaceBy(handler, record), undefined, 'unlikely');
    const { locals } = operations;
    const expected = this.out.address(ending.next);
    f.set(left, f.callIndirect32(REGION, handler, record, left.get, i32.add(this.out.depth, 1), expected));
    // Anything else than the expected return is in the state, for whoever comes next.
    f.if(i32.eqz(i32.and(left.get, RETURNED)), () => f.return(left.get), undefined, 'unlikely');
    f.set(left, i32.xor(left.get, RETURNED));
    state.set64('pcBias', i64.sub(locals.page.get, this.place.records / 4));
    this.operations.loadRegisters(next.live);
    operations.takeStoredFlags(next.flagsLive);
    if (meets(next)) f.set(locals.flagKind, LAZY.STORED);
    f.releaseTemporaries();
    if (!behind) f.set(this.target, this.out.address(ending.next));
    this.follow(exit.block, next);
  }
}

/** Whether a block has its place in front of which several may have been: those it dominates know more. */
const meets = (block: FlowBlock): boolean => block.merge || isLoop(block);

const turn = (from: number, to: number): string => `${from} ${to}`;
