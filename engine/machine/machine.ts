// One powered-on board: memory, bus, devices, interrupt controller, timers and CPUs put together from its description.
import { CpuCluster, cpuAreaSize } from '../cpu/index.ts';
import type { AddressMap, Cpu, CpuPort, CpuStatistics, MapSegment } from '../cpu/port.ts';
import type { BoardDescription } from '../board/index.ts';
import { gpa, gva, hostOffset, MiB } from '../util/units.ts';
import type { GuestNs, Instructions } from '../util/units.ts';
import type { BusOwner, Machine, PowerState, UartOutput } from './api.ts';
import { BareBoardPort } from './bare-board.ts';
import { attachDevices } from './board-devices.ts';
import type { ByteDevice } from './board-devices.ts';
import { NOBODY, SystemBus } from './bus.ts';
import { GenericTimers } from './devices/generic-timer.ts';
import { Gic, REDISTRIBUTOR_SIZE } from './devices/gic/index.ts';
import type { PsciMachine } from './devices/psci.ts';
import { BankedMemory } from './memory.ts';
import { Scheduler } from './scheduler.ts';
import type { PrivateTimers } from './scheduler.ts';

/** What a board needs before this engine can power it on, and does not have. */
export class BoardNotRunnable extends Error {
  constructor(board: BoardDescription, missing: string) {
    super(`${board.name} cannot be powered on: ${missing}. Its configurations can still be read, written and checked.`);
  }
}

/** Bytes below RAM for the CPUs, whose tables cover all of engine memory, themselves included. */
function areaFor(cpus: number, ramBytes: number): number {
  const alone = cpuAreaSize(cpus, { memoryBytes: ramBytes });
  return cpuAreaSize(cpus, { memoryBytes: ramBytes + alone + MiB });
}

export class BoardMachine implements Machine {
  readonly board: BoardDescription;
  readonly memory: BankedMemory;
  readonly bus: SystemBus;
  readonly gic: Gic;
  readonly cpus: readonly Cpu[];
  readonly bareBoard: CpuPort;
  onPhysicalInterrupt: ((cpu: number) => void) | undefined;
  onUart: ((output: UartOutput) => void) | undefined;
  /** A guest on the bare board asked its firmware to switch the machine off or to reset it; all CPUs are off now. */
  onPower: ((request: 'off' | 'reset') => void) | undefined;

  readonly #cluster: CpuCluster;
  readonly #timers: GenericTimers;
  readonly #scheduler: Scheduler;
  readonly #uarts: ReadonlyMap<string, ByteDevice>;
  readonly #owners: BusOwner[];

  /** @throws BoardNotRunnable, MemoryTooLarge */
  constructor(board: BoardDescription) {
    const { gic, timers } = board;
    if (board.architecture !== 'arm64')
      throw new BoardNotRunnable(board, `${board.architecture} CPUs are not built yet`);
    if (!gic || !timers) throw new BoardNotRunnable(board, 'it names no interrupt controller or no timers');
    this.board = board;
    const ramBytes = board.ram.reduce((sum, bank) => sum + bank.size, 0);
    this.memory = new BankedMemory(board.ram, areaFor(board.cpus.length, ramBytes));
    this.bus = new SystemBus(this.memory);
    this.#owners = board.cpus.map((_, cpu) => ({ name: 'board', cpu }));

    this.bareBoard = new BareBoardPort(this, board.psci && this.#firmware());
    this.#cluster = new CpuCluster({
      memory: this.memory.wasm,
      areaStart: hostOffset(0),
      cpus: board.cpus,
      port: this.bareBoard,
      registers: { CNTFRQ_EL0: BigInt(timers.frequencyHz) },
    });
    this.cpus = this.#cluster.cpus;
    this.memory.onHostWrite = (start, size) => this.#cluster.invalidate(start, size);

