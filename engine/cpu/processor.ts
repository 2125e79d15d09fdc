// One core as the rooms above see it (Cpu in port.ts): a view of the state in engine memory, and `run`.
import { cpuModel, GIC_REGISTER_FIELDS } from './aarch64/system/models.ts';
import type { CpuModel } from './aarch64/system/models.ts';
import { systemSlot } from './aarch64/system/registers.ts';
import { PerformanceMonitor } from './aarch64/system/performance.ts';
import type { CpuCluster } from './cluster.ts';
import type { SegmentTable } from './core/address-map.ts';
import { PSTATE } from './core/exceptions.ts';
import type { StateField } from './core/layout.ts';
import { ATTENTION, CODE_LAYOUT, EXIT, RECORD_SIZE, SLOT, STATE, TRANSLATED, VECTOR_BASE } from './core/layout.ts';
import { PERMIT } from './core/services.ts';
import type { AddressMap, Cpu, CpuPort, ResetState, RunExit } from './port.ts';
import type { Gva, Instructions } from '../util/units.ts';
import { gva, instructions } from '../util/units.ts';

/** EL1h with D, A, I and F masked. */
const RESET_PSTATE = 0x3c5;
/** Implemented physical address bits by ID_AA64MMFR0_EL1.PARange (D17.2.65). */
const PHYSICAL_BITS = [32, 36, 40, 42, 44, 48, 48];
const ALL_ONES = 0xffff_ffff_ffff_ffffn;

/** Values of the state field `waiting`. */
const WAITING_WFI = 1;
const WAITING_WFE = 2;
const WAITING_FOR = ['no', 'wfi', 'wfe'] as const;
/** Where the fields lie that every turn of a CPU looks at. Finding them by name costs more than reading them. */
const {
  waiting: WAITING,
  remaining: REMAINING,
  levelMark: LEVEL_MARK,
  retiredAtEl0: RETIRED_AT_EL0,
  el: LEVEL,
} = STATE;
const REASONS = ['limit', 'wait', 'leave', 'breakpoint'] as const;

export class Processor implements Cpu {
  readonly index: number;
  readonly mpidr: bigint;
  readonly model: CpuModel;
  readonly exchange = { lo: 0, hi: 0 };
  port: CpuPort;
  readonly performance = new PerformanceMonitor(this);
  private readonly cluster: CpuCluster;
  private map: SegmentTable;
  /** Retired before the running piece of `run`. */
  private retiredBefore = 0;
  /** Instructions given to the running piece, or 0 outside `run`. */
  private piece = 0;
  /** Of `retiredBefore`, at EL0. */
  private el0Before = 0;
  /** Where a breakpoint stopped it last: what had retired, and the address. */
  private stopped: { readonly retired: number; readonly pc: Gva } | undefined;

  constructor(cluster: CpuCluster, index: number, affinity: bigint, model: string, port: CpuPort, map: SegmentTable) {
    this.cluster = cluster;
    this.index = index;
    // Bit 31 is RES1; the affinity fields are what software compares.
    this.mpidr = affinity | 0x8000_0000n;
    this.model = cpuModel(model);
    this.port = port;
    this.map = map;
    this.reset({ pc: gva(0n) });
  }

  /** The port, for a call of it. */
  callPort(): CpuPort {
    this.cluster.onPortCall?.();
    return this.port;
  }

  /** Where the state lies now: in the window if this CPU is current. */
  private get base(): number {
    return this.cluster.stateOf(this.index);
  }

