// Power State Coordination Interface firmware of the bare board, as a table of functions.
// Source: Arm DEN 0022 (PSCI) chapter 5; Arm DEN 0028 (SMC calling convention). Which functions there are and what they
// answer is what QEMU 7.2's virt machine shows: PSCI 1.1, the 0.1 function ids beside, no SMCCC version call (= 1.0).
import type { Cpu } from '../../cpu/port.ts';

/** Return codes (DEN 0022, 5.2.2). */
export const PSCI = {
  SUCCESS: 0n,
  NOT_SUPPORTED: -1n,
  INVALID_PARAMETERS: -2n,
  DENIED: -3n,
  ALREADY_ON: -4n,
} as const;

const AFFINITY_STATE = { ON: 0n, OFF: 1n } as const;
/** PSCI 1.1: major in 31:16, minor in 15:0. */
const VERSION = 0x0001_0001n;
/** MIGRATE_INFO_TYPE: there is no trusted OS that would have to migrate. */
const NO_MIGRATION = 2n;
/** CPU_SUSPEND power state: state id below, the type in bit 16; all else is reserved (original format). */
const POWER_STATE_RESERVED = 0xfffe_0000n;

/** What the firmware does to the machine. */
export interface PsciMachine {
  readonly cpus: readonly { readonly index: number; readonly mpidr: bigint }[];
  isOn(cpu: number): boolean;
  /** Power on at `entry` in EL1 with X0 = `context`, all interrupts masked. */
  on(cpu: number, entry: bigint, context: bigint): void;
  off(cpu: number): void;
  /** Standby until an interrupt is pending; where a machine can not, the call is over at once, which PSCI allows. */
  standby?(cpu: number): void;
  systemOff(): void;
  systemReset(): void;
}

/** MPIDR_EL1's affinity fields. */
const AFFINITY = 0xff_00ff_ffffn;
const asId = (id: bigint): string => `0x${id.toString(16)}`;

interface Call {
  machine: PsciMachine;
  caller: number;
  /** X1 to X3, cut to 32 bits for the 32-bit convention. */
  arguments: readonly [bigint, bigint, bigint];
}

interface PsciFunction {
  name: string;
  ids: readonly bigint[];
  /** The value for X0, or undefined if the caller does not come back. */
  call: (call: Call) => bigint | undefined;
}

const target = ({ machine, arguments: [affinity] }: Call): number | undefined =>
  machine.cpus.find((cpu) => (cpu.mpidr & AFFINITY) === affinity)?.index;

/** Bit 30 of a function id: the 64-bit convention. */
const SMC64 = 0x4000_0000n;

export const PSCI_FUNCTIONS: readonly PsciFunction[] = [
  { name: 'PSCI_VERSION', ids: [0x8400_0000n], call: () => VERSION },
  {
    name: 'CPU_SUSPEND',
    ids: [0x8400_0001n, 0xc400_0001n, 0x95c1_ba5en],
    // Power-down states are entered as standby: the CPU goes on behind the call.
    call: ({ machine, caller, arguments: [state] }) => {
      if ((state & POWER_STATE_RESERVED) !== 0n) return PSCI.INVALID_PARAMETERS;
      machine.standby?.(caller);
      return PSCI.SUCCESS;
    },
  },
  {
    name: 'CPU_OFF',
    ids: [0x8400_0002n, 0x95c1_ba5fn],
    call: ({ machine, caller }) => {
      machine.off(caller);
      return undefined;
    },
  },
  {
    name: 'CPU_ON',
    ids: [0x8400_0003n, 0xc400_0003n, 0x95c1_ba60n],
    call: (call) => {
      const [, entry, context] = call.arguments;
      const cpu = target(call);
      if (cpu === undefined || (entry & 3n) !== 0n) return PSCI.INVALID_PARAMETERS;
      if (call.machine.isOn(cpu)) return PSCI.ALREADY_ON;
      call.machine.on(cpu, entry, context);
      return PSCI.SUCCESS;
    },
  },
  {
    name: 'AFFINITY_INFO',
    ids: [0x8400_0004n, 0xc400_0004n],
    // Above the CPU itself (level 0) everything is on.
    call: (call) => {
      if (call.arguments[1] !== 0n) return AFFINITY_STATE.ON;
      const cpu = target(call);
      if (cpu === undefined) return PSCI.INVALID_PARAMETERS;
      return call.machine.isOn(cpu) ? AFFINITY_STATE.ON : AFFINITY_STATE.OFF;
    },
  },
  { name: 'MIGRATE_INFO_TYPE', ids: [0x8400_0006n], call: () => NO_MIGRATION },
  {
    name: 'SYSTEM_OFF',
    ids: [0x8400_0008n],
    call: ({ machine }) => {
      machine.systemOff();
      return undefined;
    },
  },
  {
    name: 'SYSTEM_RESET',
    ids: [0x8400_0009n],
    call: ({ machine }) => {
      machine.systemReset();
      return undefined;
    },
  },
  {
    name: 'PSCI_FEATURES',
    ids: [0x8400_000an],
    call: ({ arguments: [id] }) => (BY_ID.has(id) ? PSCI.SUCCESS : PSCI.NOT_SUPPORTED),
  },
];

const BY_ID: ReadonlyMap<bigint, PsciFunction> = new Map(
  PSCI_FUNCTIONS.flatMap((one) => one.ids.map((id) => [id, one])),
);

/** Name of a function id for reports: `CPU_ON`, or the id in hex. */
export const psciFunctionName = (id: bigint): string => BY_ID.get(id)?.name ?? asId(id);

/**
 * Serves a call: function id in W0, arguments in X1 to X3, answer to X0 (every unknown function answers NOT_SUPPORTED).
 * X1 to X3 keep their values.
 */
export function callFirmware(machine: PsciMachine, cpu: Cpu): void {
  const id = BigInt.asUintN(32, cpu.x(0));
  const wide = (id & SMC64) !== 0n;
  const argument = (n: number): bigint => (wide ? cpu.x(n) : BigInt.asUintN(32, cpu.x(n)));
  const known = BY_ID.get(id);
  const answer = known
    ? known.call({ machine, caller: cpu.index, arguments: [argument(1), argument(2), argument(3)] })
    : PSCI.NOT_SUPPORTED;
  if (answer !== undefined) cpu.setX(0, BigInt.asUintN(64, answer));
}
