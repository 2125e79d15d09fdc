// CPU addresses of the GIC: MPIDR affinity fields as registers and configurations spell them.
// Source: Arm IHI 0069 (GICD_IROUTER, ICC_SGI1R), ABI reference C.2 (comparison mask), C.4.
import type { PerCpu } from '../cell/percpu.ts';

/** Aff3 in bits 39:32, Aff2..Aff0 in bits 23:0. */
export const AFFINITY_MASK = 0xff00ffffffn;

export const affinityOf = (cpu: PerCpu): bigint => cpu.cpu.mpidr & AFFINITY_MASK;

/** The CPU with this affinity among the given ones. */
export const cpuByAffinity = (cpus: readonly PerCpu[], affinity: bigint): PerCpu | undefined =>
  cpus.find((cpu) => affinityOf(cpu) === affinity);

/** Two 32-bit halves as registers hold an affinity. */
export const affinityHalves = (affinity: bigint): { lo: number; hi: number } => ({
  lo: Number(affinity & 0xffffffffn),
  hi: Number(affinity >> 32n),
});

export const affinityFromHalves = (lo: number, hi: number): bigint =>
  ((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)) & AFFINITY_MASK;

/** What a write of ICC_SGI1R_EL1 asks for. */
export interface SgiRequest {
  readonly intid: number;
  /** All CPUs of the cell but the sender. */
  readonly toOthers: boolean;
  /** Otherwise: Aff3.Aff2.Aff1 of the targets, shifted to their place in an affinity, and a bit for each Aff0. */
  readonly cluster: bigint;
  readonly targets: number;
}

/** Fields: TargetList 15:0, Aff1 23:16, INTID 27:24, Aff2 39:32, IRM 40, Aff3 55:48. */
export function decodeSgi1r(lo: number, hi: number): SgiRequest {
  const aff1 = BigInt((lo >>> 16) & 0xff);
  const aff2 = BigInt(hi & 0xff);
  const aff3 = BigInt((hi >>> 16) & 0xff);
  return {
    intid: (lo >>> 24) & 0xf,
    toOthers: (hi & 0x100) !== 0,
    cluster: (aff3 << 32n) | (aff2 << 16n) | (aff1 << 8n),
    targets: lo & 0xffff,
  };
}

export function sgiTargets(request: SgiRequest, sender: PerCpu, cpus: readonly PerCpu[]): PerCpu[] {
  return cpus.filter((cpu) => {
    if (request.toOthers) return cpu !== sender;
    const affinity = affinityOf(cpu);
    const aff0 = Number(affinity & 0xffn);
    return (affinity & ~0xffn) === request.cluster && aff0 < 16 && (request.targets & (1 << aff0)) !== 0;
  });
}
