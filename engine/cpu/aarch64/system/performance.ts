// The performance monitors (Arm ARM DDI 0487, D11; PMUv3 with a 64-bit cycle counter and six 32-bit event counters). One
// instruction takes one cycle. Counters are brought up to date when somebody looks, from the instructions that the core
// retired at each exception level; a counter whose overflow interrupts bounds how far the core runs.
import { systemSlot } from './registers.ts';

export const EVENT_COUNTERS = 6;
/** Events by number: incremented by software, instructions retired, cycles. PMCEID0_EL0 names them. */
const EVENT = { SOFTWARE: 0x00, INSTRUCTIONS: 0x08, CYCLES: 0x11 } as const;
export const COMMON_EVENTS = (1n << 0n) | (1n << 8n) | (1n << 17n);

const PMCR = { E: 1, P: 2, C: 4, D: 8, LC: 1 << 6, WRITABLE: 0x79 } as const;
/** Filter bits of PMEVTYPERn_EL0 and PMCCFILTR_EL0: what does not count at EL1 and EL0 (Non-secure: if they differ). */
const FILTER = { P: 31, U: 30, NSK: 29, NSU: 28 } as const;

/** The core whose instructions are counted. */
export interface CountedCore {
  /** Retired at EL0 and at EL1 so far. */
  readonly retiredByLevel: readonly [number, number];
  readSlot32(slot: number): number;
  writeSlot32(slot: number, value: number): void;
  /** Level of the PMU's interrupt line. */
  performanceInterrupt(level: boolean): void;
  /** Ends the running piece of work after at most so many instructions, so that it can be looked at again. */
  runAtMost(instructions: number): void;
}

interface Counter {
  /** Its bit in PMCNTENSET, PMINTENSET, PMOVSSET. */
  readonly bit: number;
  readonly value: number;
  readonly type: number;
}

const slotOf = systemSlot;
const SLOT = {
  control: slotOf('PMCR_EL0'),
  enabled: slotOf('PMCNTENSET_EL0'),
  overflowed: slotOf('PMOVSCLR_EL0'),
  interrupting: slotOf('PMINTENSET_EL1'),
};
const CYCLES: Counter = { bit: 1 << 31, value: slotOf('PMCCNTR_EL0'), type: slotOf('PMCCFILTR_EL0') };
const EVENTS: readonly Counter[] = Array.from({ length: EVENT_COUNTERS }, (_, i) => ({
  bit: 1 << i,
  value: slotOf(`PMEVCNTR${i}_EL0`),
  type: slotOf(`PMEVTYPER${i}_EL0`),
}));
/** Bits of the set and clear registers that stand for counters. */
export const COUNTER_BITS = (1 << 31) | (2 ** EVENT_COUNTERS - 1);

export class PerformanceMonitor {
  private readonly core: CountedCore;
  /** Retired at EL0 and EL1 when the counters were last brought up to date. */
  private seen: readonly [number, number] = [0, 0];
  /** Cycles towards the next count while PMCR_EL0.D divides by 64. */
  private fraction = 0;
  private line = false;

  constructor(core: CountedCore) {
    this.core = core;
  }

  private get(slot: number): number {
    return this.core.readSlot32(slot);
  }

  /** Takes up from here, with what the registers hold. */
  reset(): void {
    this.seen = this.core.retiredByLevel;
    this.fraction = 0;
    this.update();
  }

  /** Counts what was retired since the last time. Call it before a register changes or is read. */
  synchronize(): void {
    const now = this.core.retiredByLevel;
    const [el0, el1] = [now[0] - this.seen[0], now[1] - this.seen[1]];
    this.seen = now;
    if (!(this.get(SLOT.control) & PMCR.E) || el0 + el1 === 0) return;
    const enabled = this.get(SLOT.enabled);
    for (const counter of EVENTS) {
      if (!(enabled & counter.bit)) continue;
      const event = this.get(counter.type) & 0xffff;
      if (event === EVENT.INSTRUCTIONS || event === EVENT.CYCLES) this.add(counter, this.filtered(counter, el0, el1));
    }
    if (enabled & CYCLES.bit) this.addCycles(this.filtered(CYCLES, el0, el1));
  }

