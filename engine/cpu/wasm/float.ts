// Constructors of f32 and f64 expressions (WebAssembly Core 2.0, chapter 4.3.3). Only operations whose results are the same
// on every host; where an operand or a result may be NaN, the payload is not (4.3.3 "NaN Propagation"): generated code
// must not let such a result through.
import type { In32, ValueType, X32, X64, XF32, XF64 } from './expression.ts';
import { Expression, F32, F64, I32, I64, to32 } from './expression.ts';

const CONST32 = 0x43;
const CONST64 = 0x44;
const TRUNC_SAT = 0xfc0000;

type Float = XF32 | XF64;

const unary =
  <R extends Expression, A extends Expression>(type: ValueType, op: number) =>
  (a: A): R =>
    new Expression(type, op, a) as R;
const binary =
  <F extends Float>(type: ValueType, op: number) =>
  (a: F, b: F): F =>
    new Expression(type, op, a, b) as F;
const compare =
  <F extends Float>(op: number) =>
  (a: F, b: F): X32 =>
    new Expression(I32, op, a, b);

const words = new DataView(new ArrayBuffer(8));

/** Operations that f32 and f64 share, by the distance of their opcodes. */
function family<F extends Float>(type: typeof F32 | typeof F64, comparisons: number, arithmetic: number) {
  return {
    eq: compare<F>(comparisons),
    ne: compare<F>(comparisons + 1),
    lt: compare<F>(comparisons + 2),
    gt: compare<F>(comparisons + 3),
    le: compare<F>(comparisons + 4),
    ge: compare<F>(comparisons + 5),
    abs: unary<F, F>(type, arithmetic),
    neg: unary<F, F>(type, arithmetic + 1),
    ceil: unary<F, F>(type, arithmetic + 2),
    floor: unary<F, F>(type, arithmetic + 3),
    trunc: unary<F, F>(type, arithmetic + 4),
    nearest: unary<F, F>(type, arithmetic + 5),
    sqrt: unary<F, F>(type, arithmetic + 6),
    add: binary<F>(type, arithmetic + 7),
    sub: binary<F>(type, arithmetic + 8),
    mul: binary<F>(type, arithmetic + 9),
    div: binary<F>(type, arithmetic + 10),
    /** Of -0 and +0 the former is less. */
    min: binary<F>(type, arithmetic + 11),
    max: binary<F>(type, arithmetic + 12),
    copysign: binary<F>(type, arithmetic + 13),
  };
}

export const f32 = {
  ...family<XF32>(F32, 0x5b, 0x8b),
  const: (value: number): XF32 => {
    words.setFloat32(0, value, true);
    return new Expression(F32, CONST32, null, null, null, words.getInt32(0, true));
  },
  load: (address: In32, offset = 0): XF32 => new Expression(F32, 0x2a, to32(address), null, null, offset),
  convertS32: unary<XF32, X32>(F32, 0xb2),
  convertU32: unary<XF32, X32>(F32, 0xb3),
  convertS64: unary<XF32, X64>(F32, 0xb4),
  convertU64: unary<XF32, X64>(F32, 0xb5),
  demote: unary<XF32, XF64>(F32, 0xb6),
  fromBits: unary<XF32, X32>(F32, 0xbe),
  bits: unary<X32, XF32>(I32, 0xbc),
  truncS32: unary<X32, XF32>(I32, TRUNC_SAT | 0),
  truncU32: unary<X32, XF32>(I32, TRUNC_SAT | 1),
  truncS64: unary<X64, XF32>(I64, TRUNC_SAT | 4),
  truncU64: unary<X64, XF32>(I64, TRUNC_SAT | 5),
};

export const f64 = {
  ...family<XF64>(F64, 0x61, 0x99),
  const: (value: number): XF64 => {
    words.setFloat64(0, value, true);
    return new Expression(F64, CONST64, null, null, null, words.getInt32(0, true), words.getInt32(4, true));
  },
  load: (address: In32, offset = 0): XF64 => new Expression(F64, 0x2b, to32(address), null, null, offset),
  convertS32: unary<XF64, X32>(F64, 0xb7),
  convertU32: unary<XF64, X32>(F64, 0xb8),
  convertS64: unary<XF64, X64>(F64, 0xb9),
  convertU64: unary<XF64, X64>(F64, 0xba),
  promote: unary<XF64, XF32>(F64, 0xbb),
  fromBits: unary<XF64, X64>(F64, 0xbf),
  bits: unary<X64, XF64>(I64, 0xbd),
  truncS32: unary<X32, XF64>(I32, TRUNC_SAT | 2),
  truncU32: unary<X32, XF64>(I32, TRUNC_SAT | 3),
  truncS64: unary<X64, XF64>(I64, TRUNC_SAT | 6),
  truncU64: unary<X64, XF64>(I64, TRUNC_SAT | 7),
};
