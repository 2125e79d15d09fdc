// Random blocks of a few instructions with an initial state, from the instruction table: corner values, register aliases,
// memory operands that hit the data window near its page borders, branches that stay inside the block.
import type { Instruction } from '../aarch64/table/instruction.ts';
import { INSTRUCTION_BY_NAME, INSTRUCTIONS } from '../aarch64/table/index.ts';
import { extractFields } from '../aarch64/table/pattern.ts';
import { Random, randomWordFrom } from '../aarch64/table/random.ts';
import { SYSTEM_INSTRUCTIONS } from '../aarch64/system/instructions.ts';
import type { CpuModel } from '../aarch64/system/models.ts';
import type { FormPattern } from '../interpreter/fusions.ts';
import { FUSED_PAIRS, parseFormPattern } from '../interpreter/fusions.ts';
import { systemFields } from '../testing/assembler.ts';
import { BYTE_CORNERS, floatCorner, FPCR_BITS, FPSR_BITS, FPSR_INEXACT } from './float-values.ts';
import { END_OF_BLOCK, PAGE, PAGES, WINDOW } from './image.ts';
import type { AddressSpace } from './spaces.ts';
import { randomSpace, SPACES } from './spaces.ts';

/** Architectural state around a block. */
export interface BlockState {
  /** X0..X30. */
  x: bigint[];
  sp: bigint;
  /** SPSR layout: NZCV, DAIF, and EL1t or EL0t. */
  pstate: number;
  fpsr: number;
  fpcr: number;
  v: bigint[];
}

export interface Block {
  readonly words: readonly number[];
  readonly state: BlockState;
  /** Registers that start as the address of a word of the block: [register, word]. */
  readonly pointers: readonly (readonly [number, number])[];
  /** What the upper half of the addresses holds; nothing if the block has only the window. */
  readonly space?: AddressSpace;
}

/** Share of fused pairs among what programs are made of. */
const FUSED_SHARE = 0.2;

/** Share of words that need not be an instruction at all: what is unallocated must be UNDEFINED. */
const ARBITRARY_SHARE = 0.04;
/** Bits 28:25 of data processing with immediates, with registers, and of SIMD and FP (C4.1). */
const DATA_PROCESSING = [0b1000, 0b1001, 0b0101, 0b1101, 0b0111, 0b1111];

const EL1T = 0x3c4;
const EL0T = 0x3c0;

const CORNERS = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
  0x5555_5555_5555_5555n,
  0xaaaa_aaaa_aaaa_aaaan,
];

/** Entries that random programs leave out, and why. */
const LEFT_OUT: readonly [RegExp, string][] = [
  [/^(HVC|SMC)$/, 'the boards answer them, not the CPU'],
  [/^ERET$/, 'would leave the harness’ level'],
  [/^MSR SPSel$/, 'would expose the harness’ stack'],
  [/^MSR PAN$/, 'the harness works on EL0 pages'],
];

/** Why no random program has an entry, if there is a reason. */
export const whyLeftOut = (name: string): string | undefined => LEFT_OUT.find(([pattern]) => pattern.test(name))?.[1];

const HARMLESS_HINTS = [
  [0, 0],
  [0, 1],
  [0, 4],
  [0, 5],
  [0, 6],
  [1, 0],
  [3, 7],
  [15, 7],
] as const;

const READABLE = [
  'NZCV',
  'DAIF',
  'FPCR',
  'FPSR',
  'TPIDR_EL0',
  'TPIDRRO_EL0',
  'CurrentEL',
  'SPSel',
  'SP_EL0',
  'DCZID_EL0',
  'CONTEXTIDR_EL1',
  'PAR_EL1',
  'AFSR0_EL1',
  'MDSCR_EL1',
  'ISR_EL1',
];
const WRITABLE = ['NZCV', 'FPCR', 'FPSR', 'TPIDR_EL0', 'TPIDRRO_EL0', 'AFSR0_EL1', 'CurrentEL', 'FAR_EL1', 'SP_EL0'];
const SYSTEM_ACTIONS = SYSTEM_INSTRUCTIONS.filter(({ name }) => !name.startsWith('DC IS') && !name.startsWith('DC C'));
const TRANSLATING_ACTIONS = SYSTEM_ACTIONS.filter(({ name }) => name.startsWith('AT ') || name.startsWith('TLBI '));
/** What programs in random address spaces are made of, beside loads and stores. */
const SPACE_ENTRIES = /^(SYS|BR|BLR|RET|MRS|LDR \wt \(literal\))$/;

export class Generator {
  private readonly random: Random;
  private readonly choices: readonly Instruction[];
  private readonly only: RegExp | undefined;
  /** Whether unallocated words are so on QEMU too: its `max` has extensions that the table has not. */
  private readonly arbitrary: boolean;
  private readonly model: CpuModel;

