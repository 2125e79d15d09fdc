// The interpreter's side of the operations interface: operands come from the decoded record at `ip`, registers lie in the
// window. Handlers inside the main loop and functions outside it differ in where flags are and in how they end.
import type { FlagSetter } from '../aarch64/meaning/flags.ts';
import { setFlagsEagerly } from '../aarch64/meaning/flags.ts';
import type { Access, Condition, Elements, Operations, Width, Word } from '../aarch64/meaning/operations.ts';
import type { Instruction, Operand } from '../aarch64/table/instruction.ts';
import { PSTATE } from '../core/exceptions.ts';
import type { FlagSource } from '../core/flags.ts';
import { conditionOf } from '../core/flags.ts';
import { CODE_LAYOUT, STATE } from '../core/layout.ts';
import type { FloatService } from '../float/services.ts';
import { systemSlot } from '../aarch64/system/registers.ts';
import type { Expression, In32, In64, X32, X64, XF32, XF64, XV } from '../wasm/expression.ts';
import { i32, i64, v128 } from '../wasm/expression.ts';
import { f32, f64 } from '../wasm/float.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import type { Placement } from './records.ts';
import { placeOperands } from './records.ts';

/** Arithmetic over the expression constructors of one width; reading and writing is added by the backend. */
type Arithmetic = Omit<Width, 'read' | 'write' | 'immediate'>;

// The two constructor sets have the same shapes; Width hides which type a value has.
const arithmetic32 = {
  ...i32,
  bits: 32,
  const: (value: number | bigint) => i32.const(Number(BigInt.asIntN(32, BigInt(value)))),
  extendS: i64.extendS,
  fromBool: (a: X32) => a,
} as unknown as Arithmetic;
const arithmetic64 = {
  ...i64,
  bits: 64,
  const: i64.const,
  extendS: (a: X64) => a,
  fromBool: i64.extendU,
} as unknown as Arithmetic;

export abstract class RecordOperations implements Operations {
  protected readonly f: FunctionBuilder;
  /** Base address of the window, a constant offset in every access. */
  protected readonly window = CODE_LAYOUT.window;
  private operands: Readonly<Record<string, Operand>> = {};
  private placement: Placement = {};
  /** Distance of the operands from `ip`: nonzero in the later parts of fused records. */
  protected recordOffset = 0;
  readonly w: Width;
  readonly x: Width;

  constructor(f: FunctionBuilder) {
    this.f = f;
    this.w = {
      ...arithmetic32,
      read: (operand) => this.readW(operand),
      write: (operand, value) => this.writeX(operand, i64.extendU(value as X32)),
      immediate: (operand) => this.immediate32(operand),
    };
    this.x = {
      ...arithmetic64,
      read: (operand) => this.readX(operand),
      write: (operand, value) => this.writeX(operand, value as X64),
      immediate: (operand) => this.immediate64(operand),
    };
  }

  width(sf: number): Width {
    return sf === 1 ? this.x : this.w;
  }

  /** Takes up an instruction whose record is `recordOffset` bytes behind `ip`. */
  begin(instruction: Instruction, recordOffset = 0): void {
    this.operands = instruction.operands;
    this.placement = placeOperands(instruction);
    this.recordOffset = recordOffset;
  }

  /** Address of the record. */
  abstract ip(): X32;

  protected place(operand: string): number {
    const at = this.placement[operand];
    if (at === undefined) throw new Error(`the record has no operand ${operand}`);
    return at + this.recordOffset;
  }

  /** Slot of a register operand, as an offset from the window. */
  protected slot(operand: string): X32 {
    return i32.load16u(this.ip(), this.place(operand));
  }

  protected readW(operand: string): X32 {
    return this.keep(i32.load(this.slot(operand), this.window)) as X32;
  }
  protected readX(operand: string): X64 {
    return this.keep(i64.load(this.slot(operand), this.window)) as X64;
  }
  protected writeX(operand: string, value: X64): void {
    this.f.store64(this.slot(operand), this.window, value);
  }

  keep<E extends Expression>(value: E): E {
    return this.f.keep(value) as E;
  }

