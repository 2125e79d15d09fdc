// Operations inside the main loop: record address, flags and budget are WebAssembly locals, a memory access that the TLB
// does not serve leaves for the instruction's outlined function before anything has changed.
import type { Access, Condition, Elements } from '../aarch64/meaning/operations.ts';
import type { FlagSource } from '../core/flags.ts';
import type { StateField } from '../core/layout.ts';
import { DATA_TLB, RECORD_SIZE, STATE } from '../core/layout.ts';
import type { In32, In64, X32, X64, XV } from '../wasm/expression.ts';
import { I32, I64, i32, i64, to32, to64, v128 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, L64, Label } from '../wasm/function.ts';
import { hostElements, hostLoad, hostStore, RecordOperations } from './operations.ts';

/** The main loop's locals. */
export interface LoopLocals {
  /** Record in work. */
  readonly ip: L32;
  /** Where one more instruction exhausts the budget: ip + remaining - 16. */
  readonly mark: L32;
  readonly n: L64;
  readonly z: L64;
  readonly v: L64;
  readonly c: L32;
  /** Data TLB of the exception level. */
  readonly tlb: L32;
  /** Address for the jump block. */
  readonly target: L64;
}

export function declareLocals(f: FunctionBuilder): LoopLocals {
  return {
    ip: f.local(I32),
    mark: f.local(I32),
    n: f.local(I64),
    z: f.local(I64),
    v: f.local(I64),
    c: f.local(I32),
    tlb: f.local(I32),
    target: f.local(I64),
  };
}

/** Places in the loop that handlers go to. */
export interface LoopLabels {
  /** Dispatches the record at `ip`. */
  readonly top: Label;
  /** The same behind a taken branch. */
  readonly branched: Label;
  /** Runs the instruction at `ip` in its outlined function. */
  readonly outlined: Label;
  /** Goes to the address in `target`. */
  readonly jump: Label;
}

export class InlineOperations extends RecordOperations {
  private readonly locals: LoopLocals;
  private readonly labels: LoopLabels;
  protected readonly flags: FlagSource;
  /** True once control has left for good: no fall-through to the next record. */
  ended = false;

  constructor(f: FunctionBuilder, window: number, locals: LoopLocals, labels: LoopLabels) {
    super(f, window);
    this.locals = locals;
    this.labels = labels;
    this.flags = {
      n: () => locals.n.get,
      z: () => locals.z.get,
      c: () => locals.c.get,
      v: () => locals.v.get,
    };
  }

  ip(): X32 {
    return this.locals.ip.get;
  }

  setFlags(n: X64, z: X64, c: In32, v: In64): void {
    const { f, locals } = this;
    const carry = to32(c);
    const overflow = to64(v);
    f.set(locals.n, n);
    f.set(locals.z, z);
    f.set(locals.c, carry);
    f.set(locals.v, overflow);
  }

  /** Static `near`: the branch target lies in the same code page, the operand is its distance in records' bytes. */
  near = true;

  branch(operand: string): void {
    const { f, locals, labels } = this;
    if (this.near) {
      const distance = f.keep(this.immediate32(operand));
      f.set(locals.mark, i32.sub(i32.add(locals.mark.get, distance), RECORD_SIZE));
      f.set(locals.ip, i32.add(locals.ip.get, distance));
      f.br(labels.branched);
    } else {
      f.set(locals.target, i64.add(this.pc(), this.immediate64(operand)));
      f.br(labels.jump);
    }
    this.ended = true;
  }

  branchIf(condition: X32, operand: string): void {
    this.f.if(condition, () => this.branch(operand));
    this.ended = false;
  }

  jump(target: X64): void {
    this.f.set(this.locals.target, target);
    this.f.br(this.labels.jump);
    this.ended = true;
  }

  protected checkStack(pointer: X64): void {
    this.f.brIf(this.labels.outlined, i32.and(i32.wrap(pointer), 15), 'unlikely');
  }

