// Meanings of CRC32 and CRC32C (Arm ARM DDI 0487, C6.2 CRC32B to CRC32X, CRC32CB to CRC32CX). Polynomials over bits are
// kept in reverse: bit 0 of a word is its highest coefficient. Whole words are reduced by two products instead of 32
// steps: the quotient is the word times the (rounded) reciprocal of the polynomial, the remainder what it leaves (Barrett).
import type { X32, X64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import type { Meaning, Operations } from './operations.ts';

/** Coefficients below x^32, in reverse. */
const POLYNOMIALS = { CRC32: 0xedb8_8320, CRC32C: 0x82f6_3b78 } as const;

/** x^64 divided by the polynomial, less the coefficient of x^0: in reverse as well. */
function reciprocal(polynomial: number): number {
  // x^32 goes in once; what is left is the polynomial without its own x^32.
  let quotient = 1;
  let remainder = polynomial;
  for (let bit = 1; bit < 32; bit++) {
    const taken = remainder & 1;
    quotient |= taken << bit;
    remainder = (remainder >>> 1) ^ (taken ? polynomial : 0);
  }
  return quotient >>> 0;
}

/** Every fourth bit from a bit on: sums of products of such numbers do not carry into the next that counts. */
const everyFourth = (first: number): bigint => BigInt.asUintN(64, 0x1111_1111_1111_1111n << BigInt(first));

/** Product of a word and a constant of up to 33 bits, as polynomials. */
function product(o: Operations, word: X64, constant: bigint): X64 {
  const parts = [0, 1, 2, 3].map((i) => o.keep(i64.and(word, everyFourth(i))));
  const factors = [0, 1, 2, 3].map((i) => constant & everyFourth(i));
  return [0, 1, 2, 3]
    .map((target) => {
      const sums = parts.map((part, i) => i64.mul(part, factors[(target - i + 4) % 4]!));
      return o.keep(
        i64.and(
          sums.reduce((a, b) => i64.xor(a, b)),
          everyFourth(target),
        ),
      );
    })
    .reduce((a, b) => i64.or(a, b));
}

/** Remainder of a word times x^32. */
function reduceWord(o: Operations, word: X32, polynomial: number): X32 {
  const quotient = i64.and(product(o, o.keep(i64.extendU(word)), BigInt(reciprocal(polynomial))), 0xffff_ffff);
  const whole = (BigInt(polynomial) << 1n) | 1n;
  return o.keep(i32.wrap(i64.shrU(product(o, o.keep(quotient), whole), 32)));
}

/** The bits of a byte or halfword one after the other. */
function reduceBits(o: Operations, value: X32, bits: number, polynomial: number): X32 {
  let sum = value;
  for (let bit = 0; bit < bits; bit++)
    sum = o.keep(i32.xor(i32.shrU(sum, 1), i32.and(i32.neg(i32.and(sum, 1)), polynomial)));
  return sum;
}

const crc: Record<string, Meaning> = {};

for (const [name, polynomial] of Object.entries(POLYNOMIALS))
  ['B', 'H', 'W', 'X'].forEach((letter, log) => {
    const bits = 8 << log;
    crc[`${name}${letter}`] = (o) => {
      const sum = o.w.read('n') as X32;
      const data = o.x.read('m') as X64;
      if (bits < 32) {
        const value = o.keep(i32.xor(sum, i32.and(i32.wrap(data), 2 ** bits - 1)));
        return o.w.write('d', reduceBits(o, value, bits, polynomial));
      }
      let result = reduceWord(o, i32.xor(sum, i32.wrap(data)), polynomial);
      if (bits === 64) result = reduceWord(o, i32.xor(result, i32.wrap(i64.shrU(data, 32))), polynomial);
      o.w.write('d', result);
    };
  });

export const CRC_MEANINGS: Readonly<Record<string, Meaning>> = crc;
