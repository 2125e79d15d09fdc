// PSCI as cells see it, by SMC only: a table of functions. Source: ABI reference, C.2; Arm DEN 0022 (names, codes).
import { AFFINITY_MASK, cpuByAffinity } from '../../irqchip/affinity.ts';
import { gva } from '../../../util/units.ts';
import type { PerCpu } from '../../cell/percpu.ts';
import type { Hypervisor } from '../../hypervisor.ts';

export const PSCI = { SUCCESS: 0n, NOT_SUPPORTED: -1n, DENIED: -3n, ALREADY_ON: -4n } as const;
const VERSION_1_1 = 0x10001n;
const AFFINITY = { ON: 0n, OFF: 1n } as const;

/** What a function does with its arguments; `off`: the calling CPU goes off and nothing returns. */
type PsciFunction = (hv: Hypervisor, caller: PerCpu, args: readonly [bigint, bigint, bigint]) => bigint | 'off';

const inCell = (hv: Hypervisor, caller: PerCpu, affinity: bigint): PerCpu | undefined =>
  cpuByAffinity(
    caller.cell.cpus.map((id) => hv.cpu(id)!),
    affinity & AFFINITY_MASK,
  );

const version: PsciFunction = () => VERSION_1_1;
/** The power state is ignored: the CPU stands by until an interrupt comes, unless one is pending. */
const cpuSuspend: PsciFunction = (hv, caller) => {
  if (!hv.machine.gic.virtualPending(caller.id)) caller.cpu.waitForInterrupt();
  return PSCI.SUCCESS;
};
const cpuOff: PsciFunction = () => 'off';

const cpuOn: PsciFunction = (hv, caller, [affinity, entry, context]) => {
  const target = inCell(hv, caller, affinity);
  if (!target) return PSCI.DENIED;
  if (!target.off) return PSCI.ALREADY_ON;
  hv.arch.event(target);
  hv.arch.start(target, gva(entry), context);
  return PSCI.SUCCESS;
};

const affinityInfo: PsciFunction = (hv, caller, [affinity]) => {
  const target = inCell(hv, caller, affinity);
  if (!target) return PSCI.DENIED;
  return target.off ? AFFINITY.OFF : AFFINITY.ON;
};

const features: PsciFunction = (_hv, _caller, [id]) =>
  FEATURES.has(Number(id & 0xffffffffn)) ? PSCI.SUCCESS : PSCI.NOT_SUPPORTED;

const FUNCTIONS: Readonly<Record<number, PsciFunction>> = {
  0x84000000: version,
  0x84000001: cpuSuspend,
  0xc4000001: cpuSuspend,
  0x84000002: cpuOff,
  0x84000003: cpuOn,
  0xc4000003: cpuOn,
  0x84000004: affinityInfo,
  0xc4000004: affinityInfo,
  0x8400000a: features,
  // PSCI 0.1 numbers that U-Boot uses.
  0x95c1ba5f: cpuOff,
  0x95c1ba60: cpuOn,
};

const SMCCC_VERSION = 0x80000000;
/** What PSCI_FEATURES answers 0 for. */
const FEATURES: ReadonlySet<number> = new Set([
  0x84000000,
  0x84000001,
  0xc4000001,
  0x84000002,
  0x84000003,
  0xc4000003,
  0x84000004,
  0xc4000004,
  0x8400000a,
  SMCCC_VERSION,
]);

const OWNER_STANDARD = 4;
const UBOOT_0_1 = 0x95c1ba00;
const SMC64 = 0x40000000;

export const isPsci = (id: number): boolean =>
  ((id >>> 24) & 0x3f) === OWNER_STANDARD || (id & 0xffffff00) >>> 0 === UBOOT_0_1;

/** @param id function id, the low 32 bits of x0; arguments of 32-bit calls are cut to 32 bits */
export function callPsci(hv: Hypervisor, caller: PerCpu, id: number): bigint | 'off' {
  const call = FUNCTIONS[id];
  if (!call) return PSCI.NOT_SUPPORTED;
  const argument = (n: number) => (id & SMC64 ? caller.cpu.x(n) : BigInt.asUintN(32, caller.cpu.x(n)));
  return call(hv, caller, [argument(1), argument(2), argument(3)]);
}
