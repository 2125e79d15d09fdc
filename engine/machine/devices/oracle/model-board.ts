// The device models wired as on QEMU's virt machine, answering the oracle's operations. For tests only: no CPU, no time
// but the one that the test sets.
import { guestNs } from '../../../util/units.ts';
import type { Cpu } from '../../../cpu/port.ts';
import type { Device } from '../../api.ts';
import { GenericTimers } from '../generic-timer.ts';
import { Gic, REDISTRIBUTOR_SIZE } from '../gic/index.ts';
import { readGicRegister, writeGicRegister } from '../gic/system-registers.ts';
import type { SystemRegisterTarget } from '../gic/system-registers.ts';
import type { ListRegister } from '../gic/virtual-interface.ts';
import { Pl011 } from '../pl011.ts';
import { EXCEPTION, systemRegisterKey } from './oracle.ts';
import type { Operation } from './oracle.ts';

/** ESR of an UNDEFINED instruction, and of an external abort on a data access at the current exception level. */
const UNDEFINED = EXCEPTION | 0x02000000n;
const EXTERNAL_ABORT = EXCEPTION | 0x96000010n;
const WRITE_NOT_READ = 0x40n;

const ISR_EL1 = systemRegisterKey(3, 0, 12, 1, 0);

/** Hypervisor control of the virtual interface; a guest never reaches it here. */
const ICH_HCR_EL2 = systemRegisterKey(3, 4, 12, 11, 0);
const ICH_MISR_EL2 = systemRegisterKey(3, 4, 12, 11, 2);
const ICH_LR_EL2 = [0, 1, 2, 3].map((n) => systemRegisterKey(3, 4, 12, 12, n));
/** The model is born with the hypervisor in charge where `virtualization` is asked for: HCR_EL2 is not modelled. */
const HCR_EL2 = systemRegisterKey(3, 4, 1, 1, 0);

/** ICH_LR<n>_EL2: vINTID 31:0, pINTID 41:32, priority 55:48, group 60, HW 61, state 63:62. */
export const encodeList = ({ state, intid, physical, priority, group }: ListRegister): bigint =>
  (BigInt(state) << 62n) |
  (physical >= 0 ? (1n << 61n) | (BigInt(physical) << 32n) : 0n) |
  (BigInt(group) << 60n) |
  (BigInt(priority) << 48n) |
  BigInt(intid);

const decodeList = (value: bigint): ListRegister => ({
  state: Number(value >> 62n),
  intid: Number(value & 0xffffffffn),
  physical: (value >> 61n) & 1n ? Number((value >> 32n) & 0x3ffn) : -1,
  priority: Number((value >> 48n) & 0xffn),
  group: (value >> 60n) & 1n ? 1 : 0,
});
const ISR = { FIQ: 0x40n, IRQ: 0x80n };

/** GICv2: the virtual interface control window, as much of it as the streams use. */
export const GICH_MISR = 0x10;
export const GICH_LISTS = 0x100;

/** GICH_LR<n> (IHI 0048, 5.3.9): VirtualID 9:0, PhysicalID 19:10, priority 27:23, state 29:28, group 30, HW 31. */
export const encodeList2 = ({ state, intid, physical, priority, group }: ListRegister): number =>
  (intid |
    (physical >= 0 ? (1 << 31) | (physical << 10) : 0) |
    ((priority >>> 3) << 23) |
    (state << 28) |
    (group << 30)) >>>
  0;

const decodeList2 = (value: number): ListRegister => ({
  state: (value >>> 28) & 3,
  intid: value & 0x3ff,
  physical: value >>> 31 ? (value >>> 10) & 0x3ff : -1,
  priority: ((value >>> 23) & 31) << 3,
  group: (value >>> 30) & 1 ? 1 : 0,
});

function hypervisorWindow(gic: Gic): Device {
  const { lists } = gic.virtual[0]!;
  return {
    name: 'GICH',
    read: (offset) =>
      offset === GICH_MISR ? (gic.linesOf(0).maintenance ? 2 : 0) : encodeList2(lists[(offset - GICH_LISTS) / 4]!),
    write: (offset, _size, value) => {
      if (offset === 0) gic.setUnderflowInterrupt(0, (value & 2) !== 0);
      else gic.virtual[0]!.setList((offset - GICH_LISTS) / 4, decodeList2(value));
    },
  };
}

interface Window {
  base: number;
  size: number;
  device: Device;
}

export interface ModelBoardOptions {
  gicVersion: 2 | 3;
  cpus: number;
  /** Physical interrupts go to host code, guest operations see the virtual interface. */
  virtualization?: boolean;
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

  constructor({ gicVersion, cpus, virtualization = false }: ModelBoardOptions) {
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
        : [
            { base: 0x0801_0000, size: 0x2000, device: gic.cpuInterface },
            { base: 0x0803_0000, size: 0x1000, device: hypervisorWindow(gic) },
            { base: 0x0804_0000, size: 0x2000, device: gic.virtualInterface },
          ]),
    ];
    if (virtualization) for (let cpu = 0; cpu < cpus; cpu++) gic.route(cpu, 'hypervisor');
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
        return this.#mrs(operation.cpu, operation.key, operation.guest ?? false);
      case 'msr':
        return this.#msr(operation.cpu, operation.key, BigInt.asUintN(64, operation.value), operation.guest ?? false);
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

  #mrs(index: number, key: number, guest: boolean): bigint {
    const cpu = this.#cpus[index]!;
    const { exchange } = cpu;
    if (key === ISR_EL1) {
      const lines = this.gic.linesOf(index);
      return ((guest ? lines.virq : lines.irq) ? ISR.IRQ : 0n) | ((guest ? lines.vfiq : lines.fiq) ? ISR.FIQ : 0n);
    }
    const list = ICH_LR_EL2.indexOf(key);
    if (list >= 0) return encodeList(this.gic.virtual[index]!.lists[list]!);
    if (key === ICH_MISR_EL2) return this.gic.linesOf(index).maintenance ? 2n : 0n;
    const known = guest
      ? this.gic.readSystemRegister(cpu, key)
      : readGicRegister(this.#physical(index), key, exchange) ||
        this.timers.readSystemRegister(index, key, this.now, exchange);
    return known ? (BigInt(exchange.hi) << 32n) | BigInt(exchange.lo) : UNDEFINED;
  }

  #msr(index: number, key: number, value: bigint, guest: boolean): bigint {
    const cpu = this.#cpus[index]!;
    const { exchange } = cpu;
    exchange.lo = Number(value & 0xffffffffn);
    exchange.hi = Number(value >> 32n);
    const list = ICH_LR_EL2.indexOf(key);
    if (list >= 0) {
      this.gic.virtual[index]!.setList(list, decodeList(value));
      return value;
    }
    if (key === ICH_HCR_EL2) {
      this.gic.setUnderflowInterrupt(index, (value & 2n) !== 0n);
      return value;
    }
    if (key === HCR_EL2) return value;
    const known = guest
      ? this.gic.writeSystemRegister(cpu, key)
      : writeGicRegister(this.#physical(index), key, exchange) ||
        this.timers.writeSystemRegister(index, key, this.now, exchange);
    return known ? value : UNDEFINED;
  }

  /** What code at the highest exception level reaches by ICC_*: always the physical interface. */
  #physical(cpu: number): SystemRegisterTarget {
    return {
      cpuInterface: this.gic.physical[cpu]!,
      sendSgi: (kind, value) => this.gic.sgis.bySystemRegister(cpu, kind, value),
    };
  }

  #find(address: number): Window | undefined {
    return this.#windows.find(({ base, size }) => address >= base && address < base + size);
  }
}
