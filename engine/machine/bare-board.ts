// The board without a hypervisor: a CPU's port straight to the bus, the physical interrupt controller and PSCI firmware.
import type { BusAccess, Cpu, CpuPort, Outcome } from '../cpu/port.ts';
import { OUTCOME } from '../cpu/port.ts';
import { pa } from '../util/units.ts';
import type { Gpa, Pa } from '../util/units.ts';
import type { BusOwner } from './api.ts';
import type { SystemBus } from './bus.ts';
import { callFirmware } from './devices/psci.ts';
import type { PsciMachine } from './devices/psci.ts';

const INSTRUCTION_BYTES = 4;

/** As much of the machine as the bare board's port uses. */
interface Surroundings {
  readonly bus: SystemBus;
  owner(cpu: number): BusOwner;
  revealRam(address: Pa, size: number): boolean;
  readSystemRegister(cpu: Cpu, key: number): boolean;
  writeSystemRegister(cpu: Cpu, key: number): boolean;
  performanceInterrupt(cpu: number, level: boolean): void;
}

export class BareBoardPort implements CpuPort {
  readonly #machine: Surroundings;
  readonly #firmware: PsciMachine | undefined;
  onUnimplemented: (cpu: Cpu, instruction: number) => void = () => undefined;

  /** @param firmware what PSCI calls act on; without it HVC and SMC are UNDEFINED */
  constructor(machine: Surroundings, firmware: PsciMachine | undefined) {
    this.#machine = machine;
    this.#firmware = firmware;
  }

  access(cpu: Cpu, access: BusAccess): Outcome {
    const { bus } = this.#machine;
    if (this.#machine.revealRam(pa(access.address), access.size)) return OUTCOME.LEAVE;
    // A 16-byte access reaches devices as two of 8 on this bus; none of the modelled devices minds.
    if (access.size === 16) return OUTCOME.EXTERNAL_ABORT;
    const address = pa(access.address);
    const by = this.#machine.owner(cpu.index);
    const answered = access.write
      ? bus.write(address, access.size, access.lo, access.hi, by)
      : bus.read(address, access.size, access, by);
    return answered ? OUTCOME.DONE : OUTCOME.EXTERNAL_ABORT;
  }

  fetchFault(_cpu: Cpu, address: Gpa): Outcome {
    return this.#machine.revealRam(pa(address), INSTRUCTION_BYTES) ? OUTCOME.LEAVE : OUTCOME.EXTERNAL_ABORT;
  }

  hvc(cpu: Cpu): Outcome {
    return this.#call(cpu);
  }

  smc(cpu: Cpu): Outcome {
    const outcome = this.#call(cpu);
    if (outcome === OUTCOME.DONE) cpu.skip();
    return outcome;
  }

  readSystemRegister(cpu: Cpu, key: number): Outcome {
    return this.#machine.readSystemRegister(cpu, key) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  writeSystemRegister(cpu: Cpu, key: number): Outcome {
    return this.#machine.writeSystemRegister(cpu, key) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  performanceInterrupt(cpu: Cpu, level: boolean): void {
    this.#machine.performanceInterrupt(cpu.index, level);
  }

  unimplemented(cpu: Cpu, instruction: number): void {
    this.onUnimplemented(cpu, instruction);
  }

  /** Firmware answers by either conduit: which one a guest uses is told by its device tree. */
  #call(cpu: Cpu): Outcome {
    if (!this.#firmware) return OUTCOME.UNDEFINED;
    callFirmware(this.#firmware, cpu);
    return OUTCOME.DONE;
  }
}
