// The cryptographic instructions put together as ciphers and hashes, against published values and the host's library.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, M, N, SingleInstructions } from '../../testing/single.ts';

const single = new SingleInstructions();

/** Bytes in memory order as a vector, and back. */
const fromBytes = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
const fromHex = (text: string): bigint => fromBytes(Buffer.from(text, 'hex'));
const word = (value: bigint, i: number): number => Number((value >> BigInt(32 * i)) & 0xffff_ffffn);
const fromWords = (words: readonly number[]): bigint =>
  words.reduceRight((value, part) => (value << 32n) | BigInt(part >>> 0), 0n);
const addWords = (a: bigint, b: bigint): bigint => fromWords([0, 1, 2, 3].map((i) => word(a, i) + word(b, i)));

/** A message of less than 56 bytes as the one block of a hash: big-endian words, four to a vector. */
function block(message: Uint8Array): bigint[] {
  const bytes = Buffer.alloc(64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  bytes.writeUInt32BE(message.length * 8, 60);
  return [0, 1, 2, 3].map((i) => fromWords([0, 1, 2, 3].map((j) => bytes.readUInt32BE(16 * i + 4 * j))));
}
const digest = (words: readonly number[]): string =>
  words.map((value) => (value >>> 0).toString(16).padStart(8, '0')).join('');

/** The first 32 bits of the fraction of a root (FIPS 180-4, 4.2.2 and 5.3.3). */
const fractionBits = (root: number): number => Math.floor((root % 1) * 2 ** 32);
const PRIMES = Array.from({ length: 320 }, (_, n) => n).filter(
  (n) => n > 1 && !Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && n % d === 0),
);

function sha256(message: Uint8Array): string {
  const constants = PRIMES.slice(0, 64).map((prime) => fractionBits(Math.cbrt(prime)));
  const start = PRIMES.slice(0, 8).map((prime) => fractionBits(Math.sqrt(prime)));
  const initial = [fromWords(start.slice(0, 4)), fromWords(start.slice(4))] as const;
  let [abcd, efgh] = initial as readonly [bigint, bigint];
  const schedule = block(message);
  for (let group = 0; group < 16; group++) {
    const input = addWords(schedule[0]!, fromWords(constants.slice(4 * group, 4 * group + 4)));
    const next = single.vector3('SHA256H', abcd, efgh, input);
    efgh = single.vector3('SHA256H2', efgh, abcd, input);
    abcd = next;
    const part = single.vector('SHA256SU0', schedule[0]!, schedule[1]!);
    schedule.push(single.vector3('SHA256SU1', part, schedule[2]!, schedule[3]!));
    schedule.shift();
  }
  const result = [addWords(abcd, initial[0]), addWords(efgh, initial[1])];
  return digest(result.flatMap((value) => [0, 1, 2, 3].map((i) => word(value, i))));
}

function sha1(message: Uint8Array): string {
  const abcdStart = fromWords([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  const eStart = 0xc3d2e1f0;
  let abcd = abcdStart;
  let e = BigInt(eStart);
  const schedule = block(message);
  const constants = [2, 3, 5, 10].map((n) => Math.floor(2 ** 30 * Math.sqrt(n)));
  for (let group = 0; group < 20; group++) {
    const stage = Math.floor(group / 5);
    const constant = constants[stage]!;
    const input = addWords(schedule[0]!, fromWords([constant, constant, constant, constant]));
    const next = single.vector('SHA1H', 0n, abcd & 0xffff_ffffn);
    abcd = single.vector3(['SHA1C', 'SHA1P', 'SHA1M', 'SHA1P'][stage]!, abcd, e, input);
    e = next;
    const part = single.vector3('SHA1SU0', schedule[0]!, schedule[1]!, schedule[2]!);
    schedule.push(single.vector('SHA1SU1', part, schedule[3]!));
    schedule.shift();
  }
  const sum = addWords(abcd, abcdStart);
  return digest([...[0, 1, 2, 3].map((i) => word(sum, i)), Number(e) + eStart]);
}

describe('hashes', () => {
  const messages = fc.uint8Array({ maxLength: 55 });
  it.each([
    ['sha1', sha1],
    ['sha256', sha256],
  ] as const)('%s is that of the host', (name, hash) => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(hash(message)).toBe(createHash(name).update(message).digest('hex'));
      }),
      { numRuns: 20 },
    );
  });
});

describe('AES', () => {
  it('makes the rounds of FIPS 197, appendix B', () => {
    // After the first key was added; after SubBytes, ShiftRows, and MixColumns of the first round.
    const start = fromHex('193de3bea0f4e22b9ac68d2ae9f84808');
    const shifted = fromHex('d4bf5d30e0b452aeb84111f11e2798e5');
    const mixed = fromHex('046681e5e0cb199a48f8d37a2806264c');
    expect(single.vector('AESE', start, 0n)).toBe(shifted);
    expect(single.vector('AESMC', 0n, shifted)).toBe(mixed);
    expect(single.vector('AESIMC', 0n, mixed)).toBe(shifted);
    expect(single.vector('AESD', shifted, 0n)).toBe(start);
  });

  it('undoes what it does', () => {
    const vectors = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    fc.assert(
      fc.property(vectors, vectors, (state, key) => {
        const encrypted = single.vector('AESE', state, key);
        expect(single.vector('AESD', encrypted, 0n) ^ key).toBe(state);
        expect(single.vector('AESIMC', 0n, single.vector('AESMC', 0n, state))).toBe(state);
      }),
    );
  });
});

describe('polynomials', () => {
  const words64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

  it('PMULL multiplies without carries', () => {
    fc.assert(
      fc.property(words64, words64, fc.nat(1), (a, b, Q) => {
        let expected = 0n;
        for (let bit = 0n; bit < 64n; bit++) if ((b >> bit) & 1n) expected ^= a << bit;
        const place = (value: bigint): bigint => (Q === 1 ? (value << 64n) | 0x1234n : value);
        expect(single.vector3('PMULL (64-bit)', 0n, place(a), place(b), { Q })).toBe(expected);
      }),
    );
  });

  it.each([
    ['CRC32', 0xedb8_8320n, 0xcbf4_3926n],
    ['CRC32C', 0x82f6_3b78n, 0xe306_9283n],
  ] as const)('%s has its check value, and takes words as their bytes', (name, polynomial, check) => {
    const letters = { 1: 'B', 2: 'H', 4: 'W', 8: 'X' } as const;
    const crc = (sum: bigint, data: bigint, bytes: 1 | 2 | 4 | 8): bigint => {
      single.cpu.setX(N, sum);
      single.cpu.setX(M, data);
      single.execute(`${name}${letters[bytes]}`, { Rd: D, Rn: N, Rm: M });
      return single.cpu.x(D);
    };
    const text = Buffer.from('123456789');
    expect(text.reduce((sum, byte) => crc(sum, BigInt(byte), 1), 0xffff_ffffn) ^ 0xffff_ffffn).toBe(check);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
        words64,
        fc.constantFrom(1, 2, 4, 8),
        (sum, data, bytes) => {
          let expected = sum;
          for (let bit = 0; bit < 8 * bytes; bit++) {
            const odd = (expected ^ (data >> BigInt(bit))) & 1n;
            expected = (expected >> 1n) ^ (odd ? polynomial : 0n);
          }
          expect(crc(sum, data, bytes as 1 | 2 | 4 | 8)).toBe(expected);
        },
      ),
    );
  });
});