  /** For the cluster's own rooms and tests. */
  field(name: StateField): number {
    return this.word(STATE[name]);
  }
  setField(name: StateField, value: number): void {
    this.setWord(STATE[name], value);
  }
  private word(offset: number): number {
    return this.cluster.view.getInt32(this.base + offset, true);
  }
  private setWord(offset: number, value: number): void {
    this.cluster.view.setInt32(this.base + offset, value, true);
  }
  /** A piece of the state. */
  bytes(from: number, to: number): Uint8Array {
    return new Uint8Array(this.cluster.view.buffer, this.base + from, to - from);
  }
  /** The word at `pc`, if it can be fetched. */
  get nextWord(): number | undefined {
    return this.cluster.withWindow(this.index, ({ translate }) => {
      const failed = translate(this.pc, PERMIT.EXECUTE, Number(this.field('el') === 0));
      if (failed || this.field('translatedKind') === TRANSLATED.OUTSIDE) return undefined;
      return this.cluster.view.getUint32(this.field('translatedHost') >>> 0, true);
    });
  }
  private get64(offset: number): bigint {
    return this.cluster.view.getBigUint64(this.base + offset, true);
  }
  private set64(offset: number, value: bigint): void {
    this.cluster.view.setBigUint64(this.base + offset, value, true);
  }

  x(n: number): bigint {
    return n === 31 ? 0n : this.get64(8 * n);
  }
  setX(n: number, value: bigint): void {
    if (n !== 31) this.set64(8 * n, BigInt.asUintN(64, value));
  }

  /** V0..V31 as 128-bit numbers. */
  v(n: number): bigint {
    return this.get64(VECTOR_BASE + 16 * n) | (this.get64(VECTOR_BASE + 16 * n + 8) << 64n);
  }
  setV(n: number, value: bigint): void {
    this.set64(VECTOR_BASE + 16 * n, BigInt.asUintN(64, value));
    this.set64(VECTOR_BASE + 16 * n + 8, BigInt.asUintN(64, value >> 64n));
  }

  get sp(): bigint {
    return this.get64(SLOT.SP);
  }
  set sp(value: bigint) {
    this.set64(SLOT.SP, BigInt.asUintN(64, value));
  }

  get pc(): Gva {
    const ip = this.field('ip');
    if (ip === CODE_LAYOUT.resolveRecord) return gva(this.get64(STATE.pc));
    return gva(this.get64(STATE.pcBias) + BigInt(ip >>> 2));
  }
  set pc(value: Gva) {
    this.set64(STATE.pc, value);
    this.setField('ip', CODE_LAYOUT.resolveRecord);
  }

  get pstate(): number {
    return this.cluster.withWindow(this.index, ({ readPstate }) => readPstate() >>> 0);
  }
  set pstate(value: number) {
    this.cluster.withWindow(this.index, ({ writePstate }) => writePstate(value));
  }

  /** Low half of a system register. */
  system32(name: string): number {
    return this.cluster.view.getInt32(this.base + systemSlot(name), true);
  }
  readSlot32(slot: number): number {
    return this.cluster.view.getInt32(this.base + slot, true);
  }
  writeSlot32(slot: number, value: number): void {
    this.cluster.view.setInt32(this.base + slot, value, true);
  }
  /** Slot to `exchange`. */
  loadExchange(slot: number): void {
    this.exchange.lo = this.cluster.view.getUint32(this.base + slot, true);
    this.exchange.hi = this.cluster.view.getUint32(this.base + slot + 4, true);
  }
  /** `exchange` to slot, keeping the bits that are not writable. */
  storeExchange(slot: number, writable = ALL_ONES): void {
    const low = Number(BigInt.asIntN(32, writable));
    const high = Number(BigInt.asIntN(32, writable >> 32n));
    this.writeSlot32(slot, (this.readSlot32(slot) & ~low) | (this.exchange.lo & low));
    this.writeSlot32(slot + 4, (this.readSlot32(slot + 4) & ~high) | (this.exchange.hi & high));
  }

  /** The running instruction is one that this engine lacks. */
  reportUnimplemented(): void {
    this.callPort().unimplemented(this, this.cluster.instructionAt(this.field('ip')));
  }

  /** After a change of what depends on the exception level (traps). */
  refreshLevel(): void {
    this.cluster.withWindow(this.index, ({ switchLevel }) => switchLevel(this.field('el'), this.field('spSelect')));
  }

