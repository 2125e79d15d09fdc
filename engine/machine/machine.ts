// One powered-on board: memory, bus, devices, interrupt controller, timers and CPUs put together from its description.
import { CpuCluster, cpuAreaSize } from '../cpu/index.ts';
import type { BackgroundTranslator, RegionTuning } from '../cpu/index.ts';
import type { AddressMap, Cpu, CpuPort, CpuStatistics, MapSegment } from '../cpu/port.ts';
import { whyNoPower } from '../board/index.ts';
import type { BoardCpu, BoardDescription } from '../board/index.ts';
import { gpa, gva, MiB, pa } from '../util/units.ts';
import type { GuestNs, Instructions, Pa } from '../util/units.ts';
import type { Breakpoint, BusOwner, Machine, PowerState, RunEnd, UartOutput } from './api.ts';
import { BareBoardPort } from './bare-board.ts';
import { attachDevices } from './board-devices.ts';
import type { ByteDevice } from './board-devices.ts';
import { NOBODY, SystemBus } from './bus.ts';
import { RevocableClock } from './devices/clock.ts';
import { GenericTimers } from './devices/generic-timer.ts';
import { Gic, REDISTRIBUTOR_SIZE } from './devices/gic/index.ts';
import type { GicSnapshot } from './devices/gic/index.ts';
import type { PsciMachine } from './devices/psci.ts';
import { BankedMemory, BankStorage, ENGINE_MEMORY_LIMIT, placeTouched } from './memory.ts';
import { Scheduler } from './scheduler.ts';
import type { PrivateTimers } from './scheduler.ts';

/** What a board needs before this engine can power it on, and does not have. */
export class BoardNotRunnable extends Error {
  constructor(board: BoardDescription, missing: string) {
    super(`${board.name} cannot be powered on: ${missing}. Its configurations can still be read, written and checked.`);
  }
}

/** CBAR_EL1, where the core has its GIC (Cortex-A57 manual, 4.3.76): bits 31:18 in place, bits 43:32 in 11:0. */
const periphBase = (base: number): bigint => (BigInt(base) & 0xfffc_0000n) | ((BigInt(base) >> 32n) & 0xfffn);

/** Bytes below RAM and flash for the CPUs, whose tables cover all of engine memory, themselves included. */
function areaFor(cpus: number, bankBytes: number): number {
  const memoryBytes = Math.min(bankBytes, ENGINE_MEMORY_LIMIT);
  const alone = cpuAreaSize(cpus, { memoryBytes });
  return cpuAreaSize(cpus, { memoryBytes: Math.min(memoryBytes + alone + MiB, ENGINE_MEMORY_LIMIT) });
}

/** Affinity of cores for CPU numbers that the board leaves out; no guest and no firmware call ever names it. */
const ABSENT_AFFINITY = 0x7f_0000;

/** One core for each CPU number up to the highest, so that numbers are positions; a number without a CPU gets one that stays off. */
function cores(cpus: readonly BoardCpu[]): BoardCpu[] {
  const count = Math.max(...cpus.map(({ id }) => id)) + 1;
  return Array.from(
    { length: count },
    (_, id) => cpus.find((cpu) => cpu.id === id) ?? { ...cpus[0]!, id, affinity: ABSENT_AFFINITY + id },
  );
}

export interface MachineOptions {
  /** Translate hot guest code (ClusterOptions.regions). */
  readonly regions?: boolean | RegionTuning;
  /** Translates beside the engine's thread (ClusterOptions.translator). */
  readonly translator?: BackgroundTranslator;
  /** Host milliseconds, for statistics only. */
  readonly hostClock?: () => number;
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

  /** By CPU number. */
  readonly #cores: readonly BoardCpu[];
  readonly #cluster: CpuCluster;
  readonly #timers: GenericTimers;
  readonly #scheduler: Scheduler;
  #uarts: ReadonlyMap<string, ByteDevice>;
  readonly #owners: BusOwner[];
  readonly #deviceClock: RevocableClock;
  /** What every CPU of the bare board sees; flash banks are in it while they read as an array. */
  readonly #everything: AddressMap;
  readonly #hiddenRom = new Set<string>();
  readonly #gicAtReset: GicSnapshot;