  /** Leaves for the outlined function, which knows what to do, if a state word is zero. */
  private require(field: StateField): void {
    this.f.brIf(this.labels.outlined, i32.eqz(i32.load(this.window, STATE[field])), 'unlikely');
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
  readEnabledSlot(operand: string): X64 {
    this.require('el');
    return this.readSlot(operand);
  }
  override changePstate(set: X32, clear: X32): void {
    // Something is pending: the outlined way looks at it afterwards.
    this.f.brIf(this.labels.outlined, i32.load(this.window, STATE.attention), 'unlikely');
    super.changePstate(set, clear);
  }

  prefer(conditions: readonly Condition[], fast: () => void): void {
    this.checkEach(conditions, (holds) => this.f.brIf(this.labels.outlined, i32.eqz(holds), 'unlikely'));
    fast();
  }
  callFloat(service: string): never {
    throw new Error(`${service} is not for the main loop`);
  }

  requireFp(): void {
    this.f.brIf(this.labels.outlined, i32.load(this.window, STATE.fpTrap), 'unlikely');
  }

  /** Host address of an access, or off to the outlined function. */
  private translate(address: X64, bytes: number, tag: number, aligned: boolean): X32 {
    const { f, locals } = this;
    const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT, ADDEND } = DATA_TLB;
    const index = i32.and(i32.wrap(i64.shrU(address, 12 - ENTRY_SHIFT)), (ENTRIES - 1) * ENTRY_SIZE);
    const entry = f.keep(i32.add(locals.tlb.get, index));
    const page = aligned
      ? i64.and(address, -4096 | (bytes - 1))
      : i64.and(bytes === 1 ? address : i64.add(address, bytes - 1), -4096);
    f.brIf(this.labels.outlined, i64.ne(page, i64.load(entry, tag)), 'unlikely');
    return f.keep(i32.add(i32.wrap(address), i32.load(entry, ADDEND)));
  }

  load(address: X64, access: Access): X64 {
    const host = this.translate(address, 1 << access.scale, DATA_TLB.READ, access.ordered === true);
    return this.keep(hostLoad(host, access));
  }

  store(address: X64, value: X64, access: Access): void {
    const host = this.translate(address, 1 << access.scale, DATA_TLB.WRITE, access.ordered === true);
    hostStore(this.f, host, value, access.scale);
  }

  loadPair(address: X64, access: Access): readonly [X64, X64] {
    const host = this.translate(address, 2 << access.scale, DATA_TLB.READ, false);
    return [this.keep(hostLoad(host, access)), this.keep(hostLoad(host, access, 1 << access.scale))];
  }

  loadVectorPair(address: X64, scale: number, targets: readonly [string, string]): void {
    const host = this.translate(address, 2 << scale, DATA_TLB.READ, false);
    targets.forEach((target, i) => {
      if (scale === 4) this.writeVector(target, v128.load(host, 16 * i));
      else this.writeVectorLow(target, hostLoad(host, { scale }, i << scale));
    });
  }

  storePair(address: X64, first: X64, second: X64, access: Access): void {
    const host = this.translate(address, 2 << access.scale, DATA_TLB.WRITE, false);
    hostStore(this.f, host, first, access.scale);
    hostStore(this.f, host, second, access.scale, 1 << access.scale);
  }

  loadVector(address: X64): XV {
    return this.keep(v128.load(this.translate(address, 16, DATA_TLB.READ, false)));
  }

  storeVector(address: X64, value: XV): void {
    this.f.store128(this.translate(address, 16, DATA_TLB.WRITE, false), 0, value);
  }

  structure(address: X64, bytes: number, write: boolean, body: (memory: Elements) => void): void {
    const host = this.translate(address, bytes, write ? DATA_TLB.WRITE : DATA_TLB.READ, false);
    body(hostElements(this.f, host));
  }

  storeVectorPair(address: X64, first: XV, second: XV): void {
    const host = this.translate(address, 32, DATA_TLB.WRITE, false);
    this.f.store128(host, 0, first);
    this.f.store128(host, 16, second);
  }

  /** Goes on to the next record. */
  advance(): void {
    this.f.set(this.locals.ip, i32.add(this.locals.ip.get, RECORD_SIZE));
  }

  /** Ends the handler. Each has its own way back to the dispatch: a shared one would cost a jump more. */
  finish(): void {
    if (this.ended) return;
    this.advance();
    this.f.br(this.labels.top);
  }
}

/** Copies the loop's locals to the state, where everything outside the loop finds them. */
export function spill(f: FunctionBuilder, window: number, locals: LoopLocals): void {
  f.store32(window, STATE.ip, locals.ip.get);
  f.store32(window, STATE.remaining, i32.add(i32.sub(locals.mark.get, locals.ip.get), RECORD_SIZE));
  f.store64(window, STATE.flagN, locals.n.get);
  f.store64(window, STATE.flagZ, locals.z.get);
  f.store64(window, STATE.flagV, locals.v.get);
  f.store32(window, STATE.flagC, locals.c.get);
}

export function reload(f: FunctionBuilder, window: number, locals: LoopLocals): void {
  f.set(locals.ip, i32.load(window, STATE.ip));
  f.set(locals.mark, i32.sub(i32.add(locals.ip.get, i32.load(window, STATE.remaining)), RECORD_SIZE));
  f.set(locals.n, i64.load(window, STATE.flagN));
  f.set(locals.z, i64.load(window, STATE.flagZ));
  f.set(locals.v, i64.load(window, STATE.flagV));
  f.set(locals.c, i32.load(window, STATE.flagC));
  f.set(locals.tlb, i32.load(window, STATE.dataTlb));
}
