// The translated-block cache: which regions exist, by host page and offset, and where they stand in the table of handlers.
// A region's entry is a record like any other whose handler number is the region's place in the table, so the interpreter
// and other regions find it without looking anything up, and forgetting the record forgets the region. Translated code
// depends on nothing but the bytes of its page: all CPUs and cells that run them share it.
import { setFlagsFromString } from 'node:v8';
import type { Feature } from '../aarch64/table/instruction.ts';
import type { CodePages } from '../core/code-pages.ts';
import type { AreaLayout } from '../core/layout.ts';
import { ATTENTION, COVERAGE_OFFSET, RECORD_SIZE, REGION_HANDLER, STATE } from '../core/layout.ts';
import { importServices } from '../core/services.ts';
import { SPECIAL } from '../interpreter/handlers.ts';
import { REGION } from '../interpreter/loop.ts';
import { tableSize } from '../interpreter/module.ts';
import type { FunctionReference } from '../wasm/module.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { MiB } from '../../util/units.ts';
import type { Block } from './blocks.ts';
import { findBlocks } from './blocks.ts';
import { analyse } from './flow.ts';
import { RegionWriter } from './writer.ts';

interface Region {
  readonly slot: number;
  /** Host page number of the code. */
  readonly page: number;
  readonly records: number;
  /** Offset of the entry in the page. */
  readonly entry: number;
  /** Offsets of the words that it was made from. */
  readonly words: readonly number[];
  /** Its part of the module's bytes. */
  bytes: number;
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

/** Times that a place must become hot before it gets a region although another one covers it. */
const COVERED_PATIENCE = 6;

/** Part of the TLB's misses that must lie in the linear range for code to be translated for it. */
const RANGE_SHARE = 0.75;

export const USUAL_TUNING: RegionTuning = { threshold: 800 };

export interface RegionCacheOptions {
  readonly memory: WebAssembly.Memory;
  readonly area: AreaLayout;
  readonly table: WebAssembly.Table;
  readonly services: WebAssembly.Exports;
  readonly codePages: CodePages;
  readonly features: ReadonlySet<Feature>;
  readonly tuning: RegionTuning;
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
  private readonly wanted = new Set<number>();
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
  /** How often a record inside some region was asked for. */
  private readonly askedAgain = new Map<number, number>();
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
    this.wanted.add(record);
    const { records, code } = this.options.codePages.pageOf(record);
    const arrivals = this.arrivals.get(code >>> 12);
    const offset = (record - records) / (RECORD_SIZE / 4);
    if (arrivals) arrivals.add(offset);
    else this.arrivals.set(code >>> 12, new Set([offset]));
    if (this.options.tuning.eager) this.translate();
  }

  /** Called between runs of guest code: translates what was asked for, in batches. */
  tick(): void {
    if (this.wanted.size === 0 || this.refused || this.options.tuning.busy?.()) return;
    if (this.wanted.size < BATCH && ++this.waited < (this.options.tuning.patience ?? PATIENCE)) return;
    this.waited = 0;
    this.translate();
  }

  private translate(): void {
    const started = this.options.clock();
    const module = new ModuleBuilder();
    const { area, table, memory, services } = this.options;
    module.importMemory('engine', 'memory', 1);
    module.importTable('engine', 'handlers', tableSize(true));
    const { refill, settleFlags, untranslated } = importServices(module);
    const ranged = this.options.tuning.ranged ?? this.usesRange();
    const made: { region: Region; write: () => FunctionReference }[] = [];
    // What a region of this batch dispatches to needs none of its own.
    const dispatched = new Set<number>();
    for (const record of this.wanted) {
      const found = dispatched.has(record) ? undefined : this.find(record);
      if (!found) continue;
      const { region, blocks } = found;
      for (const { ending } of blocks)
        if (ending.kind === 'dispatch')
          for (const target of ending.targets) dispatched.add(region.records + target * (RECORD_SIZE / 4));
      for (const handler of outlinedHandlers(blocks)) this.options.emitOutlined(handler);
      const name = `region ${region.page.toString(16)}:${region.entry.toString(16)}`;
      made.push({
        region,
        write: () =>
          module.add(name, REGION, (f) =>
            new RegionWriter(f, { refill, settleFlags, untranslated }, analyse(blocks), {
              area,
              records: region.records,
              entry: region.entry,
              ranged,
            }).write(),
          ),
      });
    }
    this.wanted.clear();
    if (made.length === 0) return;
    for (const { region, write } of made) module.fillTable(REGION_HANDLER.FIRST + region.slot, [write()]);
    const code = module.finish();
    try {
      new WebAssembly.Instance(new WebAssembly.Module(code), { engine: { memory, handlers: table }, services });
    } catch (error) {
      // A host without tail calls, or out of memory for code: the interpreter goes on alone.
      if (!(error instanceof WebAssembly.CompileError || error instanceof RangeError)) throw error;
      this.refused = true;
      return;
    }
    for (const { region } of made) {
      region.bytes = code.length / made.length;
      this.install(region);
    }
    const limit = this.options.tuning.codeBytes ?? MOST_CODE;
    for (const region of this.regions) {
      if (this.codeBytes <= limit) break;
      this.drop(region);
      this.evicted++;
    }
    this.translated += made.length;
    this.translateMs += this.options.clock() - started;
  }

