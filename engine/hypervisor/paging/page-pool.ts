// The hypervisor's page pools: first-fit bitmaps over its own memory (`mem`) and over its virtual window for devices
// (`remap`). Source: ABI reference, A.12 (memory order), B.2 (HYPERVISOR_GET_INFO types 0-3), B.7 (T).
import { PAGE_SIZE, pa, type Pa } from '../../util/units.ts';

/** Pages of the remap pool: a constant of the reference (B.2). */
export const REMAP_POOL_PAGES = 131072;

export const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);

export class PagePool {
  readonly pages: number;
  readonly #base: Pa;
  readonly #taken: Uint8Array;
  #used = 0;
  /** No page below is free. */
  #firstFree = 0;

  constructor(base: Pa, pages: number) {
    this.#base = base;
    this.pages = pages;
    this.#taken = new Uint8Array(pages);
  }

  get used(): number {
    return this.#used;
  }

  /** `U/T` as the usage lines print it. */
  get usage(): string {
    return `${this.#used}/${this.pages}`;
  }

  /** Takes `count` contiguous pages; undefined if there are none. */
  alloc(count = 1): Pa | undefined {
    let run = 0;
    for (let page = this.#firstFree; page < this.pages; page++) {
      run = this.#taken[page] ? 0 : run + 1;
      if (run < count) continue;
      const first = page - count + 1;
      this.#taken.fill(1, first, page + 1);
      this.#used += count;
      if (first === this.#firstFree) this.#firstFree = page + 1;
      return pa(this.#base + first * PAGE_SIZE);
    }
    return undefined;
  }

  free(address: Pa, count = 1): void {
    const first = (address - this.#base) / PAGE_SIZE;
    this.#taken.fill(0, first, first + count);
    this.#used -= count;
    this.#firstFree = Math.min(this.#firstFree, first);
  }
}
