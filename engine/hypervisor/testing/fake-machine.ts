// A machine for unit tests: real memory, bus, GIC and UART of a board, but CPUs that only hold registers. Guest code is
// what a test does at a guest time (`machine.at`), so that every exit can be made by hand.
import { readFileSync } from 'node:fs';
import { parseBoard, type BoardDescription } from '../../board/index.ts';
import type { AddressMap, BusAccess, Cpu, CpuPort, MapSegment, ResetState } from '../../cpu/port.ts';
import type { Machine, PowerState, UartOutput } from '../../machine/api.ts';
import { SystemBus } from '../../machine/bus.ts';
import { Gic, REDISTRIBUTOR_SIZE } from '../../machine/devices/gic/index.ts';
import { Pl011 } from '../../machine/devices/pl011.ts';
import { EventQueue } from '../../machine/events.ts';
import { BankedMemory } from '../../machine/memory.ts';
import { gpa, gva, guestNs, instructions, pa, type GuestNs } from '../../util/units.ts';

export class FakeCpu {
  readonly index: number;
  readonly mpidr: bigint;
  port!: CpuPort;
  readonly exchange = { lo: 0, hi: 0 };
  readonly registers = new BigUint64Array(32);
  sp = 0n;
  pc = gva(0n);
  pstate = 0x3c5;
  addressMap!: AddressMap;
  resets: ResetState[] = [];
  waiting: 'no' | 'wfi' | 'wfe' = 'no';
  retired = instructions(0);

  constructor(index: number, mpidr: bigint) {
    this.index = index;
    this.mpidr = mpidr;
  }

  x(n: number): bigint {
    return n === 31 ? 0n : this.registers[n]!;
  }

  setX(n: number, value: bigint): void {
    this.registers[n] = value;
  }

  systemRegister(): bigint {
    return 0n;
  }

  reset(state: ResetState): void {
    this.resets.push(state);
    this.registers.fill(0n);
    for (const [n, value] of Object.entries(state.x ?? {})) this.registers[Number(n)] = value;
    this.pc = state.pc;
    this.pstate = state.pstate ?? 0x3c5;
  }

  skip(): void {
    this.pc = gva(this.pc + 4n);
  }

  leave(): void {}

  waitForInterrupt(): void {
    this.waiting = 'wfi';
  }

  /** A store or load as the core would hand it to the port. */
  access(
    address: number,
    size: 1 | 2 | 4 | 8,
    write: boolean,
    value = 0,
    syndromeValid = true,
  ): BusAccess & { outcome: number } {
    const access: BusAccess = {
      address: gpa(address),
      virtual: gva(BigInt(address)),
      size,
      write,
      syndromeValid,
      syndrome: (0x24 << 26) | (1 << 25) | (write ? 1 << 6 : 0) | 6,
      lo: value,
      hi: 0,
    };
    const outcome = this.port.access(this as unknown as Cpu, access);
    return { ...access, outcome };
  }

  hvc(code: number, arg1 = 0, arg2 = 0, immediate = 0x4a48): bigint {
    [code, arg1, arg2].forEach((value, n) => this.setX(n, BigInt.asUintN(64, BigInt(value))));
    this.port.hvc(this as unknown as Cpu, immediate);
    return BigInt.asIntN(64, this.x(0));
  }

  smc(id: number, ...args: bigint[]): bigint {
    [BigInt(id), ...args].forEach((value, n) => this.setX(n, value));
    this.port.smc(this as unknown as Cpu, 0);
    return BigInt.asIntN(64, this.x(0));
  }
}

export class FakeMachine {
  readonly board: BoardDescription;
  readonly cpus: Cpu[];
  readonly memory: BankedMemory;
  readonly bus: SystemBus;
  readonly gic: Gic;
  readonly bareBoard = {} as CpuPort;
  readonly statistics = {} as Machine['statistics'];
  /** Everything that left the first UART, with who wrote it. */
  wire = '';
  writers: string[] = [];
  onPhysicalInterrupt: ((cpu: number) => void) | undefined;
  onUart: ((output: UartOutput) => void) | undefined;
  readonly owners: string[] = [];
  readonly #events = new EventQueue();
  readonly #power: PowerState[];
  #now = guestNs(0);

