// Host side of the TLBs: which set of TLBs a CPU uses, and invalidation. A set belongs to one CPU and one pair of table
// bases (TTBR0_EL1 and TTBR1_EL1 with their ASIDs), so that switching between address spaces keeps what each has cached;
// CPUs draw their sets from one pool. Global mappings may be cached in several sets.
import type { AreaLayout } from './layout.ts';
import { CODE_TLB, DATA_TLB, LARGE_MAP, STATE, TAG_SLOW, TLB_OFFSET, TLBS_SIZE } from './layout.ts';
import { fillerOf } from './memory.ts';
import type { Fill } from './memory.ts';

interface TlbSet {
  readonly address: number;
  cpu: number;
  /** Table bases with ASIDs as four words, or undefined while nothing valid is in the set. */
  key: readonly [number, number, number, number] | undefined;
  /** When it was last chosen; the oldest is given away. */
  used: number;
  /** Host pages whose stores are to go the slow way before the set is used again. */
  readonly slow: Set<number>;
}

/** Pages that a set puts off at most, so that its list stays small. */
const MOST_PUT_OFF = 512;
const NO_PAGE = -1;

/** Where a set has the tags of its first entries. Lists that are there: a boot invalidates sixty thousand pages. */
const DATA_TAGS = [TLB_OFFSET.dataTlbEl0, TLB_OFFSET.dataTlbEl1].flatMap((table) => [
  table + DATA_TLB.READ,
  table + DATA_TLB.WRITE,
]);
const CODE_TAGS = [TLB_OFFSET.codeTlbEl0 + CODE_TLB.TAG, TLB_OFFSET.codeTlbEl1 + CODE_TLB.TAG];

export class Tlbs {
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly fill: Fill;
  private readonly area: AreaLayout;
  private readonly sets: TlbSet[];
  private readonly current: TlbSet[];
  /** Where a CPU's state lies. */
  private readonly stateOf: (cpu: number) => number;
  private clock = 0;

  constructor(memory: WebAssembly.Memory, area: AreaLayout, cpus: number, stateOf: (cpu: number) => number) {
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.fill = fillerOf(memory);
    this.area = area;
    this.stateOf = stateOf;
    this.sets = Array.from({ length: area.tlbSets }, (_, i) => ({
      address: area.tlbs + i * TLBS_SIZE,
      cpu: i < cpus ? i : -1,
      key: undefined,
      used: 0,
      slow: new Set<number>(),
    }));
    this.current = this.sets.slice(0, cpus);
    for (const set of this.sets) this.clear(set);
  }

  /** Whether there may be anything valid in a set: without a key only in those that CPUs have had from the start. */
  private holds(set: TlbSet): boolean {
    return set.key !== undefined || this.current.includes(set);
  }

  private clear(set: TlbSet): void {
    this.fill(set.address, 0xff, TLBS_SIZE);
    set.slow.clear();
  }

  /** Writes the current set's addresses into the CPU's state; the caller then refreshes what depends on the level. */
  point(cpu: number): void {
    const base = this.stateOf(cpu);
    const { address } = this.current[cpu]!;
    for (const field of ['dataTlbEl0', 'dataTlbEl1', 'codeTlbEl0', 'codeTlbEl1'] as const)
      this.words[(base + STATE[field]) / 4] = address + TLB_OFFSET[field];
    this.words[(base + STATE.largeMap) / 4] = this.area.largeMaps + cpu * LARGE_MAP.SIZE;
  }

  /** The table bases of a CPU have changed: chooses the set that belongs to them. */
  select(cpu: number, key: readonly [number, number, number, number]): void {
    const matches = (set: TlbSet): boolean =>
      set.cpu === cpu && set.key !== undefined && set.key.every((word, i) => word === key[i]);
    let set = this.sets.find(matches);
    if (!set) {
      // The oldest one that no CPU is using now.
      const free = this.sets.filter(
        (candidate) => !this.current.includes(candidate) || candidate === this.current[cpu],
      );
      set = free.reduce((oldest, candidate) => (candidate.used < oldest.used ? candidate : oldest));
      this.clear(set);
      set.cpu = cpu;
      set.key = key;
    }
    set.used = ++this.clock;
    this.current[cpu] = set;
    this.catchUp(set);
    this.point(cpu);
  }

