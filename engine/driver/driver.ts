// The Linux driver: ioctls that bring the hypervisor up and down and manage cells, CPU hotplug, kernel log lines.
// This file holds the driver's state and the small calls; enable.ts and create.ts are the long sequences.
// Source: ABI reference, section E.
import type { RunEvent } from '../contract/record.ts';
import { SYSTEM_FLAG } from '../config/index.ts';
import {
  cellState,
  cpuInfo,
  ERRNO,
  HYPERCALL,
  hypercall,
  hypervisorInfo,
  query,
  Reporter,
  type Compatibility,
  type ConfigOrigin,
  type ConsoleOutput,
  type Hypervisor,
  type RingSnapshot,
  type Task,
} from '../hypervisor/index.ts';
import type { Machine } from '../machine/api.ts';
import type { DriverCell } from './cells.ts';
import { ConsoleReader, type ConsoleSource } from './console-device.ts';
import { createCell } from './create.ts';
import { enable, type ImageFacts } from './enable.ts';
import { IOCTL, MAX_NAME, USE_NAME, type CellId, type PreloadImage } from './ioctl.ts';
import { Linux } from './linux.ts';
import { loadImages } from './load.ts';

export interface DriverOptions {
  machine: Machine;
  /** Where hypervisor and cells' virtual consoles write. */
  output: ConsoleOutput;
  onEvent: (event: RunEvent) => void;
  compatibility?: Compatibility;
  /** False when a real system runs on the bare board: no modelled Linux, no driver in it. */
  modelledLinux?: boolean;
}

/** Questions to the hypervisor. Asked by a process they are hypercalls; the window peeks without leaving a trace. */
export interface Questions {
  hypervisorInfo(type: number): number;
  cellState(id: number): number;
  cpuInfo(cpu: number, type: number): number;
}

export class JailhouseDriver {
  readonly linux: Linux;
  readonly report: Reporter;
  readonly compatibility: Compatibility;
  readonly output: ConsoleOutput;
  /** Undefined: not enabled. */
  hypervisor: Hypervisor | undefined;
  /** The root first, then in order of creation; empty when not enabled. */
  cells: DriverCell[] = [];
  /** The console page as it was at disable or at a failed enable. */
  savedConsole: RingSnapshot | undefined;
  /** What sysfs `core` is made of, from the first enable on. */
  image: ImageFacts | undefined;
  /** Counts enables, failed ones included. */
  epoch = 0;
  /** System flags of the last configuration that was enabled. */
  systemFlags: number = SYSTEM_FLAG.VIRTUAL_DEBUG_CONSOLE;
  /** PCI devices that are bound to the stub driver. */
  claimedPci: { bdf: number; domain: number }[] = [];
  /** Why the last call was refused, in a sentence; whoever asks clears it before the call. */
  lastRefusal: string | undefined;
  /** Where configurations came from, by cell name, for events and the window; the tool fills it in. */
  readonly origins = new Map<string, ConfigOrigin>();

  constructor(options: DriverOptions) {
    this.linux = new Linux(options.machine, options.modelledLinux);
    this.output = options.output;
    this.compatibility = options.compatibility ?? {};
    const note = (event: RunEvent): void => {
      if (event.kind === 'refusal') this.lastRefusal = event.sentence;
      options.onEvent(event);
    };
    this.report = new Reporter(options.machine, note, (cell) => this.origins.get(cell));
  }

  get machine(): Machine {
    return this.linux.machine;
  }

  get enabled(): boolean {
    return this.hypervisor !== undefined;
  }

  get root(): DriverCell | undefined {
    return this.cells[0];
  }