  immediate32(operand: string): X32 {
    const at = this.place(operand);
    return this.operands[operand]!.kind === 'small' ? i32.load16u(this.ip(), at) : i32.load(this.ip(), at);
  }

  immediate64(operand: string): X64 {
    const at = this.place(operand);
    const { kind } = this.operands[operand]!;
    if (kind === 'small') return i64.load16u(this.ip(), at);
    return kind === 'imm64' ? i64.load(this.ip(), at) : i64.load32s(this.ip(), at);
  }

  abstract setFlags(n: X64, z: X64, c: In32, v: In64): void;
  protected abstract readonly flags: FlagSource;

  resultWithFlags(setter: FlagSetter, w: Width, a: Word, b: Word): Word {
    return setFlagsEagerly(this, setter, w, a, b);
  }

  setFlagsFrom(nzcv: X32): void {
    const bits = this.keep(nzcv);
    this.setFlags(
      i64.extendS(i32.shl(bits, 28)),
      i64.extendU(i32.xor(i32.and(bits, 4), 4)),
      i32.and(i32.shrU(bits, 1), 1),
      i64.extendS(i32.shl(bits, 31)),
    );
  }

  carry(): X32 {
    return this.flags.c();
  }

  condition(code: number): X32 {
    return conditionOf(this.flags, code);
  }

  pc(): X64 {
    const ip = this.recordOffset === 0 ? this.ip() : i32.add(this.ip(), this.recordOffset);
    return i64.add(i64.load(this.window + STATE.pcBias), i64.extendU(i32.shrU(ip, 2)));
  }

  link(): void {
    this.f.store64(this.window + 30 * 8, 0, i64.add(this.pc(), 4));
  }

  if(condition: X32, then: () => void, otherwise?: () => void): void {
    this.f.if(condition, then, otherwise);
  }

  readLane(operand: string, scale: number, offset = 0): X64 {
    const load = [i64.load8u, i64.load16u, i64.load32u, i64.load][scale]!;
    return this.keep(load(this.slot(operand), this.window + offset));
  }
  writeLane(operand: string, scale: number, value: X64, offset = 0): void {
    hostStore(this.f, this.slot(operand), value, scale, this.window + offset);
  }
  writeVectorSized(operand: string, q: number, value: XV): void {
    if (q === 1) this.writeVector(operand, value);
    else this.writeVectorLow(operand, v128.lane64(value, 0));
  }
  clearUpper(operand: string): void {
    this.f.store64(this.slot(operand), this.window + 8, 0);
  }

  readVector(operand: string): XV {
    return this.keep(v128.load(this.slot(operand), this.window));
  }
  writeVector(operand: string, value: XV): void {
    this.f.store128(this.slot(operand), this.window, value);
  }
  readVectorLow(operand: string): X64 {
    return this.keep(i64.load(this.slot(operand), this.window));
  }
  writeVectorLow(operand: string, value: X64): void {
    const slot = this.keep(this.slot(operand));
    this.f.store64(slot, this.window, value);
    this.f.store64(slot, this.window + 8, 0);
  }

  readFloat32(operand: string): XF32 {
    return this.keep(f32.load(this.slot(operand), this.window));
  }
  readFloat64(operand: string): XF64 {
    return this.keep(f64.load(this.slot(operand), this.window));
  }
  writeFloat32(operand: string, value: XF32): void {
    const slot = this.keep(this.slot(operand));
    this.f.storeF32(slot, this.window, value);
    this.f.store32(slot, this.window + 4, 0);
    this.f.store64(slot, this.window + 8, 0);
  }
  writeFloat64(operand: string, value: XF64): void {
    const slot = this.keep(this.slot(operand));
    this.f.storeF64(slot, this.window, value);
    this.f.store64(slot, this.window + 8, 0);
  }
  fpControl(): X32 {
    return i32.load(this.window, systemSlot('FPCR'));
  }
  fpStatus(): X32 {
    return i32.load(this.window, systemSlot('FPSR'));
  }
  raiseFp(flags: In32): void {
    this.f.store32(this.window, systemSlot('FPSR'), i32.or(this.fpStatus(), flags));
  }
  abstract prefer(conditions: readonly Condition[], fast: () => void, slow: () => void): void;
  /** Hands each condition of `prefer` to `check`, those that something else settles only where that does not. */
  protected checkEach(conditions: readonly Condition[], check: (holds: X32) => void): void {
    for (const condition of conditions) {
      if (!('unless' in condition)) check(condition);
      else this.f.if(i32.eqz(condition.unless), () => check(condition.holds()), undefined, 'unlikely');
    }
  }
  abstract callFloat(service: FloatService, ...values: Expression[]): Expression;

