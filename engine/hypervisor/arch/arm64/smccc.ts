// SMC calls that are not PSCI: the architecture's own services and those of the silicon vendor.
// Source: ABI reference, C.2, K.5; Arm DEN 0028 (owners, function ids).
import type { Hypervisor } from '../../hypervisor.ts';
import type { PerCpu } from '../../cell/percpu.ts';

/** A value for x0, or how the trap ends. */
export type SmcResult = bigint | 'unhandled' | 'forbidden';

const OWNER_ARCH = 0;
const OWNER_SIP = 2;
const NOT_SUPPORTED = -1n;
const VERSION_1_1 = 0x10001n;

const ARCH = {
  VERSION: 0x80000000,
  FEATURES: 0x80000001,
  WORKAROUND_1: 0x80008000,
  WORKAROUND_2: 0x80007fff,
} as const;

/** What the firmware of the emulated boards offers: no workarounds. */
const FIRMWARE_WORKAROUND = NOT_SUPPORTED;

export function callSmccc(hv: Hypervisor, caller: PerCpu, id: number): SmcResult {
  const owner = (id >>> 24) & 0x3f;
  if (owner === OWNER_SIP) return NOT_SUPPORTED;
  if (owner !== OWNER_ARCH) return 'unhandled';
  switch (id) {
    case ARCH.VERSION:
      return VERSION_1_1;
    case ARCH.FEATURES:
      return archFeature(Number(BigInt.asUintN(32, caller.cpu.x(1))));
    case ARCH.WORKAROUND_2:
      return hv.compatibility.workaround2ReturnsTrapStatus ? 'forbidden' : FIRMWARE_WORKAROUND;
    default:
      hv.print(`Unhandled SMC arch trap ${id.toString(16)}\n`);
      return 'unhandled';
  }
}

function archFeature(id: number): bigint {
  if (id === ARCH.FEATURES) return 0n;
  if (id === ARCH.WORKAROUND_1 || id === ARCH.WORKAROUND_2) return FIRMWARE_WORKAROUND;
  return NOT_SUPPORTED;
}
