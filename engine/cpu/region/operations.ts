// Operations of translated code: guest registers are WebAssembly locals, operands are the decoded instruction's constants,
// flags are kept by what set them. What cannot be done without the processor's services leaves the region before anything
// has changed, and the interpreter executes the instruction.
import type { FlagSetter } from '../aarch64/meaning/flags.ts';
import { setFlagsEagerly } from '../aarch64/meaning/flags.ts';
import type { Access, Condition, Elements, Width, Word } from '../aarch64/meaning/operations.ts';
import type { FlagSource } from '../core/flags.ts';
import { conditionOf } from '../core/flags.ts';
import type { AreaLayout, StateField } from '../core/layout.ts';
import { DATA_TLB, LINEAR_RANGE, STATE, STORE_MAP } from '../core/layout.ts';
import type { LazyKind } from '../core/lazy-flags.ts';
import { comparison, LAZY, lazyFlags, lazyKind } from '../core/lazy-flags.ts';
import type { Services } from '../core/services.ts';
import { hostElements, hostLoad, hostStore, RecordOperations } from '../interpreter/operations.ts';
import { registerSlot } from '../interpreter/records.ts';
import type { Expression, In32, In64, X32, X64, XV } from '../wasm/expression.ts';
import { constant64, I32, I64, i32, i64, to32, to64, V128, v128 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, L64, Label } from '../wasm/function.ts';
import type { GuestInstruction } from './blocks.ts';
import { registerBit } from './effects.ts';

/** What regions call of the processor's services. */
export type RegionServices = Pick<Services, 'refill' | 'settleFlags' | 'untranslated'>;

const LOCAL_GET = 0x20;

/** The locals of a region's function. */
export class RegionLocals {
  private readonly f: FunctionBuilder;
  private readonly registers: (L64 | undefined)[] = [];
  /** Data TLB of the exception level, and its linear range. */
  readonly tlb: L32;
  readonly rangeMinusFirst: L64;
  readonly rangeBytes: L64;
  readonly rangeHost: L32;
  /** Virtual address of the page. */
  readonly page: L64;
  /** Flags: which LAZY kind, and its operands. */
  readonly flagKind: L32;
  readonly flagA: L64;
  readonly flagB: L64;
  readonly n: L64;
  readonly z: L64;
  readonly c: L32;
  readonly v: L64;

  constructor(f: FunctionBuilder) {
    this.f = f;
    this.tlb = f.local(I32);
    this.rangeMinusFirst = f.local(I64);
    this.rangeBytes = f.local(I64);
    this.rangeHost = f.local(I32);
    this.page = f.local(I64);
    this.flagKind = f.local(I32);
    this.flagA = f.local(I64);
    this.flagB = f.local(I64);
    this.n = f.local(I64);
    this.z = f.local(I64);
    this.c = f.local(I32);
    this.v = f.local(I64);
  }

  /** Local of a register, by its bit. */
  register(bit: number): L64 {
    return (this.registers[bit] ??= this.f.local(I64));
  }

  get explicitFlags(): FlagSource {
    return { n: () => this.n.get, z: () => this.z.get, c: () => this.c.get, v: () => this.v.get };
  }
}

/** What is known about the flags at a point: nothing; the explicit locals have them; or the lazy operation behind them. */
export type FlagKnowledge = 'nothing' | LazyKind;

/** How an instruction that ends a block goes on. */
export interface BranchTaker {
  taken(): void;
  takenIf(condition: X32): void;
  jump(target: X64): void;
}

export class RegionOperations extends RecordOperations {
  readonly locals: RegionLocals;
  private readonly services: RegionServices;
  private readonly storeMap: number;
  /** Whether addresses are looked for in the linear range, instead of the TLB. */
  private readonly ranged: boolean;
  /** Writes code that leaves the region in front of the running instruction. */
  private readonly leave: () => void;
  known: FlagKnowledge = 'nothing';
  private instruction!: GuestInstruction;
  private branches: BranchTaker | undefined;
  /** Register writes of the instruction that wait for its end: what is read meanwhile is the old value. */
  private writes: { bit: number; value: X64 }[] = [];
  private nested = 0;

  constructor(f: FunctionBuilder, area: AreaLayout, ranged: boolean, services: RegionServices, leave: () => void) {
    super(f, area.window);
    this.storeMap = area.storeMap;
    this.ranged = ranged;
    this.services = services;
    this.leave = leave;
    this.locals = new RegionLocals(f);
  }

  /** Takes up an instruction; `branches` for those that end a block. */
  take(instruction: GuestInstruction, branches?: BranchTaker): void {
    this.instruction = instruction;
    this.branches = branches;
  }

  /** Carries out the register writes. */
  commit(): void {
    const { f, locals } = this;
    const last = this.writes.at(-1);
    for (const write of this.writes) {
      if (write === last) continue;
      write.value = this.keep(write.value);
    }
    for (const { bit, value } of this.writes) f.set(locals.register(bit), value);
    this.writes = [];
  }

  ip(): X32 {
    throw new Error('translated code has no record');
  }

