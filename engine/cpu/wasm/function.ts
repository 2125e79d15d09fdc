// Writes one function body statement by statement: locals, structured control flow, stores and calls (WebAssembly Core
// 2.0, chapters 4.4.8 and 5.4). Values are trees of expression.ts; a statement writes the trees that it uses.
import { ByteSink } from './bytes.ts';
import type { F32, F64, In32, In64, ValueType, X32, X64, XF32, XF64, XV } from './expression.ts';
import {
  emitExpression,
  emitMemoryArgument,
  Expression,
  isConstant,
  I32,
  I64,
  to32,
  to64,
  V128,
} from './expression.ts';
import type { FunctionReference, ModuleBuilder, Signature } from './module.ts';

/** A place that `br` can go to. */
export interface Label {
  readonly depth: number;
}

/** A mutable local variable; `get` reads it as an expression. */
export class Local<T extends ValueType = ValueType> {
  readonly type: T;
  readonly index: number;
  readonly get: Expression<T>;

  constructor(type: T, index: number) {
    this.type = type;
    this.index = index;
    this.get = new Expression(type, 0x20, null, null, null, index);
  }
}

export type L32 = Local<typeof I32>;
export type L64 = Local<typeof I64>;
export type LF32 = Local<typeof F32>;
export type LF64 = Local<typeof F64>;
export type LV = Local<typeof V128>;
export type Hint = 'likely' | 'unlikely';

const EMPTY_BLOCK = 0x40;

export class FunctionBuilder {
  private readonly code = new ByteSink(256);
  private readonly signature: FunctionReference;
  private readonly module: ModuleBuilder;
  /** Types of the locals behind the parameters, in order. */
  private readonly types: ValueType[] = [];
  /** Locals that `release` gave back, by type. */
  private readonly free = new Map<ValueType, Local[]>();
  private temporaries: Local[] = [];
  private depth = 0;
  /** Offset of each hinted branch from the end of the locals' declaration. */
  readonly hints: { offset: number; likely: boolean }[] = [];

  constructor(module: ModuleBuilder, signature: FunctionReference) {
    this.module = module;
    this.signature = signature;
  }

  param<T extends ValueType>(type: T, index: number): Local<T> {
    if (this.signature.params[index] !== type)
      throw new Error(`${this.signature.name}: parameter ${index} has another type`);
    return new Local(type, index);
  }

  /** A local for the whole function. */
  local<T extends ValueType>(type: T): Local<T> {
    this.types.push(type);
    return new Local(type, this.signature.params.length + this.types.length - 1);
  }

  /** A local until `releaseTemporaries`. */
  temporary<T extends ValueType>(type: T): Local<T> {
    const local = (this.free.get(type)?.pop() as Local<T> | undefined) ?? this.local(type);
    this.temporaries.push(local);
    return local;
  }

  /** Gives all temporaries back. Call it only where no expression over them is still to be written. */
  releaseTemporaries(): void {
    for (const local of this.temporaries) {
      const list = this.free.get(local.type);
      if (list) list.push(local);
      else this.free.set(local.type, [local]);
    }
    this.temporaries = [];
  }

  emit(node: Expression): void {
    emitExpression(this.code, node);
  }

  set<T extends ValueType>(local: Local<T>, value: Expression<T> | (T extends typeof I32 ? number : never)): void {
    this.emit(typeof value === 'number' ? to32(value) : value);
    this.code.u8(0x21);
    this.code.u32(local.index);
  }

  /** Evaluates an expression now, once, into a temporary. Constants and locals stay as they are. */
  keep<T extends ValueType>(value: Expression<T>): Expression<T> {
    if (isConstant(value)) return value;
    const local = this.temporary(value.type);
    this.set(local, value as never);
    return local.get;
  }

  private store(opcode: number, address: In32, offset: number, value: Expression): void {
    this.emit(to32(address));
    this.emit(value);
    this.code.u8(opcode);
    emitMemoryArgument(this.code, opcode, offset);
  }

