// The physical CPU interface of one CPU: its candidate is the best pending interrupt of the distributor.
import { CpuInterface } from './cpu-interface.ts';
import type { Group } from './cpu-interface.ts';
import type { InterruptState } from './interrupts.ts';
import { lowestBit } from './interrupts.ts';

/** What a physical interface needs from the GIC around it. */
export interface PhysicalSurroundings {
  readonly state: InterruptState;
  readonly version: 2 | 3;
  /** Pending, enable or active state of a word changed: choose again and drive the outputs of whom it concerns. */
  refresh(word: number, bits: number): void;
  /** This CPU's outputs or enables moved. */
  interfaceChanged(cpu: number, physical: CpuInterface): void;
}

export class PhysicalInterface extends CpuInterface {
  readonly #cpu: number;
  readonly #gic: PhysicalSurroundings;

  constructor(cpu: number, gic: PhysicalSurroundings) {
    // As QEMU's models show them: 5 bits behind system registers, 8 (of which 7 preempt) in GICC.
    super({
      version: gic.version,
      ...(gic.version === 3 ? { priorityBits: 5, preemptionBits: 5 } : { priorityBits: 8, preemptionBits: 7 }),
    });
    this.#cpu = cpu;
    this.#gic = gic;
  }

  /** The distributor chose anew. True if the outputs moved. */
  candidateChanged(): boolean {
    return this.drive(true);
  }

  protected candidate(): number {
    return this.#gic.state.bestIntid[this.#cpu]!;
  }

  protected candidatePriority(): number {
    return this.#gic.state.bestPriority[this.#cpu]!;
  }

  protected candidateGroup(): Group {
    const { state } = this.#gic;
    const intid = this.candidate();
    return state.isGroup1(state.word(this.#cpu, intid), intid & 31) ? 1 : 0;
  }

  protected takeCandidate(): number {
    const { state } = this.#gic;
    const intid = this.candidate();
    const word = state.word(this.#cpu, intid);
    const bit = intid & 31;
    let source = 0;
    if (this.version === 2 && intid < 16) {
      // One source at a time, the lowest CPU first; the SGI stays pending for the others (IHI 0048, 3.2.2).
      const place = this.#cpu * 16 + intid;
      source = lowestBit(state.sgiSources[place]!);
      state.sgiSources[place] = state.sgiSources[place]! & (state.sgiSources[place]! - 1);
      state.activate(word, bit);
      if (state.sgiSources[place] !== 0) state.latched[word] = state.latched[word]! | (1 << bit);
    } else {
      state.activate(word, bit);
    }
    this.#gic.refresh(word, 1 << bit);
    return (source << 10) | intid;
  }

  protected deactivateInterrupt(id: number): void {
    const { state } = this.#gic;
    // GICv2 writes the SGI's source CPU beside the INTID.
    const intid = this.version === 2 ? id & 0x3ff : id;
    const word = state.word(this.#cpu, intid);
    if (word < 0) return;
    const mask = 1 << (intid & 31);
    if ((state.active[word]! & mask) === 0) return;
    state.active[word] = state.active[word]! & ~mask;
    this.#gic.refresh(word, mask);
  }

  protected changed(): void {
    this.drive(true);
    this.#gic.interfaceChanged(this.#cpu, this);
  }
}
