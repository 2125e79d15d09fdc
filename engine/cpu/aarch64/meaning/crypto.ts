// Meanings of the instructions for hashes and for products of polynomials (Arm ARM DDI 0487, C7.2 SHA1C to SHA256SU1,
// PMULL; the hashes: FIPS 180-4).
import type { X32, X64, XV } from '../../wasm/expression.ts';
import { i32, i64, v128 } from '../../wasm/expression.ts';
import { i32x4, i64x2, i8x16, vectorConst } from '../../wasm/vector.ts';
import type { Meaning, Operations } from './operations.ts';
import { repeated } from './simd-lanes.ts';

const crypto: Record<string, Meaning> = {};

const choose = (x: X32, y: X32, z: X32): X32 => i32.xor(i32.and(i32.xor(y, z), x), z);
const majority = (x: X32, y: X32, z: X32): X32 => i32.or(i32.and(x, y), i32.and(i32.or(x, y), z));
const parity = (x: X32, y: X32, z: X32): X32 => i32.xor(i32.xor(x, y), z);

const words = (o: Operations, operand: string): X32[] => {
  const value = o.readVector(operand);
  return [0, 1, 2, 3].map((i) => o.keep(i32x4.lane(value, i)));
};
function writeWords(o: Operations, values: readonly X32[]): void {
  let result = i32x4.splat(values[0]!);
  for (let i = 1; i < 4; i++) result = i32x4.replace(result, i, values[i]!);
  o.writeVector('d', result);
}

for (const [name, mix] of [
  ['SHA1C', choose],
  ['SHA1P', parity],
  ['SHA1M', majority],
] as const)
  crypto[name] = (o) => {
    let [a, b, c, d] = words(o, 'd') as [X32, X32, X32, X32];
    let e = i32.wrap(o.readLane('n', 2));
    for (const word of words(o, 'm')) {
      const next = o.keep(i32.add(i32.add(e, i32.rotl(a, 5)), i32.add(mix(b, c, d), word)));
      [a, b, c, d, e] = [next, a, o.keep(i32.rotl(b, 30)), c, d];
    }
    writeWords(o, [a, b, c, d]);
  };
crypto.SHA1H = (o) => o.writeVectorLow('d', i64.extendU(i32.rotl(i32.wrap(o.readLane('n', 2)), 30)));
crypto.SHA1SU0 = (o) => {
  const d = o.readVector('d');
  const middle = v128.shuffle(
    d,
    o.readVector('n'),
    Array.from({ length: 16 }, (_, i) => 8 + i),
  );
  o.writeVector('d', v128.xor(v128.xor(middle, d), o.readVector('m')));
};
crypto.SHA1SU1 = (o) => {
  const d = words(o, 'd');
  const n = words(o, 'n');
  const mixed = d.map((word, i) => o.keep(i < 3 ? i32.xor(word, n[i + 1]!) : word));
  const rotated = mixed.map((word) => i32.rotl(word, 1));
  writeWords(o, [...rotated.slice(0, 3), i32.xor(rotated[3]!, i32.rotl(mixed[0]!, 2))]);
};

const sum = (value: X32, ...rotations: readonly number[]): X32 =>
  rotations.map((by) => i32.rotr(value, by)).reduce((a, b) => i32.xor(a, b));

