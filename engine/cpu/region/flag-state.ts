// What a region knows about the condition flags while it is written. The operation that set them is known by its kind and
// its operands, and those are, as long as nobody overwrites them, values of registers: then the flags cost nothing until
// somebody looks. Where ways meet, locals hold the kind and the operands.
import type { FlagSetter } from '../aarch64/meaning/flags.ts';
import type { Width, Word } from '../aarch64/meaning/operations.ts';
import type { FlagSource } from '../core/flags.ts';
import { conditionOf } from '../core/flags.ts';
import type { LazyKind } from '../core/lazy-flags.ts';
import { comparison, LAZY, lazyFlags, lazyKind } from '../core/lazy-flags.ts';
import type { Expression, X32, X64 } from '../wasm/expression.ts';
import { I64, i64, isConstant, mayReadMemory, isLocal } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import type { RegionLocals } from './locals.ts';

/** Operands of the operation that set the flags, made of the registers in a set; 32-bit ones are zero-extended. */
export interface FlagOperands {
  readonly a: X64;
  readonly b: X64;
  readonly registers: number;
}

/** The flags at a point: the local flagKind says, or they are this. */
export type FlagKnowledge = 'dynamic' | LazyKind;

/** A register write of an instruction, by its bit in register sets. */
export interface RegisterWrite {
  readonly bit: number;
  value: X64;
  /** Its upper half is zero, and a 32-bit local gets it. */
  readonly narrow: boolean;
}

/** What an instruction sets the flags by, until its register writes are known. */
interface Setting {
  readonly setter: FlagSetter;
  readonly w: Width;
  readonly a: Word;
  readonly b: Word;
  readonly result: Word;
}

/** Operands of more nodes are not worth computing again. */
const MOST_NODES = 8;

export class FlagState {
  private readonly f: FunctionBuilder;
  private readonly locals: RegionLocals;
  /** `dynamic` with operands: where flagKind says that there was an operation, its operands are these. */
  known: FlagKnowledge = 'dynamic';
  /** Operands, unless the locals flagA and flagB hold them. */
  operands: FlagOperands | undefined;
  /** Whether anybody may want the flags that the running instruction leaves, if it does not set them. */
  wantedBehind = true;
  private setting: Setting | undefined;

  constructor(f: FunctionBuilder, locals: RegionLocals) {
    this.f = f;
    this.locals = locals;
  }

  /** From here on the flags are these. */
  become(known: FlagKnowledge, operands?: FlagOperands): void {
    this.known = known;
    this.operands = operands;
  }

  /** The running instruction sets the flags by an operation. */
  set(setting: Setting): void {
    this.setting = setting;
  }

  /** The explicit locals have the flags. */
  setExplicitly(n: X64, z: X64, c: X32, v: X64): void {
    const { f, locals } = this;
    f.set(locals.v, v);
    f.set(locals.n, n);
    f.set(locals.z, z);
    f.set(locals.c, c);
    this.setting = undefined;
    this.become(LAZY.EXPLICIT);
  }

  /** The running instruction is about to write its registers. */
  beforeWrites(writes: readonly RegisterWrite[]): void {
    const { setting } = this;
    const written = writes.reduce((set, { bit }) => set | (1 << bit), 0);
    if (!setting) {
      if (this.operands && (this.operands.registers & written) !== 0) this.rescue();
      return;
    }
    this.setting = undefined;
    const kind = lazyKind(setting.setter, setting.w.bits as 32 | 64);
    const operands = this.operandsOf(setting, writes, written);
    this.become(kind, operands);
    if (!operands) this.putOperands(wide(setting.a), wide(setting.b));
  }

  /** Operands as they will be when the registers are written. */
  private operandsOf({ setter, w, a, b, result }: Setting, writes: readonly RegisterWrite[], written: number) {
    const ofA = this.registersOf(a);
    const ofB = setter === 'logic' ? 0 : this.registersOf(b);
    if (ofB === undefined || (ofB & written) !== 0) return undefined;
    if (ofA !== undefined && (ofA & written) === 0) return { a: wide(a), b: wide(b), registers: ofA | ofB };
    // The result is in a register: the first operand follows from it.
    const write = writes.find(({ value }) => value === result || value.a === result);
    if (!write) return undefined;
    const { bit, narrow } = write;
    const r: Word = w.bits === 64 ? this.locals.read(bit, narrow) : this.locals.readLower(bit, narrow);
    const first = setter === 'logic' ? r : setter === 'add' ? w.sub(r, b) : w.add(r, b);
    return { a: wide(first), b: wide(b), registers: ofB | (1 << write.bit) };
  }

  /** The registers that an expression is made of; undefined if it is made of anything else. */
  private registersOf(expression: Expression): number | undefined {
    let nodes = 0;
    const visit = (node: Expression): number | undefined => {
      if (++nodes > MOST_NODES || mayReadMemory(node)) return undefined;
      if (isConstant(node)) return 0;
      if (isLocal(node)) {
        const bit = this.locals.bitOf(node);
        return bit === undefined ? undefined : 1 << bit;
      }
      let registers = 0;
      for (const part of [node.a, node.b, node.c]) {
        if (part === null) continue;
        const own = visit(part);
        if (own === undefined) return undefined;
        registers |= own;
      }
      return registers;
    };
    return visit(expression);
  }

  /** Keeps operands from being overwritten, if anybody may want them. */
  rescue(): void {
    if (!this.operands) return;
    if (this.wantedBehind) this.putOperands(this.operands.a, this.operands.b);
    this.operands = undefined;
  }

  private putOperands(a: X64, b: X64): void {
    this.f.set(this.locals.flagA, a);
    this.f.set(this.locals.flagB, b);
  }

  /** Puts all that is known into the locals, for who does not know it. What is known stays the same. */
  gather(): void {
    const { f, locals, known, operands } = this;
    if (known !== 'dynamic') f.set(locals.flagKind, known);
    if (operands) this.putOperands(operands.a, operands.b);
  }

  get source(): FlagSource {
    const { locals, known } = this;
    if (known === 'dynamic') throw new Error('flags are read that nobody has set');
    if (known === LAZY.EXPLICIT || known === LAZY.STORED) return locals.explicitFlags;
    const { a, b } = this.values;
    return lazyFlags(known, a, b);
  }

  /** Operands of the operation that set the flags, wherever they are. */
  get values(): { readonly a: X64; readonly b: X64 } {
    return this.operands ?? { a: this.locals.flagA.get, b: this.locals.flagB.get };
  }

  condition(code: number): X32 {
    const { known } = this;
    if (known === LAZY.SUBTRACT_32 || known === LAZY.SUBTRACT_64) {
      const { a, b } = this.values;
      const compared = comparison(code, known === LAZY.SUBTRACT_64, a, b);
      if (compared) return compared;
    }
    return conditionOf(this.source, code);
  }
}

const wide = (value: Word): X64 => (value.type === I64 ? (value as X64) : i64.extendU(value as X32));
