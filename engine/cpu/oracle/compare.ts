// Runs blocks on the engine and on QEMU and finds where they part.
import { cpuModel } from '../aarch64/system/models.ts';
import { NOP } from '../testing/assembler.ts';
import type { Block } from './generator.ts';
import { explanationsOf } from './explained.ts';
import { Generator } from './generator.ts';
import { BACKING_PAGES, buildImage, MEMORY, PAGE, RECORD } from './image.ts';
import { executesItsStores, runOnEngine } from './engine.ts';
import { runOnQemu } from './qemu.ts';
import { memoryDifferences, report } from './report.ts';
import { servicePattern } from './spaces.ts';
import { NoResults } from './ending.ts';

/** A field of a result record by name. */
export function fieldsOf(results: Uint8Array, block: number): Map<string, bigint> {
  const view = new DataView(results.buffer, results.byteOffset + block * RECORD.size, RECORD.size);
  const fields = new Map<string, bigint>();
  for (let n = 0; n < 31; n++) fields.set(`x${n}`, view.getBigUint64(RECORD.x + 8 * n, true));
  for (const name of ['sp', 'pstate', 'fpsr', 'fpcr', 'logged'] as const)
    fields.set(name, view.getBigUint64(RECORD[name], true));
  fields.set('memory', view.getBigUint64(RECORD.entry, true));
  for (let n = 0; n < 32; n++) {
    const at = RECORD.v + 16 * n;
    fields.set(`v${n}`, view.getBigUint64(at, true) | (view.getBigUint64(at + 8, true) << 64n));
  }
  const logged = Math.min(Number(fields.get('logged')), RECORD.logEntries);
  for (let i = 0; i < logged; i++)
    ['esr', 'elr', 'far', 'spsr'].forEach((name, j) =>
      fields.set(`${name}[${i}]`, view.getBigUint64(RECORD.log + 32 * i + 8 * j, true)),
    );
  return fields;
}

export interface Difference {
  readonly block: number;
  /** Those that differ. Name to [engine, QEMU]; undefined where only one has the field. */
  readonly fields: ReadonlyMap<string, readonly [bigint | undefined, bigint | undefined]>;
  /** All of the engine's fields. */
  readonly ours: ReadonlyMap<string, bigint>;
}

/** Blocks whose results differ. */
export function differences(engine: Uint8Array, qemu: Uint8Array, blocks: number): Difference[] {
  const found: Difference[] = [];
  for (let block = 0; block < blocks; block++) {
    const ours = fieldsOf(engine, block);
    const theirs = fieldsOf(qemu, block);
    const fields = new Map<string, readonly [bigint | undefined, bigint | undefined]>();
    for (const name of new Set([...ours.keys(), ...theirs.keys()]))
      if (ours.get(name) !== theirs.get(name)) fields.set(name, [ours.get(name), theirs.get(name)]);
    if (fields.size > 0) found.push({ block, fields, ours });
  }
  return found;
}

export interface Report {
  readonly instructions: number;
  /** All instruction words of the programs. */
  readonly words: readonly number[];
  readonly blocks: number;
  /** Text of the first difference, minimised; undefined if there is none. */
  readonly difference: string | undefined;
  /** Why the programs were not compared: neither side came to their end. */
  readonly unfinished?: string;
  /** Programs whose difference is explained, by the names of the explanations. */
  readonly explained: ReadonlyMap<string, number>;
}

export interface RunOptions {
  readonly seed: number;
  readonly blocks: number;
  readonly length: number;
  readonly cpu: string;
  readonly only?: RegExp;
  /** Programs in random address spaces instead of the fixed window. */
  readonly spaces?: boolean;
}

/** One image: generated, run on both sides, compared. */
export function compareOnce(options: RunOptions): Report {
  const { cpu, seed } = options;
  const generator = new Generator(seed, cpuModel(cpu), options.only);
  const pattern = options.spaces ? servicePattern(BACKING_PAGES * PAGE) : generator.pattern(BACKING_PAGES * PAGE);
  const blocks = options.spaces
    ? generator.inSpaces(options.blocks, options.length)
    : Array.from({ length: options.blocks }, () => generator.block(options.length));
  const explained = new Map<string, number>();
  let first: Difference | undefined;
  try {
    [first] = compareBlocks(blocks, pattern, cpu, (names) => {
      for (const name of names) explained.set(name, (explained.get(name) ?? 0) + 1);
    });
  } catch (error) {
    if (!(error instanceof NoResults)) throw error;
    return { instructions: 0, words: [], blocks: 0, explained, difference: undefined, unfinished: error.message };
  }
  const words = blocks.flatMap((block) => block.words);
  return {
    instructions: words.length,
    words,
    blocks: blocks.length,
    explained,
    difference: first && explain(minimise(blocks.slice(0, first.block + 1), pattern, cpu), pattern, cpu, seed, first),
  };
}

