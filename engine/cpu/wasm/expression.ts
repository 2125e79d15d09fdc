// Expressions of the WebAssembly value types as small trees: built by the code generators, written out once when a
// statement uses them (WebAssembly Core 2.0, chapter 4.4; opcodes from its appendix "Index of Instructions").
// Trees are pure: loads of memory are allowed in them, stores and calls are statements of FunctionBuilder.
import type { ByteSink } from './bytes.ts';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof I64 | typeof F32 | typeof F64 | typeof V128;

const OP_SELECT = 0x1b;
const OP_LOCAL_GET = 0x20;
const OP_I32_CONST = 0x41;
const OP_I64_CONST = 0x42;
const OP_F32_CONST = 0x43;
const OP_F64_CONST = 0x44;
const OP_WRAP = 0xa7;
const OP_EXTEND = 0xad;
const FIRST_LOAD = 0x28;
const LAST_STORE = 0x3e;

/** One node. `op` is the opcode, with the prefix (0xfc, 0xfd) in bits 23:16. */
export class Expression<T extends ValueType = ValueType> {
  readonly type: T;
  readonly op: number;
  readonly a: Expression | null;
  readonly b: Expression | null;
  readonly c: Expression | null;
  /** Local index, memory offset, lane or constant (low half). */
  readonly k: number;
  /** Constant, high half. */
  readonly hi: number;
  /** Lane numbers of i8x16.shuffle, or the bytes of v128.const. */
  readonly lanes: readonly number[] | null;

  constructor(
    type: T,
    op: number,
    a: Expression | null,
    b: Expression | null = null,
    c: Expression | null = null,
    k = 0,
    hi = 0,
    lanes: readonly number[] | null = null,
  ) {
    this.type = type;
    this.op = op;
    this.a = a;
    this.b = b;
    this.c = c;
    this.k = k;
    this.hi = hi;
    this.lanes = lanes;
  }
}

export type X32 = Expression<typeof I32>;
export type X64 = Expression<typeof I64>;
export type XF32 = Expression<typeof F32>;
export type XF64 = Expression<typeof F64>;
export type XV = Expression<typeof V128>;
/** Plain numbers stand for constants. 64-bit ones must be safe integers or bigints. */
export type In32 = X32 | number;
export type In64 = X64 | number | bigint;

/** Reads a local variable. */
export const isLocal = ({ op }: Expression): boolean => op === OP_LOCAL_GET;
/** A 32-bit value that is zero-extended. */
export const isExtended = ({ op }: Expression): boolean => op === OP_EXTEND;
/** The lower half of a 64-bit value. */
export const isWrapped = ({ op }: Expression): boolean => op === OP_WRAP;
/** An integer constant. */
export const isConstant = ({ op }: Expression): boolean => op === OP_I32_CONST || op === OP_I64_CONST;
/** May read memory: a load, or an operation with a prefix, which are not told apart. */
export const mayReadMemory = ({ op }: Expression): boolean => op > 0xff || (op >= FIRST_LOAD && op <= LAST_STORE);

/** log2 of the bytes that each memory opcode from i32.load (0x28) to i64.store32 (0x3e) touches. */
const MEMORY_SIZE = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];

/** Writes the alignment hint and offset of a memory instruction. */
export function emitMemoryArgument(sink: ByteSink, opcode: number, offset: number): void {
  sink.u32(MEMORY_SIZE[opcode - FIRST_LOAD]!);
  sink.u32(offset);
}

/** Writes a tree in stack order. */
export function emitExpression(sink: ByteSink, node: Expression): void {
  if (node.a !== null) emitExpression(sink, node.a);
  if (node.b !== null) emitExpression(sink, node.b);
  if (node.c !== null) emitExpression(sink, node.c);
  const op = node.op;
  if (op >= 0x10000) {
    sink.u8(op >>> 16);
    sink.u32(op & 0xffff);
    if (op >>> 16 === 0xfd) emitVectorImmediate(sink, op & 0xffff, node);
    return;
  }
  sink.u8(op);
  if (op === OP_LOCAL_GET) sink.u32(node.k);
  else if (op === OP_I32_CONST) sink.s32(node.k);
  else if (op === OP_I64_CONST) sink.s64(node.k, node.hi);
  else if (op === OP_F32_CONST) emitWord(sink, node.k);
  else if (op === OP_F64_CONST) {
    emitWord(sink, node.k);
    emitWord(sink, node.hi);
  } else if (op >= FIRST_LOAD && op <= LAST_STORE) emitMemoryArgument(sink, op, node.k);
}

function emitWord(sink: ByteSink, word: number): void {
  for (let shift = 0; shift < 32; shift += 8) sink.u8((word >>> shift) & 0xff);
}

