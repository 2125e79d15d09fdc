// Identification and reset values by CPU model, little-endian and AArch64 only. Cortex-A53: DDI 0500, 4.3; Cortex-A57: DDI 0488, 4.3; Cortex-A72: DDI 0488's
// successor 100095, 4.3; figures as the virt board shows them to EL1 with no EL2 and EL3 (CLIDR, CCSIDR, PMCEID included).
import type { Feature } from '../table/instruction.ts';
import { COMMON_EVENTS } from './performance.ts';

export interface CpuModel {
  readonly name: string;
  readonly features: readonly Feature[];
  /** Values at reset; registers not named are zero. */
  readonly registers: Readonly<Record<string, bigint>>;
  /** CCSIDR_EL1 by CSSELR_EL1: L1 data, L1 instruction, L2. */
  readonly cacheSizes: readonly [bigint, bigint, bigint];
}

const V8_0: readonly Feature[] = ['base', 'FP', 'SIMD', 'CRC32', 'AES', 'PMULL', 'SHA1', 'SHA256'];

/** AArch32 identification registers: the same in the three cores but for the memory model. */
const aarch32 = {
  ID_PFR0_EL1: 0x131n,
  ID_PFR1_EL1: 0x00010001n,
  ID_DFR0_EL1: 0x03010006n,
  ID_MMFR0_EL1: 0x10101105n,
  ID_MMFR1_EL1: 0x40000000n,
  ID_MMFR2_EL1: 0x01260000n,
  ID_MMFR3_EL1: 0x02102211n,
  ID_ISAR0_EL1: 0x02101110n,
  ID_ISAR1_EL1: 0x13112111n,
  ID_ISAR2_EL1: 0x21232042n,
  ID_ISAR3_EL1: 0x01112131n,
  ID_ISAR4_EL1: 0x00011142n,
  ID_ISAR5_EL1: 0x00011121n,
  MVFR0_EL1: 0x10110222n,
  MVFR1_EL1: 0x12111111n,
  MVFR2_EL1: 0x43n,
};

const common = {
  ...aarch32,
  // AArch64 only at both levels: AArch32 guests are not run, so the core does not claim them.
  ID_AA64PFR0_EL1: 0x11n,
  ID_AA64DFR0_EL1: 0x10305106n,
  ID_AA64ISAR0_EL1: 0x11120n,
  DCZID_EL0: 4n,
  SCTLR_EL1: 0xc50838n,
  CLIDR_EL1: 0x0a200023n,
  PMCEID0_EL0: COMMON_EVENTS,
  OSLSR_EL1: 0xan,
};

export const CPU_MODELS: readonly CpuModel[] = [
  {
    // Cortex-A35, Arm 100236, 4.3: the same memory model and caches as the A53.
    name: 'cortex-a35',
    features: V8_0,
    registers: {
      ...common,
      MIDR_EL1: 0x411fd040n,
      ID_AA64MMFR0_EL1: 0x1022n,
      CTR_EL0: 0x84448004n,
      PMCR_EL0: 0x410a3000n,
    },
    cacheSizes: [0x700fe01an, 0x201fe00an, 0x707fe07an],
  },
  {
    name: 'cortex-a53',
    features: V8_0,
    registers: {
      ...common,
      MIDR_EL1: 0x410fd034n,
      ID_AA64MMFR0_EL1: 0x1022n,
      CTR_EL0: 0x84448004n,
      PMCR_EL0: 0x41033000n,
    },
    cacheSizes: [0x700fe01an, 0x201fe00an, 0x707fe07an],
  },
  {
    name: 'cortex-a57',
    features: V8_0,
    registers: {
      ...common,
      MIDR_EL1: 0x411fd070n,
      ID_AA64MMFR0_EL1: 0x1024n,
      CTR_EL0: 0x8444c004n,
      PMCR_EL0: 0x41013000n,
    },
    cacheSizes: [0x701fe00an, 0x201fe012n, 0x70ffe07an],
  },
  {
    name: 'cortex-a72',
    features: V8_0,
    registers: {
      ...common,
      MIDR_EL1: 0x410fd083n,
      ID_MMFR0_EL1: 0x10201105n,
      ID_AA64MMFR0_EL1: 0x1024n,
      CTR_EL0: 0x8444c004n,
      PMCR_EL0: 0x41023000n,
    },
    cacheSizes: [0x701fe00an, 0x201fe012n, 0x707fe07an],
  },
  {
    // Arm's architecture envelope model, as the Foundation Platform has it: no core of its own, 48 physical address bits.
    name: 'armv8',
    features: V8_0,
    registers: {
      ...common,
      MIDR_EL1: 0x410fd0f0n,
      ID_AA64MMFR0_EL1: 0x1025n,
      CTR_EL0: 0x8444c004n,
      PMCR_EL0: 0x41003000n,
    },
    cacheSizes: [0x701fe00an, 0x201fe012n, 0x70ffe07an],
  },
  {
    // For tests: every extension that the instruction table has (LSE, PAN, RDM beyond Armv8.0).
    name: 'max',
    features: [...V8_0, 'LSE', 'PAN', 'RDM'],
    registers: {
      ...common,
      MIDR_EL1: 0x000f0510n,
      ID_AA64ISAR0_EL1: 0x10211120n,
      ID_AA64MMFR0_EL1: 0x101024n,
      ID_AA64MMFR1_EL1: 0x00100000n,
      CTR_EL0: 0x8444c004n,
      PMCR_EL0: 0x41013000n,
    },
    cacheSizes: [0x701fe00an, 0x201fe012n, 0x70ffe07an],
  },
];

/** What the identification registers say more where the GIC's CPU interface is in system registers (GICv3). */
export const GIC_REGISTER_FIELDS = { ID_AA64PFR0_EL1: 1n << 24n, ID_PFR1_EL1: 1n << 28n } as const;

/** Throws with the known names if there is no such model. */
export function cpuModel(name: string): CpuModel {
  const model = CPU_MODELS.find((candidate) => candidate.name === name);
  if (model) return model;
  throw new Error(`no CPU model "${name}"; use one of ${CPU_MODELS.map((candidate) => candidate.name).join(', ')}`);
}
