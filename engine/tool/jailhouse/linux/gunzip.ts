// gzip files unpacked in memory: arm64 kernels come as Image.gz. Source: RFC 1952 (gzip), RFC 1951 (deflate).

/** A file that is no gzip file, or a broken one. */
export class GzipError extends Error {}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const HEADER = 10;
const FLAG = { HEADER_CRC: 2, EXTRA: 4, NAME: 8, COMMENT: 16 } as const;
const TRAILER = 8;
/** No kernel is larger; a broken length must not take all memory. */
const MAX_SIZE = 1 << 30;
/** Deflate packs at most this well: 258 bytes into 2 bits. */
const MAX_RATIO = 1032;

/** @throws GzipError */
export function gunzip(file: Uint8Array): Uint8Array {
  if (!isGzip(file) || file[2] !== 8) throw new GzipError('not a gzip file');
  const flags = file[3]!;
  let at = HEADER;
  if (flags & FLAG.EXTRA) at += 2 + file[at]! + (file[at + 1]! << 8);
  for (const flag of [FLAG.NAME, FLAG.COMMENT]) if (flags & flag) at = file.indexOf(0, at) + 1 || file.length;
  if (flags & FLAG.HEADER_CRC) at += 2;
  if (file.length < at + TRAILER) throw new GzipError('the gzip file is cut short');
  const size = new DataView(file.buffer, file.byteOffset + file.length - 4).getUint32(0, true);
  return inflate(file.subarray(at), Math.min(size, MAX_SIZE, file.length * MAX_RATIO));
}

/** Bits looked at beyond the end before that is an error: a code's table may be wider than the last code. */
const LOOK_AHEAD = 4;

/** Bits of the stream, least significant first. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #buffer = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get exhausted(): boolean {
    return this.#at - (this.#count >> 3) > this.#bytes.length;
  }

  /** At least `count` (up to 24) bits in the low end, not yet taken. */
  peek(count: number): number {
    while (this.#count < count) {
      if (this.#at > this.#bytes.length + LOOK_AHEAD) throw new GzipError('the gzip file is cut short');
      this.#buffer |= (this.#bytes[this.#at++] ?? 0) << this.#count;
      this.#count += 8;
    }
    return this.#buffer;
  }

  drop(count: number): void {
    this.#buffer >>>= count;
    this.#count -= count;
  }

  take(count: number): number {
    if (count === 0) return 0;
    const value = this.peek(count) & ((1 << count) - 1);
    this.drop(count);
    return value;
  }

  /** Whole bytes from the next byte boundary on. */
  bytes(count: number): Uint8Array {
    this.drop(this.#count & 7);
    this.#at -= this.#count >> 3;
    this.#buffer = this.#count = 0;
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return part;
  }
}

/** A canonical Huffman code as one lookup table: entry = symbol << 4 | length. */
interface Code {
  readonly bits: number;
  readonly table: Uint32Array;
}

function makeCode(lengths: Uint8Array): Code {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const bits = Math.max(
    1,
    counts.findLastIndex((count) => count > 0),
  );
  const next = new Uint16Array(17);
  for (let length = 1; length <= 15; length++) next[length + 1] = (next[length]! + counts[length]!) << 1;
  const table = new Uint32Array(1 << bits);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const code = next[length]!++;
    if (code >= 1 << length) throw new GzipError('a code of the gzip file has too many symbols');
    for (let i = reversed(code, length); i < table.length; i += 1 << length) table[i] = (symbol << 4) | length;
  }
  return { bits, table };
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let i = 0; i < length; i++) result |= ((code >> i) & 1) << (length - 1 - i);
  return result;
}

function decode(reader: BitReader, { bits, table }: Code): number {
  const entry = table[reader.peek(bits) & ((1 << bits) - 1)]!;
  if (entry === 0) throw new GzipError('the gzip file has a code without meaning');
  reader.drop(entry & 15);
  return entry >> 4;
}

const FIXED_LITERALS = makeCode(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = makeCode(new Uint8Array(30).fill(5));
/** Order in which the lengths of the code-length code are stored (RFC 1951, 3.2.7). */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** Base and extra bits of length codes 257..285 and of distance codes (3.2.5). */
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_BASE = bases(3, LENGTH_EXTRA);
LENGTH_BASE[28] = 258;
const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
const DISTANCE_BASE = bases(1, DISTANCE_EXTRA);

function bases(first: number, extra: readonly number[]): number[] {
  let next = first;
  return extra.map((bits) => {
    const base = next;
    next += 1 << bits;
    return base;
  });
}

const END_OF_BLOCK = 256;

function inflate(bytes: Uint8Array, expected: number): Uint8Array {
  const reader = new BitReader(bytes);
  let out = new Uint8Array(Math.max(expected, 1024));
  let length = 0;
  const room = (more: number): void => {
    if (length + more <= out.length) return;
    if (length + more > MAX_SIZE) throw new GzipError('the gzip file unpacks to more than 1 GiB');
    const larger = new Uint8Array(Math.max(out.length * 2, length + more));
    larger.set(out);
    out = larger;
  };
  for (let last = false; !last;) {
    last = reader.take(1) === 1;
    const kind = reader.take(2);
    if (kind === 3) throw new GzipError('the gzip file has a block of no kind');
    if (kind === 0) {
      const [low, high] = reader.bytes(4);
      const part = reader.bytes((low ?? 0) | ((high ?? 0) << 8));
      room(part.length);
      out.set(part, length);
      length += part.length;
    } else {
      const [literals, distances] = kind === 1 ? [FIXED_LITERALS, FIXED_DISTANCES] : readCodes(reader);
      for (;;) {
        const symbol = decode(reader, literals);
        if (symbol === END_OF_BLOCK) break;
        if (symbol < END_OF_BLOCK) {
          room(1);
          out[length++] = symbol;
          continue;
        }
        const copy = LENGTH_BASE[symbol - 257];
        if (copy === undefined) throw new GzipError('the gzip file has a length without meaning');
        const count = copy + reader.take(LENGTH_EXTRA[symbol - 257]!);
        const code = decode(reader, distances);
        const distance = (DISTANCE_BASE[code] ?? Infinity) + reader.take(DISTANCE_EXTRA[code] ?? 0);
        if (distance > length) throw new GzipError('the gzip file refers to before its beginning');
        room(count);
        for (let i = 0; i < count; i++, length++) out[length] = out[length - distance]!;
      }
    }
    if (reader.exhausted) throw new GzipError('the gzip file is cut short');
  }
  return out.subarray(0, length);
}

/** The two codes at the head of a dynamic block. */
function readCodes(reader: BitReader): [Code, Code] {
  const literals = reader.take(5) + 257;
  const distances = reader.take(5) + 1;
  const lengthCodes = reader.take(4) + 4;
  const lengths = new Uint8Array(19);
  for (let i = 0; i < lengthCodes; i++) lengths[CODE_LENGTH_ORDER[i]!] = reader.take(3);
  const code = makeCode(lengths);
  const all = new Uint8Array(literals + distances);
  for (let i = 0; i < all.length;) {
    const symbol = decode(reader, code);
    if (symbol < 16) {
      all[i++] = symbol;
      continue;
    }
    const value = symbol === 16 ? (all[i - 1] ?? 0) : 0;
    const repeat = symbol === 16 ? 3 + reader.take(2) : symbol === 17 ? 3 + reader.take(3) : 11 + reader.take(7);
    all.fill(value, i, i + repeat);
    i += repeat;
  }
  return [makeCode(all.subarray(0, literals)), makeCode(all.subarray(literals))];
}