/** log2 of the bytes that vector loads touch: whole, splatting (by bytes of the element), zero-extending. */
const VECTOR_LOADS: Readonly<Record<number, number>> = {
  0x00: 4,
  0x07: 0,
  0x08: 1,
  0x09: 2,
  0x0a: 3,
  0x5c: 2,
  0x5d: 3,
};
const VECTOR_CONST = 0x0c;
const SHUFFLE = 0x0d;
const FIRST_LANE = 0x15;
const LAST_LANE = 0x22;

function emitVectorImmediate(sink: ByteSink, op: number, node: Expression): void {
  const size = VECTOR_LOADS[op];
  if (size !== undefined) {
    sink.u32(size);
    sink.u32(node.k);
  } else if (op >= FIRST_LANE && op <= LAST_LANE) sink.u8(node.k);
  else if (op === SHUFFLE || op === VECTOR_CONST) sink.append(node.lanes!);
}

const isConstant32 = (node: Expression): boolean => node.op === OP_I32_CONST;
const isConstant64 = (node: Expression): boolean => node.op === OP_I64_CONST;

export function constant32(value: number): X32 {
  return new Expression(I32, OP_I32_CONST, null, null, null, value | 0);
}

/** A 64-bit constant from its two 32-bit halves. */
export function constant64(lo: number, hi: number): X64 {
  return new Expression(I64, OP_I64_CONST, null, null, null, lo | 0, hi | 0);
}

const to32 = (value: In32): X32 => (typeof value === 'number' ? constant32(value) : value);

function to64(value: In64): X64 {
  if (typeof value === 'object') return value;
  if (typeof value === 'number') return constant64(value | 0, Math.floor(value / 0x1_0000_0000) | 0);
  return constant64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
}

const unary =
  <T extends ValueType, A extends ValueType>(type: T, op: number) =>
  (a: Expression<A>): Expression<T> =>
    new Expression(type, op, a);

const binary32 =
  (op: number, fold: (a: number, b: number) => number, identity?: number) =>
  (a: In32, b: In32): X32 => {
    const left = to32(a);
    const right = to32(b);
    if (isConstant32(right)) {
      if (isConstant32(left)) return constant32(fold(left.k, right.k));
      if (right.k === identity) return left;
    }
    return new Expression(I32, op, left, right);
  };

const binary64 =
  (op: number, identity?: number) =>
  (a: In64, b: In64): X64 => {
    const left = to64(a);
    const right = to64(b);
    if (identity !== undefined && isConstant64(right) && right.k === identity && right.hi === identity >> 31)
      return left;
    return new Expression(I64, op, left, right);
  };

const compare64 =
  (op: number) =>
  (a: In64, b: In64): X32 =>
    new Expression(I32, op, to64(a), to64(b));

const bool = (value: boolean): number => (value ? 1 : 0);

/** Address operand of loads and stores: a 32-bit expression plus a constant offset in the instruction. */
const load =
  <T extends ValueType>(type: T, op: number) =>
  (address: In32, offset = 0): Expression<T> =>
    new Expression(type, op, to32(address), null, null, offset);

export const i32 = {
  const: constant32,
  load: load(I32, 0x28),
  load8s: load(I32, 0x2c),
  load8u: load(I32, 0x2d),
  load16s: load(I32, 0x2e),
  load16u: load(I32, 0x2f),
  eqz: unary<typeof I32, typeof I32>(I32, 0x45),
  eq: binary32(0x46, (a, b) => bool(a === b)),
  ne: binary32(0x47, (a, b) => bool(a !== b)),
  ltS: binary32(0x48, (a, b) => bool(a < b)),
  ltU: binary32(0x49, (a, b) => bool(a >>> 0 < b >>> 0)),
  gtS: binary32(0x4a, (a, b) => bool(a > b)),
  gtU: binary32(0x4b, (a, b) => bool(a >>> 0 > b >>> 0)),
  leS: binary32(0x4c, (a, b) => bool(a <= b)),
  leU: binary32(0x4d, (a, b) => bool(a >>> 0 <= b >>> 0)),
  geS: binary32(0x4e, (a, b) => bool(a >= b)),
  geU: binary32(0x4f, (a, b) => bool(a >>> 0 >= b >>> 0)),
  clz: unary<typeof I32, typeof I32>(I32, 0x67),
  add: binary32(0x6a, (a, b) => a + b, 0),
  sub: binary32(0x6b, (a, b) => a - b, 0),
  mul: binary32(0x6c, Math.imul, 1),
  divS: (a: In32, b: In32): X32 => new Expression(I32, 0x6d, to32(a), to32(b)),
  divU: (a: In32, b: In32): X32 => new Expression(I32, 0x6e, to32(a), to32(b)),
  and: binary32(0x71, (a, b) => a & b, -1),
  or: binary32(0x72, (a, b) => a | b, 0),
  xor: binary32(0x73, (a, b) => a ^ b, 0),
  shl: binary32(0x74, (a, b) => a << b, 0),
  shrS: binary32(0x75, (a, b) => a >> b, 0),
  shrU: binary32(0x76, (a, b) => a >>> b, 0),
  rotl: binary32(0x77, (a, b) => (a << b) | (a >>> (-b & 31)), 0),
  rotr: binary32(0x78, (a, b) => (a >>> b) | (a << (-b & 31)), 0),
  wrap: unary<typeof I32, typeof I64>(I32, OP_WRAP),
  extend8s: unary<typeof I32, typeof I32>(I32, 0xc0),
  extend16s: unary<typeof I32, typeof I32>(I32, 0xc1),
  not: (a: In32): X32 => i32.xor(a, -1),
  neg: (a: In32): X32 => i32.sub(0, a),
  select: (condition: In32, a: In32, b: In32): X32 => new Expression(I32, OP_SELECT, to32(a), to32(b), to32(condition)),
};

