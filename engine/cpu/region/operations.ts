// Operations of translated code: guest registers are WebAssembly locals, operands are the decoded instruction's constants,
// flags are kept by what set them. What cannot be done without the processor's services leaves the region before anything
// has changed, and the interpreter executes the instruction.
import type { FlagSetter } from '../aarch64/meaning/flags.ts';
import { setFlagsEagerly } from '../aarch64/meaning/flags.ts';
import type { Width, Word } from '../aarch64/meaning/operations.ts';
import type { FlagSource } from '../core/flags.ts';
import { dataTlbEntry, wantedTag } from '../core/data-tlb.ts';
import { CODE_LAYOUT, DATA_TLB, LINEAR_RANGE, SLOT, STATE, STORE_MAP } from '../core/layout.ts';
import { LAZY } from '../core/lazy-flags.ts';
import type { Services } from '../core/services.ts';
import type { HostAccess } from '../interpreter/leaving.ts';
import { LeavingOperations } from '../interpreter/leaving.ts';
import { registerSlot } from '../interpreter/records.ts';
import type { Expression, In32, In64, X32, X64 } from '../wasm/expression.ts';
import { constant64, isLocal, i32, i64, to32, to64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, Label } from '../wasm/function.ts';
import type { GuestInstruction } from './blocks.ts';
import { Anchors } from './anchors.ts';
import { registerBit, SP_BIT } from './effects.ts';
import type { RegisterWrite } from './flag-state.ts';
import { FlagState } from './flag-state.ts';
import { bitsOf, RegionLocals } from './locals.ts';

/** What regions call of the processor's services. */
export type RegionServices = Pick<Services, 'refill' | 'settleFlags' | 'untranslated'>;

/** Host address of an anchor that is elsewhere: its page ends behind it. */
const NO_ANCHOR = 0xfff;

/** How an instruction that ends a block goes on. */
export interface BranchTaker {
  taken(): void;
  takenIf(condition: X32): void;
  jump(target: X64): void;
}

export interface RegionContext {
  /** Whether addresses are looked for in the linear range, instead of the TLB. */
  readonly ranged: boolean;
  readonly services: RegionServices;
  /** Writes code that leaves the region in front of the running instruction. */
  readonly leave: () => void;
  /** Locals of the function, if it has them already. */
  readonly locals?: RegionLocals;
}

export class RegionOperations extends LeavingOperations {
  readonly locals: RegionLocals;
  private readonly services: RegionServices;
  /** Whether addresses are looked for in the linear range, instead of the TLB. */
  private readonly ranged: boolean;
  /** Writes code that leaves the region in front of the running instruction. */
  private readonly leave: () => void;
  readonly flagState: FlagState;
  readonly anchors: Anchors;
  private instruction!: GuestInstruction;
  private branches: BranchTaker | undefined;
  /** Register writes of the instruction that wait for its end: what is read meanwhile is the old value. */
  private writes: RegisterWrite[] = [];
  private nested = 0;

  constructor(f: FunctionBuilder, { ranged, services, leave, locals }: RegionContext) {
    super(f);
    this.ranged = ranged;
    this.services = services;
    this.leave = leave;
    this.locals = locals ?? new RegionLocals(f);
    this.flagState = new FlagState(f, this.locals);
    this.anchors = new Anchors(f, this.locals);
  }

  /** Takes up an instruction; `branches` for those that end a block. */
  take(instruction: GuestInstruction, branches?: BranchTaker): void {
    this.instruction = instruction;
    this.branches = branches;
    this.anchors.next();
    const { writesInArms } = instruction.effects;
    this.locals.widen(this.f, writesInArms);
    this.locals.narrow &= ~writesInArms;
  }

  /** Carries out the register writes. */
  commit(): void {
    const { f, locals } = this;
    this.flagState.beforeWrites(this.writes);
    const last = this.writes.at(-1);
    for (const write of this.writes) {
      if (write === last) continue;
      write.value = this.keep(write.value);
    }
    const places = this.writes.map(({ value }) => this.anchors.placeOf(value));
    this.writes.forEach(({ bit, value, narrow }, i) => {
      locals.write(f, bit, value, narrow);
      this.anchors.written(bit, places[i]);
    });
    this.writes = [];
  }

  ip(): X32 {
    throw new Error('translated code has no record');
  }

  override keep<E extends Expression>(value: E): E {
    if (isLocal(value)) return value;
    const kept = super.keep(value);
    this.anchors.kept(kept, value);
    return kept;
  }

  private operand(name: string) {
    return this.instruction.form.instruction.operands[name]!;
  }

