// Runs blocks on the engine and on QEMU and finds where they part.
import { cpuModel } from '../aarch64/system/models.ts';
import { disassemble } from '../aarch64/disassemble.ts';
import { NOP } from '../testing/assembler.ts';
import type { Block } from './generator.ts';
import { isExplained } from './explained.ts';
import { Generator } from './generator.ts';
import { BACKING_PAGES, buildImage, PAGE, RECORD } from './image.ts';
import { runOnEngine } from './engine.ts';
import { runOnQemu } from './qemu.ts';
import { servicePattern } from './spaces.ts';

/** A field of a result record by name. */
function fieldsOf(results: Uint8Array, block: number): Map<string, bigint> {
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
  /** Name to [engine, QEMU]; undefined where only one has the field. */
  readonly fields: ReadonlyMap<string, readonly [bigint | undefined, bigint | undefined]>;
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
    if (fields.size > 0) found.push({ block, fields });
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
  const generator = new Generator(options.seed, cpuModel(options.cpu), options.only);
  const pattern = options.spaces ? servicePattern(BACKING_PAGES * PAGE) : generator.pattern(BACKING_PAGES * PAGE);
  const blocks = options.spaces
    ? generator.inSpaces(options.blocks, options.length)
    : Array.from({ length: options.blocks }, () => generator.block(options.length));
  const found = compareBlocks(blocks, pattern, options.cpu);
  const words = blocks.flatMap((block) => block.words);
  return {
    instructions: words.length,
    words,
    blocks: blocks.length,
    difference: found[0] && explain(minimise(blocks[found[0].block]!, pattern, options.cpu), pattern, options),
  };
}

function compareBlocks(blocks: readonly Block[], pattern: Uint8Array, cpu: string): Difference[] {
  const image = buildImage(blocks, pattern);
  const all = differences(
    runOnEngine(image.bytes, blocks.length * RECORD.size, cpu),
    runOnQemu(image.bytes, cpu),
    blocks.length,
  );
  return all.filter((difference) => !isExplained(difference, cpu));
}

/** Replaces instructions by NOP as long as a difference remains. All candidates of a round share one run. */
function minimise(block: Block, pattern: Uint8Array, cpu: string): Block {
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

function explain(block: Block, pattern: Uint8Array, options: RunOptions): string {
  const image = buildImage([block], pattern);
  const ours = fieldsOf(runOnEngine(image.bytes, RECORD.size, options.cpu), 0);
  const theirs = fieldsOf(runOnQemu(image.bytes, options.cpu), 0);
  const entry = image.entries[0]!;
  const hex = (value: bigint | undefined): string => (value === undefined ? '-' : `0x${value.toString(16)}`);
  const used = new Set<string>();
  const code = block.words.map((word, i) => {
    const text = disassemble(word, BigInt(entry + 4 * i)) ?? '(unallocated)';
    if (word !== NOP) for (const [register] of text.matchAll(/\b[xw]\d+|\bsp\b|\b[bhsdqv]\d+/g)) used.add(register);
    return `  0x${(entry + 4 * i).toString(16)}: ${word.toString(16).padStart(8, '0')}  ${text}`;
  });
  const registers = [...used].map((name) => {
    const number = Number(name.slice(1));
    if (name === 'sp') return `  sp = ${hex(block.state.sp)}`;
    if (/^[xw]/.test(name)) return `  x${number} = ${hex(block.state.x[number])}`;
    return `  v${number} = ${hex(block.state.v[number])}`;
  });
  return [
    `first difference with -cpu ${options.cpu}, seed ${options.seed} (engine, QEMU):`,
    ...code.filter((_, i) => block.words[i] !== NOP),
    `state before: pstate 0x${(block.state.pstate >>> 0).toString(16)}`,
    ...new Set(registers),
    ...(block.space ? [block.space.description] : []),
    'results:',
    // Exceptions in full: what one of them says is seldom all.
    ...[...new Set([...ours.keys(), ...theirs.keys()])]
      .filter((name) => name.includes('[') || ours.get(name) !== theirs.get(name))
      .map((name) => `  ${name}: ${hex(ours.get(name))}, ${hex(theirs.get(name))}`),
  ].join('\n');
}
