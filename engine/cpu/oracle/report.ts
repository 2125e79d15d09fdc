// The text of a difference between the engine and QEMU: which parts of the state differ, the programs, their initial
// state, both values of everything that differs, and the exceptions in full.
import { disassemble } from '../aarch64/disassemble.ts';
import { NOP } from '../testing/assembler.ts';
import type { Difference } from './compare.ts';
import { PARAMETERS } from './ending.ts';
import type { Block } from './generator.ts';
import { BACKING_PAGES, MEMORY, PAGE } from './image.ts';
import { LAYOUT } from './layout.ts';

/** Parts of a result record by the names of their fields, in the order of reports. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['exceptions', /\[|^logged$/],
  ['registers', /^(x\d+|sp)$/],
  ['flags', /^pstate$/],
  ['floating-point status', /^fp[sc]r$/],
  ['vectors', /^v\d+$/],
  ['window memory', /^memory$/],
];

/** What lies where in an image's memory. */
const AREAS: readonly (readonly [string, number, number])[] = [
  ['code', LAYOUT.code, LAYOUT.tables],
  ['harness tables', LAYOUT.tables, LAYOUT.stack],
  ['harness stack', LAYOUT.stack, LAYOUT.pattern],
  ['pattern', LAYOUT.pattern, LAYOUT.states],
  ['initial states', LAYOUT.states, LAYOUT.results],
  ['tables of random address spaces', LAYOUT.spaces, LAYOUT.backing & ~0x1f_ffff],
  ['window memory', LAYOUT.backing, LAYOUT.backing + BACKING_PAGES * PAGE],
  ['memory around the window', LAYOUT.backing & ~0x1f_ffff, LAYOUT.end],
];

/** Most words of memory in a report. */
const MOST_WORDS = 12;

export interface MemoryDifference {
  /** Physical address of a doubleword. */
  readonly address: number;
  readonly area: string;
  readonly ours: bigint;
  readonly theirs: bigint;
}

/** Doublewords that differ in two copies of MEMORY; the results are compared by themselves. */
export function memoryDifferences(engine: Uint8Array, qemu: Uint8Array): MemoryDifference[] {
  const words = (bytes: Uint8Array): BigUint64Array => new BigUint64Array(Uint8Array.from(bytes).buffer);
  const [ours, theirs] = [words(engine), words(qemu)];
  const found: MemoryDifference[] = [];
  ours.forEach((word, i) => {
    const address = MEMORY.from + 8 * i;
    if (word === theirs[i]) return;
    if (address >= PARAMETERS.address && address < PARAMETERS.address + PARAMETERS.bytes) return;
    const area = AREAS.find(([, from, to]) => address >= from && address < to)?.[0];
    if (area) found.push({ address, area, ours: word, theirs: theirs[i]! });
  });
  return found;
}

const hex = (value: bigint | number | undefined): string => (value === undefined ? '-' : `0x${value.toString(16)}`);

function program(block: Block, entry: number): string[] {
  const used = new Set<string>();
  const code = block.words.flatMap((word, i) => {
    if (word === NOP) return [];
    const text = disassemble(word, BigInt(entry + 4 * i)) ?? '(unallocated)';
    for (const [register] of text.matchAll(/\b[xw]\d+|\bsp\b|\b[bhsdqv]\d+/g)) used.add(register);
    return [`  ${hex(entry + 4 * i)}: ${word.toString(16).padStart(8, '0')}  ${text}`];
  });
  const registers = [...used].map((name) => {
    const number = Number(name.slice(1));
    if (name === 'sp') return `  sp = ${hex(block.state.sp)}`;
    if (/^[xw]/.test(name)) return `  x${number} = ${hex(block.state.x[number])}`;
    return `  v${number} = ${hex(block.state.v[number])}`;
  });
  return [
    ...code,
    `state before: pstate ${hex(block.state.pstate >>> 0)}`,
    ...new Set(registers),
    ...(block.space ? [block.space.description] : []),
  ];
}

export interface Reported {
  readonly cpu: string;
  readonly seed: number;
  /** The programs; the last one differs. */
  readonly blocks: readonly Block[];
  readonly entries: readonly number[];
  /** The difference as it was in the seed's image, and that of these programs, if there still is one. */
  readonly inImage: Difference;
  readonly difference: Difference | undefined;
  /** All fields of the last program's records. */
  readonly ourFields: ReadonlyMap<string, bigint>;
  readonly theirFields: ReadonlyMap<string, bigint>;
  /** Memory after the last program. */
  readonly memory: readonly MemoryDifference[];
}

export function report(reported: Reported): string {
  const { cpu, seed, blocks, entries, inImage, difference, ourFields, theirFields, memory } = reported;
  const { fields } = difference ?? inImage;
  const parts = PARTS.flatMap(([part, names]) => {
    const found = [...fields].filter(([name]) => names.test(name));
    return found.length > 0 ? [{ part, found }] : [];
  });
  const areas = [...new Set(memory.map(({ area }) => area))];
  // Exceptions in full: what one of them says is seldom all.
  const exceptions = [...new Set([...ourFields.keys(), ...theirFields.keys()])].filter((name) => name.includes('['));
  const earlier = blocks.slice(0, -1);
  return [
    `first difference with -cpu ${cpu}, seed ${seed}, program ${inImage.block} (engine, QEMU):`,
    `differs: ${[...parts.map(({ part }) => part), ...areas.map((area) => `memory: ${area}`)].join(', ')}`,
    ...(difference ? [] : ['does not repeat outside the seed’s image: these are the values from it']),
    ...parts.flatMap(({ part, found }) => [
      `${part}:`,
      ...found.map(([name, [ours, theirs]]) => `  ${name}: ${hex(ours)}, ${hex(theirs)}`),
    ]),
    ...areas.map((area) => {
      const words = memory.filter((word) => word.area === area);
      const shown = words.slice(0, MOST_WORDS).map((w) => `\n  ${hex(w.address)}: ${hex(w.ours)}, ${hex(w.theirs)}`);
      return `${area}, ${words.length} doublewords:${shown.join('')}`;
    }),
    ...earlier.flatMap((block, i) => ['a program in front of it that matters:', ...program(block, entries[i]!)]),
    'the program:',
    ...program(blocks.at(-1)!, entries[blocks.length - 1]!),
    'its exceptions:',
    ...exceptions.map((name) => `  ${name}: ${hex(ourFields.get(name))}, ${hex(theirFields.get(name))}`),
  ].join('\n');
}
