// MMIO dispatch of one cell: a sorted table of windows with their handlers. An access must lie inside one window.
// Source: ABI reference, B.8.
import type { Gpa } from '../../util/units.ts';
import type { PerCpu } from '../cell/percpu.ts';

/** One trapped access. `lo` and `hi` carry store data in, and load data out. */
export interface MmioAccess {
  readonly cpu: PerCpu;
  /** Guest-physical address of the first byte. */
  readonly address: Gpa;
  /** From the window's start. */
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly write: boolean;
  lo: number;
  hi: number;
}

/** `unhandled`: nothing answers there; `error`: a handler refused. Both end in a violation. */
export type MmioResult = 'handled' | 'unhandled' | 'error';
export type MmioHandler = (access: MmioAccess) => Exclude<MmioResult, 'unhandled'>;

export interface MmioWindow {
  readonly start: Gpa;
  readonly size: number;
  /** What it is, for sentences: `GIC distributor`. */
  readonly name: string;
  readonly handler: MmioHandler;
  /** Index of the memory region behind a sub-page window. */
  readonly region?: number;
}

/** A dispatched access; the fields of BusAccess that matter here. */
export interface MmioRequest {
  readonly address: Gpa;
  readonly size: 1 | 2 | 4 | 8;
  readonly write: boolean;
  lo: number;
  hi: number;
}

export class MmioTable {
  /** Slots that cell init made room for. */
  readonly capacity: number;
  #windows: MmioWindow[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get windows(): readonly MmioWindow[] {
    return this.#windows;
  }

  /** False when the table is full: the window is dropped and the caller warns. */
  register(window: MmioWindow): boolean {
    if (this.#windows.length >= this.capacity) return false;
    const index = this.#windows.findIndex((other) => other.start > window.start);
    this.#windows.splice(index < 0 ? this.#windows.length : index, 0, window);
    return true;
  }

  unregister(window: MmioWindow): void {
    this.#windows = this.#windows.filter((other) => other !== window);
  }

  find(address: number, size: number): MmioWindow | undefined {
    return this.#windows.findLast((w) => address >= w.start && address + size <= w.start + w.size);
  }

  /** Fills `request.lo` and `hi` on loads that were handled. */
  dispatch(cpu: PerCpu, request: MmioRequest): MmioResult {
    const window = this.find(request.address, request.size);
    if (!window) return 'unhandled';
    const access: MmioAccess = {
      cpu,
      address: request.address,
      offset: request.address - window.start,
      size: request.size,
      write: request.write,
      lo: request.write ? request.lo : 0,
      hi: request.write ? request.hi : 0,
    };
    const result = window.handler(access);
    if (result === 'handled' && !request.write) {
      request.lo = access.lo;
      request.hi = access.hi;
    }
    return result;
  }
}
