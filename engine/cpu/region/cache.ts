// The translated-block cache: which regions exist, by host page and offset, and where they stand in the table of handlers.
// A region's entry is a record like any other whose handler number is the region's place in the table, so the interpreter
// and other regions find it without looking anything up, and forgetting the record forgets the region. Translated code
// depends on nothing but the bytes of its page: all CPUs and cells that run them share it.
import { setFlagsFromString } from 'node:v8';
import type { Feature } from '../aarch64/table/instruction.ts';
import type { CodePages } from '../core/code-pages.ts';
import { ATTENTION, CODE_LAYOUT, COVERAGE_OFFSET, RECORD_SIZE, REGION_HANDLER, STATE } from '../core/layout.ts';
import { SPECIAL } from '../interpreter/handlers.ts';
import { USUAL_THRESHOLD } from '../interpreter/loop.ts';
import { MiB, PAGE_SIZE } from '../../util/units.ts';
import type { BackgroundTranslator, PageCopy, TranslationRequest } from './background.ts';
import { copyPage, isRefusal } from './background.ts';
import type { CodePage } from './blocks.ts';
import type { Assignment, Translation } from './translate.ts';
import { translateRegions } from './translate.ts';

interface Region extends Assignment {
  /** Offsets of the words that it was made from. */
  readonly words: Uint16Array;
  /** Its part of the module's bytes. */
  readonly bytes: number;
}

export interface RegionTuning {
  /** Arrivals by branches that make a place hot. */
  readonly threshold: number;
  /** Runs of guest code for which what was asked for waits for others, to make one module of them. */
  readonly patience?: number;
  /** For tests: translates at once when something is hot, also what the interpreter has not come to yet. */
  readonly eager?: boolean;
  /** For tests: while it says true, what was asked for waits, as it would for a slow or busy host. */
  readonly busy?: () => boolean;
  /** For tests: looks for memory in the linear range, or not, wherever most of it is. */
  readonly ranged?: boolean;
  /** Bytes of WebAssembly to keep; the oldest regions go first. */
  readonly codeBytes?: number;
}

/** Bytes of WebAssembly that stay: what the host compiles from it is some five times as much. */
const MOST_CODE = 24 * MiB;
/** Records remembered as asked for again. */
const MOST_ASKED_AGAIN = 10_000;

/** A module costs the same whether it has one region or many: so many make a batch, or what has come in so many ticks. */
const BATCH = 12;
const PATIENCE = 24;
/** The same where another thread does it: waking that costs as much as a few regions' worth of copying. */
const REQUEST_PATIENCE = 8;

/** Requests that a thread beside this one has at a time, so that it always has one, and regions in each. */
const MOST_SENT = 2;
const MOST_IN_REQUEST = 8;
/** Runs of guest code without any answer after which this thread translates as well: that one may never start. */
const LONGEST_START = 20_000;

/** Times that a place must become hot before it gets a region although another one covers it. */
const COVERED_PATIENCE = 2;

/**
 * Code that changes soon after it was translated has cost more than it saved, and each module that goes away takes the host
 * a tenth of a millisecond, hundreds of them at once. So each time that translated code of a page changes, its places must
 * become hot four times as often, up to sixteen times, and each region that it gets all the same halves that again.
 */
const UNREST = { CHANGED: 2, TRANSLATED: -1, MOST: 4 } as const;

/** Part of the TLB's new entries that must lie in the linear range for code to be translated for it. */
const RANGE_SHARE = 0.75;

/**
 * Booting Debian's kernel on two processors, a place costs some 3 ms of the host's time in translation and V8's two compilers
 * together, and saves some 20 ns an arrival. From 2,500 arrivals on, the compilers take a tenth more time than they save;
 * 16,000 is a little better than 6,400, which on more processors may be the other way round.
 */
export const USUAL_TUNING: RegionTuning = { threshold: USUAL_THRESHOLD };

export interface RegionCacheOptions {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly services: WebAssembly.Exports;
  readonly codePages: CodePages;
  readonly features: ReadonlySet<Feature>;
  readonly tuning: RegionTuning;
  /** Translates beside this thread; without it, this thread does. */
  readonly background: BackgroundTranslator | undefined;
  /** Puts a handler's outlined function into the table if it is not there yet. */
  readonly emitOutlined: (handler: number) => void;
  /** Fills the record at an address and those behind it. */
  readonly decode: (record: number) => void;
  /** Host milliseconds, for the statistics alone. */
  readonly clock: () => number;
}