  private filtered({ type }: Counter, el0: number, el1: number): number {
    const bits = this.get(type);
    const differ = (a: number, b: number): boolean => (((bits >>> a) ^ (bits >>> b)) & 1) !== 0;
    return (differ(FILTER.U, FILTER.NSU) ? 0 : el0) + (differ(FILTER.P, FILTER.NSK) ? 0 : el1);
  }

  private overflow({ bit }: Counter): void {
    this.core.writeSlot32(SLOT.overflowed, this.get(SLOT.overflowed) | bit);
  }

  /** Adds to the low word; returns the carries. */
  private addLow({ value }: Counter, count: number): number {
    const sum = (this.get(value) >>> 0) + count;
    this.core.writeSlot32(value, (sum % 2 ** 32) | 0);
    return Math.floor(sum / 2 ** 32);
  }

  private add(counter: Counter, count: number): void {
    if (this.addLow(counter, count) > 0) this.overflow(counter);
  }

  private addCycles(cycles: number): void {
    const control = this.get(SLOT.control);
    const long = (control & PMCR.LC) !== 0;
    let count = cycles;
    if (control & PMCR.D && !long) {
      count = Math.floor((this.fraction + cycles) / 64);
      this.fraction = (this.fraction + cycles) % 64;
    }
    const carries = this.addLow(CYCLES, count);
    const high = (this.get(CYCLES.value + 4) >>> 0) + carries;
    this.core.writeSlot32(CYCLES.value + 4, high | 0);
    // PMCR_EL0.LC: overflow of 64 bits instead of 32.
    if (long ? high >= 2 ** 32 : carries > 0) this.overflow(CYCLES);
  }

  /** After a register has changed, or counters have: interrupt line, and when to look again. */
  update(): void {
    const control = this.get(SLOT.control);
    const line = (control & PMCR.E) !== 0 && (this.get(SLOT.overflowed) & this.get(SLOT.interrupting)) !== 0;
    if (line !== this.line) {
      this.line = line;
      this.core.performanceInterrupt(line);
    }
    this.core.runAtMost(this.untilOverflow());
  }

  /** Instructions after which an interrupting counter may overflow; Infinity if none does. */
  untilOverflow(): number {
    if (!(this.get(SLOT.control) & PMCR.E)) return Infinity;
    const watched = this.get(SLOT.enabled) & this.get(SLOT.interrupting) & ~this.get(SLOT.overflowed);
    if (watched === 0) return Infinity;
    return Math.min(
      ...[...EVENTS, CYCLES].filter(({ bit }) => watched & bit).map(({ value }) => 2 ** 32 - (this.get(value) >>> 0)),
    );
  }

  /** PMCR_EL0: enables, resets. */
  control(value: number): void {
    if (value & PMCR.P) for (const { value: slot } of EVENTS) this.core.writeSlot32(slot, 0);
    if (value & PMCR.C) {
      this.core.writeSlot32(CYCLES.value, 0);
      this.core.writeSlot32(CYCLES.value + 4, 0);
      this.fraction = 0;
    }
    this.core.writeSlot32(SLOT.control, (this.get(SLOT.control) & ~PMCR.WRITABLE) | (value & PMCR.WRITABLE));
  }

  /** PMSWINC_EL0. */
  softwareIncrement(counters: number): void {
    if (!(this.get(SLOT.control) & PMCR.E)) return;
    const enabled = this.get(SLOT.enabled) & counters;
    for (const counter of EVENTS)
      if (enabled & counter.bit && (this.get(counter.type) & 0xffff) === EVENT.SOFTWARE) this.add(counter, 1);
  }
}
