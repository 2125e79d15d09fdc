// Exit counters of a CPU: what sysfs shows as vmexits_* and CPU_GET_INFO answers. Source: ABI reference, B.2.
import type { Architecture } from '../../config/index.ts';

const COMMON = ['vmexits_total', 'vmexits_mmio', 'vmexits_management', 'vmexits_hypercall'] as const;
const ARM = ['vmexits_maintenance', 'vmexits_virt_irq', 'vmexits_virt_sgi', 'vmexits_psci', 'vmexits_smccc'] as const;
const X86 = [
  'vmexits_pio',
  'vmexits_xapic',
  'vmexits_cr',
  'vmexits_cpuid',
  'vmexits_xsetbv',
  'vmexits_exception',
  'vmexits_msr_other',
  'vmexits_msr_x2apic_icr',
] as const;

/** sysfs names by counter number. */
export const COUNTERS = {
  arm64: [...COMMON, ...ARM],
  arm: [...COMMON, ...ARM, 'vmexits_cp15'],
  x86: [...COMMON, ...X86],
} as const satisfies Record<Architecture, readonly string[]>;

export type CounterName = (typeof COUNTERS)[Architecture][number];

/** CPU_GET_INFO answers 31 bits. */
export const COUNTER_MASK = 0x7fffffff;

export class Counters {
  readonly names: readonly CounterName[];
  readonly #values: number[];

  constructor(architecture: Architecture) {
    this.names = COUNTERS[architecture];
    this.#values = this.names.map(() => 0);
  }

  count(name: CounterName): void {
    this.#values[this.names.indexOf(name)]! += 1;
  }

  /** By number as CPU_GET_INFO counts them; undefined beyond the architecture's last. */
  value(number: number): number | undefined {
    const value = this.#values[number];
    return value === undefined ? undefined : value & COUNTER_MASK;
  }

  clear(): void {
    this.#values.fill(0);
  }
}
