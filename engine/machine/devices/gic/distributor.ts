// The distributor's registers, GICv3 with affinity routing always on, and GICv2.
// Source: Arm IHI 0069 12.9, IHI 0048 4.3. Identification values are those of QEMU 7.2's virt machine.
import { defineRegisters } from '../../registers.ts';
import { interruptRegisters } from './interrupt-registers.ts';
import type { InterruptBank } from './interrupt-registers.ts';
import type { Routing } from './routing.ts';
import type { SoftwareInterrupts } from './sgi.ts';

/** What the distributor's registers act on, beyond the interrupts themselves. */
export interface DistributorOwner extends InterruptBank {
  setGroupsEnabled(groups: number): void;
  readonly routing: Routing;
  readonly sgis: SoftwareInterrupts;
  /** The CPU whose access this is: GICv2 shows each its own private interrupts. */
  readonly accessor: number;
}

/** Identification registers, from 0xfd0: peripheral 4 to 7 and 0 to 3, component 0 to 3. */
export const identification = (offset: number, peripheral4: number, peripheral: readonly number[]) => ({
  offset,
  count: 12,
  access: 'ro' as const,
  width: 8 as const,
  narrow: 'none' as const,
  read: (_owner: unknown, index: number) => [peripheral4, 0, 0, 0, ...peripheral, 0x0d, 0xf0, 0x05, 0xb1][index]!,
});

/** Arm's JEP106 code with the GIC architecture version in PIDR2[7:4]; product 0x43b. */
const IIDR = 0x0000043b;

export const DISTRIBUTOR_V3 = defineRegisters<DistributorOwner>()('GICD', 0x10000, {
  GICD_CTLR: {
    offset: 0x0000,
    narrow: 'none',
    fields: {
      EnableGrp0: { bits: 0 },
      EnableGrp1: { bits: 1 },
      ARE: { bits: 4, access: 'ro' },
      DS: { bits: 6, access: 'ro' },
      E1NWF: { bits: 7, access: 'ro' },
      RWP: { bits: 31, access: 'ro' },
    },
    read: ({ state }) => state.groupsEnabled | 0x50,
    write: (owner, value) => owner.setGroupsEnabled(value & 3),
  },
  GICD_TYPER: {
    offset: 0x0004,
    access: 'ro',
    narrow: 'none',
    fields: {
      ITLinesNumber: { bits: [4, 0] },
      CPUNumber: { bits: [7, 5] },
      ESPI: { bits: 8 },
      SecurityExtn: { bits: 10 },
      num_LPIs: { bits: [15, 11] },
      MBIS: { bits: 16 },
      LPIS: { bits: 17 },
      DVIS: { bits: 18 },
      IDbits: { bits: [23, 19] },
      A3V: { bits: 24 },
      No1N: { bits: 25 },
      RSS: { bits: 26 },
      ESPI_range: { bits: [31, 27] },
    },
    // 16 interrupt identifier bits, affinity level 3 valid, no message-based interrupts, no LPIs.
    read: ({ state }) => state.sharedWords | (15 << 19) | (1 << 24) | (1 << 25),
  },
  GICD_IIDR: { offset: 0x0008, access: 'ro', narrow: 'none', reset: IIDR },
  GICD_STATUSR: {
    offset: 0x0010,
    narrow: 'none',
    access: 'w1c',
    fields: { RRD: { bits: 0 }, WRD: { bits: 1 }, RWOD: { bits: 2 }, WROD: { bits: 3 } },
  },
  ...interruptRegisters('GICD', 0, 32),
  // With affinity routing these are reserved: GICD_ITARGETSR, GICD_IGRPMODR (DS = 1), GICD_NSACR, GICD_SGIR, GICD_(C|S)PENDSGIR.
  GICD_ITARGETSR: { offset: 0x0800, count: 255, narrow: 'lanes', read: () => 0, write: () => undefined },
  GICD_IGRPMODR: { offset: 0x0d00, count: 32, narrow: 'none', read: () => 0, write: () => undefined },
  GICD_NSACR: { offset: 0x0e00, count: 64, narrow: 'none', read: () => 0, write: () => undefined },
  GICD_IROUTER: {
    offset: 0x6100,
    width: 64,
    count: 988,
    stride: 8,
    narrow: 'none',
    fields: {
      Aff0: { bits: [7, 0] },
      Aff1: { bits: [15, 8] },
      Aff2: { bits: [23, 16] },
      Interrupt_Routing_Mode: { bits: 31 },
      Aff3: { bits: [39, 32] },
    },
    read: (owner, index, half) => owner.routing.readRoute(index, half),
    write: (owner, value, index, half) => owner.routing.writeRoute(index, half, value),
  },
  GICD_ID: identification(0xffd0, 0x44, [0x92, 0xb4, 0x3b, 0x00]),
});

export const DISTRIBUTOR_V2 = defineRegisters<DistributorOwner>()('GICD', 0x1000, {
  GICD_CTLR: {
    offset: 0x000,
    narrow: 'none',
    fields: { EnableGrp0: { bits: 0 }, EnableGrp1: { bits: 1 } },
    read: ({ state }) => state.groupsEnabled,
    write: (owner, value) => owner.setGroupsEnabled(value & 3),
  },
  GICD_TYPER: {
    offset: 0x004,
    access: 'ro',
    narrow: 'none',
    fields: {
      ITLinesNumber: { bits: [4, 0] },
      CPUNumber: { bits: [7, 5] },
      SecurityExtn: { bits: 10 },
      LSPI: { bits: [15, 11] },
    },
    read: ({ state }) => state.sharedWords | ((state.cpus - 1) << 5),
  },
  GICD_IIDR: { offset: 0x008, access: 'ro', narrow: 'none', reset: IIDR },
  ...interruptRegisters('GICD', 0, 32),
  GICD_ITARGETSR: {
    offset: 0x800,
    count: 255,
    narrow: 'lanes',
    read: (owner, index) => owner.routing.readTargets(index, owner.accessor),
    write: (owner, value, index, _half, lanes) => owner.routing.writeTargets(index, value, lanes),
  },
  GICD_NSACR: { offset: 0xe00, count: 64, narrow: 'none', read: () => 0, write: () => undefined },
  GICD_SGIR: {
    offset: 0xf00,
    access: 'wo',
    narrow: 'none',
    fields: {
      SGIINTID: { bits: [3, 0] },
      NSATT: { bits: 15 },
      CPUTargetList: { bits: [23, 16] },
      TargetListFilter: { bits: [25, 24] },
    },
    write: (owner, value) => owner.sgis.byDistributor(owner.accessor, value),
  },
  GICD_CPENDSGIR: {
    offset: 0xf10,
    count: 4,
    narrow: 'lanes',
    read: (owner, index) => owner.sgis.readPending(owner.accessor, index),
    write: (owner, value, index) => owner.sgis.clearPending(owner.accessor, index, value),
  },
  GICD_SPENDSGIR: {
    offset: 0xf20,
    count: 4,
    narrow: 'lanes',
    read: (owner, index) => owner.sgis.readPending(owner.accessor, index),
    write: (owner, value, index) => owner.sgis.setPending(owner.accessor, index, value),
  },
  GICD_ID: identification(0xfd0, 0x04, [0x90, 0xb4, 0x2b, 0x00]),
});
