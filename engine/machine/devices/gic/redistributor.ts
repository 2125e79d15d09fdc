// A CPU's redistributor: its own control frame (RD_base) and its private interrupts (SGI_base), 64 KiB each.
// Source: Arm IHI 0069 12.10 and 12.11. There are no LPIs.
import { defineRegisters } from '../../registers.ts';
import { identification } from './distributor.ts';
import { interruptRegisters } from './interrupt-registers.ts';
import type { InterruptBank } from './interrupt-registers.ts';

export const REDISTRIBUTOR_SIZE = 0x20000;
const SGI_BASE = 0x10000;

export interface RedistributorOwner extends InterruptBank {
  readonly cpu: number;
  /** Affinity fields as the high word of GICR_TYPER shows them: Aff3.Aff2.Aff1.Aff0. */
  readonly affinity: number;
  readonly last: boolean;
  asleep: boolean;
}

export const REDISTRIBUTOR = defineRegisters<RedistributorOwner>()('GICR', REDISTRIBUTOR_SIZE, {
  GICR_CTLR: {
    offset: 0x0000,
    narrow: 'none',
    access: 'ro',
    fields: {
      EnableLPIs: { bits: 0 },
      CES: { bits: 1 },
      IR: { bits: 2 },
      RWP: { bits: 3 },
      DPG0: { bits: 24 },
      DPG1NS: { bits: 25 },
      DPG1S: { bits: 26 },
      UWP: { bits: 31 },
    },
  },
  GICR_IIDR: { offset: 0x0004, access: 'ro', narrow: 'none', reset: 0x43b },
  GICR_TYPER: {
    offset: 0x0008,
    width: 64,
    access: 'ro',
    narrow: 'none',
    fields: {
      PLPIS: { bits: 0 },
      VLPIS: { bits: 1 },
      Dirty: { bits: 2 },
      DirectLPI: { bits: 3 },
      Last: { bits: 4 },
      DPGS: { bits: 5 },
      MPAM: { bits: 6 },
      RVPEID: { bits: 7 },
      Processor_Number: { bits: [23, 8] },
      CommonLPIAff: { bits: [25, 24] },
      VSGI: { bits: 26 },
      PPInum: { bits: [31, 27] },
      Affinity_Value: { bits: [63, 32] },
    },
    read: ({ cpu, last, affinity }, _index, half) =>
      half === 1 ? affinity : (last ? 1 << 4 : 0) | (cpu << 8) | (1 << 24),
  },
  GICR_STATUSR: {
    offset: 0x0010,
    narrow: 'none',
    access: 'w1c',
    fields: { RRD: { bits: 0 }, WRD: { bits: 1 }, RWOD: { bits: 2 }, WROD: { bits: 3 } },
  },
  GICR_WAKER: {
    offset: 0x0014,
    narrow: 'none',
    // Interrupts reach a CPU whether or not it was marked awake, as on QEMU; ChildrenAsleep follows at once.
    fields: { ProcessorSleep: { bits: 1 }, ChildrenAsleep: { bits: 2, access: 'ro' } },
    read: (owner) => (owner.asleep ? 6 : 0),
    write: (owner, value) => {
      owner.asleep = (value & 2) !== 0;
    },
  },
  GICR_SYNCR: { offset: 0x00c0, access: 'ro', narrow: 'none' },
  GICR_ID: identification(0xffd0, 0x44, [0x93, 0xb4, 0x3b, 0x00]),
  ...interruptRegisters('GICR', SGI_BASE, 1),
  GICR_IGRPMODR: { offset: SGI_BASE + 0xd00, narrow: 'none', read: () => 0, write: () => undefined },
  GICR_NSACR: { offset: SGI_BASE + 0xe00, narrow: 'none', read: () => 0, write: () => undefined },
});