    this.gic = new Gic({
      version: gic.version,
      affinities: board.cpus.map((cpu) => cpu.affinity),
      spis: gic.spis,
      maintenance: gic.maintenanceIrq,
      accessor: () => Math.max(0, this.bus.owner.cpu),
      lines: (cpu, lines) => {
        const core = this.cpus[cpu]!;
        const virtual = this.gic.routedTo(cpu) === 'hypervisor';
        core.setIrq(virtual ? lines.virq : lines.irq);
        core.setFiq(virtual ? lines.vfiq : lines.fiq);
        // The hypervisor takes physical interrupts between two instructions: a running CPU comes out, a sleeping one is looked at.
        if (virtual && (lines.irq || lines.fiq)) this.#scheduler.hostInterrupt(cpu);
      },
    });
    this.#timers = new GenericTimers({
      frequencyHz: timers.frequencyHz,
      cpus: board.cpus.length,
      physicalLine: (cpu) => this.gic.ppi(cpu, timers.ppis.physical),
      virtualLine: (cpu) => this.gic.ppi(cpu, timers.ppis.virtual),
      onDeadline: (cpu, deadline) => this.#scheduler.deadlineChanged(cpu, deadline),
    });
    const privateTimers: PrivateTimers = {
      deadline: (cpu) => this.#timers.deadline(cpu),
      update: (cpu, now) => this.#timers.update(cpu, now),
      nextEvent: (cpu, now) => this.#timers.nextEvent(this.#timers.kernelControl(cpu), now),
    };
    this.#scheduler = new Scheduler(this.cpus, privateTimers, {
      pending: (cpu) => this.gic.physicalPending(cpu),
      take: (cpu) => this.onPhysicalInterrupt?.(cpu),
    });

    this.bus.attach(gic.distributor, gic.version === 3 ? 0x10000 : 0x1000, this.gic.distributor);
    if (gic.redistributor !== undefined)
      this.bus.attach(gic.redistributor, board.cpus.length * REDISTRIBUTOR_SIZE, this.gic.redistributors);
    if (gic.version === 2) {
      if (gic.cpuInterface !== undefined) this.bus.attach(gic.cpuInterface, 0x2000, this.gic.cpuInterface);
      if (gic.virtualCpuInterface !== undefined)
        this.bus.attach(gic.virtualCpuInterface, 0x2000, this.gic.virtualInterface);
    }
    this.#uarts = attachDevices(board, this.bus, {
      clock: this,
      interrupt: (spi) => this.gic.spi(spi),
      cpus: board.cpus.length,
      output: (uart, byte) => this.onUart?.({ uart, byte, by: this.bus.owner.name }),
    });

    const everything = this.#cluster.createAddressMap(
      board.ram.flatMap((bank) => this.memory.segments(bank.base, bank.size, gpa(bank.base), true)),
    );
    for (const cpu of this.cpus) cpu.addressMap = everything;
  }

  get now(): GuestNs {
    return this.#scheduler.now;
  }

  get instructions(): Instructions {
    return this.#scheduler.instructions;
  }

  get statistics(): CpuStatistics {
    return this.#cluster.statistics;
  }

  createAddressMap(segments: readonly MapSegment[]): AddressMap {
    return this.#cluster.createAddressMap(segments);
  }

  power(cpu: number): PowerState {
    return this.#scheduler.power(cpu);
  }

  setPower(cpu: number, state: PowerState): void {
    this.#scheduler.setPower(cpu, state);
  }

  owner(cpu: number): BusOwner {
    return this.#owners[cpu] ?? NOBODY;
  }

  setOwner(cpu: number, name: string): void {
    this.#owners[cpu] = { name, cpu };
  }

  readSystemRegister(cpu: Cpu, key: number): boolean {
    return (
      this.#timers.readSystemRegister(cpu.index, key, this.now, cpu.exchange) || this.gic.readSystemRegister(cpu, key)
    );
  }

  writeSystemRegister(cpu: Cpu, key: number): boolean {
    return (
      this.#timers.writeSystemRegister(cpu.index, key, this.now, cpu.exchange) || this.gic.writeSystemRegister(cpu, key)
    );
  }

  resetTimers(cpu: number): void {
    this.#timers.reset(cpu);
  }

  /** Names of the wires that have a model. */
  get uarts(): string[] {
    return [...this.#uarts.keys()];
  }

  /** Guest time before which nothing happens by itself; now if a CPU can run, Infinity if nothing is due. */
  get nextWake(): number {
    return this.#scheduler.nextWake;
  }

  /** @throws RangeError for a wire the board does not have. */
  uartInput(uart: string, bytes: Uint8Array): void {
    const device = this.#uarts.get(uart);
    if (!device)
      throw new RangeError(`${this.board.name} has no ${uart}; it has ${[...this.#uarts.keys()].join(', ')}`);
    device.input(bytes);
  }

  at(time: GuestNs, action: () => void): () => void {
    return this.#scheduler.events.at(time, action);
  }

  run(until: GuestNs, stop?: () => boolean): 'time' | 'stopped' | 'idle' {
    return this.#scheduler.run(until, stop);
  }

  step(cpu: number, count: Instructions): Instructions {
    return this.#scheduler.step(cpu, count);
  }

  interrupt(): void {
    this.#scheduler.interrupt();
  }

  #firmware(): PsciMachine {
    const end = (request: 'off' | 'reset'): void => {
      for (const { index } of this.cpus) this.setPower(index, 'off');
      this.onPower?.(request);
    };
    return {
      cpus: this.board.cpus.map(({ affinity }, index) => ({ index, mpidr: BigInt(affinity) })),
      isOn: (cpu) => this.power(cpu) === 'on',
      on: (cpu, entry, context) => {
        this.cpus[cpu]!.reset({ pc: gva(entry), x: { 0: context } });
        this.setPower(cpu, 'on');
      },
      off: (cpu) => this.setPower(cpu, 'off'),
      systemOff: () => end('off'),
      systemReset: () => end('reset'),
    };
  }
}
