// Fills records: from an instruction word to the handler's number and the operands (host side; called by the loop when it
// meets an empty record, and then runs ahead to the end of the straight line).
import type { Instruction } from '../aarch64/table/instruction.ts';
import { findInstruction } from '../aarch64/table/index.ts';
import { extractFields } from '../aarch64/table/pattern.ts';
import type { Feature } from '../aarch64/table/instruction.ts';
import type { Breakpoints } from '../core/breakpoints.ts';
import { RECORD_SIZE, RECORDS_PER_PAGE } from '../core/layout.ts';
import { fusedHandler, handlerOf, HANDLERS, SPECIAL } from './handlers.ts';
import type { Placement } from './records.ts';
import { placeOperands, registerSlot } from './records.ts';

/** Instructions behind which the straight line need not go on. */
const ENDS_LINE = new Set(['B', 'BR', 'RET', 'ERET']);
/** Records decoded at most in one go. */
const RUN_AHEAD = 32;

export class Decoder {
  private readonly memory: DataView;
  private readonly features: ReadonlySet<Feature>;
  private readonly breakpoints: Pick<Breakpoints, 'at'>;
  private readonly placements = new Map<Instruction, Placement>();
  /** Handlers that BREAKPOINT stands in front of, by record. */
  private readonly covered = new Map<number, number>();

  /** `features`: what the CPUs have; instructions of other extensions are unallocated. */
  constructor(memory: WebAssembly.Memory, features: ReadonlySet<Feature>, breakpoints: Pick<Breakpoints, 'at'>) {
    this.memory = new DataView(memory.buffer);
    this.features = features;
    this.breakpoints = breakpoints;
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
      const name = this.decodeOne(record, this.memory.getUint32(code + next * 4, true), next * 4);
      if (this.breakpoints.at(next)) {
        this.covered.set(record, this.memory.getUint16(record, true));
        this.memory.setUint16(record, SPECIAL.BREAKPOINT, true);
      }
      next++;
      if (name === undefined || ENDS_LINE.has(name)) break;
    }
    this.fuse(records, index, next);
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
    return HANDLERS[handler]?.parts[0].handler ?? handler;
  }

  /** Returns the entry's name, or nothing for an unallocated word. */
  private decodeOne(record: number, word: number, pageOffset: number): string | undefined {
    const instruction = findInstruction(word);
    if (!instruction || !this.features.has(instruction.feature)) {
      this.memory.setUint16(record, SPECIAL.UNDEFINED, true);
      return undefined;
    }
    const fields = extractFields(instruction.pattern, word);
    const placement = this.placementOf(instruction);
    let near = true;
    for (const name in instruction.operands) {
      const operand = instruction.operands[name]!;
      const at = record + placement[name]!;
      switch (operand.kind) {
        case 'source':
        case 'target':
        case 'vector':
          this.memory.setUint16(at, registerSlot(operand, fields), true);
          break;
        case 'small':
          this.memory.setUint16(at, operand.of(fields), true);
          break;
        case 'imm32':
          this.memory.setInt32(at, operand.of(fields), true);
          break;
        case 'imm64': {
          const [lo, hi] = operand.of(fields);
          this.memory.setInt32(at, lo, true);
          this.memory.setInt32(at + 4, hi, true);
          break;
        }
        case 'branch': {
          // Within the page the operand is the distance in bytes of records.
          const distance = operand.of(fields);
          const there = pageOffset + distance;
          near = there >= 0 && there < RECORDS_PER_PAGE * 4;
          this.memory.setInt32(at, near ? (distance * RECORD_SIZE) / 4 : distance, true);
          break;
        }
      }
    }
    this.memory.setUint16(record, handlerOf(instruction, fields, near), true);
    return instruction.name;
  }

  private placementOf(instruction: Instruction): Placement {
    let placement = this.placements.get(instruction);
    if (!placement) {
      placement = placeOperands(instruction);
      this.placements.set(instruction, placement);
    }
    return placement;
  }
}