/** What an image leaves on the engine and on QEMU. Throws NoResults if neither side comes to its end. */
function resultsOf(image: Uint8Array, blocks: number, cpu: string): readonly [Uint8Array, Uint8Array] {
  let ours: Uint8Array;
  try {
    ours = runOnEngine(image, blocks * RECORD.size, cpu);
  } catch (error) {
    if (!(error instanceof NoResults)) throw error;
    // Throws as well, or there is a difference.
    runOnQemu(image, cpu);
    throw new Error(`QEMU ends where ${error.message}`, { cause: error });
  }
  return [ours, runOnQemu(image, cpu)];
}

/**
 * Differences that nothing explains; `onExplained` hears of the others. Programs share the memory around the window's pages,
 * so that what an explained difference left may be read by programs behind it: if there are unexplained ones, the programs
 * run again without those that are explained.
 */
export function compareBlocks(
  blocks: readonly Block[],
  pattern: Uint8Array,
  cpu: string,
  onExplained?: (names: readonly string[]) => void,
): Difference[] {
  const image = buildImage(blocks, pattern);
  const all = differences(...resultsOf(image.bytes, blocks.length, cpu), blocks.length);
  const unexplained: Difference[] = [];
  const kept = new Set(blocks.keys());
  for (const difference of all) {
    const names = explanationsOf(difference, cpu, {
      words: blocks[difference.block]!.words,
      executesItsStores: () => executesItsStores(image.bytes, image.entries, difference.block, cpu),
    });
    if (!names) unexplained.push(difference);
    else {
      onExplained?.(names);
      kept.delete(difference.block);
    }
  }
  if (unexplained.length === 0 || kept.size === blocks.length) return unexplained;
  const numbers = [...kept];
  return compareBlocks(
    numbers.map((number) => blocks[number]!),
    pattern,
    cpu,
    onExplained,
  ).map((difference) => ({ ...difference, block: numbers[difference.block]! }));
}

/** The fewest programs and instructions with which the last program still differs. */
function minimise(blocks: readonly Block[], pattern: Uint8Array, cpu: string): readonly Block[] {
  const differs = (candidate: readonly Block[]): boolean =>
    compareBlocks(candidate, pattern, cpu).some(({ block }) => block === candidate.length - 1);
  const last = blocks.at(-1)!;
  if (differs([last])) return [withoutInstructions(last, pattern, cpu)];
  // What the programs in front leave counts: halves, quarters, … of them are left out.
  let kept = blocks;
  for (let size = kept.length >> 1; size >= 1; size >>= 1)
    for (let from = kept.length - 1 - size; from >= 0; from -= size) {
      const candidate = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (differs(candidate)) kept = candidate;
    }
  kept.forEach((block, i) =>
    block.words.forEach((word, at) => {
      const candidate = kept.with(i, { ...kept[i]!, words: kept[i]!.words.with(at, NOP) });
      if (word !== NOP && kept.length <= FEW && differs(candidate)) kept = candidate;
    }),
  );
  return kept;
}

/** Programs of which instructions are left out one by one, a run each. */
const FEW = 4;

/** Replaces instructions by NOP as long as a difference remains. All candidates of a round share one run. */
function withoutInstructions(block: Block, pattern: Uint8Array, cpu: string): Block {
  let smallest = block;
  for (;;) {
    const candidates = smallest.words.flatMap((word, i) =>
      word === NOP ? [] : [{ ...smallest, words: smallest.words.with(i, NOP) }],
    );
    if (candidates.length === 0) return smallest;
    const [first] = compareBlocks(candidates, pattern, cpu);
    if (!first) return smallest;
    smallest = candidates[first.block]!;
  }
}

/** Runs the programs once more on both sides, with all memory compared after the last one, and says what differs. */
function explain(
  blocks: readonly Block[],
  pattern: Uint8Array,
  cpu: string,
  seed: number,
  inImage: Difference,
): string {
  const size = blocks.length * RECORD.size;
  const { bytes, entries } = buildImage(blocks, pattern);
  const records = [runOnEngine(bytes, size, cpu), runOnQemu(bytes, cpu)] as const;
  const last = blocks.length - 1;
  const difference = differences(...records, blocks.length).find(({ block }) => block === last);
  const [ourFields, theirFields] = [fieldsOf(records[0], last), fieldsOf(records[1], last)];
  const whole = buildImage(blocks, pattern, 'memory').bytes;
  const ours = runOnEngine(whole, MEMORY.bytes, cpu, 'interpreter', MEMORY.from);
  const memory = memoryDifferences(ours, runOnQemu(whole, cpu));
  return report({ cpu, seed, blocks, entries, inImage, difference, ourFields, theirFields, memory });
}