  protected override slot(name: string): X32 {
    const operand = this.operand(name);
    if (operand.kind === 'small') return i32.const(operand.of(this.instruction.fields));
    if (operand.kind === 'vector') return i32.const(registerSlot(operand, this.instruction.fields));
    throw new Error(`${name} has no slot in translated code`);
  }

  protected override readX(name: string): X64 {
    const bit = registerBit(this.operand(name), this.instruction.fields);
    return bit < 0 ? i64.const(0) : this.locals.read(bit);
  }
  protected override readW(name: string): X32 {
    const bit = registerBit(this.operand(name), this.instruction.fields);
    return bit < 0 ? i32.const(0) : this.locals.readLower(bit);
  }
  protected override writeX(name: string, value: X64): void {
    const bit = registerBit(this.operand(name), this.instruction.fields);
    if (bit >= 0) this.writeBit(bit, value);
  }
  private writeBit(bit: number, value: X64): void {
    this.writes.push({ bit, value, narrow: ((this.instruction.effects.writesNarrow >>> bit) & 1) !== 0 });
  }

  override immediate32(name: string): X32 {
    const operand = this.operand(name);
    if (operand.kind !== 'small' && operand.kind !== 'imm32') return i32.wrap(this.immediate64(name));
    return i32.const(operand.of(this.instruction.fields));
  }
  override immediate64(name: string): X64 {
    const operand = this.operand(name);
    const { fields } = this.instruction;
    if (operand.kind === 'imm64') return constant64(...operand.of(fields));
    if (operand.kind === 'small' || operand.kind === 'imm32') return i64.const(operand.of(fields));
    throw new Error(`${name} is no immediate`);
  }

  override pc(): X64 {
    return i64.add(this.locals.page.get, this.instruction.offset);
  }
  override link(): void {
    this.writeBit(30, i64.add(this.pc(), 4));
  }

  override if(condition: X32, then: () => void, otherwise?: () => void): void {
    const { flagState } = this;
    this.commit();
    // What one arm overwrites both must have put aside.
    flagState.rescue();
    const before = flagState.known;
    const arm = (body: () => void) => (): void => {
      this.nested++;
      flagState.become(before);
      this.anchors.forget();
      body();
      this.commit();
      this.nested--;
    };
    super.if(condition, arm(then), otherwise && arm(otherwise));
    this.anchors.forget();
  }

  setFlags(n: X64, z: X64, c: In32, v: In64): void {
    // One of them may be made from another's old value.
    this.flagState.setExplicitly(this.keep(n), this.keep(z), this.keep(to32(c)), this.keep(to64(v)));
  }

  override resultWithFlags(setter: FlagSetter, w: Width, a: Word, b: Word): Word {
    if (this.nested > 0) return setFlagsEagerly(this, setter, w, a, b);
    const result = setter === 'logic' ? a : this.keep(setter === 'add' ? w.add(a, b) : w.sub(a, b));
    this.flagState.set({ setter, w, a, b: setter === 'logic' ? w.const(0) : b, result });
    return result;
  }

  protected get flags(): FlagSource {
    return this.flagState.source;
  }
  override condition(code: number): X32 {
    return this.flagState.condition(code);
  }

  /** Puts the flags into the explicit locals, for a block that does not know where they come from. */
  makeFlagsExplicit(): void {
    const { known } = this.flagState;
    if (known === LAZY.EXPLICIT || known === LAZY.STORED || known === 'dynamic') return;
    const { n, z, c, v } = this.flags;
    this.setFlags(n(), z(), c(), v());
  }

  /** The state has the flags; `wanted`: puts them into the explicit locals. */
  takeStoredFlags(wanted: boolean): void {
    const { f, locals, window } = this;
    this.flagState.become(LAZY.STORED);
    if (!wanted) return;
    f.if(i32.load(window, STATE.lazyKind), () => f.call(this.services.settleFlags));
    f.set(locals.n, i64.load(window, STATE.flagN));
    f.set(locals.z, i64.load(window, STATE.flagZ));
    f.set(locals.c, i32.load(window, STATE.flagC));
    f.set(locals.v, i64.load(window, STATE.flagV));
  }

  branch(): void {
    this.branches!.taken();
  }
  branchIf(condition: X32): void {
    this.branches!.takenIf(condition);
  }
  jump(target: X64): void {
    this.branches!.jump(target);
  }

  protected leaveIf(condition: X32): void {
    this.f.if(condition, this.leave, undefined, 'unlikely');
  }