export class RegionCache {
  private readonly options: RegionCacheOptions;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;
  /** Records that regions are to start at, and how often each became hot. */
  private readonly wanted = new Map<number, number>();
  private readonly free: number[] = [];
  /** Live regions, oldest first. */
  private readonly regions = new Set<Region>();
  private readonly byPage = new Map<number, Set<Region>>();
  /** Offsets in each page that were asked for. */
  private readonly arrivals = new Map<number, Set<number>>();
  private slots = 0;
  private codeBytes = 0;
  /** The host cannot compile regions. */
  private refused = false;
  /** Ticks since the first of the waiting was asked for. */
  private waited = 0;
  /** Requests that are not answered yet, by number, and the records of all of them. */
  private readonly sent = new Map<number, TranslationRequest>();
  private readonly onTheWay = new Set<number>();
  private requests = 0;
  private answers = 0;
  private ticksUnanswered = 0;
  /** How often a record was asked for that has to be asked for more often. */
  private readonly askedAgain = new Map<number, number>();
  /** Of pages in which translated code changed: how often their places must become hot, as a power of two. */
  private readonly unrest = new Map<number, number>();
  translated = 0;
  evicted = 0;
  translateMs = 0;

  constructor(options: RegionCacheOptions) {
    this.options = options;
    this.view = new DataView(options.memory.buffer);
    this.bytes = new Uint8Array(options.memory.buffer);
    // Hits of the TLB are likely. Versions from 14 on are not asked: an unknown flag is an error message to the user.
    if (Number.parseInt(process.versions.v8) < 14) setFlagsFromString('--experimental-wasm-branch-hinting');
  }

  /** Asks for a region that starts at a record. */
  want(record: number): void {
    if (this.refused) return;
    this.wanted.set(record, (this.wanted.get(record) ?? 0) + 1);
    const { records, code } = this.options.codePages.pageOf(record);
    const arrivals = this.arrivals.get(code >>> 12);
    const offset = (record - records) / (RECORD_SIZE / 4);
    if (arrivals) arrivals.add(offset);
    else this.arrivals.set(code >>> 12, new Set([offset]));
    if (this.options.tuning.eager) this.translateHere();
  }

  /** Somebody waits for translated code: `tick` should come often. */
  get busy(): boolean {
    return !this.refused && (this.wanted.size > 0 || this.sent.size > 0);
  }

  /** Called between runs of guest code: puts in what was translated, and has translated what was asked for. */
  tick(): void {
    if (!this.busy || this.options.tuning.busy?.()) return;
    const { background } = this.options;
    if (background) this.takeAnswers(background);
    const beside = background && !this.takesTooLong(background);
    if (this.wanted.size === 0 || (beside && this.sent.size === MOST_SENT)) return;
    const patience = this.options.tuning.patience ?? (beside ? REQUEST_PATIENCE : PATIENCE);
    if (this.wanted.size < BATCH && ++this.waited < patience) return;
    this.waited = 0;
    if (beside) this.send(background);
    else this.translateHere();
  }

  private takesTooLong({ failed }: BackgroundTranslator): boolean {
    return failed || (this.answers === 0 && this.requests > 0 && ++this.ticksUnanswered > LONGEST_START);
  }

  private send(translator: BackgroundTranslator): void {
    const { features, memory } = this.options;
    const pages: PageCopy[] = [];
    const copies = new Map<number, number>();
    const regions: { assignment: Assignment; copy: number }[] = [];
    const ranged = this.usesRange();
    // What became hot again while it waited is where the time goes.
    for (const [record] of [...this.wanted].sort(([, a], [, b]) => b - a)) {
      this.wanted.delete(record);
      const assignment = this.onTheWay.has(record) ? undefined : this.assign(record, ranged);
      if (!assignment) continue;
      const { page, records } = assignment;
      let copy = copies.get(page);
      if (copy === undefined) {
        copy = pages.length;
        copies.set(page, copy);
        pages.push(
          copyPage(memory.buffer, page * PAGE_SIZE, {
            decoded: (offset) => this.isDecoded(records, offset),
            arrivals: this.arrivals.get(page) ?? [],
          }),
        );
      }
      this.onTheWay.add(record);
      regions.push({ assignment, copy });
      if (regions.length === MOST_IN_REQUEST) break;
    }
    if (regions.length === 0) return;
    const request = { number: this.requests++, features, pages, regions };
    this.sent.set(request.number, request);
    translator.send(request);
  }

