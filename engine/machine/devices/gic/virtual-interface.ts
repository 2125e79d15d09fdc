// The virtual CPU interface of one CPU: four list registers, as Cortex-A57 has, filled by the hypervisor.
// Source: Arm IHI 0069 chapter 6 and the ICH_LR<n>_EL2 and ICH_HCR_EL2 descriptions; IHI 0048 chapter 5.
import { CpuInterface } from './cpu-interface.ts';
import type { CpuInterfaceSnapshot, Group } from './cpu-interface.ts';
import { IDLE_PRIORITY, SPECIAL_INTIDS } from './interrupts.ts';
import type { InjectResult } from '../../api.ts';

export const LIST_REGISTERS = 4;

/** State of a list register: the two bits of ICH_LR<n>_EL2.State. */
export const LR_STATE = { INVALID: 0, PENDING: 1, ACTIVE: 2, PENDING_ACTIVE: 3 } as const;

/** Five bits of priority (ICH_VTR_EL2.PRIbits and PREbits on Cortex-A57). */
const PRIORITY_BITS = 5;

export interface ListRegister {
  state: number;
  intid: number;
  /** Physical interrupt that deactivation also deactivates (HW = 1), or -1. */
  physical: number;
  priority: number;
  group: Group;
}

const EMPTY: Readonly<ListRegister> = { state: LR_STATE.INVALID, intid: 0, physical: -1, priority: 0, group: 0 };

export interface VirtualSurroundings {
  readonly version: 2 | 3;
  /** A list register with HW = 1 was deactivated. */
  deactivatePhysical(cpu: number, intid: number): void;
  /** Virtual IRQ or FIQ output moved. */
  virtualOutputsMoved(cpu: number): void;
  /** Level of the maintenance interrupt. */
  setMaintenance(cpu: number, level: boolean): void;
}

export interface VirtualInterfaceSnapshot extends CpuInterfaceSnapshot {
  on: boolean;
  underflowInterrupt: boolean;
  unmatchedEnds: number;
  lists: ListRegister[];
}

export class VirtualInterface extends CpuInterface {
  readonly lists: readonly ListRegister[] = Array.from({ length: LIST_REGISTERS }, () => ({ ...EMPTY }));
  /** ICH_HCR_EL2.EOIcount: ends of interrupts that were in no list register. */
  unmatchedEnds = 0;

  readonly #cpu: number;
  readonly #gic: VirtualSurroundings;
  /** ICH_HCR_EL2.En and UIE. */
  #on = false;
  #underflowInterrupt = false;
  /** Index of the pending list register with the best priority, or -1. */
  #best = -1;

  constructor(cpu: number, gic: VirtualSurroundings) {
    super({ version: gic.version, priorityBits: PRIORITY_BITS, preemptionBits: PRIORITY_BITS });
    this.#cpu = cpu;
    this.#gic = gic;
  }

  get on(): boolean {
    return this.#on;
  }

  setOn(on: boolean): void {
    this.#on = on;
    this.changed();
  }

  setUnderflowInterrupt(on: boolean): void {
    this.#underflowInterrupt = on;
    this.changed();
  }

  /** Puts an interrupt into a free list register, pending. */
  inject(intid: number, physical: number, priority: number, group: Group): InjectResult {
    let free: ListRegister | undefined;
    for (const list of this.lists) {
      if (list.state === LR_STATE.INVALID) free ??= list;
      else if (list.intid === intid) return 'duplicate';
    }
    if (!free) return 'full';
    this.setList(this.lists.indexOf(free), { state: LR_STATE.PENDING, intid, physical, priority, group });
    return 'injected';
  }

  /** Writes a list register. Only the implemented priority bits are kept. */
  setList(index: number, list: ListRegister): void {
    Object.assign(this.lists[index]!, list, { priority: list.priority & 0xf8 });
    this.changed();
  }

  /** True if a list register holds a pending interrupt. */
  get pending(): boolean {
    return this.lists.some((list) => (list.state & LR_STATE.PENDING) !== 0);
  }

  override reset(): void {
    for (const list of this.lists) Object.assign(list, EMPTY);
    this.unmatchedEnds = 0;
    super.reset();
  }

  /**
   * The priority drops whichever group is running. An interrupt in no list register is counted for the hypervisor. GICv3
   * deactivates (EOImode 0) only a list register of this group whose group priority is the one that dropped.
   */
  override endOfInterrupt(group: Group, intid: number): void {
    const running = this.runningGroup();
    if (intid >= SPECIAL_INTIDS || running === undefined) return;
    const dropped = this.runningPriority;
    this.drop(running);
    const list = this.#activeList(intid);
    const fits = this.version === 2 || (list?.group === group && (list.priority & this.groupMask(group)) === dropped);
    if (!list) this.unmatchedEnds++;
    else if (!this.splitEoi && fits) this.deactivateInterrupt(intid);
    this.changed();
  }

  protected candidate(): number {
    return this.#best < 0 ? -1 : this.lists[this.#best]!.intid;
  }

  protected candidatePriority(): number {
    return this.#best < 0 ? IDLE_PRIORITY : this.lists[this.#best]!.priority;
  }

  protected candidateGroup(): Group {
    return this.lists[this.#best]!.group;
  }

  protected takeCandidate(): number {
    const list = this.lists[this.#best]!;
    list.state = LR_STATE.ACTIVE;
    return list.intid;
  }

  #activeList(intid: number): ListRegister | undefined {
    return this.lists.find((list) => list.intid === intid && (list.state & LR_STATE.ACTIVE) !== 0);
  }

  protected deactivateInterrupt(id: number): void {
    const list = this.#activeList(id);
    if (!list) {
      this.unmatchedEnds++;
      return;
    }
    list.state &= ~LR_STATE.ACTIVE;
    if (list.physical >= 0) this.#gic.deactivatePhysical(this.#cpu, list.physical);
  }

  protected changed(): void {
    this.#choose();
    if (this.drive(this.#on)) this.#gic.virtualOutputsMoved(this.#cpu);
    // Underflow: none or one of the list registers is valid (ICH_MISR_EL2.U).
    const valid = this.lists.reduce((sum, list) => sum + (list.state === LR_STATE.INVALID ? 0 : 1), 0);
    this.#gic.setMaintenance(this.#cpu, this.#on && this.#underflowInterrupt && valid <= 1);
  }

  override save(): VirtualInterfaceSnapshot {
    return {
      ...super.save(),
      on: this.#on,
      underflowInterrupt: this.#underflowInterrupt,
      unmatchedEnds: this.unmatchedEnds,
      lists: this.lists.map((list) => ({ ...list })),
    };
  }

  override restore(snapshot: VirtualInterfaceSnapshot): void {
    const { on, underflowInterrupt, unmatchedEnds, lists, ...common } = snapshot;
    this.#on = on;
    this.#underflowInterrupt = underflowInterrupt;
    this.unmatchedEnds = unmatchedEnds;
    lists.forEach((list, n) => Object.assign(this.lists[n]!, list));
    super.restore(common);
  }

  /** Pending and not active, of an enabled group, best priority first; among equals the lowest list register. */
  #choose(): void {
    this.#best = -1;
    let priority = IDLE_PRIORITY;
    this.lists.forEach((list, index) => {
      if (list.state !== LR_STATE.PENDING || !this.enabled[list.group] || list.priority >= priority) return;
      priority = list.priority;
      this.#best = index;
    });
  }
}
