// A growing byte buffer with the integer encodings of the WebAssembly binary format (WebAssembly Core 2.0, chapter 5.2).

/** Bytes under construction. All writers append; `length` is the next offset. */
export class ByteSink {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  private grow(extra: number): void {
    let capacity = this.bytes.length * 2;
    while (capacity < this.length + extra) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128 of a 32-bit value (given signed or unsigned). */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  /** Signed LEB128 of a 32-bit value. */
  s32(value: number): void {
    let rest = value | 0;
    for (;;) {
      const group = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (group & 0x40) === 0) || (rest === -1 && (group & 0x40) !== 0)) {
        this.u8(group);
        return;
      }
      this.u8(group | 0x80);
    }
  }

  /** Signed LEB128 of the 64-bit value hi:lo (both taken as 32-bit patterns). */
  s64(lo: number, hi: number): void {
    let low = lo | 0;
    let high = hi | 0;
    for (;;) {
      const group = low & 0x7f;
      low = (low >>> 7) | (high << 25);
      high >>= 7;
      const negative = (group & 0x40) !== 0;
      if ((low === 0 && high === 0 && !negative) || (low === -1 && high === -1 && negative)) {
        this.u8(group);
        return;
      }
      this.u8(group | 0x80);
    }
  }

  append(other: ArrayLike<number>, length = other.length): void {
    if (this.length + length > this.bytes.length) this.grow(length);
    if (other instanceof Uint8Array)
      this.bytes.set(length === other.length ? other : other.subarray(0, length), this.length);
    else for (let i = 0; i < length; i++) this.bytes[this.length + i] = other[i]!;
    this.length += length;
  }

  /** A vector of bytes: its length, then itself. */
  vector(other: ByteSink): void {
    this.u32(other.length);
    this.append(other.bytes, other.length);
  }

  name(text: string): void {
    const start = this.length;
    if (text.length < 0x80) {
      this.u8(text.length);
      let at = 0;
      while (at < text.length && text.charCodeAt(at) < 0x80) this.u8(text.charCodeAt(at++));
      if (at === text.length) return;
      this.length = start;
    }
    const encoded = new TextEncoder().encode(text);
    this.u32(encoded.length);
    this.append(encoded);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}
