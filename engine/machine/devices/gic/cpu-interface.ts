// A GIC CPU interface: priority mask, binary points, active priorities, acknowledge, end of interrupt. The physical
// interface takes its candidate from the distributor, the virtual one from list registers; all else is the same.
// Source: Arm IHI 0069 4.8 (priorities, preemption), IHI 0048 3.3 and 4.4. Single security state with two groups, as on
// QEMU's virt machine (GICD_CTLR.DS = 1): group 0 signals FIQ, group 1 IRQ; GICv2 signals both as IRQ unless FIQEn.
import { SPECIAL_INTIDS, SPURIOUS, lowestBit } from './interrupts.ts';

export type Group = 0 | 1;

/** What a CPU interface drives. */
export interface Outputs {
  irq: boolean;
  fiq: boolean;
}

export interface CpuInterfaceSnapshot {
  priorityMask: number;
  binaryPoint: [number, number];
  commonBinaryPoint: boolean;
  splitEoi: boolean;
  enabled: [boolean, boolean];
  acknowledgeControl: boolean;
  fiqEnable: boolean;
  active: [Uint32Array, Uint32Array];
}

/** GICv2's special answer of GICC_IAR: the pending interrupt is in group 1 and AckCtl is 0 (IHI 0048, 4.4.4). */
const GROUP_1_PENDING = 1022;

const lowestActive = (words: Uint32Array): number => {
  for (let word = 0; word < words.length; word++) if (words[word] !== 0) return word * 32 + lowestBit(words[word]!);
  return -1;
};

export abstract class CpuInterface {
  readonly version: 2 | 3;
  /** Bits of priority that are kept by the mask register and the list registers. */
  readonly priorityBits: number;
  /** Least binary point of group 0; group 1's is one more. Preemption looks at the bits above it. */
  readonly minimumBinaryPoint: number;

  priorityMask = 0;
  binaryPoint: [number, number];
  /** CBPR: group 1 uses group 0's binary point. */
  commonBinaryPoint = false;
  /** EOImode: end of interrupt only drops the priority, deactivation is separate. */
  splitEoi = false;
  enabled: [boolean, boolean] = [false, false];
  /** GICv2 only: AckCtl and FIQEn. */
  acknowledgeControl = false;
  fiqEnable = false;
  /** Active priorities by group, a bit for each preemption level: APR registers. */
  readonly active: readonly [Uint32Array, Uint32Array];

  readonly outputs: Outputs = { irq: false, fiq: false };

  constructor(options: { version: 2 | 3; priorityBits: number; preemptionBits: number }) {
    this.version = options.version;
    this.priorityBits = options.priorityBits;
    this.minimumBinaryPoint = 7 - options.preemptionBits;
    this.binaryPoint = [this.minimumBinaryPoint, this.minimumBinaryPoint + 1];
    const words = Math.ceil(2 ** options.preemptionBits / 32);
    this.active = [new Uint32Array(words), new Uint32Array(words)];
  }

  /** The best pending interrupt: INTID or -1. Valid until the next change of state. */
  protected abstract candidate(): number;
  protected abstract candidatePriority(): number;
  protected abstract candidateGroup(): Group;
  /** The candidate becomes active; gives what the acknowledge register reads (INTID, in GICv2 with the SGI's source). */
  protected abstract takeCandidate(): number;
  /** An interrupt is deactivated by the guest's end of interrupt or by DIR. */
  protected abstract deactivateInterrupt(intid: number): void;
  /** Called after anything that may move the outputs. */
  protected abstract changed(): void;

  reset(): void {
    this.priorityMask = 0;
    this.binaryPoint = [this.minimumBinaryPoint, this.minimumBinaryPoint + 1];
    this.commonBinaryPoint = this.splitEoi = this.acknowledgeControl = this.fiqEnable = false;
    this.enabled = [false, false];
    this.active[0].fill(0);
    this.active[1].fill(0);
    this.changed();
  }

