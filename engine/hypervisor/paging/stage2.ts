// Stage 2 of one cell: what its guest-physical addresses mean, as sorted ranges, and the page tables that this would
// cost the hypervisor. Later mappings overwrite earlier ones. Source: ABI reference, B.6.
import { PAGE_SIZE, gpa, pa, type Gpa, type Pa } from '../../util/units.ts';
import type { PhysicalMemory } from '../../machine/api.ts';
import type { MapSegment } from '../../cpu/port.ts';
import { PageTables } from './page-tables.ts';
import type { PagePool } from './page-pool.ts';

/** What a mapping permits; `device`: device memory type (JAILHOUSE_MEM_IO). */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
  readonly device: boolean;
  /** Every page of it is the same page of zeros: what the root sees in place of hypervisor memory. */
  readonly empty?: boolean;
}

export interface Mapping {
  readonly start: Gpa;
  readonly size: number;
  readonly physical: Pa;
  readonly access: Access;
}

const pageUp = (value: number): number => Math.ceil(value / PAGE_SIZE) * PAGE_SIZE;
const pageDown = (value: number): number => Math.floor(value / PAGE_SIZE) * PAGE_SIZE;

export class Stage2 {
  readonly #tables: PageTables;
  #mappings: Mapping[] = [];

  private constructor(tables: PageTables) {
    this.#tables = tables;
  }

  /** Undefined if the pool has no page for the root table. */
  static create(pool: PagePool, addressBits: number): Stage2 | undefined {
    const tables = PageTables.create(pool, addressBits);
    return tables && new Stage2(tables);
  }

  /** Sorted by start, not overlapping. */
  get mappings(): readonly Mapping[] {
    return this.#mappings;
  }

  /**
   * Maps whole pages; bits below the page size of start and physical are dropped, the end is rounded up.
   * @returns false if the page pool ran dry
   */
  map(start: Gpa, physical: Pa, size: number, access: Access, hugePages: boolean): boolean {
    const first = pageDown(start);
    const length = pageUp(start + size) - first;
    if (length === 0) return true;
    const target = pageDown(physical);
    if (!this.#tables.map(first, length, target, hugePages)) return false;
    this.#carve(first, first + length);
    this.#insert({ start: gpa(first), size: length, physical: pa(target), access });
    return true;
  }

  /** @returns false if a huge page had to be split and the page pool was empty; then nothing changed */
  unmap(start: Gpa, size: number): boolean {
    const first = pageDown(start);
    const end = pageUp(start + size);
    if (end === first) return true;
    if (!this.#tables.unmap(first, end - first)) return false;
    this.#carve(first, end);
    return true;
  }

  /** The mapping that covers the address. */
  find(address: number): Mapping | undefined {
    let low = 0;
    let high = this.#mappings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#mappings[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const mapping = this.#mappings[low - 1];
    return mapping && address < mapping.start + mapping.size ? mapping : undefined;
  }

  /** Physical address behind a guest-physical one, if every byte of the range is mapped and contiguous. */
  translate(address: number, size: number): Pa | undefined {
    const first = this.find(address);
    if (!first) return undefined;
    const physical = first.physical + (address - first.start);
    let done = first.start + first.size - address;
    while (done < size) {
      const next = this.find(address + done);
      if (!next || next.physical !== physical + done) return undefined;
      done += next.size;
    }
    return pa(physical);
  }

  /** True if some mapping reaches into the physical range. */
  reaches(physical: number, size: number): boolean {
    return this.#mappings.some((m) => m.physical < physical + size && physical < m.physical + m.size);
  }

  /** RAM and ROM of the view, as a CPU's address map takes it. */
  segments(memory: PhysicalMemory): MapSegment[] {
    return this.#mappings.flatMap(({ start, size, physical, access }) =>
      access.read && !access.empty ? memory.segments(physical, size, start, access.write) : [],
    );
  }

  /** Gives the page tables back to the pool. */
  destroy(): void {
    this.#tables.destroy();
    this.#mappings = [];
  }

  #carve(start: number, end: number): void {
    this.#mappings = this.#mappings.flatMap((m) => {
      const mEnd = m.start + m.size;
      if (mEnd <= start || m.start >= end) return [m];
      const left = m.start < start ? [{ ...m, size: start - m.start }] : [];
      const right =
        mEnd > end ? [{ ...m, start: gpa(end), size: mEnd - end, physical: pa(m.physical + (end - m.start)) }] : [];
      return [...left, ...right];
    });
  }

  #insert(mapping: Mapping): void {
    const index = this.#mappings.findIndex((m) => m.start > mapping.start);
    this.#mappings.splice(index < 0 ? this.#mappings.length : index, 0, mapping);
    this.#merge();
  }

  /** Joins neighbours that continue each other, so that a create and destroy leaves the ranges as they were. */
  #merge(): void {
    const merged: Mapping[] = [];
    for (const mapping of this.#mappings) {
      const last = merged.at(-1);
      if (last && continues(last, mapping)) merged[merged.length - 1] = { ...last, size: last.size + mapping.size };
      else merged.push(mapping);
    }
    this.#mappings = merged;
  }
}

const continues = (left: Mapping, right: Mapping): boolean =>
  left.start + left.size === right.start &&
  left.physical + left.size === right.physical &&
  left.access.read === right.access.read &&
  left.access.write === right.access.write &&
  left.access.device === right.access.device &&
  left.access.empty === right.access.empty;
