// Guest RAM: the banks of a board inside the engine's one WebAssembly memory, and host-side access to them.
// The host commits pages when they are touched, so a board costs what its guests use, not what it has. A board with more RAM
// than a memory with 32-bit addresses holds is there as a whole as well: its banks get places block by block, as they are used.
import { MiB, GiB, hostOffset, pa, PAGE_SIZE } from '../util/units.ts';
import type { Gpa, HostOffset, Pa } from '../util/units.ts';
import type { BoardRange } from '../board/description.ts';
import { createEngineMemory, fillerOf, WASM_PAGE } from '../cpu/index.ts';
import type { Fill } from '../cpu/index.ts';
import type { AddressMap, MapSegment } from '../cpu/port.ts';
import type { PhysicalMemory } from './api.ts';

/** WebAssembly memories with 32-bit addresses end here; the last page stays free so that no address computation wraps. */
export const ENGINE_MEMORY_LIMIT = 4 * GiB - WASM_PAGE;
/** What of a large board gets a place at once. Large enough that an address map has few segments, small enough that scattered use fits. */
const BLOCK = 32 * MiB;

/** `rom` is what a device keeps where CPUs can read and execute it (NOR flash): no RAM to any caller. */
export type BankKind = 'ram' | 'rom';

interface Bank {
  start: Pa;
  size: number;
  kind: BankKind;
  /** Bytes of each block but the last; a bank that has its place from the start is one block. */
  block: number;
  /** Where each block is, or ABSENT. */
  hosts: number[];
}

/** No place yet: the block is zero throughout. */
const ABSENT = -1;

/** The part of one block that an access touches. */
interface Piece {
  bank: Bank;
  index: number;
  start: Pa;
  size: number;
}

/** Guests have used more RAM than one engine holds. */
export class MemoryTooLarge extends Error {
  constructor(capacity: number) {
    super(
      `The guests use more RAM than one engine holds at a time (${Math.floor(capacity / MiB)} MiB, in blocks of ${BLOCK / MiB} MiB). ` +
        'Give them less: mem= on the kernel command line, or smaller RAM banks in board.json.',
    );
  }
}

/** Called with the host range of every write by host code, so that decoded code over it is dropped. */
export type CodeInvalidator = (start: HostOffset, size: number) => void;

export class BankedMemory implements PhysicalMemory {
  readonly wasm: WebAssembly.Memory;
  readonly #bytes: Uint8Array;
  readonly #fillBytes: Fill;
  readonly #view: DataView;
  readonly #banks: readonly Bank[];
  onHostWrite: CodeInvalidator = () => undefined;
  /** False for pages that nobody has written since the memory was made. The processors know; else any page may be. */
  pageWritten: (page: HostOffset) => boolean = () => true;

  /** True if every byte of RAM has its place; else a guest may touch RAM that no address map has yet, see place(). */
  readonly allPlaced: boolean;
  /** Where the next block goes. */
  #next: number;
  readonly #reserved: number;

