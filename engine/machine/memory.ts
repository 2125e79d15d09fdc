// Guest RAM: the banks of a board inside the engine's one WebAssembly memory, and host-side access to them.
// The host commits pages when they are touched, so a board costs what its guests use, not what it has.
import { KiB, MiB, GiB, hostOffset, pa, PAGE_SIZE } from '../util/units.ts';
import type { Gpa, HostOffset, Pa } from '../util/units.ts';
import type { BoardRange } from '../board/description.ts';
import type { MapSegment } from '../cpu/port.ts';
import type { PhysicalMemory } from './api.ts';

const WASM_PAGE = 64 * KiB;
/** WebAssembly memories with 32-bit addresses end here; the last page stays free so that no address computation wraps. */
const LIMIT = 4 * GiB - WASM_PAGE;

interface Bank {
  start: Pa;
  size: number;
  host: HostOffset;
}

/** A board that has more RAM than one 32-bit WebAssembly memory holds. */
export class MemoryTooLarge extends Error {
  constructor(needed: number) {
    super(
      `The board has ${Math.ceil(needed / MiB)} MiB of RAM; one engine holds ${Math.floor(LIMIT / MiB)} MiB. ` +
        'Lower the size of its RAM banks in board.json.',
    );
  }
}

/** Called with the host range of every write by host code, so that decoded code over it is dropped. */
export type CodeInvalidator = (start: HostOffset, size: number) => void;

export class BankedMemory implements PhysicalMemory {
  readonly wasm: WebAssembly.Memory;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #banks: readonly Bank[];
  onHostWrite: CodeInvalidator = () => undefined;

  /**
   * @param ranges RAM and ROM banks, page-aligned, not overlapping.
   * @param reserved bytes below the banks that belong to the processors (register files, TLBs, decoded code).
   * @throws MemoryTooLarge
   */
  constructor(ranges: readonly BoardRange[], reserved: number) {
    let next = Math.ceil(reserved / WASM_PAGE) * WASM_PAGE;
    const banks: Bank[] = [];
    for (const range of [...ranges].sort((a, b) => a.base - b.base)) {
      banks.push({ start: range.base, size: range.size, host: hostOffset(next) });
      next += Math.ceil(range.size / WASM_PAGE) * WASM_PAGE;
    }
    if (next > LIMIT) throw new MemoryTooLarge(next - reserved);
    const pages = next / WASM_PAGE;
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#bytes = new Uint8Array(this.wasm.buffer);
    this.#view = new DataView(this.wasm.buffer);
    this.#banks = banks;
  }

  /** Where the byte at `address` lives, or undefined outside RAM. */
  host(address: Pa): HostOffset | undefined {
    const bank = this.#bankAt(address);
    return bank && hostOffset(bank.host + (address - bank.start));
  }

  isRam(address: Pa, size: number): boolean {
    let at: number = address;
    const end = address + size;
    while (at < end) {
      const bank = this.#bankAt(at as Pa);
      if (!bank) return false;
      at = bank.start + bank.size;
    }
    return true;
  }

  read(address: Pa, size: number): Uint8Array {
    const out = new Uint8Array(size);
    this.#eachPiece(address, size, (host, length, done) => out.set(this.#bytes.subarray(host, host + length), done));
    return out;
  }

  write(address: Pa, bytes: Uint8Array): void {
    this.#eachPiece(address, bytes.length, (host, length, done) => {
      this.#bytes.set(bytes.subarray(done, done + length), host);
      this.onHostWrite(hostOffset(host), length);
    });
  }

  fill(address: Pa, size: number, value: number): void {
    this.#eachPiece(address, size, (host, length) => {
      this.#bytes.fill(value, host, host + length);
      this.onHostWrite(hostOffset(host), length);
    });
  }

  read32(address: Pa): number {
    return this.#view.getUint32(this.#require(address, 4), true);
  }

  write32(address: Pa, value: number): void {
    const host = this.#require(address, 4);
    this.#view.setUint32(host, value, true);
    this.onHostWrite(hostOffset(host), 4);
  }

  segments(address: Pa, size: number, at: Gpa, writable: boolean): MapSegment[] {
    const out: MapSegment[] = [];
    for (const bank of this.#banks) {
      const start = Math.max(address, bank.start);
      const end = Math.min(address + size, bank.start + bank.size);
      if (start >= end) continue;
      out.push({
        start: (at + (start - address)) as Gpa,
        size: end - start,
        host: hostOffset(bank.host + (start - bank.start)),
        physical: pa(start),
        writable,
      });
    }
    return out;
  }

  /** Every page that is not all zero, in address order: what a state digest covers. */
  *touchedPages(): Generator<{ address: Pa; bytes: Uint8Array }> {
    for (const bank of this.#banks) {
      const words = new Int32Array(this.wasm.buffer, bank.host, bank.size / 4);
      for (let first = 0; first < words.length; first += PAGE_SIZE / 4) {
        let any = 0;
        for (let i = first; i < first + PAGE_SIZE / 4 && any === 0; i++) any = words[i] as number;
        if (any !== 0) {
          const offset = first * 4;
          const host = bank.host + offset;
          yield { address: pa(bank.start + offset), bytes: this.#bytes.subarray(host, host + PAGE_SIZE) };
        }
      }
    }
  }

  #bankAt(address: Pa): Bank | undefined {
    return this.#banks.find((bank) => address >= bank.start && address < bank.start + bank.size);
  }

  #require(address: Pa, size: number): number {
    if (!this.isRam(address, size)) throw new RangeError(`0x${address.toString(16)}+${size} is not RAM`);
    return this.host(address) as number;
  }

  #eachPiece(address: Pa, size: number, visit: (host: number, length: number, done: number) => void): void {
    if (!this.isRam(address, size)) throw new RangeError(`0x${address.toString(16)}+0x${size.toString(16)} is not RAM`);
    let done = 0;
    while (done < size) {
      const bank = this.#bankAt((address + done) as Pa) as Bank;
      const offset = address + done - bank.start;
      const length = Math.min(size - done, bank.size - offset);
      visit(bank.host + offset, length, done);
      done += length;
    }
  }
}