  store32(address: In32, offset: number, value: In32): void {
    this.store(0x36, address, offset, to32(value));
  }
  store64(address: In32, offset: number, value: In64): void {
    this.store(0x37, address, offset, to64(value));
  }
  store8(address: In32, offset: number, value: In32): void {
    this.store(0x3a, address, offset, to32(value));
  }
  store16(address: In32, offset: number, value: In32): void {
    this.store(0x3b, address, offset, to32(value));
  }
  /** Low bytes of a 64-bit value. */
  store64as8(address: In32, offset: number, value: X64): void {
    this.store(0x3c, address, offset, value);
  }
  store64as16(address: In32, offset: number, value: X64): void {
    this.store(0x3d, address, offset, value);
  }
  store64as32(address: In32, offset: number, value: X64): void {
    this.store(0x3e, address, offset, value);
  }
  storeF32(address: In32, offset: number, value: XF32): void {
    this.store(0x38, address, offset, value);
  }
  storeF64(address: In32, offset: number, value: XF64): void {
    this.store(0x39, address, offset, value);
  }
  store128(address: In32, offset: number, value: XV): void {
    this.emit(to32(address));
    this.emit(value);
    this.code.u8(0xfd);
    this.code.u32(0x0b);
    this.code.u32(4);
    this.code.u32(offset);
  }

  /** memory.fill and memory.copy over the one memory. */
  fill(address: In32, value: In32, length: In32): void {
    for (const operand of [address, value, length]) this.emit(to32(operand));
    this.code.append([0xfc, 0x0b, 0x00]);
  }
  copy(to: In32, from: In32, length: In32): void {
    for (const operand of [to, from, length]) this.emit(to32(operand));
    this.code.append([0xfc, 0x0a, 0x00, 0x00]);
  }

  private structure(opcode: number, write: (label: Label) => void): void {
    this.code.u8(opcode);
    this.code.u8(EMPTY_BLOCK);
    this.depth++;
    write({ depth: this.depth });
    this.depth--;
    this.code.u8(0x0b);
  }

  /** `br` to the label leaves the block. */
  block(write: (end: Label) => void): void {
    this.structure(0x02, write);
  }

  /**
   * `count` blocks in each other: `inside` is written in the innermost and gets their labels, the innermost first; `behind`
   * follows the end of each, in the same order. As block() in block(), but any number of them.
   */
  blocks(count: number, inside: (ends: readonly Label[]) => void, behind: (index: number) => void): void {
    const outside = this.depth;
    for (let i = 0; i < count; i++) {
      this.code.u8(0x02);
      this.code.u8(EMPTY_BLOCK);
    }
    this.depth = outside + count;
    inside(Array.from({ length: count }, (_, i) => ({ depth: outside + count - i })));
    for (let i = 0; i < count; i++) {
      this.depth--;
      this.code.u8(0x0b);
      behind(i);
    }
  }

  /** `br` to the label repeats the loop; running off the end leaves it. */
  loop(write: (top: Label) => void): void {
    this.structure(0x03, write);
  }

  if(condition: In32, then: () => void, otherwise?: () => void, hint?: Hint): void {
    this.emit(to32(condition));
    this.hint(hint);
    this.structure(0x04, () => {
      then();
      if (otherwise) {
        this.code.u8(0x05);
        otherwise();
      }
    });
  }

  br(label: Label): void {
    this.code.u8(0x0c);
    this.code.u32(this.depth - label.depth);
  }

  brIf(label: Label, condition: In32, hint?: Hint): void {
    this.emit(to32(condition));
    this.hint(hint);
    this.code.u8(0x0d);
    this.code.u32(this.depth - label.depth);
  }

  brTable(labels: readonly Label[], otherwise: Label, index: X32): void {
    this.emit(index);
    this.code.u8(0x0e);
    this.code.u32(labels.length);
    for (const label of labels) this.code.u32(this.depth - label.depth);
    this.code.u32(this.depth - otherwise.depth);
  }