  /** Group priority of the highest-priority active interrupt: what GICC_RPR and ICC_RPR read; 0xff when idle. */
  get runningPriority(): number {
    const level = this.#runningLevel();
    return level < 0 ? 0xff : level << (this.minimumBinaryPoint + 1);
  }

  setPriorityMask(value: number): void {
    this.priorityMask = value & this.#priorityBitsMask;
    this.changed();
  }

  /** Reads BPR<group>: with CBPR, group 1 shows group 0's plus one, at most 7. */
  readBinaryPoint(group: Group): number {
    return group === 1 && this.commonBinaryPoint ? Math.min(this.binaryPoint[0] + 1, 7) : this.binaryPoint[group];
  }

  writeBinaryPoint(group: Group, value: number): void {
    this.binaryPoint[group] = Math.max(value & 7, this.minimumBinaryPoint + group);
    this.changed();
  }

  setEnabled(group: Group, on: boolean): void {
    this.enabled[group] = on;
    this.changed();
  }

  setCommonBinaryPoint(on: boolean): void {
    this.commonBinaryPoint = on;
    this.changed();
  }

  writeActive(group: Group, word: number, value: number): void {
    if (word < this.active[group].length) this.active[group][word] = value;
    this.changed();
  }

  /** HPPIR of one group: the best pending interrupt if it is of that group and the group is enabled. */
  highestPending(group: Group): number {
    const intid = this.candidate();
    return intid >= 0 && this.candidateGroup() === group && this.enabled[group] ? intid : SPURIOUS;
  }

  /** GICv2's GICC_HPPIR, which stands for both groups. */
  highestPendingAny(): number {
    const intid = this.candidate();
    if (intid < 0 || !this.enabled[this.candidateGroup()]) return SPURIOUS;
    return this.candidateGroup() === 1 && !this.acknowledgeControl ? GROUP_1_PENDING : intid;
  }

  /** IAR of one group: the interrupt becomes active; 1023 if none of the group can be taken. */
  acknowledge(group: Group): number {
    return this.canTake() && this.candidateGroup() === group ? this.#take() : SPURIOUS;
  }

  /** GICv2's GICC_IAR. */
  acknowledgeAny(): number {
    if (!this.canTake()) return SPURIOUS;
    return this.candidateGroup() === 1 && !this.acknowledgeControl ? GROUP_1_PENDING : this.#take();
  }

  /** Whatever can be taken, of either group: how host code acknowledges. */
  acknowledgeEither(): number {
    return this.canTake() ? this.#take() : SPURIOUS;
  }

  /**
   * EOIR of a group: drops the running priority, and with EOImode 0 deactivates. Ignored if the highest active priority
   * belongs to the other group, or nothing is active (IHI 0069, 4.1.3: out of order is unpredictable).
   */
  endOfInterrupt(group: Group, intid: number): void {
    if (intid >= SPECIAL_INTIDS || this.runningGroup() !== group) return;
    this.drop(group);
    if (!this.splitEoi) this.deactivateInterrupt(intid);
    this.changed();
  }

  /** GICv2's GICC_EOIR, for whichever group is running. */
  endOfInterruptAny(intid: number): void {
    const group = this.runningGroup();
    if (group !== undefined) this.endOfInterrupt(group, intid);
  }

  /** Priority drop alone, by host code. */
  dropPriority(): void {
    const group = this.runningGroup();
    if (group === undefined) return;
    this.drop(group);
    this.changed();
  }

  /** DIR: without EOImode 1 it is ignored. */
  deactivate(intid: number): void {
    if (!this.splitEoi || intid >= SPECIAL_INTIDS) return;
    this.deactivateInterrupt(intid);
    this.changed();
  }