  override keep<E extends Expression>(value: E): E {
    return value.op === LOCAL_GET ? value : super.keep(value);
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
    return bit < 0 ? i64.const(0) : this.locals.register(bit).get;
  }
  protected override readW(name: string): X32 {
    const bit = registerBit(this.operand(name), this.instruction.fields);
    return bit < 0 ? i32.const(0) : i32.wrap(this.locals.register(bit).get);
  }
  protected override writeX(name: string, value: X64): void {
    const bit = registerBit(this.operand(name), this.instruction.fields);
    if (bit >= 0) this.writeBit(bit, value);
  }
  private writeBit(bit: number, value: X64): void {
    this.writes.push({ bit, value });
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
    this.commit();
    const before = this.known;
    const arm = (body: () => void) => (): void => {
      this.nested++;
      this.known = before;
      body();
      this.commit();
      this.nested--;
    };
    super.if(condition, arm(then), otherwise && arm(otherwise));
  }

  setFlags(n: X64, z: X64, c: In32, v: In64): void {
    const { f, locals } = this;
    const carry = to32(c);
    const overflow = to64(v);
    // One of them may be made from another's old value.
    const [keptN, keptZ, keptC] = [this.keep(n), this.keep(z), this.keep(carry)];
    f.set(locals.v, overflow);
    f.set(locals.n, keptN);
    f.set(locals.z, keptZ);
    f.set(locals.c, keptC);
    f.set(locals.flagKind, LAZY.EXPLICIT);
    this.known = LAZY.EXPLICIT;
  }

  override resultWithFlags(setter: FlagSetter, w: Width, a: Word, b: Word): Word {
    if (this.nested > 0) return setFlagsEagerly(this, setter, w, a, b);
    const { f, locals } = this;
    const wide = (value: Word): X64 => (w.bits === 64 ? (value as X64) : i64.extendU(value as X32));
    // The operands may be the flags' own locals' old values only by way of registers: those are kept apart.
    const kind = lazyKind(setter, w.bits);
    const r = setter === 'logic' ? a : this.keep(setter === 'add' ? w.add(a, b) : w.sub(a, b));
    f.set(locals.flagA, wide(a));
    if (setter !== 'logic') f.set(locals.flagB, wide(b));
    f.set(locals.flagKind, kind);
    this.known = kind;
    return r;
  }

  get currentFlags(): FlagSource {
    return this.flags;
  }

  protected get flags(): FlagSource {
    const { locals, known } = this;
    if (known === 'nothing') throw new Error('flags are read that nobody has set');
    return known === LAZY.EXPLICIT || known === LAZY.STORED
      ? locals.explicitFlags
      : lazyFlags(known, locals.flagA.get, locals.flagB.get);
  }

  override condition(code: number): X32 {
    const { locals, known } = this;
    if (known === LAZY.SUBTRACT_32 || known === LAZY.SUBTRACT_64) {
      const compared = comparison(code, known === LAZY.SUBTRACT_64, locals.flagA.get, locals.flagB.get);
      if (compared) return compared;
    }
    return conditionOf(this.flags, code);
  }

  /** Puts the flags into the explicit locals, for a block that does not know where they come from. */
  makeFlagsExplicit(): void {
    if (this.known === LAZY.EXPLICIT || this.known === LAZY.STORED || this.known === 'nothing') return;
    const { n, z, c, v } = this.flags;
    this.setFlags(n(), z(), c(), v());
  }

