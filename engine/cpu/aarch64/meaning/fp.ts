// Meanings of the scalar floating-point instructions (Arm ARM DDI 0487, C7.2): each as host arithmetic with the conditions
// under which that is exact, and as the float service that is exact always.
import { ROUNDING } from '../../float/format.ts';
import type { FloatService, LaneOperation } from '../../float/services.ts';
import type { Expression, X32, X64, XF32, XF64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import { f32, f64 } from '../../wasm/float.ts';
import type { Precision, Real } from './fp-fast.ts';
import {
  fusedDouble,
  isExactFactor,
  isExactProduct,
  isExactSum,
  isFinite,
  isNormal,
  keepsSubnormals,
  mayRound,
  noSubnormals,
  precisionOf,
  readBits,
  roundingMode,
  roundsAlike,
} from './fp-fast.ts';
import type { Condition, Meaning, Operations, Width } from './operations.ts';

const fp: Record<string, Meaning> = {};
const SINGLE_PRECISION = precisionOf({ t: 0 });
const DOUBLE_PRECISION = precisionOf({ t: 1 });

/** Bits of an operand that lie in the low end of a 64-bit value, as the register's new contents. */
const writeBits = (o: Operations, value: X64): void => o.writeVectorLow('d', value);

/** Writes a host result if the conditions hold, else what the service answers; `finish` changes the bits of that. */
function preferHost(
  o: Operations,
  p: Precision,
  conditions: readonly Condition[],
  value: Real,
  operation: LaneOperation,
  operands: readonly string[],
  extra: readonly X32[] = [],
): void {
  o.prefer(
    conditions,
    () => p.write(o, 'd', value),
    () => writeBits(o, callFor(o, p, operation, operands, extra)),
  );
}

const callFor = (
  o: Operations,
  p: Precision,
  operation: LaneOperation,
  operands: readonly string[],
  extra: readonly X32[] = [],
): X64 => o.callFloat(`${operation}${p.bits}`, ...operands.map((operand) => readBits(o, p, operand)), ...extra) as X64;

// Operations on the sign are no arithmetic: NaNs and subnormals pass unchanged.
fp['FABS (scalar)'] = (o, s) => {
  const p = precisionOf(s);
  writeBits(o, i64.and(readBits(o, p, 'n'), p.signBit - 1n));
};
fp['FNEG (scalar)'] = (o, s) => {
  const p = precisionOf(s);
  writeBits(o, i64.xor(readBits(o, p, 'n'), p.signBit));
};
fp['FSQRT (scalar)'] = (o, s) => {
  const p = precisionOf(s);
  const n = p.read(o, 'n');
  const value = o.keep(p.sqrt(n));
  const alike = roundsAlike(
    o,
    () => noSubnormals(p, n),
    () => isExactFactor(p, value, value, n),
  );
  preferHost(o, p, [...alike, p.lt(value, p.infinity)], value, 'sqrt', ['n']);
};

for (const name of ['FADD', 'FSUB'] as const)
  fp[`${name} (scalar)`] = (o, s) => {
    const p = precisionOf(s);
    const operation = name === 'FADD' ? 'add' : 'sub';
    const n = p.read(o, 'n');
    const m = p.read(o, 'm');
    const value = o.keep(p[operation](n, m));
    const alike = roundsAlike(
      o,
      () => noSubnormals(p, n, m, value),
      () => isExactSum(o, p, n, name === 'FADD' ? m : p.neg(m), value),
    );
    // Subnormal sums are exact.
    preferHost(o, p, [...alike, isFinite(p, value)], value, operation, ['n', 'm']);
  };

for (const [name, operation, negate] of [
  ['FMUL', 'mul', false],
  ['FDIV', 'div', false],
  ['FNMUL', 'mul', true],
] as const)
  fp[`${name} (scalar)`] = (o, s) => {
    const p = precisionOf(s);
    const n = p.read(o, 'n');
    const m = p.read(o, 'm');
    const value = o.keep(p[operation](n, m));
    const zero = p.const(0);
    const exact = (): X32 => (operation === 'mul' ? isExactProduct(p, n, m, value) : isExactFactor(p, value, m, n));
    const conditions = [
      ...roundsAlike(
        o,
        () => noSubnormals(p, n, m),
        () => i32.or(p.eq(value, zero), exact()),
      ),
      isFinite(p, value),
      // Zero is exact where a factor is, or the dividend.
      isNormal(p, value, () => (operation === 'mul' ? i32.or(p.eq(n, zero), p.eq(m, zero)) : p.eq(n, zero))),
    ];
    o.prefer(
      conditions,
      () => p.write(o, 'd', negate ? p.neg(value) : value),
      () => {
        const bits = callFor(o, p, operation, ['n', 'm']);
        writeBits(o, negate ? i64.xor(bits, p.signBit) : bits);
      },
    );
  };

for (const [name, operation, host] of [
  ['FMAX', 'max', 'max'],
  ['FMIN', 'min', 'min'],
  ['FMAXNM', 'maxNumber', 'max'],
  ['FMINNM', 'minNumber', 'min'],
] as const)
  fp[`${name} (scalar)`] = (o, s) => {
    const p = precisionOf(s);
    const n = p.read(o, 'n');
    const m = p.read(o, 'm');
    const value = o.keep(p[host](n, m));
    const subnormals = keepsSubnormals(o, () => noSubnormals(p, n, m));
    preferHost(o, p, [subnormals, p.eq(value, value)], value, operation, ['n', 'm']);
  };

/** a + n * m in single precision by way of doubles: the product is exact, the sum may be rounded twice. */
function fusedSingle(o: Operations, a: XF32, n: XF32, m: XF32): { value: Real; conditions: Condition[] } {
  const product = o.keep(f64.mul(f64.promote(n), f64.promote(m)));
  const addend = o.keep(f64.promote(a));
  const wide = o.keep(f64.add(product, addend));
  const value = o.keep(f32.demote(wide));
  // The second rounding is at fault only where the first ended halfway between two singles.
  const halfway = i64.eq(i64.and(f64.bits(wide), 0x1fff_ffff), 0x1000_0000);
  const size = f32.abs(value);
  const tiny = i32.and(f32.le(size, f32.const(2 ** -126)), f64.ne(wide, f64.const(0)));
  const exact = (): X32 =>
    i32.and(isExactSum(o, DOUBLE_PRECISION, product, addend, wide), f64.eq(f64.promote(value), wide));
  return {
    value,
    conditions: [
      ...roundsAlike(o, () => noSubnormals(SINGLE_PRECISION, a, n, m), exact),
      i32.eqz(halfway),
      f32.lt(size, f32.const(Infinity)),
      i32.eqz(tiny),
    ],
  };
}

function fusedScalarDouble(o: Operations, a: XF64, n: XF64, m: XF64): { value: Real; conditions: Condition[] } {
  const fused = fusedDouble(o, f64, a, n, m);
  const { value, sum, error } = fused;
  // A product that is zero because a factor is leaves the addend as it is, but for negative zeros.
  const changesNothing = (): X32 =>
    i32.and(i32.or(f64.eq(n, f64.const(0)), f64.eq(m, f64.const(0))), i64.ne(f64.bits(sum), 1n << 63n));
  return {
    value,
    conditions: [
      ...roundsAlike(
        o,
        () => noSubnormals(DOUBLE_PRECISION, a, n, m, value),
        () => f64.eq(error, f64.const(0)),
      ),
      fused.certain,
      { unless: fused.largeProduct, holds: changesNothing },
      fused.smallTerms,
      fused.smallFactors,
    ],
  };
}

for (const [name, negateAddend, negateProduct] of [
  ['FMADD', false, false],
  ['FMSUB', false, true],
  ['FNMADD', true, true],
  ['FNMSUB', true, false],
] as const)
  fp[name] = (o, s) => {
    const p = precisionOf(s);
    const signed = (operand: string, negate: boolean): Real =>
      negate ? p.neg(p.read(o, operand)) : p.read(o, operand);
    const operands = [signed('a', negateAddend), signed('n', negateProduct), p.read(o, 'm')] as const;
    const { value, conditions } =
      p.bits === 32
        ? fusedSingle(o, ...(operands as readonly [XF32, XF32, XF32]))
        : fusedScalarDouble(o, ...(operands as readonly [XF64, XF64, XF64]));
    o.prefer(
      conditions,
      () => p.write(o, 'd', value),
      () => {
        const bits = (operand: string, negate: boolean): X64 => {
          const plain = readBits(o, p, operand);
          return negate ? i64.xor(plain, p.signBit) : plain;
        };
        const service: FloatService = `mulAdd${p.bits}`;
        const values = [bits('a', negateAddend), bits('n', negateProduct), bits('m', false)];
        writeBits(o, o.callFloat(service, ...values) as X64);
      },
    );
  };

/** Sets the flags for a comparison; `signalAll`: quiet NaNs are invalid as well. */
function compare(o: Operations, p: Precision, signalAll: boolean, withZero: boolean): void {
  const n = p.read(o, 'n');
  const m = withZero ? p.const(0) : p.read(o, 'm');
  const ordered = withZero ? [p.eq(n, n)] : [p.eq(n, n), p.eq(m, m)];
  o.prefer(
    [keepsSubnormals(o, () => noSubnormals(p, n, m)), ...ordered],
    () => o.setFlags(i64.neg(i64.extendU(p.lt(n, m))), i64.extendU(p.ne(n, m)), p.ge(n, m), 0),
    () => {
      const values = [readBits(o, p, 'n'), withZero ? i64.const(0) : readBits(o, p, 'm')];
      o.setFlagsFrom(o.callFloat(`compare${p.bits}`, ...values, i32.const(signalAll ? 1 : 0)) as X32);
    },
  );
}

for (const [suffix, signalAll] of [
  ['', false],
  ['E', true],
] as const) {
  fp[`FCMP${suffix} (register)`] = (o, s) => compare(o, precisionOf(s), signalAll, false);
  fp[`FCMP${suffix} (zero)`] = (o, s) => compare(o, precisionOf(s), signalAll, true);
  fp[`FCCMP${suffix}`] = (o, s) => {
    if (s.cond! >= 14) return compare(o, precisionOf(s), signalAll, false);
    o.if(
      o.condition(s.cond!),
      () => compare(o, precisionOf(s), signalAll, false),
      () => o.setFlagsFrom(o.immediate32('nzcv')),
    );
  };
}

fp.FCSEL = (o, s) => {
  const p = precisionOf(s);
  const n = readBits(o, p, 'n');
  writeBits(o, s.cond! >= 14 ? n : i64.select(o.condition(s.cond!), n, readBits(o, p, 'm')));
};

/** Rounding to an integer by the host: the suffix of an instruction's name, its rounding mode. */
interface IntegerRounding {
  readonly suffix: string;
  readonly mode: number;
  host(p: Precision, value: Real): Real;
}

/** The largest number below a half: added to a tie it reaches the next integer, added to less it does not. */
const BELOW_HALF = { 32: 0.5 - 2 ** -25, 64: 0.5 - 2 ** -54 } as const;

const INTEGER_ROUNDINGS: readonly IntegerRounding[] = [
  { suffix: 'N', mode: ROUNDING.TIE_EVEN, host: (p, value) => p.nearest(value) },
  { suffix: 'P', mode: ROUNDING.UP, host: (p, value) => p.ceil(value) },
  { suffix: 'M', mode: ROUNDING.DOWN, host: (p, value) => p.floor(value) },
  { suffix: 'Z', mode: ROUNDING.ZERO, host: (p, value) => p.trunc(value) },
  {
    suffix: 'A',
    mode: ROUNDING.TIE_AWAY,
    host: (p, value) => p.trunc(p.add(value, p.copysign(p.const(BELOW_HALF[p.bits]), value))),
  },
];

for (const { suffix, mode, host } of INTEGER_ROUNDINGS) {
  fp[`FRINT${suffix} (scalar)`] = (o, s) => {
    const p = precisionOf(s);
    const n = p.read(o, 'n');
    const value = o.keep(host(p, n));
    preferHost(
      o,
      p,
      [keepsSubnormals(o, () => noSubnormals(p, n)), p.eq(value, value)],
      value,
      'roundInt',
      ['n'],
      [i32.const(mode), i32.const(0)],
    );
  };
  for (const unsigned of [0, 1] as const) {
    const name = `FCVT${suffix}${unsigned ? 'U' : 'S'}`;
    fp[`${name} (general)`] = (o, s) => {
      const p = precisionOf(s);
      toInteger(o, p, o.width(s.sf!), p.read(o, 'n'), i32.const(0), { suffix, mode, host }, unsigned);
    };
    fp[`${name} (general, fixed-point)`] = (o, s) => {
      const p = precisionOf(s);
      const fractionBits = o.immediate32('fbits');
      const scaled = o.keep(p.mul(p.read(o, 'n'), p.power(fractionBits)));
      toInteger(o, p, o.width(s.sf!), scaled, fractionBits, { suffix, mode, host }, unsigned);
    };
  }
}
for (const [name, signalInexact] of [
  ['FRINTX', 1],
  ['FRINTI', 0],
] as const)
  fp[`${name} (scalar)`] = (o, s) => {
    const p = precisionOf(s);
    const n = p.read(o, 'n');
    const value = o.keep(p.nearest(n));
    const alike = roundsAlike(
      o,
      () => noSubnormals(p, n),
      () => p.eq(value, n),
    );
    preferHost(
      o,
      p,
      [...alike, p.eq(value, value)],
      value,
      'roundInt',
      ['n'],
      [roundingMode(o), i32.const(signalInexact)],
    );
  };

/** Writes a number as an integer of a general register; `value` is scaled by the fraction bits already. */
function toInteger(
  o: Operations,
  p: Precision,
  w: Width,
  value: Real,
  fractionBits: X32,
  rounding: IntegerRounding,
  unsigned: 0 | 1,
): void {
  const rounded = o.keep(rounding.host(p, value));
  const limit = p.const(2 ** (w.bits - 1 + unsigned));
  // The negative end of the range is left out.
  const inRange = unsigned ? [p.ge(rounded, p.const(0)), p.lt(rounded, limit)] : [p.lt(p.abs(rounded), limit)];
  const convert = (['truncS', 'truncU'] as const)[unsigned];
  o.prefer(
    [...inRange, mayRound(o, p.eq(rounded, value), () => noSubnormals(p, p.read(o, 'n')))],
    () => w.write('d', p[`${convert}${w.bits}`](rounded)),
    () => {
      const parameters = [fractionBits, i32.const(rounding.mode), i32.const(unsigned), i32.const(w.bits)];
      const bits = callFor(o, p, 'toInt', ['n'], parameters);
      o.x.write('d', bits);
    },
  );
}

/** Integers are not subnormal. */
const always = (): X32 => i32.const(1);

/** An integer of no more bits than the fraction has. */
function fitsFraction(p: Precision, w: Width, value: Expression, unsigned: 0 | 1): X32 {
  const limit = 2n ** (p.bits === 64 ? 53n : 24n);
  const wide = w.bits === 64 ? (value as X64) : (unsigned ? i64.extendU : i64.extendS)(value as X32);
  return unsigned ? i64.leU(wide, limit) : i64.leU(i64.add(wide, limit), 2n * limit);
}

for (const unsigned of [0, 1] as const) {
  const name = unsigned ? 'UCVTF' : 'SCVTF';
  const convert = (p: Precision, w: Width, value: Expression): Real =>
    w.bits === 64
      ? p[unsigned ? 'convertU64' : 'convertS64'](value as X64)
      : p[unsigned ? 'convertU32' : 'convertS32'](value as X32);
  const slow = (o: Operations, p: Precision, w: Width, value: Expression, fractionBits: X32): void => {
    const wide = w.bits === 64 ? (value as X64) : (unsigned ? i64.extendU : i64.extendS)(value as X32);
    writeBits(o, o.callFloat(`fromInt${p.bits}`, wide, fractionBits, i32.const(unsigned)) as X64);
  };
  fp[`${name} (general)`] = (o, s) => {
    const p = precisionOf(s);
    const w = o.width(s.sf!);
    const value = w.read('n');
    const result = o.keep(convert(p, w, value));
    const write = (): void => p.write(o, 'd', result);
    // A double holds every word.
    if (p.bits === 64 && w.bits === 32) return write();
    o.prefer(
      roundsAlike(o, always, () => fitsFraction(p, w, value, unsigned)),
      write,
      () => slow(o, p, w, value, i32.const(0)),
    );
  };
  fp[`${name} (general, fixed-point)`] = (o, s) => {
    const p = precisionOf(s);
    const w = o.width(s.sf!);
    const value = w.read('n');
    const fractionBits = o.immediate32('fbits');
    const result = o.keep(p.mul(convert(p, w, value), p.power(i32.neg(fractionBits))));
    o.prefer(
      roundsAlike(o, always, () => fitsFraction(p, w, value, unsigned)),
      () => p.write(o, 'd', result),
      () => slow(o, p, w, value, fractionBits),
    );
  };
}

fp['FCVT (S to D)'] = (o) => {
  const narrow = o.readFloat32('n');
  const value = o.keep(f64.promote(narrow));
  o.prefer(
    [keepsSubnormals(o, () => noSubnormals(SINGLE_PRECISION, narrow)), f64.eq(value, value)],
    () => o.writeFloat64('d', value),
    () => writeBits(o, o.callFloat('convert32to64', o.readLane('n', 2), i32.const(0)) as X64),
  );
};
fp['FCVT (D to S)'] = (o) => {
  const p = SINGLE_PRECISION;
  const wide = o.readFloat64('n');
  const value = o.keep(f32.demote(wide));
  o.prefer(
    [
      ...roundsAlike(
        o,
        () => noSubnormals(DOUBLE_PRECISION, wide),
        () => f64.eq(f64.promote(value), wide),
      ),
      isFinite(p, value),
      isNormal(p, value, () => f64.eq(wide, f64.const(0))),
    ],
    () => o.writeFloat32('d', value),
    () => writeBits(o, o.callFloat('convert64to32', o.readVectorLow('n'), roundingMode(o)) as X64),
  );
};
for (const [letter, bits] of [
  ['S', 32],
  ['D', 64],
] as const) {
  fp[`FCVT (H to ${letter})`] = (o) =>
    writeBits(o, o.callFloat(`convert16to${bits}`, o.readLane('n', 1), roundingMode(o)) as X64);
  fp[`FCVT (${letter} to H)`] = (o) => {
    const value = bits === 32 ? o.readLane('n', 2) : o.readVectorLow('n');
    writeBits(o, o.callFloat(`convert${bits}to16`, value, roundingMode(o)) as X64);
  };
}

export const FP_MEANINGS: Readonly<Record<string, Meaning>> = fp;
