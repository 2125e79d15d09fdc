// The pool of record pages: which host pages have decoded code, eviction, and forgetting code that host code overwrote.
import { PAGE_SIZE } from '../../util/units.ts';
import { SPECIAL } from '../interpreter/handlers.ts';
import type { AreaLayout } from './layout.ts';
import { CODE_LAYOUT, PAGE_ENTRY, RECORD_PAGE_SIZE, RECORD_SIZE, RECORDS_PER_PAGE, STORE_MAP } from './layout.ts';
import { fillerOf } from './memory.ts';
import type { Fill } from './memory.ts';

/** What code pages need of the TLBs. */
interface CodePageTlbs {
  /** Drops what leads to the records of a code page. */
  dropRecords(records: number): void;
  /** Has stores to a host page go the slow way. */
  slowStores(page: number): void;
}

export class CodePages {
  private readonly words: Uint32Array;
  private readonly bytes: Uint8Array;
  private readonly fill: Fill;
  private readonly area: AreaLayout;
  private readonly tlbs: CodePageTlbs;
  /** Host page number of each slot of the pool, or -1. */
  private readonly owners: Int32Array;
  private next = 0;
  /** Places of the pool below this have been used. */
  private used = 0;
  pagesDecoded = 0;
  pagesEvicted = 0;
  /** Told before the records of a host page go away. */
  onDrop: ((page: number) => void) | undefined;

  constructor(memory: WebAssembly.Memory, area: AreaLayout, tlbs: CodePageTlbs) {
    this.words = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.fill = fillerOf(memory);
    this.area = area;
    this.tlbs = tlbs;
    this.owners = new Int32Array(area.poolPages).fill(-1);
  }

  private slotAddress(slot: number): number {
    return this.area.pool + slot * RECORD_PAGE_SIZE;
  }

  private entryIndex(page: number): number {
    return CODE_LAYOUT.pageTable / 4 + page;
  }

  /** The code page that a record lies in: its records and the host offset of its code. */
  pageOf(record: number): { records: number; code: number } {
    const slot = Math.floor((record - this.area.pool) / RECORD_PAGE_SIZE);
    return { records: this.slotAddress(slot), code: this.owners[slot]! * PAGE_SIZE };
  }

  /** Numbers of the host pages that have records. */
  get pages(): readonly number[] {
    return [...this.owners].filter((page) => page !== -1);
  }

  /** Records of a host page, or 0. */
  recordsOf(page: number): number {
    return this.words[this.entryIndex(page)]! & ~PAGE_ENTRY.FLAGS;
  }

  /** Gives a host page an empty record page and sends stores to it the slow way from now on. */
  create(hostOffset: number, running: number): number {
    const page = Math.floor(hostOffset / PAGE_SIZE);
    const slot = this.freeSlot(running);
    const records = this.slotAddress(slot);
    this.owners[slot] = page;
    // What was never used is zero, and most of it stays untouched.
    if (slot < this.used) this.fill(records, 0, RECORD_PAGE_SIZE);
    else this.used = slot + 1;
    const end = records + RECORDS_PER_PAGE * RECORD_SIZE;
    this.bytes[end] = SPECIAL.PAGE_END;
    const entry = this.entryIndex(page);
    const flags = this.words[entry]! & PAGE_ENTRY.FLAGS;
    this.words[entry] = records | (flags & ~PAGE_ENTRY.WRITE_TAGGED);
    if (flags & PAGE_ENTRY.WRITE_TAGGED) this.slowStores(page);
    this.pagesDecoded++;
    return records;
  }

  /** Round robin, but never the page that `running` (a record address) lies in. */
  private freeSlot(running: number): number {
    const current = Math.floor((running - this.area.pool) / RECORD_PAGE_SIZE);
    if (this.next === current) this.next = (this.next + 1) % this.area.poolPages;
    const slot = this.next;
    this.next = (slot + 1) % this.area.poolPages;
    if (this.owners[slot] !== -1) {
      this.drop(slot);
      this.pagesEvicted++;
    }
    return slot;
  }

  private drop(slot: number): void {
    this.onDrop?.(this.owners[slot]!);
    const entry = this.entryIndex(this.owners[slot]!);
    this.words[entry] = this.words[entry]! & PAGE_ENTRY.FLAGS;
    this.owners[slot] = -1;
    this.tlbs.dropRecords(this.slotAddress(slot));
  }

  /** Sends stores to a host page the slow way while `watched`, whether it holds code or not. */
  watch(hostOffset: number, watched: boolean): void {
    const page = hostOffset >>> 12;
    const entry = this.entryIndex(page);
    const held = this.words[entry]!;
    if (!watched) {
      this.words[entry] = held & ~PAGE_ENTRY.WATCHED;
      return;
    }
    this.words[entry] = (held | PAGE_ENTRY.WATCHED) & ~PAGE_ENTRY.WRITE_TAGGED;
    if (held & PAGE_ENTRY.WRITE_TAGGED) this.slowStores(page);
  }

  /** Has stores to a host page take the slow way, in all data TLBs and in the linear range. */
  private slowStores(page: number): void {
    const { storeMap } = CODE_LAYOUT;
    this.bytes[storeMap + page]! &= ~STORE_MAP.PAGE;
    this.bytes[storeMap + page - 1]! &= ~STORE_MAP.NEXT_PAGE;
    this.tlbs.slowStores(page);
  }

  /** Whether a store or host code may have written to the page at a host offset. */
  written(hostOffset: number): boolean {
    return (this.words[this.entryIndex(hostOffset >>> 12)]! & PAGE_ENTRY.WRITTEN) !== 0;
  }

  /**
   * Host code wrote [start, start + size) of the engine memory: forgets what is decoded from it. Returns the number of
   * records dropped.
   */
  invalidate(start: number, size: number): number {
    let dropped = 0;
    const end = start + size;
    for (let page = Math.floor(start / PAGE_SIZE); page * PAGE_SIZE < end; page++) {
      const entry = this.entryIndex(page);
      this.words[entry] = this.words[entry]! | PAGE_ENTRY.WRITTEN;
      const records = this.words[entry]! & ~PAGE_ENTRY.FLAGS;
      if (records === 0) continue;
      const from = Math.max(start - page * PAGE_SIZE, 0) >> 2;
      const to = (Math.min(end - page * PAGE_SIZE, PAGE_SIZE) + 3) >> 2;
      // A fused record also depends on the word behind its own.
      for (let i = Math.max(from - 1, 0); i < to; i++) {
        const half = (records + i * RECORD_SIZE) / 2;
        const word = half >> 1;
        if ((this.words[word]! & 0xffff) === 0) continue;
        this.words[word] = this.words[word]! & 0xffff_0000;
        dropped++;
      }
    }
    return dropped;
  }
}