  /** Whether most of what the running CPU's TLB was asked for lies in its linear range. */
  private usesRange(): boolean {
    const { window } = this.options.area;
    const misses = this.view.getUint32(window + STATE.tlbMisses, true);
    return this.view.getUint32(window + STATE.rangeMisses, true) > misses * RANGE_SHARE;
  }

  private find(record: number): { region: Region; blocks: readonly Block[] } | undefined {
    const { codePages, features } = this.options;
    const { records, code } = codePages.pageOf(record);
    if (code < 0 || codePages.recordsOf(code >>> 12) !== records) return undefined;
    if (this.view.getUint16(record, true) >= REGION_HANDLER.FIRST) return undefined;
    const entry = (record - records) / (RECORD_SIZE / 4);
    if (!this.worthAnother(record, records, entry)) return undefined;
    const blocks = findBlocks(
      {
        features,
        word: (offset) => this.view.getUint32(code + offset, true),
        decoded: (offset) => {
          const at = records + offset * (RECORD_SIZE / 4);
          if (this.options.tuning.eager && this.view.getUint16(at, true) === 0) this.options.decode(at);
          const handler = this.view.getUint16(at, true);
          return handler !== SPECIAL.DECODE && handler !== SPECIAL.BREAKPOINT;
        },
        arrivals: this.arrivals.get(code >>> 12) ?? [],
      },
      entry,
    );
    if (blocks.length === 0) return undefined;
    const words = blocks.flatMap(({ body, ending }) => [
      ...body.map(({ offset }) => offset),
      ...('instruction' in ending ? [ending.instruction.offset] : []),
    ]);
    return { region: { slot: this.takeSlot(), page: code >>> 12, records, entry, words, bytes: 0 }, blocks };
  }

  /** Inside another region an entry of its own is worth less: mostly that region is entered at its own. */
  private worthAnother(record: number, records: number, entry: number): boolean {
    const number = entry >> 2;
    const covered = (this.bytes[records + COVERAGE_OFFSET + (number >> 3)]! >> (number & 7)) & 1;
    if (covered === 0 || this.options.tuning.eager) return true;
    const asked = (this.askedAgain.get(record) ?? 0) + 1;
    if (this.askedAgain.size >= MOST_ASKED_AGAIN) this.askedAgain.clear();
    this.askedAgain.set(record, asked);
    if (asked < COVERED_PATIENCE) return false;
    this.askedAgain.delete(record);
    return true;
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
    const { slot, page, records, entry, words } = region;
    this.view.setUint16(records + entry * (RECORD_SIZE / 4), REGION_HANDLER.FIRST + slot, true);
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
    const { slot, page, records, entry } = region;
    const { table } = this.options;
    const record = records + entry * (RECORD_SIZE / 4);
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
    const attention = this.options.area.window + STATE.attention;
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
        if (region.words.some((offset) => base + offset < end && base + offset + 4 > start)) this.drop(region);
    }
  }

  /** Forgets the regions of a host page. */
  dropPage(page: number): void {
    this.arrivals.delete(page);
    for (const region of this.byPage.get(page) ?? []) {
      this.drop(region);
      this.evicted++;
    }
  }
}

/** Handlers whose outlined functions a region calls: the entry's, and of what is not inline. */
function* outlinedHandlers(blocks: readonly Block[]): Iterable<number> {
  const [{ body, ending }] = blocks as [Block];
  if (body[0]) yield body[0].form.handler;
  else if ('instruction' in ending) yield ending.instruction.form.handler;
  for (const block of blocks) for (const { inline, form } of block.body) if (!inline) yield form.handler;
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