  /** @throws BoardNotRunnable, MemoryTooLarge */
  constructor(board: BoardDescription, options: MachineOptions = {}) {
    const missing = whyNoPower(board);
    if (missing !== undefined) throw new BoardNotRunnable(board, missing);
    const gic = board.gic!;
    const timers = board.timers!;
    this.board = board;
    this.#cores = cores(board.cpus);
    const flash = board.devices.filter(({ type }) => type === 'cfi-flash');
    const bankBytes = [...board.ram, ...flash].reduce((sum, bank) => sum + bank.size, 0);
    this.memory = new BankedMemory(board.ram, areaFor(this.#cores.length, bankBytes), flash);
    this.bus = new SystemBus(this.memory);
    this.#owners = this.#cores.map((_, cpu) => ({ name: 'board', cpu }));

    this.bareBoard = new BareBoardPort(this, board.psci && this.#firmware());
    this.#cluster = new CpuCluster({
      memory: this.memory.wasm,
      regions: options.regions ?? false,
      ...(options.translator && { translator: options.translator }),
      ...(options.hostClock && { hostClock: options.hostClock }),
      cpus: this.#cores,
      port: this.bareBoard,
      gicRegisters: gic.version === 3,
      registers: { CNTFRQ_EL0: BigInt(timers.frequencyHz), CBAR_EL1: periphBase(gic.distributor) },
      onEvent: (cpu) => this.#scheduler.wake(cpu),
      onPortCall: () => this.#scheduler.portCalled(),
    });
    this.cpus = this.#cluster.cpus.filter(({ index }) => board.cpus.some(({ id }) => id === index));
    this.memory.onHostWrite = (start, size) => this.#cluster.invalidate(start, size);
    this.memory.pageWritten = (page) => this.#cluster.pageWritten(page);

    this.gic = new Gic({
      version: gic.version,
      affinities: this.#cores.map((cpu) => cpu.affinity),
      spis: gic.spis,
      maintenance: gic.maintenanceIrq,
      accessor: () => Math.max(0, this.bus.owner.cpu),
      lines: (cpu, lines) => {
        const core = this.#cluster.cpus[cpu]!;
        const virtual = this.gic.routedTo(cpu) === 'hypervisor';
        core.setIrq(virtual ? lines.virq : lines.irq);
        core.setFiq(virtual ? lines.vfiq : lines.fiq);
        this.#scheduler.wake(cpu);
        // The hypervisor takes physical interrupts between two instructions: a running CPU comes out, a sleeping one is looked at.
        if (virtual && (lines.irq || lines.fiq)) this.#scheduler.hostInterrupt(cpu);
      },
    });
    this.#timers = new GenericTimers({
      frequencyHz: timers.frequencyHz,
      cpus: this.#cores.length,
      physicalLine: (cpu) => this.gic.ppi(cpu, timers.ppis.physical),
      virtualLine: (cpu) => this.gic.ppi(cpu, timers.ppis.virtual),
      onDeadline: (cpu, deadline) => this.#scheduler.deadlineChanged(cpu, deadline),
    });
    const privateTimers: PrivateTimers = {
      deadline: (cpu) => this.#timers.deadline(cpu),
      update: (cpu, now) => this.#timers.update(cpu, now),
      nextEvent: (cpu, now) => this.#timers.nextEvent(this.#timers.kernelControl(cpu), now),
    };
    this.#scheduler = new Scheduler(this.#cluster.cpus, privateTimers, {
      pending: (cpu) => this.gic.physicalPending(cpu),
      take: (cpu) => this.onPhysicalInterrupt?.(cpu),
    });

    this.#gicAtReset = this.gic.save();
    this.#deviceClock = new RevocableClock(this);
    this.#everything = this.#cluster.createAddressMap([]);
    this.#uarts = this.#attachAll();
    this.#mapBanks();
    for (const cpu of this.cpus) cpu.addressMap = this.#everything;
  }

  /**
   * As the reset line does on a board without a hypervisor: CPUs off, interrupt controller, timers and devices as at
   * power-on. RAM and flash keep their bytes, the time goes on. Not from inside an instruction.
   */
  reset(): void {
    for (const { index } of this.cpus) {
      this.setPower(index, 'off');
      this.resetTimers(index);
    }
    this.#deviceClock.revoke();
    this.bus.detachAll();
    this.gic.restore(this.#gicAtReset);
    this.#hiddenRom.clear();
    const before = this.#uarts;
    this.#uarts = this.#attachAll();
    for (const [name, { unreceived = [] }] of before) this.#uarts.get(name)!.input(unreceived);
    this.#mapBanks();
  }

  #attachAll(): ReadonlyMap<string, ByteDevice> {
    const { board, bus, gic } = this;
    const windows = board.gic!;
    bus.attach(windows.distributor, windows.version === 3 ? 0x10000 : 0x1000, gic.distributor);
    if (windows.redistributor !== undefined)
      bus.attach(windows.redistributor, this.#cores.length * REDISTRIBUTOR_SIZE, gic.redistributors);
    if (windows.version === 2) {
      if (windows.cpuInterface !== undefined) bus.attach(windows.cpuInterface, 0x2000, gic.cpuInterface);
      if (windows.virtualCpuInterface !== undefined)
        bus.attach(windows.virtualCpuInterface, 0x2000, gic.virtualInterface);
    }
    return attachDevices(board, bus, {
      clock: this.#deviceClock,
      interrupt: (spi) => gic.spi(spi),
      cpus: board.cpus.length,
      output: (uart, byte) => this.onUart?.({ uart, byte, by: bus.owner.name }),
      rom: ({ name, base }) => ({
        storage: new BankStorage(this.memory, base),
        onReadMode: (array) => {
          if (array) this.#hiddenRom.delete(name);
          else this.#hiddenRom.add(name);
          this.#mapBanks();
        },
      }),
    });
  }

  #mapBanks(): void {
    const { board, memory } = this;
    const flash = board.devices.filter(({ type, name }) => type === 'cfi-flash' && !this.#hiddenRom.has(name));
    const segments = [
      ...board.ram.flatMap(({ base, size }) => memory.segments(base, size, gpa(base), true)),
      ...flash.flatMap(({ base, size }) => memory.segments(base, size, gpa(base), false, 'rom')),
    ];
    this.#everything.update(segments.sort((a, b) => a.start - b.start));
  }

  /** After an access outside the bare board's map: true if it hit RAM that has its place only now, and may be tried again. */
  revealRam(address: Pa, size: number): boolean {
    if (this.memory.allPlaced) return false;
    const touched = [address, pa(address + size - 1)].map((physical) => ({ guest: gpa(physical), physical }));
    if (!placeTouched(this.memory, this.#everything, touched)) return false;
    this.#mapBanks();
    return true;
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

  performanceInterrupt(cpu: number, level: boolean): void {
    const { performanceMonitors } = this.board;
    if (performanceMonitors) this.gic.ppi(cpu, performanceMonitors.ppi).set(level);
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
    // What comes from outside comes between two slices, whenever the host had it.
    if (this.#scheduler.betweenTurns) this.at(this.now, () => device.input(bytes));
    else device.input(bytes);
  }

  at(time: GuestNs, action: () => void): () => void {
    return this.#scheduler.events.at(time, action);
  }

  run(until: GuestNs, stop?: () => boolean, pause?: () => boolean): RunEnd {
    return this.#scheduler.run(until, stop, pause);
  }

  /**
   * As `run`, but ends behind the next `count` instructions of one CPU; no guest can tell. What does not execute (a CPU that
   * sleeps or is off) ends it by `until` at the latest.
   */
  step(cpu: number, count: Instructions, until?: GuestNs, stop?: () => boolean): RunEnd {
    return this.#scheduler.step(cpu, count, until, stop);
  }

  /** The CPU that stands inside its slice: at a breakpoint (`run` said so), or after a step. */
  get stoppedCpu(): number | undefined {
    return this.#scheduler.stoppedCpu;
  }

  /**
   * Guests cannot tell that there is one. Returns what takes it away.
   * @throws RangeError for a CPU or memory that the board does not have
   */
  addBreakpoint({ cpu, address }: Breakpoint): () => void {
    if (cpu !== undefined && !this.cpus.some(({ index }) => index === cpu))
      throw new RangeError(`${this.board.name} has no CPU ${cpu}`);
    const one = cpu === undefined ? {} : { cpu };
    if ('virtual' in address) return this.#cluster.addBreakpoint({ ...one, address });
    this.memory.place(address.physical);
    const host = this.memory.host(address.physical);
    if (host === undefined)
      throw new RangeError(`${this.board.name} has no memory at 0x${address.physical.toString(16)} to stop in`);
    return this.#cluster.addBreakpoint({ ...one, address: { host } });
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
      cpus: this.board.cpus.map(({ id, affinity }) => ({ index: id, mpidr: BigInt(affinity) })),
      isOn: (cpu) => this.power(cpu) === 'on',
      on: (cpu, entry, context) => {
        this.#cluster.cpus[cpu]!.reset({ pc: gva(entry), x: { 0: context } });
        this.setPower(cpu, 'on');
      },
      off: (cpu) => this.setPower(cpu, 'off'),
      standby: (cpu) => this.#cluster.cpus[cpu]!.waitForInterrupt(),
      systemOff: () => end('off'),
      systemReset: () => end('reset'),
    };
  }
}
