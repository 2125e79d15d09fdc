// From places in guest code to a WebAssembly module with a region for each. Depends on nothing but what it is given: a
// thread beside the engine's can do it from a copy of the code (background.ts), or the engine's own from its memory.
import { REGION_HANDLER } from '../core/layout.ts';
import { importServices } from '../core/services.ts';
import { REGION } from '../interpreter/loop.ts';
import { tableSize } from '../interpreter/module.ts';
import type { FunctionReference } from '../wasm/module.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import type { Block, CodePage } from './blocks.ts';
import { findBlocks, firstInstruction } from './blocks.ts';
import { analyse } from './flow.ts';
import { RegionWriter } from './writer.ts';

/** A region to be made. */
export interface Assignment {
  /** Its place in the table of handlers, from REGION_HANDLER.FIRST. */
  readonly slot: number;
  /** Host page number of the code. */
  readonly page: number;
  /** Records of the code page. */
  readonly records: number;
  /** Offset of the entry in the page. */
  readonly entry: number;
  /** Looks for memory in the linear range instead of the TLB. */
  readonly ranged: boolean;
}

export interface Translated {
  /** Offsets of the words that it was made from; empty if there is nothing to translate, and then no region. */
  readonly words: Uint16Array;
  /** Handlers whose outlined functions it calls. */
  readonly outlined: readonly number[];
}

export interface Translation {
  /** Puts the regions at their places when it is instantiated; undefined if there is none. */
  readonly module: WebAssembly.Module | undefined;
  /** Size of the module. */
  readonly bytes: number;
  /** For each assignment. */
  readonly regions: readonly Translated[];
}

const NOTHING: Translated = { words: new Uint16Array(), outlined: [] };

/** @throws WebAssembly.CompileError or RangeError where the host cannot compile regions */
export function translateRegions(
  assignments: readonly { readonly assignment: Assignment; readonly code: CodePage }[],
  compile = (bytes: Uint8Array<ArrayBuffer>) => new WebAssembly.Module(bytes),
): Translation {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  module.importTable('engine', 'handlers', tableSize(true));
  const { refill, settleFlags, untranslated } = importServices(module);
  const places: { slot: number; region: FunctionReference }[] = [];
  const found = assignments.map(({ assignment, code }) => ({
    ...assignment,
    ...codeFrom(code, assignment.entry),
  }));
  const worthIt = new Set(uncovered(found));
  const regions = found.map((one) => {
    const { slot, page, records, entry, ranged, blocks, words } = one;
    if (!worthIt.has(one)) return NOTHING;
    const region = module.add(`region ${page.toString(16)}:${entry.toString(16)}`, REGION, (f) =>
      new RegionWriter(f, { refill, settleFlags, untranslated }, analyse(blocks), {
        records,
        entry,
        ranged,
      }).write(),
    );
    places.push({ slot, region });
    return { words, outlined: [...new Set(outlinedHandlers(blocks, entry))] };
  });
  if (places.length === 0) return { module: undefined, bytes: 0, regions };
  for (const { slot, region } of places) module.fillTable(REGION_HANDLER.FIRST + slot, [region]);
  const bytes = module.finish();
  return { module: compile(bytes), bytes: bytes.length, regions };
}

/** A region under construction. */
type Found = Assignment & ReturnType<typeof codeFrom>;

/** The code of a region that starts at an entry, and the offsets of its words. */
function codeFrom(code: CodePage, entry: number) {
  const blocks = findBlocks(code, entry);
  return { blocks, words: wordsOf(blocks) };
}

/**
 * The regions that have blocks and whose entries none of the others covers; of some that cover each other, the first. What
 * branches arrive at inside a region they mostly come to from its own entry: of a loop in a loop there would be two regions
 * with the same code in them. A place that is entered from elsewhere as well becomes hot again.
 */
function uncovered(found: readonly Found[]): Found[] {
  const isCovered = (one: Found, others: readonly Found[]): boolean =>
    others.some((other) => other !== one && other.page === one.page && other.words.includes(one.entry));
  const some = found.filter(({ blocks }) => blocks.length > 0);
  const free = some.filter((one) => !isCovered(one, some));
  for (const one of some) if (!free.includes(one) && !isCovered(one, free)) free.push(one);
  return free;
}

const wordsOf = (blocks: readonly Block[]): Uint16Array =>
  Uint16Array.from(
    blocks.flatMap(({ body, ending }) => [
      ...body.map(({ offset }) => offset),
      ...('instruction' in ending ? [ending.instruction.offset] : []),
    ]),
  );

/** Handlers whose outlined functions a region calls: the entry's, and of what is not inline. */
function* outlinedHandlers(blocks: readonly Block[], entry: number): Iterable<number> {
  yield firstInstruction(blocks.find(({ start }) => start === entry)!).form.handler;
  for (const block of blocks) for (const { inline, form } of block.body) if (!inline) yield form.handler;
}