  readSlot(operand: string): X64 {
    return this.keep(i64.load(this.slot(operand), this.window));
  }
  writeSlot(operand: string, value: X64, mask: X64): void {
    const slot = this.keep(this.slot(operand));
    const bits = this.keep(mask);
    const kept = i64.and(i64.load(slot, this.window), i64.not(bits));
    this.f.store64(slot, this.window, i64.or(kept, i64.and(value, bits)));
  }
  readDaif(): X32 {
    return i32.and(i32.load(this.window, STATE.pstate), PSTATE.DAIF);
  }
  changePstate(set: X32, clear: X32): void {
    const kept = i32.and(i32.load(this.window, STATE.pstate), i32.not(clear));
    this.f.store32(this.window, STATE.pstate, i32.or(kept, set));
  }

  nothing(): void {
    // The next instruction follows.
  }

  base(operand: string, stack: number | undefined): X64 {
    const address = this.x.read(operand) as X64;
    if (stack === 1) this.checkStack(address);
    return address;
  }

  protected abstract checkStack(pointer: X64): void;
  /** Traps SIMD and FP instructions where CPACR_EL1 says so. */
  abstract requireFp(): void;
  abstract requireEl1(): void;
  abstract requireOtherStack(): void;
  abstract requireDaif(): void;
  abstract requireZeroing(): void;
  abstract readEnabledSlot(operand: string, key: X32): X64;
  abstract branch(operand: string): void;
  abstract branchIf(condition: X32, operand: string): void;
  abstract jump(target: X64): void;
  abstract probe(address: X64, access: Access): void;
  abstract load(address: X64, access: Access): X64;
  abstract store(address: X64, value: X64, access: Access): void;
  abstract loadPair(address: X64, access: Access): readonly [X64, X64];
  abstract storePair(address: X64, first: X64, second: X64, access: Access): void;
  abstract loadVectorPair(address: X64, scale: number, targets: readonly [string, string]): void;
  abstract storeVectorPair(address: X64, first: XV, second: XV): void;
  abstract structure(address: X64, bytes: number, write: boolean, body: (memory: Elements) => void): void;
  abstract loadVector(address: X64): XV;
  abstract storeVector(address: X64, value: XV): void;
}

/** A memory load of 1 to 8 bytes at a host address, extended as the access asks. */
export function hostLoad(address: In32, access: Access, offset = 0): X64 {
  const { scale, extend } = access;
  if (extend === 64) return [i64.load8s, i64.load16s, i64.load32s, i64.load][scale]!(address, offset);
  if (extend === undefined && scale === 3) return i64.load(address, offset);
  const signed = [i32.load8s, i32.load16s, i32.load, i32.load];
  const unsigned = [i32.load8u, i32.load16u, i32.load];
  return i64.extendU((extend === 32 ? signed : unsigned)[scale]!(address, offset));
}

export function hostStore(f: FunctionBuilder, address: In32, value: X64, scale: number, offset = 0): void {
  const write = [f.store64as8, f.store64as16, f.store64as32, f.store64][scale]!;
  write.call(f, address, offset, value);
}

/** Structure access to memory that one translation serves. */
export function hostElements(f: FunctionBuilder, host: X32): Elements {
  return {
    load: (offset, scale) => f.keep(hostLoad(host, { scale }, offset)) as X64,
    store: (offset, scale, value) => hostStore(f, host, value, scale, offset),
  };
}
