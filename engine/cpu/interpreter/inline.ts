// Operations inside the main loop: record address, flags and budget are WebAssembly locals, a memory access that the TLB
// does not serve leaves for the instruction's outlined function before anything has changed.
import type { FlagSource } from '../core/flags.ts';
import { dataTlbEntry, wantedTag } from '../core/data-tlb.ts';
import { CODE_LAYOUT, DATA_TLB, RECORD_SIZE, STATE } from '../core/layout.ts';
import type { In32, In64, X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64, to32, to64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, L64, Label } from '../wasm/function.ts';
import type { HostAccess } from './leaving.ts';
import { LeavingOperations } from './leaving.ts';

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

export class InlineOperations extends LeavingOperations {
  private readonly locals: LoopLocals;
  private readonly labels: LoopLabels;
  protected readonly flags: FlagSource;
  /** True once control has left for good: no fall-through to the next record. */
  ended = false;

  constructor(f: FunctionBuilder, locals: LoopLocals, labels: LoopLabels) {
    super(f);
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

  protected leaveIf(condition: X32): void {
    this.f.brIf(this.labels.outlined, condition, 'unlikely');
  }

  protected access(
    address: X64,
    { bytes, write, aligned }: HostAccess,
    use: (host: X32, offset: number) => void,
  ): void {
    const { f, locals } = this;
    const { READ, WRITE, ADDEND } = DATA_TLB;
    const entry = f.keep(dataTlbEntry(locals.tlb.get, address));
    // No tag has any of the low bits.
    const tag = aligned ? i64.and(address, -4096 | (bytes - 1)) : wantedTag(address, bytes);
    this.leaveIf(i64.ne(tag, i64.load(entry, write ? WRITE : READ)));
    use(f.keep(i32.add(i32.wrap(address), i32.load(entry, ADDEND))), 0);
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
export function spill(f: FunctionBuilder, locals: LoopLocals): void {
  const { window } = CODE_LAYOUT;
  f.store32(window, STATE.ip, locals.ip.get);
  f.store32(window, STATE.remaining, i32.add(i32.sub(locals.mark.get, locals.ip.get), RECORD_SIZE));
  f.store64(window, STATE.flagN, locals.n.get);
  f.store64(window, STATE.flagZ, locals.z.get);
  f.store64(window, STATE.flagV, locals.v.get);
  f.store32(window, STATE.flagC, locals.c.get);
}

export function reload(f: FunctionBuilder, locals: LoopLocals): void {
  const { window } = CODE_LAYOUT;
  f.set(locals.ip, i32.load(window, STATE.ip));
  f.set(locals.mark, i32.sub(i32.add(locals.ip.get, i32.load(window, STATE.remaining)), RECORD_SIZE));
  f.set(locals.n, i64.load(window, STATE.flagN));
  f.set(locals.z, i64.load(window, STATE.flagZ));
  f.set(locals.v, i64.load(window, STATE.flagV));
  f.set(locals.c, i32.load(window, STATE.flagC));
  f.set(locals.tlb, i32.load(window, STATE.dataTlb));
}
