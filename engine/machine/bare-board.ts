// The board without a hypervisor: a CPU's port straight to the bus, the physical interrupt controller and PSCI firmware.
import type { BusAccess, Cpu, CpuPort, Outcome } from '../cpu/port.ts';
import { OUTCOME } from '../cpu/port.ts';
import { pa } from '../util/units.ts';
import type { BusOwner } from './api.ts';
import type { SystemBus } from './bus.ts';

/** As much of the machine as the bare board's port uses. */
interface Surroundings {
  readonly bus: SystemBus;
  owner(cpu: number): BusOwner;
  readSystemRegister(cpu: Cpu, key: number): boolean;
  writeSystemRegister(cpu: Cpu, key: number): boolean;
}

export class BareBoardPort implements CpuPort {
  readonly #machine: Surroundings;
  /** PSCI and SMCCC firmware: true if it knows the function (arguments and results in X0 to X3). */
  firmware: (cpu: Cpu) => boolean = () => false;
  onUnimplemented: (cpu: Cpu, instruction: number) => void = () => undefined;

  constructor(machine: Surroundings) {
    this.#machine = machine;
  }

  access(cpu: Cpu, access: BusAccess): Outcome {
    const { bus } = this.#machine;
    // A 16-byte access reaches devices as two of 8 on this bus; none of the modelled devices minds.
    if (access.size === 16) return OUTCOME.EXTERNAL_ABORT;
    const address = pa(access.address);
    const by = this.#machine.owner(cpu.index);
    const answered = access.write
      ? bus.write(address, access.size, access.lo, access.hi, by)
      : bus.read(address, access.size, access, by);
    return answered ? OUTCOME.DONE : OUTCOME.EXTERNAL_ABORT;
  }

  fetchFault(): Outcome {
    return OUTCOME.EXTERNAL_ABORT;
  }

  hvc(cpu: Cpu): Outcome {
    return this.firmware(cpu) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  smc(cpu: Cpu): Outcome {
    const known = this.firmware(cpu);
    if (known) cpu.skip();
    return known ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  readSystemRegister(cpu: Cpu, key: number): Outcome {
    return this.#machine.readSystemRegister(cpu, key) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  writeSystemRegister(cpu: Cpu, key: number): Outcome {
    return this.#machine.writeSystemRegister(cpu, key) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  unimplemented(cpu: Cpu, instruction: number): void {
    this.onUnimplemented(cpu, instruction);
  }
}