  private hint(hint: Hint | undefined): void {
    if (hint) this.hints.push({ offset: this.code.length, likely: hint === 'likely' });
  }

  return(...values: Expression[]): void {
    for (const value of values) this.emit(value);
    this.code.u8(0x0f);
  }

  unreachable(): void {
    this.code.u8(0x00);
  }

  private arguments(signature: Signature, values: readonly (Expression | number)[]): void {
    if (values.length !== signature.params.length)
      throw new Error(`${signature.params.length} arguments are wanted, ${values.length} were given`);
    values.forEach((value, i) => {
      const node = typeof value === 'number' ? (signature.params[i] === I64 ? to64(value) : to32(value)) : value;
      if (node.type !== signature.params[i]) throw new Error(`argument ${i} has another type`);
      this.emit(node);
    });
  }

  /** Calls a function that returns nothing. */
  call(target: FunctionReference, ...values: (Expression | number)[]): void {
    if (target.results.length !== 0) throw new Error(`${target.name} returns a value`);
    this.arguments(target, values);
    this.code.u8(0x10);
    this.code.u32(target.index);
  }

  private callFor<T extends ValueType>(
    type: T,
    target: FunctionReference,
    values: (Expression | number)[],
  ): Expression<T> {
    if (target.results.length !== 1 || target.results[0] !== type)
      throw new Error(`${target.name} returns something else`);
    this.arguments(target, values);
    this.code.u8(0x10);
    this.code.u32(target.index);
    const local = this.temporary(type);
    this.code.u8(0x21);
    this.code.u32(local.index);
    return local.get;
  }

  /** Calls a function for its effects only. */
  dropCall(target: FunctionReference, ...values: (Expression | number)[]): void {
    this.arguments(target, values);
    this.code.u8(0x10);
    this.code.u32(target.index);
    target.results.forEach(() => this.code.u8(0x1a));
  }

  call32(target: FunctionReference, ...values: (Expression | number)[]): X32 {
    return this.callFor(I32, target, values);
  }
  call64(target: FunctionReference, ...values: (Expression | number)[]): X64 {
    return this.callFor(I64, target, values);
  }
  callVector(target: FunctionReference, ...values: (Expression | number)[]): XV {
    return this.callFor(V128, target, values);
  }

  /** Calls a function of the table; its result, if any, stays on the stack. */
  callIndirect(signature: Signature, index: X32, ...values: (Expression | number)[]): void {
    this.arguments(signature, values);
    this.emit(index);
    this.code.u8(0x11);
    this.code.u32(this.module.typeIndex(signature));
    this.code.u8(0x00);
  }

  /** Calls a function of the table that returns one word. */
  callIndirect32(signature: Signature, index: X32, ...values: (Expression | number)[]): X32 {
    this.callIndirect(signature, index, ...values);
    const local = this.temporary(I32);
    this.code.u8(0x21);
    this.code.u32(local.index);
    return local.get;
  }

  /** Ends the function with a call of one of the table, whose result is its own (Tail Call proposal). */
  returnCallIndirect(signature: Signature, index: X32, ...values: (Expression | number)[]): void {
    this.arguments(signature, values);
    this.emit(index);
    this.code.u8(0x13);
    this.code.u32(this.module.typeIndex(signature));
    this.code.u8(0x00);
  }

  private localsVector(): ByteSink {
    const groups: { type: ValueType; count: number }[] = [];
    for (const type of this.types) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    const sink = new ByteSink(16);
    sink.u32(groups.length);
    for (const { type, count } of groups) {
      sink.u32(count);
      sink.u8(type);
    }
    return sink;
  }

  /** Bytes that the declaration of locals takes in front of the code. */
  localsLength(): number {
    return this.localsVector().length;
  }

  writeTo(sink: ByteSink): void {
    const locals = this.localsVector();
    sink.u32(locals.length + this.code.length + 1);
    sink.append(locals.bytes, locals.length);
    sink.append(this.code.bytes, this.code.length);
    sink.u8(0x0b);
  }
}
