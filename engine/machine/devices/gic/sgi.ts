// Software-generated interrupts: GICv3's system registers (IHI 0069, 12.2.20 to 12.2.22), GICv2's GICD_SGIR and the
// pending registers by source (IHI 0048, 4.3.15 to 4.3.17).
import { splitAffinity } from './affinity.ts';
import type { Affinity } from './affinity.ts';
import type { InterruptState } from './interrupts.ts';
import type { Exchange, SgiKind } from './system-registers.ts';

/** ICC_SGI1R_EL1.IRM, in the high word: everyone but the sender. */
const IRM = 0x100;

/** GICD_SGIR.TargetListFilter. */
const FILTER = { LIST: 0, OTHERS: 1, SELF: 2 } as const;

export class SoftwareInterrupts {
  readonly #version: 2 | 3;
  readonly #state: InterruptState;
  readonly #affinities: readonly Affinity[];
  readonly #refresh: (word: number, bits: number) => void;

  constructor(options: {
    version: 2 | 3;
    state: InterruptState;
    affinities: readonly number[];
    refresh: (word: number, bits: number) => void;
  }) {
    this.#version = options.version;
    this.#state = options.state;
    this.#affinities = options.affinities.map(splitAffinity);
    this.#refresh = options.refresh;
  }

  /** Pends an SGI on one CPU. GICv2 remembers who sent it. */
  pend(from: number, cpu: number, id: number): void {
    const { latched, sgiSources } = this.#state;
    latched[cpu] = latched[cpu]! | (1 << id);
    if (this.#version === 2) sgiSources[cpu * 16 + id]! |= 1 << from;
    this.#refresh(cpu, 1 << id);
  }

  /**
   * A write of ICC_SGI0R, ICC_SGI1R or ICC_ASGI1R: targets 15:0 in the cluster Aff3.Aff2.Aff1, or with IRM everyone else.
   * It pends where the SGI's group is the register's (with one security state the alias register asks for group 0).
   */
  bySystemRegister(from: number, kind: SgiKind, { lo, hi }: Exchange): void {
    const id = (lo >>> 24) & 15;
    const wanted = kind === 'group1';
    for (let cpu = 0; cpu < this.#state.cpus; cpu++) {
      if (this.#state.isGroup1(cpu, id) !== wanted) continue;
      if (hi & IRM ? cpu !== from : this.#isTarget(this.#affinities[cpu]!, lo, hi)) this.pend(from, cpu, id);
    }
  }

  /** A write of GICD_SGIR. */
  byDistributor(from: number, value: number): void {
    const filter = (value >>> 24) & 3;
    for (let cpu = 0; cpu < this.#state.cpus; cpu++) {
      const chosen =
        (filter === FILTER.LIST && ((value >>> (16 + cpu)) & 1) === 1) ||
        (filter === FILTER.OTHERS && cpu !== from) ||
        (filter === FILTER.SELF && cpu === from);
      if (chosen) this.pend(from, cpu, value & 15);
    }
  }

  /** Word `index` of GICD_SPENDSGIR and GICD_CPENDSGIR of a CPU: a byte of sources for each SGI. */
  readPending(cpu: number, index: number): number {
    const { sgiSources } = this.#state;
    const at = cpu * 16 + index * 4;
    return (
      (sgiSources[at]! | (sgiSources[at + 1]! << 8) | (sgiSources[at + 2]! << 16) | (sgiSources[at + 3]! << 24)) >>> 0
    );
  }

  setPending(cpu: number, index: number, value: number): void {
    this.#changeSources(cpu, index, (sources, shift) => sources | ((value >>> shift) & 0xff));
  }

  clearPending(cpu: number, index: number, value: number): void {
    this.#changeSources(cpu, index, (sources, shift) => sources & ~(value >>> shift));
  }

  #changeSources(cpu: number, index: number, change: (sources: number, shift: number) => number): void {
    const { latched, sgiSources, cpus } = this.#state;
    for (let byte = 0; byte < 4; byte++) {
      const id = index * 4 + byte;
      const sources = change(sgiSources[cpu * 16 + id]!, byte * 8) & ((1 << cpus) - 1);
      sgiSources[cpu * 16 + id] = sources;
      latched[cpu] = sources ? latched[cpu]! | (1 << id) : latched[cpu]! & ~(1 << id);
    }
    this.#refresh(cpu, 0xffff);
  }

  #isTarget({ aff0, aff1, aff2, aff3 }: Affinity, lo: number, hi: number): boolean {
    return (
      aff0 < 16 &&
      ((lo >>> aff0) & 1) === 1 &&
      aff1 === ((lo >>> 16) & 0xff) &&
      aff2 === (hi & 0xff) &&
      aff3 === ((hi >>> 16) & 0xff)
    );
  }
}