  /** The code of an access is written twice: for memory that is at hand, and for memory that has to be found first. */
  protected access(address: X64, access: HostAccess, use: (host: X32, offset: number) => void): void {
    const { f } = this;
    const { bytes, write, aligned } = access;
    if (aligned) this.leaveIf(i32.and(i32.wrap(address), bytes - 1));
    // In the linear range it is measured to cost more than it saves: the search is short there.
    const place = this.ranged ? undefined : this.anchors.placeOf(address);
    const anchor = place && this.anchors.find(place, bytes, write);
    const dropped = place && !anchor ? this.anchors.drop(place, write) : undefined;
    f.block((done) => {
      f.block((elsewhere) => {
        if (anchor) {
          const offset = place.offset - anchor.offset;
          this.checkAnchor(anchor.host.get, offset + bytes, elsewhere);
          use(anchor.host.get, offset);
        } else if (this.ranged) use(this.inRange(address, access, elsewhere), 0);
        else use(this.inTlb(address, access, dropped, elsewhere), 0);
        f.br(done);
      });
      const host = f.call32(this.services.refill, address, bytes, write ? 1 : 0);
      f.if(i32.eqz(host), this.leave);
      if (dropped) f.set(dropped, NO_ANCHOR);
      use(host, 0);
    });
  }

  /** Goes elsewhere unless what ends so many bytes behind an anchor lies in its page. */
  private checkAnchor(host: X32, bytes: number, elsewhere: Label): void {
    this.f.brIf(elsewhere, i32.gtU(i32.and(host, 0xfff), 4096 - Math.max(bytes, 2)), 'unlikely');
  }

  /** Host address by the linear range, and for stores the store map; `elsewhere` if the address is not there. */
  private inRange(address: X64, { bytes, write }: HostAccess, elsewhere: Label): X32 {
    const { f, locals } = this;
    const distance = f.keep(i64.add(address, locals.rangeMinusFirst.get));
    f.brIf(elsewhere, i64.geU(distance, locals.rangeBytes.get), 'unlikely');
    const host = f.keep(i32.add(i32.wrap(distance), locals.rangeHost.get));
    if (write) {
      const stores = f.keep(i32.load8u(i32.shrU(host, 12), CODE_LAYOUT.storeMap));
      // Most stores do not run into the next page.
      const crosses = i32.gtU(i32.and(host, 0xfff), 4096 - bytes);
      const refused = i32.or(i32.eqz(i32.and(stores, STORE_MAP.PAGE)), crosses);
      f.if(i32.ne(stores, STORE_MAP.BOTH), () => f.brIf(elsewhere, refused), undefined, 'unlikely');
    }
    return host;
  }

  /** Host address by the data TLB; `elsewhere` if it has no entry for it. */
  private inTlb(address: X64, { bytes, write }: HostAccess, anchor: L32 | undefined, elsewhere: Label): X32 {
    const { f, locals } = this;
    const { READ, WRITE, ADDEND } = DATA_TLB;
    const entry = f.keep(dataTlbEntry(locals.tlb.get, address));
    f.brIf(elsewhere, i64.ne(wantedTag(address, bytes), i64.load(entry, write ? WRITE : READ)), 'unlikely');
    const host = f.keep(i32.add(i32.wrap(address), i32.load(entry, ADDEND)));
    if (anchor) f.set(anchor, host);
    return host;
  }

  /** Loads what says where memory is. */
  loadTlb(): void {
    const { f, locals, window } = this;
    this.anchors.forget();
    f.set(locals.tlb, i32.load(window, STATE.dataTlb));
    if (!this.ranged) return;
    const { OFFSET, MINUS_FIRST, NOT_BYTES, HOST } = LINEAR_RANGE;
    f.set(locals.rangeMinusFirst, i64.load(locals.tlb.get, OFFSET + MINUS_FIRST));
    f.set(locals.rangeBytes, i64.not(i64.load(locals.tlb.get, OFFSET + NOT_BYTES)));
    f.set(locals.rangeHost, i32.load(locals.tlb.get, OFFSET + HOST));
  }

  /** Takes registers over from the state. */
  loadRegisters(set: number): void {
    const { f, locals, window } = this;
    for (const bit of bitsOf(set)) locals.write(f, bit, i64.load(window, slotOf(bit)));
    locals.narrow = 0;
  }
  storeRegisters(set: number): void {
    const { f, locals, window } = this;
    for (const bit of bitsOf(set)) f.store64(window, slotOf(bit), locals.read(bit));
  }
}

/** Where the state has a register, by its bit. */
const slotOf = (bit: number): number => (bit === SP_BIT ? SLOT.SP : 8 * bit);
