// Fills records: from an instruction word to the handler's number and the operands (host side; called by the loop when it
// meets an empty record, and then runs ahead to the end of the straight line).
import type { Breakpoints } from '../core/breakpoints.ts';
import { RECORD_SIZE, RECORDS_PER_PAGE } from '../core/layout.ts';
import { fusedHandler, SINGLE_HANDLERS, SPECIAL } from './handlers.ts';

/** The service decodeLine. */
type DecodeLine = (records: number, code: number, index: number) => number;

export class Decoder {
  private readonly memory: DataView;
  private readonly decodeLine: DecodeLine;
  private readonly breakpoints: Pick<Breakpoints, 'at' | 'none'>;
  private readonly fuses: boolean;
  /** Handlers that BREAKPOINT stands in front of, by record. */
  private readonly covered = new Map<number, number>();

  /** `fuses`: the loop has handlers for two records. */
  constructor(
    memory: WebAssembly.Memory,
    decodeLine: DecodeLine,
    breakpoints: Pick<Breakpoints, 'at' | 'none'>,
    fuses: boolean,
  ) {
    this.memory = new DataView(memory.buffer);
    this.decodeLine = decodeLine;
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
    const count = this.decodeLine(records, code, index);
    if (!this.breakpoints.none) this.coverBreakpoints(records, index, index + count);
    if (this.fuses) this.fuse(records, index, index + count);
    return count;
  }

  /** Puts BREAKPOINT in front of the records where one may lie. */
  private coverBreakpoints(records: number, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      if (!this.breakpoints.at(i)) continue;
      const record = records + i * RECORD_SIZE;
      this.covered.set(record, this.memory.getUint16(record, true));
      this.memory.setUint16(record, SPECIAL.BREAKPOINT, true);
    }
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
}