  /** True if the candidate may interrupt what runs (IHI 0069, 4.8.4 to 4.8.6). */
  protected canTake(): boolean {
    if (this.candidate() < 0) return false;
    const group = this.candidateGroup();
    const priority = this.candidatePriority();
    if (!this.enabled[group] || priority >= this.priorityMask) return false;
    const level = this.#runningLevel();
    if (level < 0) return true;
    // GICv3 looks at both through the candidate's binary point, GICv2 at the priorities as they are: it shows only when
    // the groups' binary points differ.
    const running = level << (this.minimumBinaryPoint + 1);
    if (this.version === 2) return priority < running;
    const mask = this.groupMask(group);
    return (priority & mask) < (running & mask);
  }

  /** Group of the highest-priority active interrupt. */
  protected runningGroup(): Group | undefined {
    const zero = lowestActive(this.active[0]);
    const one = lowestActive(this.active[1]);
    if (zero < 0 && one < 0) return undefined;
    return one < 0 || (zero >= 0 && zero <= one) ? 0 : 1;
  }

  /** Clears the highest active priority of a group. */
  protected drop(group: Group): void {
    const words = this.active[group];
    const word = words.findIndex((bits) => bits !== 0);
    if (word >= 0) words[word] = words[word]! & (words[word]! - 1);
  }

  /** The part of a priority that decides preemption. Group 1's binary point counts from one bit further up. */
  protected groupMask(group: Group): number {
    const shift = group === 0 || this.commonBinaryPoint ? this.binaryPoint[0] + 1 : this.binaryPoint[1];
    return (0xff << shift) & 0xff;
  }

  /** Brings the outputs up to date; true if one moved. */
  protected drive(on: boolean): boolean {
    const take = on && this.canTake();
    const fiq = take && this.candidateGroup() === 0 && (this.version === 3 || this.fiqEnable);
    const irq = take && !fiq;
    if (this.outputs.irq === irq && this.outputs.fiq === fiq) return false;
    this.outputs.irq = irq;
    this.outputs.fiq = fiq;
    return true;
  }

  /** Takes over another interface's programming (not its active priorities). */
  copyProgramming(from: CpuInterface): void {
    this.priorityMask = from.priorityMask & this.#priorityBitsMask;
    this.binaryPoint = [
      Math.max(from.binaryPoint[0], this.minimumBinaryPoint),
      Math.max(from.binaryPoint[1], this.minimumBinaryPoint + 1),
    ];
    this.commonBinaryPoint = from.commonBinaryPoint;
    this.splitEoi = from.splitEoi;
    this.enabled = [...from.enabled];
    this.acknowledgeControl = from.acknowledgeControl;
    this.fiqEnable = from.fiqEnable;
    this.changed();
  }

  save(): CpuInterfaceSnapshot {
    return {
      priorityMask: this.priorityMask,
      binaryPoint: [...this.binaryPoint],
      commonBinaryPoint: this.commonBinaryPoint,
      splitEoi: this.splitEoi,
      enabled: [...this.enabled],
      acknowledgeControl: this.acknowledgeControl,
      fiqEnable: this.fiqEnable,
      active: [this.active[0].slice(), this.active[1].slice()],
    };
  }

  restore(snapshot: CpuInterfaceSnapshot): void {
    const { active, binaryPoint, enabled, ...rest } = snapshot;
    Object.assign(this, rest);
    this.binaryPoint = [...binaryPoint];
    this.enabled = [...enabled];
    this.active[0].set(active[0]);
    this.active[1].set(active[1]);
    this.changed();
  }

  #take(): number {
    const group = this.candidateGroup();
    const level = (this.candidatePriority() & this.groupMask(group)) >>> (this.minimumBinaryPoint + 1);
    this.active[group][level >>> 5]! |= 1 << (level & 31);
    const answer = this.takeCandidate();
    this.changed();
    return answer;
  }

  #runningLevel(): number {
    const zero = lowestActive(this.active[0]);
    const one = lowestActive(this.active[1]);
    return zero < 0 ? one : one < 0 ? zero : Math.min(zero, one);
  }

  get #priorityBitsMask(): number {
    return (0xff << (8 - this.priorityBits)) & 0xff;
  }
}
