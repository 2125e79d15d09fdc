// MPIDR affinities as plain numbers: Aff3 in bits 39:32, Aff2 to Aff0 in 23:0 (Arm DDI 0487, MPIDR_EL1).

const TWO_32 = 0x1_0000_0000;

export interface Affinity {
  aff0: number;
  aff1: number;
  aff2: number;
  aff3: number;
}

export const splitAffinity = (affinity: number): Affinity => ({
  aff0: affinity % 256,
  aff1: Math.floor(affinity / 0x100) % 256,
  aff2: Math.floor(affinity / 0x1_0000) % 256,
  aff3: Math.floor(affinity / TWO_32) % 256,
});

/** From the halves of GICD_IROUTER: Aff3 in the high word, the others below. */
export const joinAffinity = (lo: number, hi: number): number => (hi & 0xff) * TWO_32 + (lo & 0xff_ffff);

/** As the high word of GICR_TYPER has it: Aff3.Aff2.Aff1.Aff0. */
export function packAffinity(affinity: number): number {
  const { aff0, aff1, aff2, aff3 } = splitAffinity(affinity);
  return ((aff3 << 24) | (aff2 << 16) | (aff1 << 8) | aff0) >>> 0;
}