  /** By ioctl number, as a process would call. The argument is what its pointer points at. */
  ioctl(request: number, argument?: unknown): Task<number> {
    const calls: Readonly<Record<number, () => Task<number>>> = {
      [IOCTL.JAILHOUSE_ENABLE]: () => this.enable(argument as Uint8Array),
      [IOCTL.JAILHOUSE_DISABLE]: () => this.disable(),
      [IOCTL.JAILHOUSE_CELL_CREATE]: () => this.cellCreate(argument as Uint8Array),
      [IOCTL.JAILHOUSE_CELL_LOAD]: () => {
        const { cell, images } = argument as { cell: CellId; images: readonly PreloadImage[] };
        return this.cellLoad(cell, images);
      },
      [IOCTL.JAILHOUSE_CELL_START]: () => this.cellStart(argument as CellId),
      [IOCTL.JAILHOUSE_CELL_DESTROY]: () => this.cellDestroy(argument as CellId),
    };
    return calls[request]?.() ?? answer(-ERRNO.EINVAL);
  }

  /** @param config the whole `.cell` file of a system configuration */
  *enable(config: Uint8Array): Task<number> {
    return enable(this, config);
  }

  *disable(): Task<number> {
    if (!this.hypervisor) return this.#notEnabled('JAILHOUSE_DISABLE');
    if (!this.compatibility.disableDestroysBeforeChecking) {
      const offline = this.#rootCpusOffline();
      if (offline.length > 0) return this.#refuseOffline(offline);
    }
    for (const cell of this.cells.slice(1)) {
      const result = yield* this.#destroy(cell);
      if (result !== 0) {
        this.linux.printk(`failed to destroy cell "${cell.name}"`);
        return result;
      }
    }
    const offline = this.#rootCpusOffline();
    if (offline.length > 0) return this.#refuseOffline(offline);
    let failed = 0;
    for (const cpu of this.linux.onlineCpus) failed ||= yield* this.#hypercall(HYPERCALL.DISABLE, 0, cpu);
    if (failed !== 0) return failed;
    this.savedConsole = this.hypervisor.console.ring.snapshot();
    this.hypervisor = undefined;
    this.cells = [];
    this.linux.printk('The Jailhouse was closed.');
    return 0;
  }

  /** @param config the whole `.cell` file of a cell configuration */
  cellCreate(config: Uint8Array): Task<number> {
    return createCell(this, config);
  }

  *cellLoad(id: CellId, images: readonly PreloadImage[]): Task<number> {
    const cell = this.#find('JAILHOUSE_CELL_LOAD', id);
    if (typeof cell === 'number') return cell;
    const result = yield* this.#hypercall(HYPERCALL.CELL_SET_LOADABLE, cell.id);
    return result === 0 ? loadImages(this, cell, images) : result;
  }

  *cellStart(id: CellId): Task<number> {
    const cell = this.#find('JAILHOUSE_CELL_START', id);
    return typeof cell === 'number' ? cell : yield* this.#hypercall(HYPERCALL.CELL_START, cell.id);
  }

  *cellDestroy(id: CellId): Task<number> {
    const cell = this.#find('JAILHOUSE_CELL_DESTROY', id);
    return typeof cell === 'number' ? cell : yield* this.#destroy(cell);
  }

  /** Opens /dev/jailhouse for reading. */
  openConsole(): ConsoleReader {
    const source: ConsoleSource = Object.defineProperties({} as ConsoleSource, {
      now: { get: () => this.machine.now },
      enabled: { get: () => this.enabled },
      permitted: { get: () => this.mayReadConsole },
      epoch: { get: () => this.epoch },
      snapshot: { value: () => this.consoleSnapshot() },
    });
    return new ConsoleReader(source);
  }

  get mayReadConsole(): boolean {
    return (this.systemFlags & SYSTEM_FLAG.VIRTUAL_DEBUG_CONSOLE) !== 0;
  }

  /** The live console page, or the saved one. */
  consoleSnapshot(): RingSnapshot | undefined {
    return this.hypervisor?.console.ring.snapshot() ?? this.savedConsole;
  }

  /** Brings a CPU up by hand; one that another cell owns does not answer. */
  cpuOnline(cpu: number): number {
    const owner = this.cells.find((cell) => cell.cpus.includes(cpu));
    return this.linux.bringOnline(cpu, () => owner === undefined || owner === this.root);
  }

