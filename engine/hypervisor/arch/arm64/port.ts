// The port of CPUs that run a cell: what leaves the core at EL1 arrives here as it would at EL2. Mapped devices are
// reached without an exit; everything else is an exit that is counted, handled, or ends in a parked CPU.
// Source: ABI reference, B.8, B.9, C.1-C.4; exception classes: Arm ARM D17 (ESR_EL2).
import { OUTCOME, type BusAccess, type Cpu, type CpuPort, type Outcome } from '../../../cpu/port.ts';
import { gva, pa, type Gpa } from '../../../util/units.ts';
import type { CounterName } from '../../cell/counters.ts';
import type { PerCpu } from '../../cell/percpu.ts';
import { HYPERCALL_IMMEDIATE, hypercallFromCell } from '../../control/hypercalls.ts';
import { addressText } from '../../explain/text.ts';
import type { Hypervisor } from '../../hypervisor.ts';
import type { Irqchip } from '../../irqchip/irqchip.ts';
import type { MmioRequest } from '../../mmio/table.ts';
import type { Mapping } from '../../paging/stage2.ts';
import { esrParts, registerDetail, registerDump } from './dump.ts';
import { callPsci, isPsci } from './psci.ts';
import { callSmccc } from './smccc.ts';

const EC = { HVC64: 0x16, SMC64: 0x17, SYSREG: 0x18, INSTRUCTION_ABORT: 0x20, DATA_ABORT: 0x24 } as const;
const IL = 1 << 25;
const esr = (exceptionClass: number, iss: number): number => ((exceptionClass << 26) | IL | iss) >>> 0;
/** Fields of a data abort's syndrome. */
const ISV = 1 << 24;
const SAS_8 = 3 << 22;
const WNR = 1 << 6;
const DFSC_TRANSLATION_LEVEL_3 = 0x07;

const INSTRUCTION_BYTES = 4;

/** Key of an MRS/MSR as in CpuPort. */
const key = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
const ICC_SGI1R = key(3, 0, 12, 11, 5);
const ICC_ASGI1R = key(3, 0, 12, 11, 6);
const ICC_SGI0R = key(3, 0, 12, 11, 7);
/** Software-interrupt registers trap to EL2; of them only a write of ICC_SGI1R is emulated. */
const TRAPPED: ReadonlySet<number> = new Set([ICC_SGI1R, ICC_ASGI1R, ICC_SGI0R]);