  private takeAnswers(translator: BackgroundTranslator): void {
    for (let answer = translator.take(); answer; answer = translator.take()) {
      const request = this.sent.get(answer.number);
      if (!request) continue;
      const { pages, regions } = request;
      this.answers++;
      this.sent.delete(answer.number);
      for (const { assignment } of regions) this.onTheWay.delete(recordOf(assignment));
      this.translateMs += answer.milliseconds;
      if (!answer.translation) {
        this.refused = true;
        return;
      }
      this.putIn(
        regions.map(({ assignment }) => assignment),
        answer.translation,
        (i, words) => this.isAsCopied(regions[i]!.assignment, pages[regions[i]!.copy]!, words),
      );
    }
  }

  /** Whether code is still what it was, and its records are where they were and hold it. */
  private isAsCopied({ page, records, entry }: Assignment, { words: before }: PageCopy, words: Uint16Array): boolean {
    return (
      this.options.codePages.recordsOf(page) === records &&
      this.handlerAt(records, entry) < REGION_HANDLER.FIRST &&
      words.every(
        (offset) =>
          this.isDecoded(records, offset) &&
          this.view.getUint32(page * PAGE_SIZE + offset, true) === before[offset >> 2],
      )
    );
  }

  private translateHere(): void {
    const started = this.options.clock();
    const ranged = this.usesRange();
    const asked = [...this.wanted.keys()].flatMap((record) => this.assign(record, ranged) ?? []);
    this.wanted.clear();
    if (asked.length === 0) return;
    try {
      const translation = translateRegions(asked.map((assignment) => ({ assignment, code: this.codeOf(assignment) })));
      this.putIn(asked, translation, () => true);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.refused = true;
    }
    this.translateMs += this.options.clock() - started;
  }

  /** The code of a region's page as it is. */
  private codeOf({ page, records }: Assignment): CodePage {
    const { features, tuning, decode } = this.options;
    return {
      features,
      word: (offset) => this.view.getUint32(page * PAGE_SIZE + offset, true),
      decoded: (offset) => {
        if (tuning.eager && this.handlerAt(records, offset) === SPECIAL.DECODE)
          decode(records + offset * (RECORD_SIZE / 4));
        return this.isDecoded(records, offset);
      },
      arrivals: this.arrivals.get(page) ?? [],
    };
  }

  private handlerAt(records: number, offset: number): number {
    return this.view.getUint16(records + offset * (RECORD_SIZE / 4), true);
  }

  /** What a breakpoint stands at is for the interpreter. */
  private isDecoded(records: number, offset: number): boolean {
    const handler = this.handlerAt(records, offset);
    return handler !== SPECIAL.DECODE && handler !== SPECIAL.BREAKPOINT;
  }

  /** Puts those regions of a translation in that may be used; gives the places of the others back. */
  private putIn(
    assignments: readonly Assignment[],
    { module, bytes, regions }: Translation,
    mayBeUsed: (i: number, words: Uint16Array) => boolean,
  ): void {
    const { memory, table, services, emitOutlined, tuning } = this.options;
    const usable = regions.map(({ words }, i) => words.length > 0 && mayBeUsed(i, words));
    const made = regions.filter(({ words }) => words.length > 0).length;
    if (module && usable.includes(true))
      new WebAssembly.Instance(module, { engine: { memory, handlers: table }, services });
    assignments.forEach((assignment, i) => {
      if (!usable[i]) {
        table.set(REGION_HANDLER.FIRST + assignment.slot, null);
        this.free.push(assignment.slot);
        return;
      }
      const { words, outlined } = regions[i]!;
      for (const handler of outlined) emitOutlined(handler);
      this.install({ ...assignment, words, bytes: bytes / made });
      this.translated++;
    });
    for (const region of this.regions) {
      if (this.codeBytes <= (tuning.codeBytes ?? MOST_CODE)) break;
      this.drop(region);
      this.evicted++;
    }
  }

  /** Whether most of what the running CPU's TLB was filled with lies in its linear range. */
  private usesRange(): boolean {
    const { tuning } = this.options;
    if (tuning.ranged !== undefined) return tuning.ranged;
    const { window } = CODE_LAYOUT;
    const fills = this.view.getUint32(window + STATE.tlbFills, true);
    return this.view.getUint32(window + STATE.rangeFills, true) > fills * RANGE_SHARE;
  }

  /** What a region that starts at a record is to be; nothing where there can be none, or one more is not worth it. */
  private assign(record: number, ranged: boolean): Assignment | undefined {
    const { codePages } = this.options;
    const { records, code } = codePages.pageOf(record);
    const page = code >>> 12;
    if (code < 0 || codePages.recordsOf(page) !== records) return undefined;
    const entry = (record - records) / (RECORD_SIZE / 4);
    if (this.handlerAt(records, entry) >= REGION_HANDLER.FIRST) return undefined;
    if (!this.isWorthIt(record, { page, records, entry })) return undefined;
    return { slot: this.takeSlot(), page, records, entry, ranged };
  }

