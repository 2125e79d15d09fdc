// GICv2's CPU interface in memory: GICC over a physical interface, GICV over a virtual one, with the same layout.
// Source: Arm IHI 0048 4.4 (GICC) and 5.5 (GICV). Registers of the CPU that accesses the window.
import { defineRegisters } from '../../registers.ts';
import type { CpuInterface } from './cpu-interface.ts';

export interface MappedOwner {
  /** The interface of the CPU whose access this is. */
  current(): CpuInterface;
  /** GICV: one set of active priorities stands for both groups, GICV_NSAPR is not there (IHI 0048, 5.5.13). */
  readonly groupsShareActive: boolean;
}

const CTLR = { ENABLE_0: 0x1, ENABLE_1: 0x2, ACK: 0x4, FIQ: 0x8, CBPR: 0x10, EOI: 0x200 };

function readControl(target: CpuInterface): number {
  return (
    (target.enabled[0] ? CTLR.ENABLE_0 : 0) |
    (target.enabled[1] ? CTLR.ENABLE_1 : 0) |
    (target.acknowledgeControl ? CTLR.ACK : 0) |
    (target.fiqEnable ? CTLR.FIQ : 0) |
    (target.commonBinaryPoint ? CTLR.CBPR : 0) |
    (target.splitEoi ? CTLR.EOI : 0)
  );
}

function writeControl(target: CpuInterface, value: number): void {
  target.acknowledgeControl = (value & CTLR.ACK) !== 0;
  target.fiqEnable = (value & CTLR.FIQ) !== 0;
  target.commonBinaryPoint = (value & CTLR.CBPR) !== 0;
  target.splitEoi = (value & CTLR.EOI) !== 0;
  target.setEnabled(0, (value & CTLR.ENABLE_0) !== 0);
  target.setEnabled(1, (value & CTLR.ENABLE_1) !== 0);
}

export const MAPPED_INTERFACE_SIZE = 0x2000;

export const MAPPED_INTERFACE = defineRegisters<MappedOwner>()('GICC', MAPPED_INTERFACE_SIZE, {
  GICC_CTLR: {
    offset: 0x000,
    fields: {
      EnableGrp0: { bits: 0 },
      EnableGrp1: { bits: 1 },
      AckCtl: { bits: 2 },
      FIQEn: { bits: 3 },
      CBPR: { bits: 4 },
      EOImode: { bits: 9 },
    },
    read: (owner) => readControl(owner.current()),
    write: (owner, value) => writeControl(owner.current(), value),
  },
  GICC_PMR: {
    offset: 0x004,
    width: 8,
    read: (owner) => owner.current().priorityMask,
    write: (owner, value) => owner.current().setPriorityMask(value),
  },
  GICC_BPR: {
    offset: 0x008,
    width: 8,
    fields: { Binary_point: { bits: [2, 0] } },
    read: (owner) => owner.current().readBinaryPoint(0),
    write: (owner, value) => owner.current().writeBinaryPoint(0, value),
  },
  GICC_IAR: {
    offset: 0x00c,
    access: 'ro',
    fields: { INTID: { bits: [9, 0] }, CPUID: { bits: [12, 10] } },
    read: (owner) => owner.current().acknowledgeAny(),
    peek: (owner) => owner.current().highestPendingAny(),
  },
  GICC_EOIR: {
    offset: 0x010,
    access: 'wo',
    fields: { EOIINTID: { bits: [9, 0] }, CPUID: { bits: [12, 10] } },
    write: (owner, value) => owner.current().endOfInterruptAny(value & 0x3ff),
  },
  GICC_RPR: { offset: 0x014, access: 'ro', width: 8, read: (owner) => owner.current().runningPriority },
  GICC_HPPIR: { offset: 0x018, access: 'ro', read: (owner) => owner.current().highestPendingAny() },
  GICC_ABPR: {
    offset: 0x01c,
    width: 8,
    fields: { Binary_point: { bits: [2, 0] } },
    read: (owner) => owner.current().binaryPoint[1],
    write: (owner, value) => owner.current().writeBinaryPoint(1, value),
  },
  GICC_AIAR: {
    offset: 0x020,
    access: 'ro',
    read: (owner) => owner.current().acknowledge(1),
    peek: (owner) => owner.current().highestPending(1),
  },
  GICC_AEOIR: {
    offset: 0x024,
    access: 'wo',
    write: (owner, value) => owner.current().endOfInterrupt(1, value & 0x3ff),
  },
  GICC_AHPPIR: { offset: 0x028, access: 'ro', read: (owner) => owner.current().highestPending(1) },
  GICC_APR: {
    offset: 0x0d0,
    count: 4,
    read: (owner, index) => {
      const [zero, one] = owner.current().active;
      return owner.groupsShareActive ? (zero[index] ?? 0) | (one[index] ?? 0) : (zero[index] ?? 0);
    },
    write: (owner, value, index) => {
      owner.current().writeActive(0, index, value);
      if (owner.groupsShareActive) owner.current().writeActive(1, index, 0);
    },
  },
  GICC_NSAPR: {
    offset: 0x0e0,
    count: 4,
    read: (owner, index) => (owner.groupsShareActive ? 0 : (owner.current().active[1][index] ?? 0)),
    write: (owner, value, index) => {
      if (!owner.groupsShareActive) owner.current().writeActive(1, index, value);
    },
  },
  // Product 2, architecture 2, revision 0, implementer Arm: as QEMU's model says.
  GICC_IIDR: { offset: 0x0fc, access: 'ro', reset: 0x0002043b },
  GICC_DIR: {
    offset: 0x1000,
    access: 'wo',
    fields: { INTID: { bits: [9, 0] }, CPUID: { bits: [12, 10] } },
    write: (owner, value) => owner.current().deactivate(value & 0x3ff),
  },
});