const systemRegisterIss = (k: number, read: boolean): number => {
  const [op0, op1, crn, crm, op2] = [k >> 14, (k >> 11) & 7, (k >> 7) & 15, (k >> 3) & 15, k & 7];
  return (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (crm << 1) | (read ? 1 : 0);
};

/** Reports of the same kind from one place are made once; a guest in a loop must not fill the record. */
const REPORTS = 64;

export class Arm64Port implements CpuPort {
  readonly #hv: Hypervisor;
  readonly #irqchip: Irqchip;
  readonly #reported = new Set<string>();

  constructor(hv: Hypervisor, irqchip: Irqchip) {
    this.#hv = hv;
    this.#irqchip = irqchip;
  }

  access(cpu: Cpu, access: BusAccess): Outcome {
    const percpu = this.#hv.cpu(cpu.index)!;
    const mapping = percpu.cell.stage2.find(access.address);
    if (this.#hv.revealRam(percpu.cell, access.address, access.size)) return OUTCOME.LEAVE;
    if (mapping && (access.write ? mapping.access.write : mapping.access.read))
      return this.#mappedDevice(percpu, mapping, access);
    return this.#dataAbort(percpu, access);
  }

  /** An 8-byte store as of an instruction with syndrome. */
  storeFault(percpu: PerCpu, address: Gpa): void {
    this.#dataAbort(percpu, {
      address,
      virtual: gva(BigInt(address)),
      size: 8,
      write: true,
      syndromeValid: true,
      syndrome: esr(EC.DATA_ABORT, ISV | SAS_8 | WNR | DFSC_TRANSLATION_LEVEL_3),
      lo: 0,
      hi: 0,
    });
  }

  fetchFault(cpu: Cpu, address: Gpa): Outcome {
    const percpu = this.#hv.cpu(cpu.index)!;
    if (this.#hv.revealRam(percpu.cell, address, INSTRUCTION_BYTES)) return OUTCOME.LEAVE;
    if (percpu.cell.stage2.find(address)) {
      this.#nobodyAnswers(percpu, 'fetched an instruction from', address, 'a device cannot hold code');
      return OUTCOME.EXTERNAL_ABORT;
    }
    this.#exit(percpu);
    this.#hv.print(`FATAL: instruction abort at 0x${address.toString(16)}\n`);
    const syndrome = esr(EC.INSTRUCTION_ABORT, DFSC_TRANSLATION_LEVEL_3);
    const registers = registerDetail(cpu, syndrome);
    this.#hv.explain.accessViolation(percpu, { kind: 'fetch', address, size: 4 }, registers);
    return this.#park(percpu, 'forbidden access', syndrome);
  }

  hvc(cpu: Cpu, immediate: number): Outcome {
    const percpu = this.#hv.cpu(cpu.index)!;
    this.#exit(percpu);
    const syndrome = esr(EC.HVC64, immediate);
    if (immediate !== HYPERCALL_IMMEDIATE) {
      return this.#trapped(
        percpu,
        'forbidden access',
        syndrome,
        'hvc-immediate',
        `executed HVC #0x${immediate.toString(16)}, and the only hypercall instruction is HVC #0x4a48. ` +
          'PSCI must be called by SMC here: set the method in the device tree to "smc".',
      );
    }
    const result = hypercallFromCell(this.#hv, percpu, cpu.x(0), cpu.x(1), cpu.x(2));
    cpu.setX(0, BigInt.asUintN(64, BigInt(result)));
    return OUTCOME.DONE;
  }

  smc(cpu: Cpu): Outcome {
    const percpu = this.#hv.cpu(cpu.index)!;
    const id = Number(BigInt.asUintN(32, cpu.x(0)));
    if (isPsci(id)) {
      this.#exit(percpu, 'vmexits_psci');
      const result = callPsci(this.#hv, percpu, id);
      if (result === 'off') {
        this.#hv.arch.park(percpu);
        return OUTCOME.LEAVE;
      }
      return this.#smcDone(cpu, result);
    }
    this.#exit(percpu, 'vmexits_smccc');
    const result = callSmccc(this.#hv, percpu, id);
    if (typeof result === 'bigint') return this.#smcDone(cpu, result);
    return this.#trapped(
      percpu,
      result === 'unhandled' ? 'unhandled trap' : 'forbidden access',
      esr(EC.SMC64, 0),
      'smc-function',
      `called SMC function 0x${id.toString(16).padStart(8, '0')}, which cells are not offered. ` +
        'Cells may call PSCI and query SMCCC; remove the call.',
    );
  }

  readSystemRegister(cpu: Cpu, k: number): Outcome {
    if (TRAPPED.has(k)) return this.#trappedRegister(cpu, k, true);
    return this.#hv.machine.readSystemRegister(cpu, k) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  writeSystemRegister(cpu: Cpu, k: number): Outcome {
    if (k === ICC_SGI1R) {
      const percpu = this.#hv.cpu(cpu.index)!;
      this.#exit(percpu);
      this.#irqchip.sendSgi1r(percpu, cpu.exchange.lo, cpu.exchange.hi);
      return OUTCOME.DONE;
    }
    if (TRAPPED.has(k)) return this.#trappedRegister(cpu, k, false);
    return this.#hv.machine.writeSystemRegister(cpu, k) ? OUTCOME.DONE : OUTCOME.UNDEFINED;
  }

  performanceInterrupt(cpu: Cpu, level: boolean): void {
    this.#hv.machine.performanceInterrupt(cpu.index, level);
  }

  unimplemented(cpu: Cpu, instruction: number): void {
    const percpu = this.#hv.cpu(cpu.index)!;
    const hex = `0x${(instruction >>> 0).toString(16).padStart(8, '0')}`;
    if (!this.#once(`unimplemented ${percpu.cell.name} ${hex}`)) return;
    this.#hv.report.warning(
      'instruction.unimplemented',
      `CPU ${percpu.id} of ${percpu.cell.name} executed instruction ${hex} at ${addressText(cpu.pc)}, which this engine does ` +
        'not implement: the guest takes an UNDEFINED exception. Build the image without this instruction set extension.',
      { cell: percpu.cell.name, cpu: percpu.id, address: `0x${cpu.pc.toString(16)}` },
      { instruction: hex },
    );
  }

  // -------------------------------------------------------------------------------------------------------- data accesses

  #mappedDevice(percpu: PerCpu, mapping: Mapping, access: BusAccess): Outcome {
    const { size } = access;
    if (mapping.access.empty) {
      access.lo = access.hi = 0;
      return OUTCOME.DONE;
    }
    const physical = pa(mapping.physical + (access.address - mapping.start));
    const by = { name: percpu.cell.name, cpu: percpu.id };
    const { bus } = this.#hv.machine;
    const possible = size !== 16 && access.address % size === 0;
    const answered =
      possible &&
      (access.write ? bus.write(physical, size, access.lo, access.hi, by) : bus.read(physical, size, access, by));
    if (answered) return OUTCOME.DONE;
    const why = possible
      ? 'where nothing on the board answers'
      : `with ${size} bytes, which devices do not take unaligned`;
    this.#nobodyAnswers(percpu, access.write ? 'wrote' : 'read', access.address, why);
    return OUTCOME.EXTERNAL_ABORT;
  }

  #dataAbort(percpu: PerCpu, access: BusAccess): Outcome {
    this.#exit(percpu, 'vmexits_mmio');
    const { address, write, syndrome, size } = access;
    const reported = access.syndromeValid && size !== 16 ? size : 1;
    const result = access.syndromeValid ? percpu.cell.mmio.dispatch(percpu, access as MmioRequest) : 'unhandled';
    if (result === 'handled') return OUTCOME.DONE;
    const kind = write ? 'write' : 'read';
    if (result === 'unhandled') this.#hv.print(`Unhandled data ${kind} at 0x${address.toString(16)}(${reported})\n`);
    this.#hv.explain.accessViolation(
      percpu,
      { kind, address, size, noSyndrome: !access.syndromeValid },
      registerDetail(percpu.cpu, syndrome),
    );
    return this.#park(percpu, result === 'unhandled' ? 'unhandled trap' : 'forbidden access', syndrome);
  }

  #nobodyAnswers(percpu: PerCpu, did: string, address: Gpa, why: string): void {
    const page = address - (address % 4096);
    if (!this.#once(`external ${percpu.cell.name} ${page}`)) return;
    this.#hv.report.warning(
      'external-abort',
      `CPU ${percpu.id} of ${percpu.cell.name} ${did} ${addressText(address)}, ${why}: it takes an external abort. ` +
        'Correct the region or the address in the program.',
      { cell: percpu.cell.name, cpu: percpu.id, address: `0x${address.toString(16)}` },
    );
  }

  // ---------------------------------------------------------------------------------------------------------------- exits

  #exit(percpu: PerCpu, reason?: CounterName): void {
    percpu.counters.count('vmexits_total');
    if (reason) percpu.counters.count(reason);
  }

  #smcDone(cpu: Cpu, result: bigint): Outcome {
    cpu.setX(0, BigInt.asUintN(64, result));
    cpu.skip();
    return OUTCOME.DONE;
  }

  #trappedRegister(cpu: Cpu, k: number, read: boolean): Outcome {
    const percpu = this.#hv.cpu(cpu.index)!;
    this.#exit(percpu);
    return this.#trapped(
      percpu,
      'unhandled trap',
      esr(EC.SYSREG, systemRegisterIss(k, read)),
      'system-register',
      `${read ? 'read' : 'wrote'} a software-interrupt register that cells cannot use. Write ICC_SGI1R_EL1 instead.`,
    );
  }

  #trapped(percpu: PerCpu, fatal: string, syndrome: number, rule: string, did: string): Outcome {
    this.#hv.explain.trapViolation(percpu, rule, did, registerDetail(percpu.cpu, syndrome));
    return this.#park(percpu, fatal, syndrome);
  }

  #park(percpu: PerCpu, fatal: string, syndrome: number): Outcome {
    const { exceptionClass } = esrParts(syndrome);
    this.#hv.print(`\nFATAL: ${fatal} (exception class 0x${exceptionClass.toString(16).padStart(2, '0')})\n`);
    this.#hv.print(registerDump(percpu.cpu, syndrome));
    this.#hv.panicPark(percpu);
    return OUTCOME.LEAVE;
  }

  #once(what: string): boolean {
    if (this.#reported.has(what) || this.#reported.size >= REPORTS) return false;
    this.#reported.add(what);
    return true;
  }
}
