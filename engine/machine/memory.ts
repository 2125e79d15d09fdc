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

/** `rom` is what a device keeps where CPUs can read and execute it (NOR flash): no RAM to any caller. */
export type BankKind = 'ram' | 'rom';

interface Bank {
  start: Pa;
  size: number;
  host: HostOffset;
  kind: BankKind;
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
  /** False for pages that nobody has written since the memory was made. The processors know; else any page may be. */
  pageWritten: (page: HostOffset) => boolean = () => true;

  /**
   * @param ram banks, page-aligned, not overlapping.
   * @param reserved bytes below the banks that belong to the processors (register files, TLBs, decoded code).
   * @param rom banks of that kind, likewise.
   * @throws MemoryTooLarge
   */
  constructor(ram: readonly BoardRange[], reserved: number, rom: readonly BoardRange[] = []) {
    let next = Math.ceil(reserved / WASM_PAGE) * WASM_PAGE;
    const banks: Bank[] = [];
    const ranges = [
      ...ram.map((range) => ({ ...range, kind: 'ram' as const })),
      ...rom.map((range) => ({ ...range, kind: 'rom' as const })),
    ];
    for (const { base, size, kind } of ranges.sort((a, b) => a.base - b.base)) {
      banks.push({ start: base, size, host: hostOffset(next), kind });
      next += Math.ceil(size / WASM_PAGE) * WASM_PAGE;
    }
    if (next > LIMIT) throw new MemoryTooLarge(next - reserved);
    const pages = next / WASM_PAGE;
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#bytes = new Uint8Array(this.wasm.buffer);
    this.#view = new DataView(this.wasm.buffer);
    this.#banks = banks;
  }

  /** Where the byte at `address` lives, or undefined outside every bank. */
  host(address: Pa): HostOffset | undefined {
    const bank = this.#bankAt(address);
    return bank && hostOffset(bank.host + (address - bank.start));
  }

  isRam(address: Pa, size: number): boolean {
    return this.#covers(address, size, ({ kind }) => kind === 'ram');
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
      if (value === 0) return this.#clear(host, length);
      this.#bytes.fill(value, host, host + length);
      this.onHostWrite(hostOffset(host), length);
    });
  }

  /** Pages that nobody has written are zero as they are: clearing them would only have the host commit them. */
  #clear(start: number, length: number): void {
    const end = start + length;
    for (let from = start; from < end;) {
      const page = from - (from % PAGE_SIZE);
      const to = Math.min(page + PAGE_SIZE, end);
      if (this.pageWritten(hostOffset(page))) {
        this.#bytes.fill(0, from, to);
        this.onHostWrite(hostOffset(from), to - from);
      }
      from = to;
    }
  }

  read32(address: Pa): number {
    return this.#view.getUint32(this.#require(address, 4), true);
  }

  write32(address: Pa, value: number): void {
    const host = this.#require(address, 4);
    this.#view.setUint32(host, value, true);
    this.onHostWrite(hostOffset(host), 4);
  }

  segments(address: Pa, size: number, at: Gpa, writable: boolean, kind: BankKind = 'ram'): MapSegment[] {
    const out: MapSegment[] = [];
    for (const bank of this.#banks) {
      if (bank.kind !== kind) continue;
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
        if (!this.pageWritten(hostOffset(bank.host + first * 4))) continue;
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

  #covers(address: Pa, size: number, accept: (bank: Bank) => boolean): boolean {
    let at: number = address;
    const end = address + size;
    while (at < end) {
      const bank = this.#bankAt(at as Pa);
      if (!bank || !accept(bank)) return false;
      at = bank.start + bank.size;
    }
    return true;
  }

  #bankAt(address: Pa): Bank | undefined {
    return this.#banks.find((bank) => address >= bank.start && address < bank.start + bank.size);
  }

  #require(address: Pa, size: number): number {
    if (!this.isRam(address, size)) throw new RangeError(`0x${address.toString(16)}+${size} is not RAM`);
    return this.host(address) as number;
  }

  #eachPiece(address: Pa, size: number, visit: (host: number, length: number, done: number) => void): void {
    if (!this.#covers(address, size, () => true))
      throw new RangeError(`0x${address.toString(16)}+0x${size.toString(16)} is not RAM`);
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

/** A bank's bytes as a device keeps them: offsets from `base`. */
export class BankStorage {
  readonly #memory: BankedMemory;
  readonly #base: Pa;

  constructor(memory: BankedMemory, base: Pa) {
    this.#memory = memory;
    this.#base = base;
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.#memory.read(pa(this.#base + offset), size).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#memory.write(
      pa(this.#base + offset),
      Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24).subarray(0, size),
    );
  }

  fill(offset: number, length: number, value: number): void {
    this.#memory.fill(pa(this.#base + offset), length, value);
  }
}