  /** `only`: names of entries to choose from, as a pattern. */
  constructor(seed: number, model: CpuModel, only?: RegExp) {
    this.random = new Random(seed);
    this.only = only;
    this.arbitrary = only === undefined && model.name !== 'max';
    this.model = model;
    this.choices = INSTRUCTIONS.filter(
      ({ name, feature }) =>
        model.features.includes(feature) &&
        (only?.test(name) ?? true) &&
        !LEFT_OUT.some(([pattern]) => pattern.test(name)),
    );
  }

  /** Contents of the window's backing pages. */
  pattern(bytes: number): Uint8Array {
    return Uint8Array.from({ length: bytes }, () => this.random.below(256));
  }

  /** Programs that have their way with random address spaces, as many blocks as `spaces` allow. */
  inSpaces(blocks: number, length: number): Block[] {
    const { random } = this;
    const spaces = Array.from({ length: SPACES }, (_, i) => randomSpace(random, i, this.model));
    const choices = this.choices.filter((entry) => isMemory(entry) || SPACE_ENTRIES.test(entry.name));
    return Array.from({ length: blocks }, () => {
      const work = new BlockWriter(random, length, random.pick(spaces));
      while (work.words.length < length) work.append(random.pick(choices));
      return work.finish();
    });
  }

  block(length: number): Block {
    const { random } = this;
    const work = new BlockWriter(random, length);
    while (work.words.length < length) {
      if (this.arbitrary && random.chance(ARBITRARY_SHARE)) work.appendArbitrary();
      else if (!this.only && random.chance(FUSED_SHARE)) work.appendFused(random.pick(FUSED_PAIRS));
      else work.append(random.pick(this.choices));
    }
    return work.finish();
  }
}

class BlockWriter {
  readonly words: number[] = [];
  private readonly random: Random;
  private readonly length: number;
  private readonly space: AddressSpace | undefined;
  private readonly state: BlockState;
  private readonly pointers: [number, number][] = [];
  /** Kind and size of the last load-exclusive. */
  private monitor: string | undefined;
  /** Registers whose initial value matters, or that were written: not free to be given a value. */
  private readonly taken = new Set<number>();

  constructor(random: Random, length: number, space?: AddressSpace) {
    this.random = random;
    this.length = length;
    this.space = space;
    this.state = {
      x: Array.from({ length: 31 }, () => this.value()),
      sp: this.windowAddress(16),
      pstate: (random.chance(0.25) ? EL0T : EL1T) | (random.below(16) << 28),
      // Mostly the state in which compiled code finds them.
      fpsr: random.chance(0.5) ? FPSR_INEXACT : random.next() & FPSR_BITS,
      fpcr: random.chance(0.4) ? 0 : random.next() & FPCR_BITS,
      v: Array.from({ length: 32 }, () => this.vector()),
    };
  }

  /** A vector register: of one kind of elements, or anything. */
  private vector(): bigint {
    const { random } = this;
    const kind = random.below(5);
    if (kind > 3) return (this.value() << 64n) | BigInt.asUintN(64, this.value());
    const bits = [16, 32, 64, 8][kind]!;
    const element = (): bigint => (bits === 8 ? BigInt(random.pick(BYTE_CORNERS)) : floatCorner(random, bits));
    let vector = 0n;
    for (let at = 0; at < 128; at += bits) vector |= BigInt.asUintN(bits, element()) << BigInt(at);
    return vector;
  }

  private value(): bigint {
    const { random } = this;
    if (random.chance(0.45)) return random.pick(CORNERS);
    if (random.chance(0.3)) return BigInt.asUintN(64, BigInt(random.below(513) - 256));
    return random.bigint();
  }

  /** An address in the data window, often at a page border, mostly aligned to `bytes`. */
  private windowAddress(bytes: number): bigint {
    const { random, space } = this;
    if (space && random.chance(0.85)) {
      const near = random.chance(0.3) ? BigInt(random.below(64) - 32) : 0n;
      return BigInt.asUintN(64, random.pick(space.addresses) + near);
    }
    const border = random.chance(0.35);
    const page = random.below(PAGES.length);
    let offset = border ? page * PAGE + random.below(64) - 32 : page * PAGE + random.below(PAGE);
    if (random.chance(0.75)) offset -= ((offset % bytes) + bytes) % bytes;
    return BigInt.asUintN(64, BigInt(WINDOW + offset));
  }

  /** Any word of the data processing groups. */
  appendArbitrary(): void {
    const { random } = this;
    const word = ((random.next() & ~(0xf << 25)) | (random.pick(DATA_PROCESSING) << 25)) >>> 0;
    this.words.push(word);
    // It may write the register in its lowest bits.
    this.taken.add(word & 31);
  }