  /** Whether a place has become hot as often as it must: inside another region, mostly that is entered at its own entry. */
  private isWorthIt(record: number, { page, records, entry }: Pick<Assignment, 'page' | 'records' | 'entry'>): boolean {
    const number = entry >> 2;
    const covered = (this.bytes[records + COVERAGE_OFFSET + (number >> 3)]! >> (number & 7)) & 1;
    const patience = (covered === 0 ? 1 : COVERED_PATIENCE) << (this.unrest.get(page) ?? 0);
    if (patience > 1 && !this.options.tuning.eager) {
      const asked = (this.askedAgain.get(record) ?? 0) + 1;
      if (this.askedAgain.size >= MOST_ASKED_AGAIN) this.askedAgain.clear();
      this.askedAgain.set(record, asked);
      if (asked < patience) return false;
      this.askedAgain.delete(record);
    }
    this.changeUnrest(page, UNREST.TRANSLATED);
    return true;
  }

  private changeUnrest(page: number, by: number): void {
    const unrest = Math.min((this.unrest.get(page) ?? 0) + by, UNREST.MOST);
    if (unrest > 0) this.unrest.set(page, unrest);
    else this.unrest.delete(page);
  }

  private takeSlot(): number {
    const slot = this.free.pop();
    if (slot !== undefined) return slot;
    if (this.slots < REGION_HANDLER.COUNT) return this.slots++;
    let surplus = REGION_HANDLER.COUNT >> 2;
    for (const region of this.regions) {
      if (surplus-- === 0) break;
      this.drop(region);
      this.evicted++;
    }
    return this.free.pop()!;
  }

  private install(region: Region): void {
    const { slot, page, records, words } = region;
    this.view.setUint16(recordOf(region), REGION_HANDLER.FIRST + slot, true);
    for (const offset of words) {
      const number = offset >> 2;
      this.bytes[records + COVERAGE_OFFSET + (number >> 3)]! |= 1 << (number & 7);
    }
    this.codeBytes += region.bytes;
    this.regions.add(region);
    const inPage = this.byPage.get(page);
    if (inPage) inPage.add(region);
    else this.byPage.set(page, new Set([region]));
  }

  private drop(region: Region): void {
    const { slot, page, records } = region;
    const { table } = this.options;
    const record = recordOf(region);
    if (this.view.getUint16(record, true) === REGION_HANDLER.FIRST + slot) this.view.setUint16(record, 0, true);
    table.set(REGION_HANDLER.FIRST + slot, null);
    this.free.push(slot);
    this.codeBytes -= region.bytes;
    this.regions.delete(region);
    const inPage = this.byPage.get(page)!;
    inPage.delete(region);
    if (inPage.size === 0) {
      this.byPage.delete(page);
      this.bytes.fill(0, records + COVERAGE_OFFSET, records + COVERAGE_OFFSET + 128);
    }
    this.unwind();
  }

  /**
   * Has all running regions come back after their instruction: code went away, or addresses may mean something else, and
   * regions return to each other without looking addresses up.
   */
  unwind(): void {
    const attention = CODE_LAYOUT.window + STATE.attention;
    this.view.setInt32(attention, this.view.getInt32(attention, true) | ATTENTION.CODE, true);
  }

  /** Forgets regions made from any word in [start, start + size) of the engine memory. */
  invalidate(start: number, size: number): void {
    const end = start + size;
    const first = start >>> 12;
    const last = (end - 1) >>> 12;
    const pages = last - first < this.byPage.size ? range(first, last) : [...this.byPage.keys()];
    for (const page of pages) {
      if (page < first || page > last) continue;
      const base = page * 4096;
      for (const region of this.byPage.get(page) ?? [])
        if (region.words.some((offset) => base + offset < end && base + offset + 4 > start)) {
          this.drop(region);
          this.changeUnrest(page, UNREST.CHANGED);
        }
    }
  }

  /** Forgets the regions of a host page. */
  dropPage(page: number): void {
    this.arrivals.delete(page);
    this.unrest.delete(page);
    for (const region of this.byPage.get(page) ?? []) {
      this.drop(region);
      this.evicted++;
    }
  }
}

const recordOf = ({ records, entry }: Assignment): number => records + entry * (RECORD_SIZE / 4);

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
