// The machine as the rooms above see it: memory, bus, interrupt controller, CPUs and time of one powered-on board.
// machine.ts assembles it from a board description; the hypervisor, the driver and the service hold on to these types.
import type { AddressMap, Cpu, CpuPort, CpuStatistics, MapSegment } from '../cpu/port.ts';
import type { BoardDescription } from '../board/description.ts';
import type { Gpa, GuestNs, Gva, Instructions, Pa } from '../util/units.ts';

/**
 * A device on the bus. Offsets are relative to its window. Accesses are 1, 2 or 4 bytes, naturally aligned; the bus
 * splits 8-byte accesses into two of 4 (low half first). Values are unsigned.
 */
export interface Device {
  readonly name: string;
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
}

/** Who caused a bus access: needed for console attribution and for device views that differ by CPU (GICv2). */
export interface BusOwner {
  /** `hypervisor`, `root` or a cell's name; `board` for a guest on the bare board. */
  readonly name: string;
  /** CPU index, or -1 for host code. */
  readonly cpu: number;
}

export interface Bus {
  /** False if no device or RAM answers at this address (the caller decides what that means). */
  read(address: Pa, size: 1 | 2 | 4 | 8, result: { lo: number; hi: number }, by: BusOwner): boolean;
  write(address: Pa, size: 1 | 2 | 4 | 8, lo: number, hi: number, by: BusOwner): boolean;
  /** The device window that covers the address, for fault sentences. */
  deviceAt(address: Pa): { name: string; base: Pa; size: number } | undefined;
}

export interface PhysicalMemory {
  /** True if every byte of the range is RAM. */
  isRam(address: Pa, size: number): boolean;
  read(address: Pa, size: number): Uint8Array;
  /** Also drops decoded code over the range. */
  write(address: Pa, bytes: Uint8Array): void;
  fill(address: Pa, size: number, value: number): void;
  read32(address: Pa): number;
  write32(address: Pa, value: number): void;
  /** True if segments() has all RAM there is. Else RAM may be touched that is in no address map yet: place() it, then ask again. */
  readonly allPlaced: boolean;
  /** Gives the RAM at an address its place in engine memory; false if that is no RAM. */
  place(address: Pa): boolean;
  /** The RAM pieces of [address, address+size) as map segments that appear at `at` in a guest's view. */
  segments(address: Pa, size: number, at: Gpa, writable: boolean): MapSegment[];
}

/** A wire into the interrupt controller. */
export interface InterruptLine {
  /** Level-sensitive inputs follow the level; edge-triggered ones latch the rise. */
  set(level: boolean): void;
}

/** Result of putting an interrupt into a list register. */
export type InjectResult = 'injected' | 'duplicate' | 'full';

/** The interrupt controller as host code (bare-board glue, hypervisor) uses it. Ids are GIC interrupt ids (INTID). */
export interface InterruptController {
  readonly version: 2 | 3;
  /** Shared peripheral interrupt n (INTID n + 32). */
  spi(n: number): InterruptLine;
  /** Private peripheral interrupt of one CPU, INTID 16..31. */
  ppi(cpu: number, intid: number): InterruptLine;

  /** Physical distributor and redistributor registers, as the bus would reach them. */
  readDistributor(offset: number, size: 1 | 2 | 4): number;
  writeDistributor(offset: number, size: 1 | 2 | 4, value: number): void;
  readRedistributor(cpu: number, offset: number, size: 1 | 2 | 4): number;
  writeRedistributor(cpu: number, offset: number, size: 1 | 2 | 4, value: number): void;

  /**
   * Who gets a CPU's physical interrupts. `guest`: the CPU's own IRQ input (bare board). `hypervisor`: `taken` is called
   * at an instruction boundary of that CPU while an interrupt is pending, and the guest sees the virtual interface.
   */
  route(cpu: number, to: 'guest' | 'hypervisor'): void;
  /** Called by the machine's run loop (see Machine.onPhysicalInterrupt). */
  physicalPending(cpu: number): boolean;
  /** Reads IAR: highest pending INTID, or 1023. */
  acknowledge(cpu: number): number;
  /** EOIR with EOImode 1: priority drop only. */
  dropPriority(cpu: number, intid: number): void;
  deactivate(cpu: number, intid: number): void;
  /** Generates physical SGI `id` on the given CPUs. */
  sendSgi(from: number, to: readonly number[], id: number): void;