  systemRegister(name: string): bigint {
    const selected = this.field('spSelect') === 1 ? 'SP_EL1' : 'SP_EL0';
    if (name === selected) return this.sp;
    return this.get64(systemSlot(name));
  }
  setSystemRegister(name: string, value: bigint): void {
    const selected = this.field('spSelect') === 1 ? 'SP_EL1' : 'SP_EL0';
    if (name === selected) this.sp = value;
    else this.set64(systemSlot(name), BigInt.asUintN(64, value));
    this.translationChanged();
    this.refreshLevel();
  }

  /** After a change of what translation depends on. */
  translationChanged(): void {
    this.setField('translationOff', Number(this.get64(systemSlot('SCTLR_EL1')) & 1n) ^ 1);
    this.cluster.flushTlbs(this.index);
  }

  /** After a write of TTBR0_EL1 or TTBR1_EL1. */
  tablesChanged(): void {
    const word = (name: string, half: number): number => this.readSlot32(systemSlot(name) + 4 * half);
    this.cluster.selectTlbs(this.index, [
      word('TTBR0_EL1', 0),
      word('TTBR0_EL1', 1),
      word('TTBR1_EL1', 0),
      word('TTBR1_EL1', 1),
    ]);
    this.refreshLevel();
  }

  get addressMap(): AddressMap {
    return this.map;
  }
  set addressMap(map: AddressMap) {
    this.map = this.cluster.ownMap(map);
    this.mapChanged();
  }

  /** Takes over the place and size of the map. */
  mapChanged(): void {
    this.setField('segments', this.map.address);
    this.setField('segmentCount', this.map.segments.length);
    this.cluster.flushTlbs(this.index);
  }

  reset(state: ResetState): void {
    const lines = this.field('attention') & (ATTENTION.IRQ | ATTENTION.FIQ);
    this.cluster.clearState(this.index);
    for (const [name, value] of Object.entries(this.model.registers)) this.set64(systemSlot(name), value);
    this.set64(systemSlot('MPIDR_EL1'), this.mpidr);
    for (const [name, bits] of Object.entries(this.cluster.gicRegisters ? GIC_REGISTER_FIELDS : {}))
      this.set64(systemSlot(name), this.get64(systemSlot(name)) | bits);
    for (const [name, value] of Object.entries(this.cluster.registers)) this.set64(systemSlot(name), value);
    const range = Number(this.get64(systemSlot('ID_AA64MMFR0_EL1')) & 15n);
    this.setField('physicalBits', PHYSICAL_BITS[range] ?? 48);
    this.setField('panImplemented', this.model.features.includes('PAN') ? PSTATE.PAN : 0);
    this.setField('attention', lines);
    this.pstate = state.pstate ?? RESET_PSTATE;
    for (const [n, value] of Object.entries(state.x ?? {})) this.setX(Number(n), value);
    this.pc = state.pc;
    this.performance.reset();
    this.translationChanged();
    this.mapChanged();
  }

  skip(): void {
    const ip = this.field('ip');
    if (ip === CODE_LAYOUT.resolveRecord) this.set64(STATE.pc, BigInt.asUintN(64, this.pc + 4n));
    else this.setField('ip', ip + RECORD_SIZE);
  }

  private attention(bit: number, on: boolean): void {
    const bits = this.field('attention');
    this.setField('attention', on ? bits | bit : bits & ~bit);
  }
  setIrq(level: boolean): void {
    this.attention(ATTENTION.IRQ, level);
  }
  setFiq(level: boolean): void {
    this.attention(ATTENTION.FIQ, level);
  }
  /** An SError interrupt: taken once, where PSTATE.A lets it. */
  signalSError(): void {
    this.attention(ATTENTION.SERROR, true);
  }
  signalEvent(): void {
    this.setField('eventRegister', 1);
    this.cluster.onEvent?.(this.index);
  }
  /** `no` as soon as what it waits for has come, before `run` goes on. */
  get waiting(): 'no' | 'wfi' | 'wfe' {
    const waiting = WAITING_FOR[this.word(WAITING)]!;
    return waiting !== 'no' && this.wakes(waiting) ? 'no' : waiting;
  }
  waitForInterrupt(): void {
    this.setWord(WAITING, WAITING_WFI);
    this.leave();
  }
  leave(): void {
    if (this.piece !== 0) this.attention(ATTENTION.LEAVE, true);
  }

