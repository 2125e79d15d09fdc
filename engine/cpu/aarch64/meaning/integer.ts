// Meanings of the data-processing instructions of general registers (Arm ARM DDI 0487, C6.2).
import type { X32, X64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import type { Meaning, Operations, Statics, Width, Word } from './operations.ts';

const ADD_SUB: Record<string, (o: Operations, w: Width, a: Word, b: Word) => Word> = {
  ADD: (_, w, a, b) => w.add(a, b),
  ADDS: (o, w, a, b) => o.resultWithFlags('add', w, a, b),
  SUB: (_, w, a, b) => w.sub(a, b),
  SUBS: (o, w, a, b) => o.resultWithFlags('subtract', w, a, b),
};

/** The shifted register operand: form 0 is unshifted, else 1 + shift type. */
function shifted(w: Width, s: Statics): Word {
  const value = w.read('m');
  if (s.shift === 0) return value;
  const amount = w.immediate('amount');
  return [w.shl, w.shrU, w.shrS, w.rotr][s.shift! - 1]!(value, amount);
}

/** Extends the low part of an X register by option (UXTB … SXTX), as a value of the width. */
export function extend(w: Width, value: X64, option: number): Word {
  if (w.bits === 32) {
    const word = i32.wrap(value);
    return [
      i32.and(word, 0xff),
      i32.and(word, 0xffff),
      word,
      word,
      i32.extend8s(word),
      i32.extend16s(word),
      word,
      word,
    ][option]!;
  }
  return [
    i64.and(value, 0xff),
    i64.and(value, 0xffff),
    i64.and(value, 0xffff_ffff),
    value,
    i64.extend8s(value),
    i64.extend16s(value),
    i64.extend32s(value),
    value,
  ][option]!;
}

const integer: Record<string, Meaning> = {
  ADR: (o) => o.x.write('d', i64.add(o.pc(), o.immediate64('offset'))),
  ADRP: (o) => o.x.write('d', i64.add(i64.and(o.pc(), -4096), o.immediate64('offset'))),
};

for (const [name, operate] of Object.entries(ADD_SUB)) {
  integer[`${name} (immediate)`] = (o, s) => {
    const w = o.width(s.sf!);
    w.write('d', operate(o, w, w.read('n'), w.immediate('imm')));
  };
  integer[`${name} (shifted register)`] = (o, s) => {
    const w = o.width(s.sf!);
    w.write('d', operate(o, w, w.read('n'), shifted(w, s)));
  };
  integer[`${name} (extended register)`] = (o, s) => {
    const w = o.width(s.sf!);
    const operand = extend(w, o.x.read('m') as X64, s.option!);
    w.write('d', operate(o, w, w.read('n'), w.shl(operand, w.immediate('amount'))));
  };
}

/** The flags of a logical result. */
const logicalFlags = (o: Operations, w: Width, value: Word): Word => o.resultWithFlags('logic', w, value, value);

const LOGICAL: Record<string, (o: Operations, w: Width, a: Word, b: Word) => Word> = {
  AND: (_, w, a, b) => w.and(a, b),
  BIC: (_, w, a, b) => w.and(a, w.not(b)),
  ORR: (_, w, a, b) => w.or(a, b),
  ORN: (_, w, a, b) => w.or(a, w.not(b)),
  EOR: (_, w, a, b) => w.xor(a, b),
  EON: (_, w, a, b) => w.xor(a, w.not(b)),
  ANDS: (o, w, a, b) => logicalFlags(o, w, w.and(a, b)),
  BICS: (o, w, a, b) => logicalFlags(o, w, w.and(a, w.not(b))),
};

for (const [name, operate] of Object.entries(LOGICAL)) {
  integer[`${name} (shifted register)`] = (o, s) => {
    const w = o.width(s.sf!);
    w.write('d', operate(o, w, w.read('n'), shifted(w, s)));
  };
  if (['AND', 'ORR', 'EOR', 'ANDS'].includes(name))
    integer[`${name} (immediate)`] = (o, s) => {
      const w = o.width(s.sf!);
      w.write('d', operate(o, w, w.read('n'), w.immediate('imm')));
    };
}

// The decoder has expanded the immediate of MOVN and MOVZ to the whole result.
integer.MOVN = integer.MOVZ = (o) => o.x.write('d', o.immediate64('imm'));
integer.MOVK = (o, s) => {
  const w = o.width(s.sf!);
  const hole = w.const(~(0xffffn << BigInt(16 * s.hw!)));
  w.write('d', w.or(w.and(w.read('d'), hole), w.immediate('imm')));
};

/** SBFM and UBFM as a shift up and a shift down; forms 0 and 1 need only one of them. */
function bitfield(signed: boolean): Meaning {
  return (o, s) => {
    const w = o.width(s.sf!);
    const value = w.read('n');
    const up = s.form === 0 ? value : w.shl(value, w.immediate('up'));
    const down = signed ? w.shrS : w.shrU;
    w.write('d', s.form === 1 ? up : down(up, w.immediate('down')));
  };
}
integer.SBFM = bitfield(true);
integer.UBFM = bitfield(false);

integer.BFM = (o, s) => {
  const w = o.width(s.sf!);
  const mask = o.keep(w.shl(w.shrU(w.const(-1), w.immediate('drop')), w.immediate('low')));
  const field = w.and(w.rotr(w.read('n'), w.immediate('rotate')), mask);
  w.write('d', w.or(w.and(w.read('d'), w.not(mask)), field));
};

integer.EXTR = (o, s) => {
  const w = o.width(s.sf!);
  const low = w.read('m');
  if (s.form === 0) return w.write('d', low);
  const amount = o.keep(w.immediate('amount'));
  if (s.form === 1) return w.write('d', w.rotr(low, amount));
  w.write('d', w.or(w.shrU(low, amount), w.shl(w.read('n'), w.sub(w.const(w.bits), amount))));
};

function withCarry(subtract: boolean, flags: boolean): Meaning {
  return (o, s) => {
    const w = o.width(s.sf!);
    const a = w.read('n');
    const b = o.keep(subtract ? w.not(w.read('m')) : w.read('m'));
    const part = o.keep(w.add(a, b));
    const r = o.keep(w.add(part, w.fromBool(o.carry())));
    if (flags) {
      const n = o.keep(w.extendS(r));
      const overflow = w.extendS(w.and(w.xor(a, r), w.xor(b, r)));
      o.setFlags(n, n, i32.or(w.ltU(part, a), w.ltU(r, part)), overflow);
    }
    w.write('d', r);
  };
}
integer.ADC = withCarry(false, false);
integer.ADCS = withCarry(false, true);
integer.SBC = withCarry(true, false);
integer.SBCS = withCarry(true, true);

for (const [name, setter] of [
  ['CCMN', 'add'],
  ['CCMP', 'subtract'],
] as const)
  for (const form of ['register', 'immediate'])
    integer[`${name} (${form})`] = (o, s) => {
      const w = o.width(s.sf!);
      const a = w.read('n');
      const b = o.keep(form === 'register' ? w.read('m') : w.immediate('imm'));
      if (s.cond! >= 14) return void o.resultWithFlags(setter, w, a, b);
      o.if(
        o.condition(s.cond!),
        () => o.resultWithFlags(setter, w, a, b),
        () => o.setFlagsFrom(o.immediate32('nzcv')),
      );
    };

const SELECT: Record<string, (w: Width, m: Word) => Word> = {
  CSEL: (_, m) => m,
  CSINC: (w, m) => w.add(m, w.const(1)),
  CSINV: (w, m) => w.not(m),
  CSNEG: (w, m) => w.sub(w.const(0), m),
};
for (const [name, other] of Object.entries(SELECT))
  integer[name] = (o, s) => {
    const w = o.width(s.sf!);
    const n = w.read('n');
    w.write('d', s.cond! >= 14 ? n : w.select(o.condition(s.cond!), n, other(w, w.read('m'))));
  };

/** Swaps neighbouring groups of `group` bits, selected by `mask`. */
const swapGroups = (w: Width, value: Word, group: number, mask: bigint): Word =>
  w.or(w.and(w.shrU(value, w.const(group)), w.const(mask)), w.shl(w.and(value, w.const(mask)), w.const(group)));

const BITS = 0x5555_5555_5555_5555n;
const PAIRS = 0x3333_3333_3333_3333n;
const NIBBLES = 0x0f0f_0f0f_0f0f_0f0fn;
const BYTES = 0x00ff_00ff_00ff_00ffn;
const HALVES = 0x0000_ffff_0000_ffffn;

function reverseBytes(o: Operations, w: Width, value: Word, container: 16 | 32 | 64): Word {
  let result = o.keep(swapGroups(w, value, 8, BYTES));
  if (container >= 32)
    result =
      container === 32 && w.bits === 32 ? w.rotr(result, w.const(16)) : o.keep(swapGroups(w, result, 16, HALVES));
  return container === 64 ? w.rotr(result, w.const(32)) : result;
}

integer.RBIT = (o, s) => {
  const w = o.width(s.sf!);
  let value = w.read('n');
  for (const [group, mask] of [
    [1, BITS],
    [2, PAIRS],
    [4, NIBBLES],
  ] as const)
    value = o.keep(swapGroups(w, value, group, mask));
  w.write('d', reverseBytes(o, w, value, w.bits));
};
integer.REV16 = (o, s) => {
  const w = o.width(s.sf!);
  w.write('d', reverseBytes(o, w, w.read('n'), 16));
};
integer['REV (32-bit)'] = (o) => o.w.write('d', reverseBytes(o, o.w, o.w.read('n'), 32));
integer.REV32 = (o) => o.x.write('d', reverseBytes(o, o.x, o.x.read('n'), 32));
integer['REV (64-bit)'] = (o) => o.x.write('d', reverseBytes(o, o.x, o.x.read('n'), 64));
integer.CLZ = (o, s) => {
  const w = o.width(s.sf!);
  w.write('d', w.clz(w.read('n')));
};
integer.CLS = (o, s) => {
  // Leading bits equal to the sign, not counting it: zeros at the top of value ^ (value >> 1), less one.
  const w = o.width(s.sf!);
  const value = w.read('n');
  const changes = w.or(w.shl(w.xor(value, w.shrS(value, w.const(1))), w.const(1)), w.const(1));
  w.write('d', w.clz(changes));
};

// Division by zero gives zero, and the one signed overflow gives the dividend (C6.2 SDIV); WebAssembly would trap.
integer.UDIV = (o, s) => {
  const w = o.width(s.sf!);
  const n = w.read('n');
  const m = w.read('m');
  o.if(
    w.eqz(m),
    () => w.write('d', w.const(0)),
    () => w.write('d', w.divU(n, m)),
  );
};
integer.SDIV = (o, s) => {
  const w = o.width(s.sf!);
  const n = w.read('n');
  const m = w.read('m');
  // m is 0 or -1 if m + 1 is below 2, unsigned: then the quotient is 0 or -n.
  o.if(
    w.ltU(w.add(m, w.const(1)), w.const(2)),
    () => w.write('d', w.mul(n, m)),
    () => w.write('d', w.divS(n, m)),
  );
};

const VARIABLE_SHIFTS = { LSLV: 'shl', LSRV: 'shrU', ASRV: 'shrS', RORV: 'rotr' } as const;
for (const [name, shift] of Object.entries(VARIABLE_SHIFTS))
  integer[name] = (o, s) => {
    const w = o.width(s.sf!);
    w.write('d', w[shift](w.read('n'), w.read('m')));
  };

integer.MADD = (o, s) => {
  const w = o.width(s.sf!);
  w.write('d', w.add(w.read('a'), w.mul(w.read('n'), w.read('m'))));
};
integer.MSUB = (o, s) => {
  const w = o.width(s.sf!);
  w.write('d', w.sub(w.read('a'), w.mul(w.read('n'), w.read('m'))));
};

for (const sign of ['S', 'U'] as const) {
  const widen = sign === 'S' ? (value: X32): X64 => i64.extendS(value) : (value: X32): X64 => i64.extendU(value);
  const product = (o: Operations): X64 => i64.mul(widen(o.w.read('n') as X32), widen(o.w.read('m') as X32));
  integer[`${sign}MADDL`] = (o) => o.x.write('d', i64.add(o.x.read('a') as X64, product(o)));
  integer[`${sign}MSUBL`] = (o) => o.x.write('d', i64.sub(o.x.read('a') as X64, product(o)));
  integer[`${sign}MULH`] = (o) =>
    o.x.write('d', multiplyHigh(o, o.x.read('n') as X64, o.x.read('m') as X64, sign === 'S'));
}

/** Upper half of the 128-bit product, from four 32 by 32 products. */
function multiplyHigh(o: Operations, a: X64, b: X64, signed: boolean): X64 {
  const up = signed ? i64.shrS : i64.shrU;
  const low = (value: X64): X64 => i64.and(value, 0xffff_ffff);
  const aLow = o.keep(low(a));
  const bLow = o.keep(low(b));
  const aHigh = o.keep(up(a, 32));
  const bHigh = o.keep(up(b, 32));
  const middle = o.keep(i64.add(i64.mul(aHigh, bLow), i64.shrU(i64.mul(aLow, bLow), 32)));
  const other = i64.add(i64.mul(aLow, bHigh), low(middle));
  return i64.add(i64.add(i64.mul(aHigh, bHigh), up(middle, 32)), up(other, 32));
}

export const INTEGER_MEANINGS: Readonly<Record<string, Meaning>> = integer;
