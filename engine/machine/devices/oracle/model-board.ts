// The device models wired as on QEMU's virt machine, answering the oracle's operations. For tests only: no CPU, no time
// but the one that the test sets.
import { guestNs } from '../../../util/units.ts';
import type { Cpu } from '../../../cpu/port.ts';
import type { Device } from '../../api.ts';
import { GenericTimers } from '../generic-timer.ts';
import { Gic, REDISTRIBUTOR_SIZE } from '../gic/index.ts';
import { Pl011 } from '../pl011.ts';
import { EXCEPTION, systemRegisterKey } from './oracle.ts';
import type { Operation } from './oracle.ts';

/** ESR of an UNDEFINED instruction, and of an external abort on a data access at the current exception level. */
const UNDEFINED = EXCEPTION | 0x02000000n;
const EXTERNAL_ABORT = EXCEPTION | 0x96000010n;
const WRITE_NOT_READ = 0x40n;

const ISR_EL1 = systemRegisterKey(3, 0, 12, 1, 0);
const ISR = { FIQ: 0x40n, IRQ: 0x80n };

interface Window {
  base: number;
  size: number;
  device: Device;
}

export interface ModelBoardOptions {
  gicVersion: 2 | 3;
  cpus: number;
}

export class ModelBoard {
  readonly gic: Gic;
  readonly timers: GenericTimers;
  readonly uart: Pl011;
  now = guestNs(1_000_000);
  /** CPU whose operation runs. */
  #accessor = 0;
  readonly #windows: Window[];
  readonly #cpus: Cpu[];

  constructor({ gicVersion, cpus }: ModelBoardOptions) {
    const gic = new Gic({
      version: gicVersion,
      affinities: Array.from({ length: cpus }, (_, cpu) => cpu),
      spis: gicVersion === 3 ? 224 : 256,
      maintenance: 25,
      accessor: () => this.#accessor,
    });
    this.gic = gic;
    this.timers = new GenericTimers({
      frequencyHz: 62_500_000,
      cpus,
      physicalLine: (cpu) => gic.ppi(cpu, 30),
      virtualLine: (cpu) => gic.ppi(cpu, 27),
    });
    this.uart = new Pl011({
      name: 'uart0',
      clock: { now: this.now, at: () => () => undefined },
      interrupt: gic.spi(1),
      receiveInterrupt: 'every-byte',
      output: () => undefined,
    });
    this.#cpus = Array.from({ length: cpus }, (_, index) => ({ index, exchange: { lo: 0, hi: 0 } }) as unknown as Cpu);
    this.#windows = [
      { base: 0x0800_0000, size: gicVersion === 3 ? 0x10000 : 0x1000, device: gic.distributor },
      { base: 0x0900_0000, size: 0x1000, device: this.uart },
      ...(gicVersion === 3
        ? [{ base: 0x080a_0000, size: cpus * REDISTRIBUTOR_SIZE, device: gic.redistributors }]
        : [{ base: 0x0801_0000, size: 0x2000, device: gic.cpuInterface }]),
    ];
  }

  attach(base: number, size: number, device: Device): void {
    this.#windows.push({ base, size, device });
  }

  /** The answer that probe.S would store. */
  run(operation: Operation): bigint {
    this.#accessor = operation.cpu;
    switch (operation.kind) {
      case 'read':
        return this.#read(operation.address, operation.size);
      case 'write':
        return this.#write(operation.address, operation.size, operation.value);
      case 'mrs':
        return this.#mrs(this.#cpus[operation.cpu]!, operation.key);
      case 'msr':
        return this.#msr(this.#cpus[operation.cpu]!, operation.key, operation.value);
      default:
        throw new Error(`the model board does not answer ${operation.kind}`);
    }
  }

  #read(address: number, size: 1 | 2 | 4 | 8): bigint {
    const window = this.#find(address);
    if (!window) return EXTERNAL_ABORT;
    const offset = address - window.base;
    if (size !== 8) return BigInt(window.device.read(offset, size));
    return BigInt(window.device.read(offset, 4)) | (BigInt(window.device.read(offset + 4, 4)) << 32n);
  }

  #write(address: number, size: 1 | 2 | 4 | 8, value: bigint): bigint {
    const window = this.#find(address);
    if (!window) return EXTERNAL_ABORT | WRITE_NOT_READ;
    const offset = address - window.base;
    const lo = Number(value & 0xffffffffn);
    if (size !== 8) {
      window.device.write(offset, size, size === 4 ? lo : lo & (size === 1 ? 0xff : 0xffff));
    } else {
      window.device.write(offset, 4, lo);
      window.device.write(offset + 4, 4, Number((value >> 32n) & 0xffffffffn));
    }
    return 0n;
  }

  #mrs(cpu: Cpu, key: number): bigint {
    if (key === ISR_EL1) {
      const lines = this.gic.linesOf(cpu.index);
      const virtual = this.gic.routedTo(cpu.index) === 'hypervisor';
      return ((virtual ? lines.virq : lines.irq) ? ISR.IRQ : 0n) | ((virtual ? lines.vfiq : lines.fiq) ? ISR.FIQ : 0n);
    }
    if (
      !this.gic.readSystemRegister(cpu, key) &&
      !this.timers.readSystemRegister(cpu.index, key, this.now, cpu.exchange)
    )
      return UNDEFINED;
    return (BigInt(cpu.exchange.hi) << 32n) | BigInt(cpu.exchange.lo);
  }

  #msr(cpu: Cpu, key: number, value: bigint): bigint {
    cpu.exchange.lo = Number(value & 0xffffffffn);
    cpu.exchange.hi = Number((value >> 32n) & 0xffffffffn);
    if (
      !this.gic.writeSystemRegister(cpu, key) &&
      !this.timers.writeSystemRegister(cpu.index, key, this.now, cpu.exchange)
    )
      return UNDEFINED;
    return BigInt.asUintN(64, value);
  }

  #find(address: number): Window | undefined {
    return this.#windows.find(({ base, size }) => address >= base && address < base + size);
  }
}