  /** At a breakpoint: true to stop there, false if it has stopped there already and goes on. */
  stopsAt(pc: Gva): boolean {
    const { retired } = this;
    if (this.stopped?.retired === retired && this.stopped.pc === pc) return false;
    this.stopped = { retired, pc };
    this.attention(ATTENTION.BREAKPOINT, true);
    return true;
  }

  run(limit: Instructions): RunExit {
    const before = this.retiredBefore;
    if (this.word(WAITING) !== 0) {
      const waiting = this.waiting;
      if (waiting !== 'no') return { executed: instructions(0), reason: 'wait' };
      // An event is consumed by the WFE that it ends; an interrupt that ends it leaves the event for the next one.
      if (this.word(WAITING) === WAITING_WFE && !this.interrupted) this.setField('eventRegister', 0);
      this.setWord(WAITING, 0);
    }
    let reason: number = EXIT.LIMIT;
    let left: number = limit;
    while (reason === EXIT.LIMIT && left > 0) {
      const run = this.cluster.enter(this.index);
      this.piece = Math.min(left, this.cluster.longestPiece, this.performance.untilOverflow());
      this.setWord(REMAINING, this.piece * RECORD_SIZE);
      this.setWord(LEVEL_MARK, this.piece * RECORD_SIZE);
      this.setWord(RETIRED_AT_EL0, 0);
      reason = run();
      left -= this.endPiece();
    }
    return { executed: instructions(this.retiredBefore - before), reason: REASONS[reason]! };
  }

  /** Takes the counts of a piece over; returns how many instructions it had. */
  private endPiece(): number {
    const done = this.retired - this.retiredBefore;
    this.el0Before = this.retiredAtEl0;
    this.retiredBefore += done;
    this.piece = 0;
    if (this.performance.untilOverflow() < Infinity) {
      this.performance.synchronize();
      this.performance.update();
    }
    return done;
  }

  runAtMost(instructions: number): void {
    const surplus = this.piece === 0 ? 0 : this.word(REMAINING) / RECORD_SIZE - instructions;
    if (surplus <= 0) return;
    this.piece -= surplus;
    this.setWord(REMAINING, this.word(REMAINING) - surplus * RECORD_SIZE);
    this.setWord(LEVEL_MARK, this.word(LEVEL_MARK) - surplus * RECORD_SIZE);
  }
  performanceInterrupt(level: boolean): void {
    this.port.performanceInterrupt?.(this, level);
  }

  private get interrupted(): boolean {
    return (this.field('attention') & (ATTENTION.IRQ | ATTENTION.FIQ | ATTENTION.SERROR)) !== 0;
  }

  /** Whether what the CPU waits for has come: any interrupt, masked or not; for WFE also an event. */
  private wakes(waiting: 'wfi' | 'wfe'): boolean {
    return this.interrupted || (waiting === 'wfe' && this.field('eventRegister') !== 0);
  }

  get instructionsInRegions(): number {
    return Number(this.get64(STATE.regionInstructions));
  }

  private get retiredAtEl0(): number {
    if (this.piece === 0) return this.el0Before;
    const since = this.word(LEVEL) === 0 ? this.word(LEVEL_MARK) - this.word(REMAINING) : 0;
    return this.el0Before + (this.word(RETIRED_AT_EL0) + since) / RECORD_SIZE;
  }

  get retiredByLevel(): readonly [number, number] {
    const el0 = this.retiredAtEl0;
    return [el0, this.retired - el0];
  }

  get retired(): Instructions {
    const inPiece = this.piece === 0 ? 0 : this.piece - this.word(REMAINING) / RECORD_SIZE;
    return instructions(this.retiredBefore + inPiece);
  }
}