  /**
   * @param ram banks, page-aligned, not overlapping.
   * @param reserved bytes below the banks that belong to the processors (register files, TLBs, decoded code).
   * @param rom banks of that kind, likewise; they have their places from the start.
   * @throws MemoryTooLarge if not even one block fits
   */
  constructor(ram: readonly BoardRange[], reserved: number, rom: readonly BoardRange[] = []) {
    const wasmPages = (bytes: number): number => Math.ceil(bytes / WASM_PAGE) * WASM_PAGE;
    const total = [...ram, ...rom].reduce((sum, { size }) => sum + wasmPages(size), wasmPages(reserved));
    this.#reserved = wasmPages(reserved);
    this.allPlaced = total <= ENGINE_MEMORY_LIMIT;
    const ranges = [
      ...ram.map((range) => ({ ...range, kind: 'ram' as const })),
      ...rom.map((range) => ({ ...range, kind: 'rom' as const })),
    ];
    this.#next = this.#reserved;
    this.#banks = ranges
      .sort((a, b) => a.base - b.base)
      .map(({ base, size, kind }) => {
        const whole = this.allPlaced || kind === 'rom';
        const bank: Bank = {
          start: base,
          size,
          kind,
          block: whole ? size : BLOCK,
          hosts: whole ? [this.#next] : new Array<number>(Math.ceil(size / BLOCK)).fill(ABSENT),
        };
        if (whole) this.#next += wasmPages(size);
        return bank;
      });
    if (this.#next > ENGINE_MEMORY_LIMIT) throw new MemoryTooLarge(0);
    this.wasm = createEngineMemory(Math.min(total, ENGINE_MEMORY_LIMIT));
    this.#bytes = new Uint8Array(this.wasm.buffer);
    this.#fillBytes = fillerOf(this.wasm);
    this.#view = new DataView(this.wasm.buffer);
  }

  /** Where the byte at `address` lives, or undefined outside every bank and where nothing has its place yet. */
  host(address: Pa): HostOffset | undefined {
    const piece = this.#pieceAt(address);
    const host = piece && piece.bank.hosts[piece.index]!;
    return host === undefined || host === ABSENT ? undefined : hostOffset(host + (address - piece!.start));
  }

  isRam(address: Pa, size: number): boolean {
    return this.#covers(address, size, ({ kind }) => kind === 'ram');
  }

  /**
   * Sees to it that segments() has the RAM at `address`. False if that is no RAM.
   * @throws MemoryTooLarge if the engine memory is full
   */
  place(address: Pa): boolean {
    const piece = this.#pieceAt(address);
    if (piece?.bank.kind !== 'ram') return false;
    this.#hostOf(piece);
    return true;
  }

  read(address: Pa, size: number): Uint8Array {
    const out = new Uint8Array(size);
    this.#eachPiece(address, size, (piece, offset, length, done) => {
      const host = piece.bank.hosts[piece.index]!;
      if (host !== ABSENT) out.set(this.#bytes.subarray(host + offset, host + offset + length), done);
    });
    return out;
  }

  write(address: Pa, bytes: Uint8Array): void {
    this.#eachPiece(address, bytes.length, (piece, offset, length, done) => {
      const host = this.#hostOf(piece) + offset;
      this.#bytes.set(bytes.subarray(done, done + length), host);
      this.onHostWrite(hostOffset(host), length);
    });
  }

  fill(address: Pa, size: number, value: number): void {
    this.#eachPiece(address, size, (piece, offset, length) => {
      if (value === 0) {
        const host = piece.bank.hosts[piece.index]!;
        if (host !== ABSENT) this.#clear(host + offset, length);
        return;
      }
      const host = this.#hostOf(piece) + offset;
      this.#fillBytes(host, value, length);
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
        this.#fillBytes(from, 0, to - from);
        this.onHostWrite(hostOffset(from), to - from);
      }
      from = to;
    }
  }

  read32(address: Pa): number {
    const host = this.#word(address, false);
    return host === undefined ? 0 : this.#view.getUint32(host, true);
  }

  write32(address: Pa, value: number): void {
    const host = this.#word(address, true)!;
    this.#view.setUint32(host, value, true);
    this.onHostWrite(hostOffset(host), 4);
  }

  /** What has no place yet is left out. */
  segments(address: Pa, size: number, at: Gpa, writable: boolean, kind: BankKind = 'ram'): MapSegment[] {
    const out: MapSegment[] = [];
    for (const bank of this.#banks) {
      if (bank.kind !== kind) continue;
      const end = Math.min(address + size, bank.start + bank.size);
      let from = Math.max(address, bank.start);
      while (from < end) {
        const index = Math.floor((from - bank.start) / bank.block);
        const blockStart = bank.start + index * bank.block;
        const to = Math.min(end, blockStart + bank.block);
        const host = bank.hosts[index]!;
        if (host !== ABSENT) {
          const last = out.at(-1);
          const offset = hostOffset(host + (from - blockStart));
          // Blocks of a bank that were placed one behind the other make one segment.
          if (
            from === blockStart &&
            index > 0 &&
            last &&
            last.physical + last.size === from &&
            last.host + last.size === offset
          )
            last.size += to - from;
          else
            out.push({
              start: (at + (from - address)) as Gpa,
              size: to - from,
              host: offset,
              physical: pa(from),
              writable,
            });
        }
        from = to;
      }
    }
    return out;
  }

  /** Every page that is not all zero, in address order: what a state digest covers. */
  *touchedPages(): Generator<{ address: Pa; bytes: Uint8Array }> {
    for (const { start, size, host: base } of this.#placed()) {
      const words = new Int32Array(this.wasm.buffer, base, size / 4);
      for (let first = 0; first < words.length; first += PAGE_SIZE / 4) {
        if (!this.pageWritten(hostOffset(base + first * 4))) continue;
        let any = 0;
        for (let i = first; i < first + PAGE_SIZE / 4 && any === 0; i++) any = words[i] as number;
        if (any !== 0) {
          const offset = first * 4;
          const host = base + offset;
          yield { address: pa(start + offset), bytes: this.#bytes.subarray(host, host + PAGE_SIZE) };
        }
      }
    }
  }

  /** Blocks that have their place, in address order. */
  *#placed(): Generator<Piece & { host: number }> {
    for (const bank of this.#banks)
      for (const [index, host] of bank.hosts.entries())
        if (host !== ABSENT) yield { ...this.#piece(bank, index), host };
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

  #piece(bank: Bank, index: number): Piece {
    const offset = index * bank.block;
    return { bank, index, start: pa(bank.start + offset), size: Math.min(bank.block, bank.size - offset) };
  }

  #pieceAt(address: Pa): Piece | undefined {
    const bank = this.#bankAt(address);
    return bank && this.#piece(bank, Math.floor((address - bank.start) / bank.block));
  }

  /** Where the piece's block is; it gets a place if it has none. */
  #hostOf({ bank, index, size }: Piece): number {
    const host = bank.hosts[index]!;
    if (host !== ABSENT) return host;
    const placed = this.#next;
    if (placed + size > this.wasm.buffer.byteLength)
      throw new MemoryTooLarge(this.wasm.buffer.byteLength - this.#reserved);
    this.#next += size;
    bank.hosts[index] = placed;
    return placed;
  }

  /** Where the word is; undefined if it has no place and gets none. */
  #word(address: Pa, place: boolean): number | undefined {
    if (!this.isRam(address, 4)) throw new RangeError(`0x${address.toString(16)}+4 is not RAM`);
    if (place) this.place(address);
    return this.host(address);
  }

  #eachPiece(
    address: Pa,
    size: number,
    visit: (piece: Piece, offset: number, length: number, done: number) => void,
  ): void {
    if (!this.#covers(address, size, () => true))
      throw new RangeError(`0x${address.toString(16)}+0x${size.toString(16)} is not RAM`);
    let done = 0;
    while (done < size) {
      const piece = this.#pieceAt((address + done) as Pa)!;
      const offset = address + done - piece.start;
      const length = Math.min(size - done, piece.size - offset);
      visit(piece, offset, length, done);
      done += length;
    }
  }
}

/**
 * For a guest's access outside its address map: gives RAM that it touched a place where it had none. True if the map lacks some
 * of that RAM and will have it when it is made anew; then the guest tries again.
 * @param touched first and last byte, where the guest and where the board has them
 */
export function placeTouched(
  memory: PhysicalMemory,
  map: AddressMap,
  touched: readonly { guest: Gpa; physical: Pa }[],
): boolean {
  if (memory.allPlaced) return false;
  const missing = touched.filter(
    ({ guest }) => !map.segments.some(({ start, size }) => guest >= start && guest < start + size),
  );
  return missing.filter(({ physical }) => memory.place(physical)).length > 0;
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