  /** Two instructions that the interpreter runs by one handler. */
  appendFused(pair: readonly [FormPattern, FormPattern]): void {
    for (const { name, statics } of pair.map(parseFormPattern)) this.append(INSTRUCTION_BY_NAME.get(name)!, statics);
  }

  /** `statics`: values that the word must have, or it is left out. */
  append(instruction: Instruction, statics: readonly (readonly [string, number])[] = []): void {
    const { random } = this;
    const { name } = instruction;
    if (this.words.length >= this.length) return;
    const fixed = this.fixedFields(instruction);
    if (!fixed) return;
    // Aliases between the registers of an instruction are where mistakes hide.
    const registers = [...instruction.pattern.fields.keys()].filter((field) => /^R[dnmtsa]2?$/.test(field));
    if (random.chance(0.2) && registers.length > 1) {
      const [a, b] = [random.pick(registers), random.pick(registers)];
      const width = Math.min(...[a, b].map((field) => instruction.pattern.fields.get(field)!.width));
      if (fixed[a] === undefined && fixed[b] === undefined)
        fixed[a] = fixed[b] = random.below(2 ** width) & (name.startsWith('CASP') ? 30 : 31);
    }
    const word = this.wordWith(instruction, fixed, statics);
    if (word === undefined) return;
    const fields = extractFields(instruction.pattern, word);
    if (this.mixesExclusives(name, fields)) return;
    if (isMemory(instruction)) this.aim(instruction, fields);
    this.words.push(word);
    for (const field of ['Rd', 'Rt', 'Rt2', 'Rs', 'Rn']) {
      const register = fields[field];
      if (register !== undefined && (field !== 'Rn' || isMemory(instruction))) this.taken.add(register);
    }
    if (name === 'BL' || name === 'BLR') this.taken.add(30);
    this.pairExclusive(name, fields);
  }

  private wordWith(
    instruction: Instruction,
    fixed: Readonly<Record<string, number>>,
    statics: readonly (readonly [string, number])[],
  ): number | undefined {
    const fits = (fields: Readonly<Record<string, number>>): boolean =>
      statics.every(([name, value]) => {
        const found = instruction.statics.find((item) => (typeof item === 'string' ? item : item.name) === name)!;
        return (typeof found === 'string' ? fields[found] : found.of(fields)) === value;
      });
    for (let attempt = 0; attempt < 300; attempt++) {
      const word = randomWordFrom(this.random, instruction, fixed);
      if (fits(extractFields(instruction.pattern, word))) return word;
    }
    return undefined;
  }

  /**
   * A store-exclusive of another size than the load before it, through the same register: QEMU may then store and report
   * failure all the same (see ../aarch64/choices.ts).
   */
  private mixesExclusives(name: string, fields: Readonly<Record<string, number>>): boolean {
    if (!/^(LDA?|STL?)X[RP]$/.test(name)) return false;
    const size = `${name.slice(-1)} ${fields.size ?? fields.sz}`;
    if (name.startsWith('ST')) return this.monitor !== undefined && this.monitor !== size;
    this.monitor = size;
    return false;
  }

  /** After an exclusive load, often the store that belongs to it. */
  private pairExclusive(name: string, fields: Readonly<Record<string, number>>): void {
    const { random } = this;
    const store = { LDXR: 'STXR', LDAXR: 'STLXR', LDXP: 'STXP', LDAXP: 'STLXP' }[name];
    if (!store || random.chance(0.3) || this.words.length >= this.length) return;
    if (fields.Rn === fields.Rt || fields.Rn === fields.Rt2) return;
    const keep = { Rn: fields.Rn!, ...(fields.size === undefined ? { sz: fields.sz! } : { size: fields.size }) };
    const word = randomWordFrom(random, INSTRUCTION_BY_NAME.get(store)!, {
      ...keep,
      // Overlaps of the status register with address or data are unpredictable.
      Rs: 29,
      Rt: 28,
      ...(fields.size === undefined ? { Rt2: 27 } : {}),
    });
    this.words.push(word);
    this.taken.add(29);
  }

