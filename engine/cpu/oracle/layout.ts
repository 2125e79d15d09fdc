// Where things are in the oracle's images, guest-physical; QEMU's virt board has its RAM from 0x4000_0000 on.
export const LAYOUT = {
  ram: 0x4000_0000,
  /** Harness code and blocks: read-only and executable for both levels. */
  code: 0x4020_0000,
  codeSize: 0x20_0000,
  /** Translation tables, initial states, results: EL1 only. */
  tables: 0x4040_0000,
  stack: 0x4042_0000,
  pattern: 0x4043_0000,
  states: 0x4060_0000,
  results: 0x4080_0000,
  /** Translation tables of random address spaces. */
  spaces: 0x40a0_0000,
  /**
   * Backing pages of the data window. Nothing else is in their 2 MiB, and far around: random address spaces map whole blocks.
   */
  backing: 0x4141_0000,
  /** The harness maps no more. */
  end: 0x4180_0000,
} as const;