/** Four rounds of SHA-256 on the halves abcd and efgh of the state. */
function hash256(o: Operations, abcd: string, efgh: string): readonly [X32[], X32[]] {
  let x = words(o, abcd);
  let y = words(o, efgh);
  for (const word of words(o, 'm')) {
    const first = i32.add(i32.add(y[3]!, sum(y[0]!, 6, 11, 25)), choose(y[0]!, y[1]!, y[2]!));
    const total = o.keep(i32.add(first, word));
    const a = o.keep(i32.add(i32.add(total, sum(x[0]!, 2, 13, 22)), majority(x[0]!, x[1]!, x[2]!)));
    const e = o.keep(i32.add(x[3]!, total));
    x = [a, ...x.slice(0, 3)];
    y = [e, ...y.slice(0, 3)];
  }
  return [x, y];
}
crypto.SHA256H = (o) => writeWords(o, hash256(o, 'd', 'n')[0]);
crypto.SHA256H2 = (o) => writeWords(o, hash256(o, 'n', 'd')[1]);
crypto.SHA256SU0 = (o) => {
  const d = words(o, 'd');
  const next = [...d.slice(1), o.keep(i32.wrap(o.readLane('n', 2)))];
  writeWords(
    o,
    d.map((word, i) => i32.add(word, i32.xor(sum(next[i]!, 7, 18), i32.shrU(next[i]!, 3)))),
  );
};
crypto.SHA256SU1 = (o) => {
  const d = words(o, 'd');
  const n = words(o, 'n');
  const m = words(o, 'm');
  const earlier = [...n.slice(1), m[0]!];
  const result: X32[] = [];
  for (let i = 0; i < 4; i++) {
    const recent = i < 2 ? m[i + 2]! : result[i - 2]!;
    const scrambled = i32.xor(sum(recent, 17, 19), i32.shrU(recent, 10));
    result.push(o.keep(i32.add(i32.add(scrambled, d[i]!), earlier[i]!)));
  }
  writeWords(o, result);
};

/** Every fourth bit, from a bit on: sums of products of such numbers carry no further than the bits between. */
const everyFourth = (first: number): X64 => i64.const(BigInt.asIntN(64, 0x1111_1111_1111_1111n << BigInt(first)));

/** Low 64 bits of the product of two polynomials over bits. */
function polynomialLow(o: Operations, a: X64, b: X64): X64 {
  const parts = (value: X64): X64[] => [0, 1, 2, 3].map((i) => o.keep(i64.and(value, everyFourth(i))));
  const x = parts(a);
  const y = parts(b);
  return [0, 1, 2, 3]
    .map((target) => {
      const products = x.map((value, i) => i64.mul(value, y[(target - i + 4) % 4]!));
      return o.keep(
        i64.and(
          products.reduce((p, q) => i64.xor(p, q)),
          everyFourth(target),
        ),
      );
    })
    .reduce((p, q) => i64.or(p, q));
}

/** Bits of both doublewords in reverse order. */
function reverseBits(o: Operations, value: XV): XV {
  const nibbles = vectorConst(
    Array.from({ length: 16 }, (_, i) => ((i & 1) << 3) | ((i & 2) << 1) | ((i & 4) >> 1) | (i >> 3)),
  );
  const upper = i8x16.swizzle(nibbles, i8x16.shrU(value, 4));
  const lower = i8x16.swizzle(nibbles, v128.and(value, repeated(0x0fn, 8)));
  const bytes = o.keep(v128.or(upper, i8x16.shl(lower, 4)));
  return o.keep(
    v128.shuffle(
      bytes,
      bytes,
      Array.from({ length: 16 }, (_, i) => i ^ 7),
    ),
  );
}

crypto['PMULL (64-bit)'] = (o, s) => {
  const offset = s.Q === 1 ? 8 : 0;
  const a = o.readLane('n', 3, offset);
  const b = o.readLane('m', 3, offset);
  const low = o.keep(polynomialLow(o, a, b));
  // The upper half is the lower half of the product of the reversed numbers, reversed, less the bit that both have.
  const reversed = reverseBits(o, o.keep(i64x2.replace(i64x2.splat(a), 1, b)));
  const high = polynomialLow(o, o.keep(v128.lane64(reversed, 0)), o.keep(v128.lane64(reversed, 1)));
  const upper = v128.lane64(reverseBits(o, o.keep(i64x2.splat(high))), 0);
  o.writeVector('d', i64x2.replace(i64x2.splat(low), 1, i64.shrU(upper, 1)));
};

export const CRYPTO_MEANINGS: Readonly<Record<string, Meaning>> = crypto;