  /** Fields that may not be random; nothing if the instruction cannot stand here. */
  private fixedFields(instruction: Instruction): Record<string, number> | undefined {
    const { random } = this;
    const { name } = instruction;
    const ahead = this.length - this.words.length;
    const forward = 1 + random.below(ahead);
    switch (name) {
      case 'B':
      case 'BL':
        return { imm26: forward };
      case 'B.cond':
      case 'CBZ':
      case 'CBNZ':
        return { imm19: forward };
      case 'TBZ':
      case 'TBNZ':
        return { imm14: forward };
      case 'BR':
      case 'BLR':
      case 'RET': {
        const register = random.below(31);
        if (this.taken.has(register)) return undefined;
        this.taken.add(register);
        if (this.space && random.chance(0.7)) this.state.x[register] = this.windowAddress(4) & ~3n;
        else this.pointers.push([register, this.words.length + forward]);
        return { Rn: register };
      }
      case 'SVC':
        return { imm16: random.below(END_OF_BLOCK) };
      case 'HLT':
        return { imm16: random.below(0xf000) };
      case 'HINT': {
        const [CRm, op2] = random.pick(HARMLESS_HINTS);
        return { CRm, op2 };
      }
      case 'MRS':
        return systemFields(this.space && random.chance(0.7) ? 'PAR_EL1' : random.pick(READABLE));
      case 'MSR (register)':
        return systemFields(random.pick(WRITABLE));
      case 'SYS': {
        const { key, name: action } = random.pick(this.space ? TRANSLATING_ACTIONS : SYSTEM_ACTIONS);
        const register = random.below(31);
        if (this.taken.has(register)) return undefined;
        if (!action.startsWith('TLBI')) this.state.x[register] = this.windowAddress(64);
        this.taken.add(register);
        return { op1: (key >>> 11) & 7, CRn: (key >>> 7) & 15, CRm: (key >>> 3) & 15, op2: key & 7, Rt: register };
      }
      case 'SYSL':
        return { op1: 0, CRn: 15, CRm: 15, op2: 7 };
      case 'DCPS':
        return {};
    }
    const fixed: Record<string, number> = {};
    // Mostly without the overlaps that are CONSTRAINED UNPREDICTABLE (../aarch64/choices.ts).
    const apart = random.chance(0.9);
    if (apart && /^STL?X/.test(name)) {
      Object.assign(fixed, { Rs: 29, Rt: random.below(28) });
      if (name.endsWith('P')) fixed.Rt2 = random.below(28);
    }
    if (apart && /^LD.*P/.test(name) && instruction.pattern.fields.has('Rt2')) {
      fixed.Rt = random.below(32);
      fixed.Rt2 = (fixed.Rt + 1 + random.below(31)) % 32;
    }
    if (isMemory(instruction) && instruction.pattern.fields.has('Rn') && fixed.Rn === undefined) {
      const free = Array.from({ length: 31 }, (_, n) => n).filter((n) => !this.taken.has(n));
      fixed.Rn = random.chance(0.15) || free.length === 0 ? 31 : random.pick(free);
      if (apart && name.includes('-index')) {
        for (const field of ['Rt', 'Rt2'])
          if (instruction.pattern.fields.has(field) && (fixed[field] ?? -1) === fixed.Rn)
            fixed[field] = (fixed.Rn + 7) % 31;
        fixed.Rt ??= (fixed.Rn + 1 + random.below(29)) % 31;
        if (instruction.pattern.fields.has('Rt2')) {
          fixed.Rt2 ??= (fixed.Rn + 1 + random.below(29)) % 31;
          if (fixed.Rt2 === fixed.Rt) return undefined;
        }
      }
    }
    return fixed;
  }

  /** Gives the base register a value so that the access hits the window. */
  private aim(instruction: Instruction, fields: Readonly<Record<string, number>>): void {
    const { random } = this;
    const base = fields.Rn;
    if (base === undefined) return;
    const address = this.windowAddress(16);
    const operand = instruction.operands.offset;
    let offset =
      operand?.kind === 'imm32' && !instruction.name.includes('post-index') ? BigInt(operand.of(fields)) : 0n;
    if (fields.option !== undefined && fields.Rm !== 31 && !this.taken.has(fields.Rm!) && fields.Rm !== base) {
      const index = BigInt(random.below(64) - (fields.option & 4 ? 32 : 0));
      this.state.x[fields.Rm!] = BigInt.asUintN(64, index);
      const scale = Number(/indexext(\d)/.exec(instruction.text)?.[1] ?? 0);
      offset = index << BigInt(fields.S === 1 ? scale : 0);
      this.taken.add(fields.Rm!);
    }
    const value = BigInt.asUintN(64, address - offset);
    if (base === 31) {
      if (!this.taken.has(31)) this.state.sp = value;
      this.taken.add(31);
    } else if (!this.taken.has(base)) this.state.x[base] = value;
  }

  finish(): Block {
    const { state, pointers, space } = this;
    return { words: this.words.slice(0, this.length + 1), state, pointers, ...(space && { space }) };
  }
}

const isMemory = ({ text }: Instruction): boolean => text.includes('[{xsp:Rn}');