  /** Loads the flags from the state into the explicit locals. */
  loadFlags(): void {
    const { f, locals, window } = this;
    f.if(i32.load(window, STATE.lazyKind), () => f.call(this.services.settleFlags));
    f.set(locals.n, i64.load(window, STATE.flagN));
    f.set(locals.z, i64.load(window, STATE.flagZ));
    f.set(locals.c, i32.load(window, STATE.flagC));
    f.set(locals.v, i64.load(window, STATE.flagV));
    this.known = LAZY.STORED;
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

  private leaveIf(condition: X32): void {
    this.f.if(condition, this.leave, undefined, 'unlikely');
  }
  private require(field: StateField): void {
    this.leaveIf(i32.eqz(i32.load(this.window, STATE[field])));
  }
  requireEl1(): void {
    this.require('el');
  }
  requireOtherStack(): void {
    this.require('spSelect');
  }
  requireDaif(): void {
    this.require('el');
  }
  requireFp(): void {
    this.leaveIf(i32.load(this.window, STATE.fpTrap));
  }
  prefer(conditions: readonly Condition[], fast: () => void): void {
    this.checkEach(conditions, (holds) => this.leaveIf(i32.eqz(holds)));
    fast();
  }
  callFloat(service: string): never {
    throw new Error(`${service} is not for regions`);
  }
  readEnabledSlot(operand: string): X64 {
    this.require('el');
    return this.readSlot(operand);
  }
  override changePstate(set: X32, clear: X32): void {
    // Something is pending: the interpreter looks at it afterwards.
    this.leaveIf(i32.load(this.window, STATE.attention));
    super.changePstate(set, clear);
  }
  protected checkStack(pointer: X64): void {
    this.leaveIf(i32.and(i32.wrap(pointer), 15));
  }

  /**
   * Carries out an access at its host address; leaves if it needs more than memory. The code for it is written twice: for
   * memory that is at hand, and for memory that has to be found first.
   */
  private access(address: X64, bytes: number, write: boolean, use: (host: X32) => void): void {
    const { f } = this;
    f.block((done) => {
      f.block((elsewhere) => {
        use(this.ranged ? this.inRange(address, write, elsewhere) : this.inTlb(address, bytes, write, elsewhere));
        f.br(done);
      });
      const host = f.call32(this.services.refill, address, bytes, write ? 1 : 0);
      f.if(i32.eqz(host), this.leave);
      use(host);
    });
  }

  /** Host address by the linear range, and for stores the store map; `elsewhere` if the address is not there. */
  private inRange(address: X64, write: boolean, elsewhere: Label): X32 {
    const { f, locals } = this;
    const distance = f.keep(i64.add(address, locals.rangeMinusFirst.get));
    f.brIf(elsewhere, i64.geU(distance, locals.rangeBytes.get), 'unlikely');
    const host = f.keep(i32.add(i32.wrap(distance), locals.rangeHost.get));
    if (write) {
      const stores = i32.load8u(i32.shrU(host, 12), this.storeMap);
      f.brIf(elsewhere, i32.ne(stores, STORE_MAP.BOTH), 'unlikely');
    }
    return host;
  }

  /** Host address by the data TLB; `elsewhere` if it has no entry for it. */
  private inTlb(address: X64, bytes: number, write: boolean, elsewhere: Label): X32 {
    const { f, locals } = this;
    const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT, READ, WRITE, ADDEND } = DATA_TLB;
    const index = i32.and(i32.shrU(i32.wrap(address), 12 - ENTRY_SHIFT), (ENTRIES - 1) * ENTRY_SIZE);
    const entry = f.keep(i32.add(locals.tlb.get, index));
    const page = i64.and(bytes === 1 ? address : i64.add(address, bytes - 1), -4096);
    f.brIf(elsewhere, i64.ne(page, i64.load(entry, write ? WRITE : READ)), 'unlikely');
    return f.keep(i32.add(i32.wrap(address), i32.load(entry, ADDEND)));
  }

  /** Loads what says where memory is. */
  loadTlb(): void {
    const { f, locals, window } = this;
    f.set(locals.tlb, i32.load(window, STATE.dataTlb));
    if (!this.ranged) return;
    const { OFFSET, MINUS_FIRST, NOT_BYTES, HOST } = LINEAR_RANGE;
    f.set(locals.rangeMinusFirst, i64.load(locals.tlb.get, OFFSET + MINUS_FIRST));
    f.set(locals.rangeBytes, i64.not(i64.load(locals.tlb.get, OFFSET + NOT_BYTES)));
    f.set(locals.rangeHost, i32.load(locals.tlb.get, OFFSET + HOST));
  }

  load(address: X64, access: Access): X64 {
    const value = this.f.temporary(I64);
    this.access(address, 1 << access.scale, false, (host) => this.f.set(value, hostLoad(host, access)));
    return value.get;
  }
  store(address: X64, value: X64, access: Access): void {
    const kept = this.keep(value);
    this.access(address, 1 << access.scale, true, (host) => hostStore(this.f, host, kept, access.scale));
  }
  loadPair(address: X64, access: Access): readonly [X64, X64] {
    const { f } = this;
    const values = [f.temporary(I64), f.temporary(I64)] as const;
    this.access(address, 2 << access.scale, false, (host) =>
      values.forEach((value, i) => f.set(value, hostLoad(host, access, i << access.scale))),
    );
    return [values[0].get, values[1].get];
  }
  storePair(address: X64, first: X64, second: X64, access: Access): void {
    const values = [this.keep(first), this.keep(second)];
    this.access(address, 2 << access.scale, true, (host) =>
      values.forEach((value, i) => hostStore(this.f, host, value, access.scale, i << access.scale)),
    );
  }
  loadVectorPair(address: X64, scale: number, targets: readonly [string, string]): void {
    this.access(address, 2 << scale, false, (host) =>
      targets.forEach((target, i) => {
        if (scale === 4) this.writeVector(target, v128.load(host, 16 * i));
        else this.writeVectorLow(target, hostLoad(host, { scale }, i << scale));
      }),
    );
  }
  storeVectorPair(address: X64, first: XV, second: XV): void {
    const values = [this.keep(first), this.keep(second)];
    this.access(address, 32, true, (host) => values.forEach((value, i) => this.f.store128(host, 16 * i, value)));
  }
  loadVector(address: X64): XV {
    const value = this.f.temporary(V128);
    this.access(address, 16, false, (host) => this.f.set(value, v128.load(host)));
    return value.get;
  }
  storeVector(address: X64, value: XV): void {
    const kept = this.keep(value);
    this.access(address, 16, true, (host) => this.f.store128(host, 0, kept));
  }
  structure(address: X64, bytes: number, write: boolean, body: (memory: Elements) => void): void {
    const host = this.f.temporary(I32);
    this.access(address, bytes, write, (at) => this.f.set(host, at));
    body(hostElements(this.f, host.get));
  }
}