  /** Virtual interface (list registers) of a CPU. `hardware` ties deactivation to the physical interrupt. */
  inject(cpu: number, intid: number, hardware: boolean): InjectResult;
  /** True if a list register holds a pending interrupt (PSCI CPU_SUSPEND looks). */
  virtualPending(cpu: number): boolean;
  /** Underflow maintenance interrupt (ICH_HCR.UIE) on or off. */
  setUnderflowInterrupt(cpu: number, on: boolean): void;
  /** Clears list registers, VMCR and active priorities of one CPU (cell reset). */
  resetVirtual(cpu: number): void;

  /** ICC_* system registers of a guest: physical or virtual interface by `route`. Value in cpu.exchange; false: undefined. */
  readSystemRegister(cpu: Cpu, key: number): boolean;
  writeSystemRegister(cpu: Cpu, key: number): boolean;
}

/** Output of one character device, with who wrote it. */
export interface UartOutput {
  /** `uart0`, `uart1`, … in the board description's order. */
  readonly uart: string;
  readonly byte: number;
  readonly by: string;
}

export type PowerState = 'off' | 'on';

/**
 * Why `run` came back: the time was reached, `stop` or `pause` said so, nothing can ever happen again, a CPU stands in front
 * of a breakpoint's instruction, or one has done its step.
 */
export type RunEnd = 'time' | 'stopped' | 'idle' | 'breakpoint' | 'stepped';

/** A CPU stops in front of the instruction at an address: where its own view has it, or where the board has it in RAM. */
export interface Breakpoint {
  /** CPU number; absent: any CPU. */
  readonly cpu?: number;
  readonly address: { readonly virtual: Gva } | { readonly physical: Pa };
}

export interface Machine {
  readonly board: BoardDescription;
  /** The CPUs that there are, in ascending order; `index` is the CPU's number, which need not be its position here. */
  readonly cpus: readonly Cpu[];
  readonly memory: PhysicalMemory;
  readonly bus: Bus;
  readonly gic: InterruptController;
  /** Guest time now; exact also inside port calls. */
  readonly now: GuestNs;
  /** Instructions retired by all CPUs. */
  readonly instructions: Instructions;
  readonly statistics: CpuStatistics;

  createAddressMap(segments: readonly MapSegment[]): AddressMap;
  /** Off CPUs cost nothing; on CPUs run from wherever their state says. */
  power(cpu: number): PowerState;
  setPower(cpu: number, state: PowerState): void;
  /** Names the owner of a CPU's accesses (console attribution). */
  setOwner(cpu: number, name: string): void;
  /** The port of the bare board: devices by bus, physical GIC, PSCI firmware. */
  readonly bareBoard: CpuPort;
  /** Generic timers, GIC registers and counters for a guest: shared by bare board and hypervisor ports. Key as in CpuPort. */
  readSystemRegister(cpu: Cpu, key: number): boolean;
  writeSystemRegister(cpu: Cpu, key: number): boolean;
  /** Level of the wire from a CPU's performance monitors to its private interrupt, where the board has it. */
  performanceInterrupt(cpu: number, level: boolean): void;
  /** Resets the generic timers of one CPU (CNTP/CNTV control and compare, CNTKCTL). */
  resetTimers(cpu: number): void;

  /** Called at an instruction boundary of a CPU whose physical interrupts are routed to the hypervisor. */
  onPhysicalInterrupt: ((cpu: number) => void) | undefined;
  onUart: ((output: UartOutput) => void) | undefined;
  /** Bytes typed into a UART. */
  uartInput(uart: string, bytes: Uint8Array): void;

  /** Calls back at a guest time (device timers, `sleep`, time-outs). Returns a canceller. Same-time events run in the order they were made. */
  at(time: GuestNs, action: () => void): () => void;
  /**
   * Runs until `until`, or until `stop()` answers true (asked between slices and after each event), or nothing can ever happen again.
   * Idle time is skipped. Returns why it ended. `pause` is asked more often, between the turns of the CPUs in a slice as well: where the
   * host must not wait for 16 slow guests. If it answers true (`stopped` again) the machine may stand between two turns;
   * the next `run` goes on there, and no guest can tell. What depends on guest state belongs into `stop`.
   */
  run(until: GuestNs, stop?: () => boolean, pause?: () => boolean): RunEnd;
  /** Ends the current `run` after the running slice. */
  interrupt(): void;
}
