// Fills records: from an instruction word to the handler's number and the operands (host side; called by the loop when it
// meets an empty record, and then runs ahead to the end of the straight line).
import type { Instruction, Operand } from '../aarch64/table/instruction.ts';
import { findInstruction } from '../aarch64/table/index.ts';
import { extractFields } from '../aarch64/table/pattern.ts';
import type { Feature } from '../aarch64/table/instruction.ts';
import type { Breakpoints } from '../core/breakpoints.ts';
import { RECORD_SIZE, RECORDS_PER_PAGE } from '../core/layout.ts';
import { fusedHandler, handlerOf, SINGLE_HANDLERS, SPECIAL } from './handlers.ts';
import { placeOperands, registerSlot } from './records.ts';

/** Instructions behind which the straight line need not go on. */
const ENDS_LINE = new Set(['B', 'BR', 'RET', 'ERET']);
/** Records decoded at most in one go. */
const RUN_AHEAD = 32;

/**
 * What is known of an instruction word wherever it stands, in 32-bit words: the word itself, the record as it is where a
 * branch goes to another page, what it is (KNOWN), and for a branch that handler for a target in the page and the distance.
 * A kernel's code has the same words again and again: three of four are found here, for a tenth of the price.
 */
const TEMPLATE = { WORD: 0, RECORD: 1, KIND: 5, NEAR_HANDLER: 6, DISTANCE: 7, SIZE: 8 } as const;
const TEMPLATES = 0x8000;
/** Bits of TEMPLATE.KIND; above them, which word of the record the branch distance is in. */
const KNOWN = { FILLED: 1, ENDS_LINE: 2, BRANCH_SHIFT: 2 } as const;

/** Place of a word's template: Fibonacci hashing. */
const templateOf = (word: number): number => (Math.imul(word, 0x9e37_79b1) >>> 17) * TEMPLATE.SIZE;

/** An operand and its byte offset in the record. */
interface PlacedOperand {
  readonly operand: Operand;
  readonly at: number;
}

export class Decoder {
  private readonly memory: DataView;
  private readonly words: Int32Array;
  private readonly templates = new Int32Array(TEMPLATES * TEMPLATE.SIZE);
  private readonly features: ReadonlySet<Feature>;
  private readonly breakpoints: Pick<Breakpoints, 'at'>;
  private readonly fuses: boolean;
  private readonly scratch = new DataView(new ArrayBuffer(RECORD_SIZE));
  private readonly placed = new Map<Instruction, readonly PlacedOperand[]>();
  /** Handlers that BREAKPOINT stands in front of, by record. */
  private readonly covered = new Map<number, number>();