  /** Has stores to a host page go the slow way: at once where the running CPU looks, elsewhere before anybody looks there. */
  slowStores(page: number, running: number): void {
    const own = this.current[running]!;
    this.markSlow(own, page);
    for (const set of this.sets) {
      if (set === own || !this.holds(set)) continue;
      set.slow.add(page);
      if (set.slow.size > MOST_PUT_OFF) this.catchUp(set);
    }
  }

  /** A CPU is going to run: what was put off for its set is done. */
  enter(cpu: number): void {
    this.catchUp(this.current[cpu]!);
  }

  private catchUp(set: TlbSet): void {
    if (set.slow.size === 0) return;
    this.markSlow(set, NO_PAGE, set.slow);
    set.slow.clear();
  }

  /** Marks the write tags of a set for a host page, or for several. */
  private markSlow({ address }: TlbSet, page: number, pages?: ReadonlySet<number>): void {
    const { WRITE, ADDEND, ENTRIES, ENTRY_SIZE } = DATA_TLB;
    // Every page of code that a guest loads comes by here: words are signed, and stay words.
    const { words } = this;
    for (const table of [TLB_OFFSET.dataTlbEl0, TLB_OFFSET.dataTlbEl1])
      for (let entry = 0; entry < ENTRIES * ENTRY_SIZE; entry += ENTRY_SIZE) {
        const word = (address + table + entry) >>> 2;
        const tag = words[word + WRITE / 4]!;
        if ((tag & 0xfff) !== 0) continue;
        const host = ((tag + words[word + ADDEND / 4]!) | 0) >>> 12;
        if (host === page || pages?.has(host) === true) words[word + WRITE / 4] = tag | TAG_SLOW;
      }
  }

  /** Drops what leads to the records of a code page. */
  dropRecords(records: number): void {
    for (const set of this.sets) {
      if (!this.holds(set)) continue;
      const base = set.address + TLB_OFFSET.codeTlbEl0;
      for (let i = 0; i < 2 * CODE_TLB.ENTRIES; i++) {
        const word = (base + i * CODE_TLB.ENTRY_SIZE) / 4;
        if (this.words[word + CODE_TLB.RECORDS / 4] === records) this.words[word] = this.words[word + 1] = -1;
      }
    }
  }

  /** Drops everything that a CPU has cached. */
  flush(cpu: number): void {
    for (const set of this.sets)
      if (set.cpu === cpu) {
        if (set === this.current[cpu]) this.clear(set);
        else set.key = undefined;
      }
    const large = this.area.largeMaps + cpu * LARGE_MAP.SIZE;
    this.bytes.fill(0, large, large + LARGE_MAP.SIZE);
  }

  /** Drops what a CPU has cached for the page of VA[55:12] = high:low. */
  flushPage(cpu: number, low: number, high: number): void {
    // Block mappings are cached page by page: any of their pages may have to go.
    const bit = (low >>> (LARGE_MAP.SHIFT - 12)) & (LARGE_MAP.BITS - 1);
    const large = this.area.largeMaps + cpu * LARGE_MAP.SIZE;
    const huge = ((low >>> 18) | (high << 14)) & (LARGE_MAP.HUGE_BITS - 1);
    if (
      (this.bytes[large + (bit >> 3)]! >> (bit & 7)) & 1 ||
      (this.bytes[large + LARGE_MAP.BITS / 8 + (huge >> 3)]! >> (huge & 7)) & 1
    ) {
      this.flush(cpu);
      return;
    }
    const data = low & (DATA_TLB.ENTRIES - 1);
    const code = low & (CODE_TLB.ENTRIES - 1);
    for (const { address, cpu: owner, key } of this.sets) {
      if (owner !== cpu || (key === undefined && address !== this.current[cpu]!.address)) continue;
      for (const tag of DATA_TAGS) this.drop(address + data * DATA_TLB.ENTRY_SIZE + tag, low, high);
      for (const tag of CODE_TAGS) this.drop(address + code * CODE_TLB.ENTRY_SIZE + tag, low, high);
    }
  }

  /** Empties the entry if its tag is for this page; the top byte does not count. */
  private drop(tag: number, low: number, high: number): void {
    const lo = this.words[tag / 4]!;
    const hi = this.words[tag / 4 + 1]!;
    const page = (lo >>> 12) | (hi << 20);
    if (page !== (low | 0) || ((hi >>> 12) & 0xfff) !== (high & 0xfff)) return;
    this.words[tag / 4] = this.words[tag / 4 + 1] = -1;
  }
}
