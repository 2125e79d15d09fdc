// Translation tables, counted but not written: how many pages a mapping costs, when a block is split and when a table
// becomes free again. The translation itself is kept as ranges (stage2.ts). 4 KiB granule, blocks of 1 GiB and 2 MiB.
// Source: ABI reference, B.6 (huge pages, splitting); Arm ARM D8 (table geometry).
import { PAGE_SIZE, type Pa } from '../../util/units.ts';
import type { PagePool } from './page-pool.ts';

const ENTRIES = 512;
const LAST_LEVEL = 3;
/** Bytes that one entry of a level spans: 512 GiB, 1 GiB, 2 MiB, 4 KiB. */
const SPAN = [ENTRIES ** 3 * PAGE_SIZE, ENTRIES ** 2 * PAGE_SIZE, ENTRIES * PAGE_SIZE, PAGE_SIZE] as const;
/** Smallest level that may hold a block. */
const FIRST_BLOCK_LEVEL = 1;

interface Table {
  readonly page: Pa;
  /** Index to a lower table, or to a mapping of the entry's whole span. */
  readonly entries: Map<number, Table | 'mapped'>;
}

/** Thrown inside a walk when the pool is empty; map and unmap answer false. */
const EXHAUSTED = Symbol('page pool exhausted');

export class PageTables {
  readonly #pool: PagePool;
  readonly #rootLevel: number;
  readonly #root: Table;
  readonly #rootPages: number;

  private constructor(pool: PagePool, rootLevel: number, rootPages: number, page: Pa) {
    this.#pool = pool;
    this.#rootLevel = rootLevel;
    this.#rootPages = rootPages;
    this.#root = { page, entries: new Map() };
  }

  /**
   * Tables for input addresses of the given width. Above 40 bits the walk starts at level 0 with one page; up to 40 bits
   * it starts at level 1 with as many concatenated pages as the width needs (Arm ARM D8.2, concatenated tables).
   * @returns undefined if the pool is empty
   */
  static create(pool: PagePool, addressBits: number): PageTables | undefined {
    const rootLevel = addressBits > 40 ? 0 : 1;
    const rootPages = rootLevel === 0 ? 1 : Math.max(1, 2 ** (addressBits - 39));
    const page = pool.alloc(rootPages);
    return page === undefined ? undefined : new PageTables(pool, rootLevel, rootPages, page);
  }

  /** False if the pool ran dry on the way; what was mapped until then stays. All arguments are page multiples. */
  map(virtual: number, size: number, physical: number, hugePages: boolean): boolean {
    return this.#guard(() => this.#map(this.#root, this.#rootLevel, virtual, virtual + size, physical, hugePages));
  }

  /** False if a block had to be split and the pool was empty. Holes are skipped. */
  unmap(virtual: number, size: number): boolean {
    return this.#guard(() => this.#unmap(this.#root, this.#rootLevel, virtual, virtual + size));
  }

  /** Gives every table back, the root included. */
  destroy(): void {
    this.#release(this.#root);
    this.#pool.free(this.#root.page, this.#rootPages);
  }

  #guard(walk: () => void): boolean {
    try {
      walk();
      return true;
    } catch (reason) {
      if (reason === EXHAUSTED) return false;
      throw reason;
    }
  }

  #map(table: Table, level: number, start: number, end: number, physical: number, hugePages: boolean): void {
    const span = SPAN[level]!;
    const delta = physical - start;
    for (let at = start; at < end;) {
      const index = Math.floor(at / span);
      const next = Math.min((index + 1) * span, end);
      const whole = next - at === span;
      const block = whole && hugePages && level >= FIRST_BLOCK_LEVEL && (at + delta) % span === 0;
      const entry = table.entries.get(index);
      if (level === LAST_LEVEL || block) {
        if (entry !== undefined && entry !== 'mapped') this.#releaseBelow(entry);
        table.entries.set(index, 'mapped');
      } else {
        this.#map(this.#lower(table, index, level, entry), level + 1, at, next, at + delta, hugePages);
      }
      at = next;
    }
  }

  #unmap(table: Table, level: number, start: number, end: number): void {
    const span = SPAN[level]!;
    for (let at = start; at < end;) {
      const index = Math.floor(at / span);
      const next = Math.min((index + 1) * span, end);
      const entry = table.entries.get(index);
      if (entry === 'mapped' && next - at === span) {
        table.entries.delete(index);
      } else if (entry !== undefined) {
        const lower = this.#lower(table, index, level, entry);
        this.#unmap(lower, level + 1, at, next);
        if (lower.entries.size === 0) {
          this.#pool.free(lower.page);
          table.entries.delete(index);
        }
      }
      at = next;
    }
  }

  /** The table below an entry: made when missing, filled with the block's pieces when it splits one. */
  #lower(table: Table, index: number, level: number, entry: Table | 'mapped' | undefined): Table {
    if (entry !== undefined && entry !== 'mapped') return entry;
    const page = this.#pool.alloc();
    if (page === undefined) throw EXHAUSTED;
    const lower: Table = { page, entries: new Map() };
    if (entry === 'mapped') {
      const first = (index * SPAN[level]!) / SPAN[level + 1]!;
      for (let i = 0; i < ENTRIES; i++) lower.entries.set(first + i, 'mapped');
    }
    table.entries.set(index, lower);
    return lower;
  }

  #releaseBelow(table: Table): void {
    this.#release(table);
    this.#pool.free(table.page);
  }

  #release(table: Table): void {
    for (const entry of table.entries.values()) if (entry !== 'mapped') this.#releaseBelow(entry);
    table.entries.clear();
  }
}
