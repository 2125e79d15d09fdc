// Meanings of the AES instructions (Arm ARM DDI 0487, C7.2 AESE to AESIMC; the cipher: FIPS 197). All sixteen bytes are
// substituted at once by lookups of nibbles: a byte's inverse comes from inverses in the field of sixteen elements
// (M. Hamburg, "Accelerating AES with Vector Permute Instructions", 2009). The tables are computed here.
import type { XV } from '../../wasm/expression.ts';
import { v128 } from '../../wasm/expression.ts';
import { i8x16, vectorConst } from '../../wasm/vector.ts';
import type { Meaning, Operations } from './operations.ts';
import { repeated } from './simd-lanes.ts';

/** Product in AES's field: modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) product = (product << 1) ^ (product & 0x80 ? 0x11b : 0) ^ ((b >> bit) & 1 ? a : 0);
  return product;
}
const power = (value: number, exponent: number): number => {
  if (exponent === 0) return 1;
  const half = power(multiply(value, value), exponent >> 1);
  return exponent & 1 ? multiply(half, value) : half;
};
/** Of zero: zero. */
const inverse = (value: number): number => power(value, 254);

/** The linear part of the S-box (FIPS 197, 5.1.1), and its inverse. */
const AFFINE_CONSTANT = 0x63;
const spread = (value: number): number =>
  [0, 1, 2, 3, 4].reduce((sum, by) => sum ^ (((value << by) | (value >> (8 - by))) & 0xff), 0);
const gathered = Array.from({ length: 256 }, (_, value) => value).reduce<number[]>((table, value) => {
  table[spread(value)] = value;
  return table;
}, []);

/** The field of sixteen inside: nibbles name its elements by sums of powers of a generator. */
const GENERATOR = power(3, 17);
const element = (nibble: number): number =>
  [0, 1, 2, 3].reduce((sum, bit) => sum ^ ((nibble >> bit) & 1 ? power(GENERATOR, bit) : 0), 0);
const NIBBLES = new Map(Array.from({ length: 16 }, (_, nibble) => [element(nibble), nibble]));

/**
 * A byte is i * U + j * V with i and j in that field, where U + V = 1 and N = U * V is in it. With k = i + j its inverse is
 * P * (V + N) + Q * (U + N), where 1/P = 1/(1/i + 1/(N * k)) + j and 1/Q = 1/(1/j + 1/(N * k)) + i.
 */
const U = Array.from({ length: 256 }, (_, value) => value).find((value) => (value ^ power(value, 16)) === 1)!;
const V = U ^ 1;
const N = multiply(U, V);

/** Stands for infinity: no entry of any table, also when something is added to it. */
const INFINITY = 0x80;
const INVERSES = Array.from({ length: 16 }, (_, nibble) =>
  nibble === 0 ? INFINITY : NIBBLES.get(inverse(element(nibble)))!,
);
const SCALED_INVERSES = Array.from({ length: 16 }, (_, nibble) =>
  nibble === 0 ? INFINITY : NIBBLES.get(inverse(multiply(N, element(nibble))))!,
);

/** i in the upper nibble and k in the lower, by byte. */
const PARTS = Array.from({ length: 256 }, (_, pair) => pair).reduce<number[]>((table, pair) => {
  const [i, j] = [pair >> 4, pair & 15];
  table[multiply(element(i), U) ^ multiply(element(j), V)] = (i << 4) | (i ^ j);
  return table;
}, []);

/** Lookups of a substitution: of a byte's nibbles on the way in, of 1/P and 1/Q on the way out. */
interface Substitution {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly p: readonly number[];
  readonly q: readonly number[];
  /** Added to the result. */
  readonly constant: number;
}

function substitution(
  before: (value: number) => number,
  after: (value: number) => number,
  constant: number,
): Substitution {
  const table = (entry: (nibble: number) => number): number[] =>
    Array.from({ length: 16 }, (_, nibble) => entry(nibble));
  return {
    low: table((nibble) => PARTS[before(nibble)]!),
    // What `before` adds to every byte is in the first table already.
    high: table((nibble) => PARTS[before(nibble << 4) ^ before(0)]!),
    p: table((nibble) => after(multiply(inverse(element(nibble)), V ^ N))),
    q: table((nibble) => after(multiply(inverse(element(nibble)), U ^ N))),
    constant,
  };
}

const ENCRYPTION = substitution((value) => value, spread, AFFINE_CONSTANT);
const DECRYPTION = substitution(
  (value) => gathered[value ^ AFFINE_CONSTANT]!,
  (value) => value,
  0,
);

function substitute(o: Operations, value: XV, tables: Substitution): XV {
  const lowNibble = repeated(0x0fn, 8);
  const look = (table: readonly number[], index: XV): XV => i8x16.swizzle(vectorConst(table), index);
  const low = look(tables.low, v128.and(value, lowNibble));
  const parts = o.keep(v128.xor(low, look(tables.high, i8x16.shrU(value, 4))));
  const k = o.keep(v128.and(parts, lowNibble));
  const i = o.keep(i8x16.shrU(parts, 4));
  const j = o.keep(v128.xor(i, k));
  const scaled = o.keep(look(SCALED_INVERSES, k));
  const p = v128.xor(look(INVERSES, v128.xor(look(INVERSES, i), scaled)), j);
  const q = v128.xor(look(INVERSES, v128.xor(look(INVERSES, j), scaled)), i);
  const result = v128.xor(look(tables.p, p), look(tables.q, q));
  return tables.constant === 0 ? result : v128.xor(result, repeated(BigInt(tables.constant), 8));
}

/** Row r of the state (bytes r, r + 4, …) turned by r columns. */
const shiftRows = (direction: 1 | -1): number[] =>
  Array.from({ length: 16 }, (_, i) => (i + 4 * direction * (i % 4) + 16) % 16);

/** Bytes of each column turned by some rows. */
const turnColumns = (value: XV, rows: number): XV =>
  v128.shuffle(
    value,
    value,
    Array.from({ length: 16 }, (_, i) => (i & ~3) + ((i + rows) & 3)),
  );

const doubled = (value: XV): XV => v128.xor(i8x16.shl(value, 1), v128.and(i8x16.shrS(value, 7), repeated(0x1bn, 8)));

/** MixColumns: 2a + 3b + c + d for each byte a and those below it. */
function mixColumns(o: Operations, value: XV): XV {
  const below = o.keep(turnColumns(value, 1));
  const others = v128.xor(turnColumns(value, 2), turnColumns(value, 3));
  const sum = o.keep(v128.xor(value, below));
  return v128.xor(v128.xor(doubled(sum), below), others);
}

const aes: Record<string, Meaning> = {};

for (const [name, tables, direction] of [
  ['AESE', ENCRYPTION, 1],
  ['AESD', DECRYPTION, -1],
] as const)
  aes[name] = (o) => {
    const state = o.keep(v128.xor(o.readVector('d'), o.readVector('n')));
    const shifted = o.keep(v128.shuffle(state, state, shiftRows(direction)));
    o.writeVector('d', substitute(o, shifted, tables));
  };
aes.AESMC = (o) => o.writeVector('d', mixColumns(o, o.readVector('n')));
aes.AESIMC = (o) => {
  // The inverse matrix is the matrix times one that adds four times the sum of every second byte.
  const value = o.readVector('n');
  const sum = o.keep(v128.xor(value, turnColumns(value, 2)));
  const twice = o.keep(doubled(sum));
  o.writeVector('d', mixColumns(o, o.keep(v128.xor(value, doubled(twice)))));
};

export const AES_MEANINGS: Readonly<Record<string, Meaning>> = aes;
