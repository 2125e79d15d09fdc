// Tables in the engine memory that instruction words are decoded by: finding the entry of the instruction table, and
// templates of records, which are what the records of all words have in common that differ in registers and branch distance
// only. A kernel's boot has 80,000 different words and 12,000 templates. What asks the functions of the instruction table,
// plans and templates, is worked out here when decode-line.ts first misses it; what the words have is looked up there.
import type { Feature, Instruction, Operand } from '../aarch64/table/instruction.ts';
import { CANDIDATES } from '../aarch64/table/index.ts';
import type { Candidate } from '../aarch64/table/index.ts';
import type { Cube, Fields } from '../aarch64/table/pattern.ts';
import { extractFields } from '../aarch64/table/pattern.ts';
import { DECODE_TABLES_SIZE } from '../core/layout.ts';
import { handlerOf } from './handlers.ts';
import { isRegister, laneOffset, numberedSlot, placeOperands } from './records.ts';
import type { RegisterOperand } from './records.ts';

/** A candidate for a word: pattern, where its plan is, where its holes are (pairs of mask and value, then 0) or 0. */
export const CANDIDATE = { MASK: 0, VALUE: 4, PLAN: 8, HOLES: 12, SIZE: 16 } as const;

/** How the records of an instruction are made, in bytes. */
export const PLAN = {
  STATE: 0,
  /** Bits of the word that do not choose the template, except that a register may be 31. */
  VARIABLE: 4,
  /** Byte offset of the branch distance in the record, or 0; and shifts that leave it in words, with its sign. */
  BRANCH: 8,
  BRANCH_UP: 12,
  BRANCH_DOWN: 16,
  /** 1 if the straight line need not go on behind the instruction. */
  ENDS_LINE: 20,
  /** End of the registers. */
  END: 24,
  REGISTERS: 28,
  SIZE: 64,
} as const;
export const PLAN_STATE = { MISSING: 0, PRESENT: 1, UNALLOCATED: 2 } as const;

/** A register operand in a plan, in bytes: where it is in the word and in the record, and the slots of its numbers. */
export const REGISTER = { SHIFT: 0, MASK: 1, PLACE: 2, SLOTS: 3, SIZE: 4 } as const;
/** 16 bits a slot. */
export const SLOTS_SIZE = 32 * 2;

/** A record with zeros for registers, for branches the handler of a target in the page, and which words it is for. */
export const TEMPLATE = { RECORD: 0, NEAR_HANDLER: 16, KEY: 20, PLAN: 24, SIZE: 32 } as const;
export const TEMPLATE_BITS = 15;

/** Instructions behind which the straight line need not go on. */
const ENDS_LINE = new Set(['B', 'BR', 'RET', 'ERET']);

/** Places of the tables: the same distances from their start in every engine memory. */
const WORD = 4;
const LIST_WORDS = CANDIDATES.reduce((sum, list) => sum + (list.length === 0 ? 0 : list.length + 1), 1);
const KNOWN = [...new Set(CANDIDATES.flat())];
const HOLE_WORDS = KNOWN.reduce((sum, { holes }) => sum + (holes.length === 0 ? 0 : 2 * holes.length + 1), 0);
const MOST_SLOT_TABLES = 32;

/** Whether all that there is of an operand is the slot of its register. */
const isPlainRegister = (operand: Operand): boolean =>
  isRegister(operand) && !(operand.kind === 'vector' && operand.lane !== undefined);

export interface DecodeTables {
  /** For bits 31:21 of a word, where the list of its candidates is: their addresses, then 0. */
  readonly buckets: number;
  readonly lists: number;
  readonly candidates: number;
  readonly holes: number;
  readonly slots: number;
  readonly plans: number;
  readonly templates: number;
}

export function placeDecodeTables(start: number): DecodeTables {
  const buckets = start;
  const lists = buckets + CANDIDATES.length * WORD;
  const candidates = lists + LIST_WORDS * WORD;
  const holes = candidates + KNOWN.length * CANDIDATE.SIZE;
  const slots = Math.ceil((holes + HOLE_WORDS * WORD) / 64) * 64;
  const plans = slots + MOST_SLOT_TABLES * SLOTS_SIZE;
  const templates = plans + KNOWN.length * PLAN.SIZE;
  const end = templates + TEMPLATE.SIZE * 2 ** TEMPLATE_BITS;
  if (end > start + DECODE_TABLES_SIZE) throw new Error('the tables of the decoder outgrew their place');
  return { buckets, lists, candidates, holes, slots, plans, templates };
}

/** An operand that is more than the slot of a register, and its byte offset in the record. */
interface PlacedValue {
  readonly operand: Exclude<Operand, { kind: 'branch' }>;
  readonly at: number;
}

/** What a plan's templates are made from. */
interface TemplateSource {
  readonly instruction: Instruction;
  readonly branches: boolean;
  readonly values: readonly PlacedValue[];
}

/** The host's side: fills what is missing. */
export class DecodeTableFiller {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly halves: Uint16Array;
  private readonly tables: DecodeTables;
  private readonly features: ReadonlySet<Feature>;
  /** By the address of the plan. */
  private readonly sources = new Map<number, TemplateSource>();
  /** Contents of the tables of slots that are there. */
  private readonly slotTables: string[] = [];

  /** `features`: what the CPUs have; instructions of other extensions are unallocated. */
  constructor(memory: WebAssembly.Memory, tables: DecodeTables, features: ReadonlySet<Feature>) {
    this.words = new Int32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    this.tables = tables;
    this.features = features;
    this.fillCandidates();
  }