  /**
   * `features`: what the CPUs have; instructions of other extensions are unallocated. `fuses`: the loop has handlers for
   * two records.
   */
  constructor(
    memory: WebAssembly.Memory,
    features: ReadonlySet<Feature>,
    breakpoints: Pick<Breakpoints, 'at'>,
    fuses: boolean,
  ) {
    this.memory = new DataView(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.features = features;
    this.breakpoints = breakpoints;
    this.fuses = fuses;
  }

  /** The handler of a record's instruction in spite of the BREAKPOINT there. */
  handlerBehindBreakpoint(record: number): number {
    return this.covered.get(record)!;
  }

  /**
   * Decodes the record with number `index` of the record page at `records`, whose code lies at host offset `code`, and
   * those behind it up to the next decoded one. Returns how many.
   */
  decode(records: number, code: number, index: number): number {
    let next = index;
    while (next < RECORDS_PER_PAGE && next < index + RUN_AHEAD) {
      const record = records + next * RECORD_SIZE;
      if (next > index && this.memory.getUint16(record, true) !== SPECIAL.DECODE) break;
      const goesOn = this.decodeOne(record, this.words[(code >>> 2) + next]!, next * 4);
      if (this.breakpoints.at(next)) {
        this.covered.set(record, this.memory.getUint16(record, true));
        this.memory.setUint16(record, SPECIAL.BREAKPOINT, true);
      }
      next++;
      if (!goesOn) break;
    }
    if (this.fuses) this.fuse(records, index, next);
    return next - index;
  }

  /** Makes one handler of two records where there is one, for the records decoded just now and the one before them. */
  private fuse(records: number, from: number, to: number): void {
    let second = to < RECORDS_PER_PAGE ? this.singleHandler(records + to * RECORD_SIZE) : 0;
    for (let i = to - 1; i >= Math.max(from - 1, 0); i--) {
      const record = records + i * RECORD_SIZE;
      const first = this.singleHandler(record);
      const fused = fusedHandler(first, second);
      if (fused !== undefined) this.memory.setUint16(record, fused, true);
      second = first;
    }
  }

  /** The handler of a record by itself. */
  private singleHandler(record: number): number {
    const handler = this.memory.getUint16(record, true);
    return handler < SINGLE_HANDLERS.length ? SINGLE_HANDLERS[handler]! : handler;
  }

  /** Returns whether the straight line goes on behind it. */
  private decodeOne(record: number, word: number, pageOffset: number): boolean {
    const { words, templates } = this;
    const at = templateOf(word);
    if (templates[at] !== word || templates[at + TEMPLATE.KIND] === 0) {
      const instruction = findInstruction(word);
      if (!instruction || !this.features.has(instruction.feature)) {
        this.memory.setUint16(record, SPECIAL.UNDEFINED, true);
        return false;
      }
      this.fillTemplate(at, word, instruction);
    }
    const to = record >>> 2;
    for (let i = 0; i < RECORD_SIZE / 4; i++) words[to + i] = templates[at + TEMPLATE.RECORD + i]!;
    const kind = templates[at + TEMPLATE.KIND]!;
    const branch = kind >> KNOWN.BRANCH_SHIFT;
    if (branch !== 0) {
      const distance = templates[at + TEMPLATE.DISTANCE]!;
      const there = pageOffset + distance;
      if (there >= 0 && there < RECORDS_PER_PAGE * 4) {
        // Within the page the operand is the distance in bytes of records.
        words[to + branch] = (distance * RECORD_SIZE) / 4;
        this.memory.setUint16(record, templates[at + TEMPLATE.NEAR_HANDLER]!, true);
      }
    }
    return (kind & KNOWN.ENDS_LINE) === 0;
  }

  private fillTemplate(template: number, word: number, instruction: Instruction): void {
    const { templates, scratch } = this;
    const fields = extractFields(instruction.pattern, word);
    for (let i = 0; i < RECORD_SIZE; i += 4) scratch.setInt32(i, 0, true);
    let branch = 0;
    let distance = 0;
    for (const { operand, at } of this.placedOperands(instruction)) {
      switch (operand.kind) {
        case 'source':
        case 'target':
        case 'vector':
          scratch.setUint16(at, registerSlot(operand, fields), true);
          break;
        case 'small':
          scratch.setUint16(at, operand.of(fields), true);
          break;
        case 'imm32':
          scratch.setInt32(at, operand.of(fields), true);
          break;
        case 'imm64': {
          const [lo, hi] = operand.of(fields);
          scratch.setInt32(at, lo, true);
          scratch.setInt32(at + 4, hi, true);
          break;
        }
        case 'branch':
          branch = at / 4;
          distance = operand.of(fields);
          scratch.setInt32(at, distance, true);
          break;
      }
    }
    scratch.setUint16(0, handlerOf(instruction, fields, branch === 0), true);
    templates[template] = word;
    for (let i = 0; i < RECORD_SIZE / 4; i++) templates[template + TEMPLATE.RECORD + i] = scratch.getInt32(4 * i, true);
    const ends = ENDS_LINE.has(instruction.name) ? KNOWN.ENDS_LINE : 0;
    templates[template + TEMPLATE.KIND] = KNOWN.FILLED | ends | (branch << KNOWN.BRANCH_SHIFT);
    templates[template + TEMPLATE.NEAR_HANDLER] = branch === 0 ? 0 : handlerOf(instruction, fields, true);
    templates[template + TEMPLATE.DISTANCE] = distance;
  }

  private placedOperands(instruction: Instruction): readonly PlacedOperand[] {
    let placed = this.placed.get(instruction);
    if (!placed) {
      const placement = placeOperands(instruction);
      placed = Object.entries(instruction.operands).map(([name, operand]) => ({ operand, at: placement[name]! }));
      this.placed.set(instruction, placed);
    }
    return placed;
  }
}