export const i64 = {
  const: to64,
  load: load(I64, 0x29),
  load8s: load(I64, 0x30),
  load8u: load(I64, 0x31),
  load16s: load(I64, 0x32),
  load16u: load(I64, 0x33),
  load32s: load(I64, 0x34),
  load32u: load(I64, 0x35),
  eqz: unary<typeof I32, typeof I64>(I32, 0x50),
  eq: compare64(0x51),
  ne: compare64(0x52),
  ltS: compare64(0x53),
  ltU: compare64(0x54),
  gtS: compare64(0x55),
  gtU: compare64(0x56),
  leS: compare64(0x57),
  leU: compare64(0x58),
  geS: compare64(0x59),
  geU: compare64(0x5a),
  clz: unary<typeof I64, typeof I64>(I64, 0x79),
  ctz: unary<typeof I64, typeof I64>(I64, 0x7a),
  popcnt: unary<typeof I64, typeof I64>(I64, 0x7b),
  add: binary64(0x7c, 0),
  sub: binary64(0x7d, 0),
  mul: binary64(0x7e, 1),
  divS: binary64(0x7f),
  divU: binary64(0x80),
  and: binary64(0x83, -1),
  or: binary64(0x84, 0),
  xor: binary64(0x85, 0),
  shl: binary64(0x86, 0),
  shrS: binary64(0x87, 0),
  shrU: binary64(0x88, 0),
  rotl: binary64(0x89, 0),
  rotr: binary64(0x8a, 0),
  extendS: unary<typeof I64, typeof I32>(I64, 0xac),
  extendU: unary<typeof I64, typeof I32>(I64, OP_EXTEND),
  extend8s: unary<typeof I64, typeof I64>(I64, 0xc2),
  extend16s: unary<typeof I64, typeof I64>(I64, 0xc3),
  extend32s: unary<typeof I64, typeof I64>(I64, 0xc4),
  not: (a: In64): X64 => i64.xor(a, -1),
  neg: (a: In64): X64 => i64.sub(0, a),
  select: (condition: In32, a: In64, b: In64): X64 => new Expression(I64, OP_SELECT, to64(a), to64(b), to32(condition)),
};

const VECTOR = 0xfd0000;
const vectorUnary = (op: number) => unary<typeof V128, typeof V128>(V128, VECTOR | op);
const vectorBinary =
  (op: number) =>
  (a: XV, b: XV): XV =>
    new Expression(V128, VECTOR | op, a, b);

export const v128 = {
  load: (address: In32, offset = 0): XV => new Expression(V128, VECTOR | 0x00, to32(address), null, null, offset),
  splat8: unary<typeof V128, typeof I32>(V128, VECTOR | 0x0f),
  splat16: unary<typeof V128, typeof I32>(V128, VECTOR | 0x10),
  splat32: unary<typeof V128, typeof I32>(V128, VECTOR | 0x11),
  splat64: unary<typeof V128, typeof I64>(V128, VECTOR | 0x12),
  /** Bytes of a (0 to 15) and b (16 to 31) by number. */
  shuffle: (a: XV, b: XV, lanes: readonly number[]): XV =>
    new Expression(V128, VECTOR | SHUFFLE, a, b, null, 0, 0, lanes),
  lane64: (a: XV, lane: number): X64 => new Expression(I64, VECTOR | 0x1d, a, null, null, lane),
  replace64: (a: XV, lane: number, value: X64): XV => new Expression(V128, VECTOR | 0x1e, a, value, null, lane),
  not: vectorUnary(0x4d),
  and: vectorBinary(0x4e),
  andnot: vectorBinary(0x4f),
  or: vectorBinary(0x50),
  xor: vectorBinary(0x51),
  bitselect: (a: XV, b: XV, mask: XV): XV => new Expression(V128, VECTOR | 0x52, a, b, mask),
};

export { to32, to64 };