  private fillCandidates(): void {
    const { words, tables } = this;
    let hole = tables.holes / WORD;
    const putHoles = (holes: readonly Cube[]): number => {
      if (holes.length === 0) return 0;
      const start = hole;
      for (const { mask, value } of holes) {
        words[hole++] = mask;
        words[hole++] = value;
      }
      hole++;
      return start * WORD;
    };
    const addresses = new Map<Candidate, number>();
    KNOWN.forEach((candidate, i) => {
      const at = tables.candidates + i * CANDIDATE.SIZE;
      words[(at + CANDIDATE.MASK) / WORD] = candidate.mask;
      words[(at + CANDIDATE.VALUE) / WORD] = candidate.value;
      words[(at + CANDIDATE.PLAN) / WORD] = tables.plans + i * PLAN.SIZE;
      words[(at + CANDIDATE.HOLES) / WORD] = putHoles(candidate.holes);
      addresses.set(candidate, at);
    });
    // The first list is empty, for all the words that no entry has.
    let next = tables.lists / WORD + 1;
    CANDIDATES.forEach((list, bucket) => {
      words[tables.buckets / WORD + bucket] = list.length === 0 ? tables.lists : next * WORD;
      if (list.length === 0) return;
      for (const candidate of list) words[next++] = addresses.get(candidate)!;
      next++;
    });
  }

  /** Fills a plan by its address. */
  fillPlan(plan: number): void {
    const { words } = this;
    const put = (offset: number, value: number): void => void (words[(plan + offset) / WORD] = value);
    const { instruction } = KNOWN[(plan - this.tables.plans) / PLAN.SIZE]!;
    const present = this.features.has(instruction.feature);
    put(PLAN.STATE, present ? PLAN_STATE.PRESENT : PLAN_STATE.UNALLOCATED);
    if (!present) return;
    const { pattern, operands, statics, name } = instruction;
    const placement = placeOperands(instruction);
    // What a handler is chosen by chooses the template.
    const choosing = new Set(statics.flatMap((item) => (typeof item === 'string' ? [item] : (item.registers ?? []))));
    const values: PlacedValue[] = [];
    let variable = 0;
    let register = plan + PLAN.REGISTERS;
    for (const [key, operand] of Object.entries(operands)) {
      const at = placement[key]!;
      if (operand.kind !== 'branch' && !isPlainRegister(operand)) values.push({ operand, at });
      if (operand.kind !== 'branch' && !isRegister(operand)) continue;
      const { shift, width } = pattern.fields.get(operand.field)!;
      const mask = 2 ** width - 1;
      if (!choosing.has(operand.field)) variable |= mask << shift;
      if (operand.kind === 'branch') {
        put(PLAN.BRANCH, at);
        put(PLAN.BRANCH_UP, 32 - shift - width);
        put(PLAN.BRANCH_DOWN, 32 - width);
      } else {
        const slots = this.slotTable(operand, 2 ** width);
        this.bytes.set([shift, mask, at, slots], register);
        register += REGISTER.SIZE;
      }
    }
    if (register > plan + PLAN.SIZE) throw new Error(`${name} has more registers than a plan`);
    put(PLAN.VARIABLE, variable);
    put(PLAN.ENDS_LINE, ENDS_LINE.has(name) ? 1 : 0);
    put(PLAN.END, register);
    this.sources.set(plan, { instruction, values, branches: this.words[(plan + PLAN.BRANCH) / WORD] !== 0 });
  }

  /** Number of the table with the slots of an operand's register numbers. */
  private slotTable(operand: RegisterOperand, numbers: number): number {
    const slots = Array.from({ length: numbers }, (_, value) => numberedSlot(operand, value));
    const content = slots.join();
    const known = this.slotTables.indexOf(content);
    if (known !== -1) return known;
    const table = this.slotTables.push(content) - 1;
    if (table === MOST_SLOT_TABLES) throw new Error('there are more kinds of register operands than tables of slots');
    this.halves.set(slots, (this.tables.slots + table * SLOTS_SIZE) / 2);
    return table;
  }

  /** Fills a template, by its address, for a word of a plan. */
  fillTemplate(plan: number, word: number, key: number, template: number): void {
    const { words } = this;
    const { instruction, values, branches } = this.sources.get(plan)!;
    const fields = extractFields(instruction.pattern, word);
    words.fill(0, template / WORD, (template + TEMPLATE.SIZE) / WORD);
    for (const { operand, at } of values) this.putValue(template + at, operand, fields);
    this.halves[template / 2] = handlerOf(instruction, fields, !branches);
    if (branches) words[(template + TEMPLATE.NEAR_HANDLER) / WORD] = handlerOf(instruction, fields, true);
    words[(template + TEMPLATE.KEY) / WORD] = key;
    words[(template + TEMPLATE.PLAN) / WORD] = plan;
  }

  private putValue(at: number, operand: PlacedValue['operand'], fields: Fields): void {
    if (isRegister(operand)) this.halves[at / 2] = laneOffset(operand, fields);
    else if (operand.kind === 'small') this.halves[at / 2] = operand.of(fields);
    else if (operand.kind === 'imm32') this.words[at / WORD] = operand.of(fields);
    else [this.words[at / WORD], this.words[at / WORD + 1]] = operand.of(fields);
  }
}