  constructor(board: BoardDescription) {
    this.board = board;
    this.memory = new BankedMemory(board.ram, 0);
    this.bus = new SystemBus(this.memory);
    const gic = board.gic!;
    this.gic = new Gic({
      version: gic.version,
      affinities: board.cpus.map(({ affinity }) => affinity),
      spis: gic.spis,
      maintenance: gic.maintenanceIrq,
      accessor: () => this.bus.owner.cpu,
    });
    this.bus.attach(gic.distributor, gic.version === 3 ? 0x10000 : 0x1000, this.gic.distributor);
    if (gic.redistributor !== undefined)
      this.bus.attach(gic.redistributor, board.cpus.length * REDISTRIBUTOR_SIZE, this.gic.redistributors);
    if (gic.cpuInterface !== undefined) this.bus.attach(gic.cpuInterface, 0x2000, this.gic.cpuInterface);
    if (gic.virtualCpuInterface !== undefined)
      this.bus.attach(gic.virtualCpuInterface, 0x2000, this.gic.virtualInterface);
    for (const uart of board.uarts) {
      const device = new Pl011({
        name: uart.name,
        clock: { now: this.#now, at: () => () => undefined },
        interrupt: this.gic.spi(uart.spi ?? 0),
        output: (byte) => {
          this.wire += String.fromCharCode(byte);
          if (this.writers.at(-1) !== this.bus.owner.name) this.writers.push(this.bus.owner.name);
        },
      });
      this.bus.attach(uart.base, uart.size, device);
    }
    this.cpus = board.cpus.map(({ id, affinity }) => new FakeCpu(id, BigInt(affinity)) as unknown as Cpu);
    this.#power = board.cpus.map(() => 'off');
  }

  cpu(index: number): FakeCpu {
    return this.cpus[index] as unknown as FakeCpu;
  }

  get now(): GuestNs {
    return this.#now;
  }

  get instructions() {
    return instructions(this.#now);
  }

  createAddressMap(segments: readonly MapSegment[]): AddressMap {
    const map = {
      segments,
      update(next: readonly MapSegment[]) {
        map.segments = next;
      },
    };
    return map;
  }

  power(cpu: number): PowerState {
    return this.#power[cpu]!;
  }

  setPower(cpu: number, state: PowerState): void {
    this.#power[cpu] = state;
  }

  setOwner(cpu: number, name: string): void {
    this.owners[cpu] = name;
  }

  readSystemRegister(cpu: Cpu, key: number): boolean {
    return this.gic.readSystemRegister(cpu, key);
  }

  writeSystemRegister(cpu: Cpu, key: number): boolean {
    return this.gic.writeSystemRegister(cpu, key);
  }

  performanceInterrupt(): void {}
  resetTimers(): void {}
  uartInput(_uart: string, _bytes: Uint8Array): void {}
  interrupt(): void {}

  at(time: GuestNs, action: () => void): () => void {
    return this.#events.at(time, action);
  }

  /** Runs `action` after so many guest nanoseconds. */
  after(delay: number, action: () => void): void {
    this.at(guestNs(this.#now + delay), action);
  }

  run(until: GuestNs, stop?: () => boolean): 'time' | 'stopped' | 'idle' {
    for (;;) {
      for (const cpu of this.cpus)
        while (this.#power[cpu.index] === 'on' && this.gic.physicalPending(cpu.index))
          this.onPhysicalInterrupt?.(cpu.index);
      if (stop?.()) return 'stopped';
      if (this.#events.runDue(this.#now)) continue;
      if (this.#now >= until) return 'time';
      const next = Math.min(this.#events.next, until);
      if (next === Infinity) return 'idle';
      this.#now = guestNs(next);
    }
  }
}

export const fakeMachine = (board = qemuArm64()): FakeMachine & Machine =>
  new FakeMachine(board) as FakeMachine & Machine;

export function qemuArm64(): BoardDescription {
  return parseBoard(
    'qemu-arm64',
    readFileSync(new URL('../../../boards/qemu-arm64/board.json', import.meta.url), 'utf8'),
  );
}

export const ram = (machine: Machine, address: number, size: number): Uint8Array =>
  machine.memory.read(pa(address), size);
