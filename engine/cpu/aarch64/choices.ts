// Where the architecture leaves a choice (CONSTRAINED UNPREDICTABLE, IMPLEMENTATION DEFINED) or names a value UNKNOWN: what
// this core does. Unless said otherwise it does as QEMU's model of the core does, and the oracle (../oracle) compares it.
// Sections are those of the Arm ARM, DDI 0487.

export interface Choice {
  readonly name: string;
  readonly section: string;
  readonly choice: string;
  /** Set where QEMU 7.2 does something else; oracle/explained.ts then names the difference. */
  readonly unlikeQemu?: true;
}

export const CHOICES: readonly Choice[] = [
  {
    name: 'load of a register that is also the base, with writeback',
    section: 'K1.1 LDR (immediate), LDP',
    choice: 'the written-back address wins',
  },
  {
    name: 'store of a register that is also the base, with writeback',
    section: 'K1.1 STR (immediate), STP',
    choice: 'the value from before the instruction is stored',
  },
  { name: 'LDP of one register twice', section: 'K1.1 LDP', choice: 'the value from the lower address stays' },
  { name: 'LDXP of one register twice', section: 'K1.1 LDXP', choice: 'the value from the higher address stays' },
  {
    name: 'store-exclusive whose status register is a data or address register',
    section: 'K1.1 STXR, STXP',
    choice: 'data and address are taken from before the instruction, the status is written last',
  },
  {
    name: 'store-exclusive to another address or of another size than the load',
    section: 'B2.12.5',
    choice: 'fails, and writes nothing (QEMU 7.2 may write and report failure)',
    unlikeQemu: true,
  },
  {
    name: 'granule of the exclusive monitors',
    section: 'B2.12.3',
    choice: 'the bytes of the load-exclusive; a store by another core to any of them clears it',
  },
  { name: 'condition codes 14 and 15', section: 'C1.2.4', choice: 'both always hold' },
  {
    name: 'unaligned without translation',
    section: 'B2.5.2, D8.2.10',
    choice:
      'data accesses while SCTLR_EL1.M is 0 may be unaligned though their memory is Device: images made for QEMU’s virt board count on it',
  },
  {
    name: 'unaligned to Device memory',
    section: 'B2.5.2',
    choice: 'with translation on, the Alignment fault that the architecture asks for; also DC ZVA',
    unlikeQemu: true,
  },
  {
    name: 'faults of cache maintenance by address',
    section: 'D7.5.9',
    choice: 'translation, access flag and permission faults are reported, with ISS.CM; QEMU reports none',
    unlikeQemu: true,
  },
  {
    name: 'table walk through memory that is no RAM',
    section: 'D8.2',
    choice: 'synchronous external abort on the walk, with its level; devices are not read',
    unlikeQemu: true,
  },
  {
    name: 'TCR_EL1.T0SZ and T1SZ out of range',
    section: 'D8.2.5',
    choice: 'below 16 and above 39 every address of the half has a level 0 translation fault',
  },
  { name: 'reserved values of TCR_EL1.TG0 and TG1', section: 'D17.2.139', choice: '4 KiB' },
  {
    name: 'granule that ID_AA64MMFR0_EL1 does not promise',
    section: 'D17.2.139 TCR_EL1.TG0',
    choice: '16 KiB granules work on every model, though the Cortex-A53, A57 and A72 lack them',
    unlikeQemu: true,
  },
  {
    name: 'contiguous hint',
    section: 'D8.5.2',
    choice: 'ignored: every entry of the run is looked at by itself',
  },
  {
    name: 'ASIDs',
    section: 'D8.13.3',
    choice:
      'cached translations belong to a pair of table bases with their ASIDs; TLBI by ASID drops those of all ASIDs',
  },
  { name: 'PAR_EL1.NS', section: 'D17.2.105', choice: 'reads as one after a successful translation' },
  {
    name: 'event counters that PMSELR_EL0 selects and that are not there',
    section: 'D11.10.12',
    choice: 'read as zero and ignore writes',
  },
  { name: 'SError syndrome', section: 'D17.2.37', choice: 'ISS is zero' },
  {
    name: 'AArch32 and big-endian data',
    section: 'D17.2.64, D17.2.65',
    choice: 'not there: ID_AA64PFR0_EL1 and ID_AA64MMFR0_EL1 say so, SCTLR_EL1.EE and E0E are RES0',
    unlikeQemu: true,
  },
  {
    name: 'debug exceptions other than BRK',
    section: 'D2.1',
    choice: 'breakpoint, watchpoint and step registers keep what is written and never match',
    unlikeQemu: true,
  },
];
