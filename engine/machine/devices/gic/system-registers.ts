// The GICv3 CPU interface as a guest at EL1 sees it: ICC_* system registers over a physical interface, ICV_* (the same
// encodings) over a virtual one. Source: Arm IHI 0069 12.2 (AArch64 system registers), single security state.
import type { CpuInterface, Group } from './cpu-interface.ts';

/** A system-register value as two unsigned halves: the `exchange` of a CPU. */
export interface Exchange {
  lo: number;
  hi: number;
}

export type SgiKind = 'group0' | 'group1' | 'alias';

/** Who answers: the interface that the guest is routed to, and the sink for SGIs (undefined under a hypervisor). */
export interface SystemRegisterTarget {
  cpuInterface: CpuInterface;
  sendSgi: ((kind: SgiKind, value: Exchange) => void) | undefined;
}

interface SystemRegister {
  name: string;
  read?: (target: CpuInterface) => number;
  write?: (target: CpuInterface, value: number) => void;
  sgi?: SgiKind;
}

const key = (crm: number, op2: number, crn = 12): number => (3 << 14) | (crn << 7) | (crm << 3) | op2;

/** ICC_CTLR_EL1: CBPR bit 0, EOImode bit 1, PRIbits 10:8, IDbits 13:11 = 1 (24 bits), A3V bit 15. */
const readControl = (target: CpuInterface): number =>
  (target.commonBinaryPoint ? 1 : 0) |
  (target.splitEoi ? 2 : 0) |
  ((target.priorityBits - 1) << 8) |
  (1 << 11) |
  (1 << 15);

function groupRegisters(group: Group, crm: number, igrpen: number): [number, SystemRegister][] {
  return [
    [key(crm, 0), { name: `ICC_IAR${group}_EL1`, read: (target) => target.acknowledge(group) }],
    [
      key(crm, 1),
      { name: `ICC_EOIR${group}_EL1`, write: (target, value) => target.endOfInterrupt(group, value & 0xffffff) },
    ],
    [key(crm, 2), { name: `ICC_HPPIR${group}_EL1`, read: (target) => target.highestPending(group) }],
    [
      key(crm, 3),
      {
        name: `ICC_BPR${group}_EL1`,
        read: (target) => target.readBinaryPoint(group),
        // With CBPR, group 1's is read-only (12.2.6).
        write: (target, value) => {
          if (group === 0 || !target.commonBinaryPoint) target.writeBinaryPoint(group, value);
        },
      },
    ],
    [
      // Five bits of preemption: one active-priorities register a group; the others are UNDEFINED.
      group === 0 ? key(8, 4) : key(9, 0),
      {
        name: `ICC_AP${group}R0_EL1`,
        read: (target) => target.active[group][0]!,
        write: (target, value) => target.writeActive(group, 0, value),
      },
    ],
    [
      key(12, igrpen),
      {
        name: `ICC_IGRPEN${group}_EL1`,
        read: (target) => (target.enabled[group] ? 1 : 0),
        write: (target, value) => target.setEnabled(group, (value & 1) !== 0),
      },
    ],
  ];
}

const REGISTERS: ReadonlyMap<number, SystemRegister> = new Map<number, SystemRegister>([
  [
    key(6, 0, 4),
    {
      name: 'ICC_PMR_EL1',
      read: (target) => target.priorityMask,
      write: (target, value) => target.setPriorityMask(value),
    },
  ],
  ...groupRegisters(0, 8, 6),
  ...groupRegisters(1, 12, 7),
  [key(11, 1), { name: 'ICC_DIR_EL1', write: (target, value) => target.deactivate(value & 0xffffff) }],
  [key(11, 3), { name: 'ICC_RPR_EL1', read: (target) => target.runningPriority }],
  [key(11, 5), { name: 'ICC_SGI1R_EL1', sgi: 'group1' }],
  [key(11, 6), { name: 'ICC_ASGI1R_EL1', sgi: 'alias' }],
  [key(11, 7), { name: 'ICC_SGI0R_EL1', sgi: 'group0' }],
  [
    key(12, 4),
    {
      name: 'ICC_CTLR_EL1',
      read: readControl,
      write: (target, value) => {
        target.splitEoi = (value & 2) !== 0;
        target.setCommonBinaryPoint((value & 1) !== 0);
      },
    },
  ],
  // System registers only, IRQ and FIQ bypass disabled: SRE, DFB and DIB read as one, writes ignored.
  [key(12, 5), { name: 'ICC_SRE_EL1', read: () => 7, write: () => undefined }],
]);

/** The register's name, for reports. */
export const gicRegisterName = (registerKey: number): string | undefined => REGISTERS.get(registerKey)?.name;

/** MRS: false if there is no such register or it can not be read; the guest takes UNDEFINED. */
export function readGicRegister(target: SystemRegisterTarget, registerKey: number, value: Exchange): boolean {
  const register = REGISTERS.get(registerKey);
  if (!register?.read) return false;
  value.lo = register.read(target.cpuInterface) >>> 0;
  value.hi = 0;
  return true;
}

/** MSR: false if there is no such register or it can not be written, or it is an SGI that the hypervisor must handle. */
export function writeGicRegister(target: SystemRegisterTarget, registerKey: number, value: Exchange): boolean {
  const register = REGISTERS.get(registerKey);
  if (register?.sgi) {
    target.sendSgi?.(register.sgi, value);
    return target.sendSgi !== undefined;
  }
  if (!register?.write) return false;
  register.write(target.cpuInterface, value.lo);
  return true;
}
