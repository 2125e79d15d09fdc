// Integer Advanced SIMD against arithmetic on unbounded integers, lane by lane, with FPSR.QC.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FPSR } from '../../float/format.ts';
import { SingleInstructions } from '../../testing/single.ts';

const single = new SingleInstructions();

/** A lane's operands as signed or unsigned numbers; what comes out is cut to the lane, or saturated. */
interface Rule {
  readonly sizes: string;
  readonly signed: boolean;
  /** The exact result saturates, and FPSR.QC says so. */
  readonly saturating?: true;
  readonly exact: (n: bigint, m: bigint, d: bigint, bits: bigint) => bigint;
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const distance = (a: bigint, b: bigint): bigint => max(a, b) - min(a, b);
const mask = (condition: boolean): bigint => (condition ? -1n : 0n);
/** By the signed lowest byte; rounding adds half of the last place that is left. */
function shift(value: bigint, by: bigint, rounded: boolean): bigint {
  const amount = BigInt.asIntN(8, by);
  if (amount >= 0n) return value << amount;
  return (value + (rounded ? 1n << (-amount - 1n) : 0n)) >> -amount;
}

const RULES: Record<string, Rule> = {
  ADD: { sizes: 'bhsd', signed: false, exact: (n, m) => n + m },
  SUB: { sizes: 'bhsd', signed: false, exact: (n, m) => n - m },
  MUL: { sizes: 'bhs', signed: false, exact: (n, m) => n * m },
  MLA: { sizes: 'bhs', signed: false, exact: (n, m, d) => d + n * m },
  MLS: { sizes: 'bhs', signed: false, exact: (n, m, d) => d - n * m },
  CMEQ: { sizes: 'bhsd', signed: false, exact: (n, m) => mask(n === m) },
  CMTST: { sizes: 'bhsd', signed: false, exact: (n, m) => mask((n & m) !== 0n) },
  CMGT: { sizes: 'bhsd', signed: true, exact: (n, m) => mask(n > m) },
  CMGE: { sizes: 'bhsd', signed: true, exact: (n, m) => mask(n >= m) },
  CMHI: { sizes: 'bhsd', signed: false, exact: (n, m) => mask(n > m) },
  CMHS: { sizes: 'bhsd', signed: false, exact: (n, m) => mask(n >= m) },
  SQDMULH: { sizes: 'hs', signed: true, saturating: true, exact: (n, m, _, bits) => (2n * n * m) >> bits },
  SQRDMULH: {
    sizes: 'hs',
    signed: true,
    saturating: true,
    exact: (n, m, _, bits) => (2n * n * m + (1n << (bits - 1n))) >> bits,
  },
};
for (const [letter, signed] of [
  ['S', true],
  ['U', false],
] as const)
  Object.assign(RULES, {
    [`${letter}MAX`]: { sizes: 'bhs', signed, exact: max },
    [`${letter}MIN`]: { sizes: 'bhs', signed, exact: min },
    [`${letter}ABD`]: { sizes: 'bhs', signed, exact: distance },
    [`${letter}ABA`]: { sizes: 'bhs', signed, exact: (n, m, d) => d + distance(n, m) },
    [`${letter}HADD`]: { sizes: 'bhs', signed, exact: (n, m) => (n + m) >> 1n },
    [`${letter}RHADD`]: { sizes: 'bhs', signed, exact: (n, m) => (n + m + 1n) >> 1n },
    [`${letter}HSUB`]: { sizes: 'bhs', signed, exact: (n, m) => (n - m) >> 1n },
    [`${letter}QADD`]: { sizes: 'bhsd', signed, saturating: true, exact: (n, m) => n + m },
    [`${letter}QSUB`]: { sizes: 'bhsd', signed, saturating: true, exact: (n, m) => n - m },
    [`${letter}SHL`]: { sizes: 'bhsd', signed, exact: (n, m) => shift(n, m, false) },
    [`${letter}RSHL`]: { sizes: 'bhsd', signed, exact: (n, m) => shift(n, m, true) },
    [`${letter}QSHL`]: { sizes: 'bhsd', signed, saturating: true, exact: (n, m) => shift(n, m, false) },
    [`${letter}QRSHL`]: { sizes: 'bhsd', signed, saturating: true, exact: (n, m) => shift(n, m, true) },
  } satisfies Record<string, Rule>);

/** Vectors whose lanes are often at the ends of their ranges. */
const vectors = fc
  .array(fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff)), { minLength: 16, maxLength: 16 })
  .map((bytes) => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n));

/** What the vector form makes of the registers, and whether something saturated. */
function expected(rule: Rule, size: number, q: number, d: bigint, n: bigint, m: bigint): readonly [bigint, boolean] {
  const bits = 8 << size;
  const [least, largest] = rule.signed
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];
  let result = 0n;
  let saturated = false;
  for (let at = 0; at < (q === 1 ? 128 : 64); at += bits) {
    const lane = (value: bigint): bigint => (rule.signed ? BigInt.asIntN : BigInt.asUintN)(bits, value >> BigInt(at));
    let exact = rule.exact(lane(n), lane(m), lane(d), BigInt(bits));
    if (rule.saturating) {
      const clamped = max(least, min(exact, largest));
      saturated ||= clamped !== exact;
      exact = clamped;
    }
    result |= BigInt.asUintN(bits, exact) << BigInt(at);
  }
  return [result, saturated];
}

describe('three registers of one type', () => {
  it.each(Object.entries(RULES))('%s', (name, rule) => {
    fc.assert(
      fc.property(vectors, vectors, vectors, fc.constantFrom(...rule.sizes), fc.nat(1), (d, n, m, letter, half) => {
        const size = 'bhsd'.indexOf(letter);
        const Q = size === 3 ? 1 : half;
        single.cpu.setSystemRegister('FPSR', 0n);
        const [result, saturated] = expected(rule, size, Q, d, n, m);
        expect(single.vector3(`${name} (vector)`, d, n, m, { Q, size })).toBe(result);
        expect(single.cpu.systemRegister('FPSR')).toBe(saturated ? BigInt(FPSR.QC) : 0n);
      }),
      { numRuns: 40 },
    );
  });
});