  /** As hypercalls of the running process: each leaves one exit on its CPU. -EINVAL when not enabled. */
  readonly asking: Questions = {
    hypervisorInfo: (type) => this.#query(HYPERCALL.HYPERVISOR_GET_INFO, type),
    cellState: (id) => this.#query(HYPERCALL.CELL_GET_STATE, id),
    cpuInfo: (cpu, type) => this.#query(HYPERCALL.CPU_GET_INFO, cpu, type),
  };

  /** The same answers without any guest-visible effect. */
  readonly peeking: Questions = {
    hypervisorInfo: (type) => this.#peek((hv) => hypervisorInfo(hv, type)),
    cellState: (id) => this.#peek((hv) => cellState(hv, id)),
    cpuInfo: (cpu, type) => this.#peek((hv) => cpuInfo(hv, hv.cpu(this.linux.currentCpu)!, cpu, type)),
  };

  #query(code: number, arg1: number, arg2?: number): number {
    return this.#peek((hv) => query(hv, this.linux.currentCpu, code, arg1, arg2));
  }

  #peek(ask: (hv: Hypervisor) => number): number {
    return this.hypervisor ? ask(this.hypervisor) : -ERRNO.EINVAL;
  }

  #hypercall(code: number, argument: number, cpu = this.linux.currentCpu): Task<number> {
    return hypercall(this.hypervisor!, cpu, code, argument);
  }

  *#destroy(cell: DriverCell): Task<number> {
    const result = yield* this.#hypercall(HYPERCALL.CELL_DESTROY, cell.id);
    if (result !== 0) return result;
    this.root!.cpus = [...this.root!.cpus, ...cell.cpus].sort((a, b) => a - b);
    this.cells = this.cells.filter((other) => other !== cell);
    for (const cpu of cell.offlined) this.cpuOnline(cpu);
    this.linux.printk(`Destroyed Jailhouse cell "${cell.name}"`);
    return 0;
  }

  /** First cell whose id matches, or whose name does when the id is -1. */
  #find(call: string, { id, name }: CellId): DriverCell | number {
    if (!this.hypervisor) return this.#notEnabled(call);
    const wanted = name.slice(0, MAX_NAME);
    const cell = this.cells.find((candidate) => candidate.id === id || (id === USE_NAME && candidate.name === wanted));
    if (cell) return cell;
    const what = id === USE_NAME ? `named "${wanted}"` : `with id ${id}`;
    const names = this.cells.map((candidate) => `${candidate.id} ${candidate.name}`).join(', ');
    return this.report.refuse('ENOENT', {
      call,
      rule: 'no-such-cell',
      sentence: `There is no cell ${what}. There are: ${names}.`,
    });
  }

  #notEnabled(call: string): number {
    return this.report.refuse('EINVAL', {
      call,
      rule: 'not-enabled',
      sentence: 'The hypervisor is not enabled. Enable it first: jailhouse enable SYSCONFIG.',
    });
  }

  /** CPUs of the root, and those that destroying all cells would bring back, that are offline for another reason. */
  #rootCpusOffline(): number[] {
    const coming = this.cells.slice(1);
    const back = coming.flatMap(({ offlined }) => offlined);
    const all = this.cells.flatMap(({ cpus }) => cpus).sort((a, b) => a - b);
    return all.filter((cpu) => !this.linux.isOnline(cpu) && !back.includes(cpu));
  }

  #refuseOffline(offline: readonly number[]): number {
    return this.report.refuse('EBUSY', {
      call: 'JAILHOUSE_DISABLE',
      rule: 'root-cpu-offline',
      sentence:
        `CPU ${offline.join(', ')} of the root is offline, and every CPU of the root must leave the hypervisor. ` +
        `Bring it online first: echo 1 > /sys/devices/system/cpu/cpu${offline[0]}/online.`,
      target: { cpu: offline[0]! },
    });
  }
}

function* answer(result: number): Task<number> {
  return result;
}
