// The system bus: decodes physical addresses to devices and RAM for everything that is not a plain RAM access of a CPU.
import type { Bus, BusOwner, Device } from './api.ts';
import type { BankedMemory } from './memory.ts';
import { pa } from '../util/units.ts';
import type { Pa } from '../util/units.ts';

interface Window {
  base: Pa;
  size: number;
  device: Device;
}

/** Host code that reaches the bus without a guest behind it. */
export const NOBODY: BusOwner = { name: 'board', cpu: -1 };

export class SystemBus implements Bus {
  /** Who causes the access that a device is serving now: for console attribution and per-CPU device views. */
  owner: BusOwner = NOBODY;
  readonly #memory: BankedMemory;
  #windows: Window[] = [];
  #last: Window | undefined;

  constructor(memory: BankedMemory) {
    this.#memory = memory;
  }

  /** @throws RangeError if the window overlaps another one: a board description that contradicts itself. */
  attach(base: Pa, size: number, device: Device): void {
    const clash = this.#windows.find((w) => base < w.base + w.size && w.base < base + size);
    if (clash) {
      throw new RangeError(
        `${device.name} at 0x${base.toString(16)} overlaps ${clash.device.name} at 0x${clash.base.toString(16)}`,
      );
    }
    this.#windows = [...this.#windows, { base, size, device }].sort((a, b) => a.base - b.base);
  }

  /** Takes every device off the bus. */
  detachAll(): void {
    this.#windows = [];
    this.#last = undefined;
  }

  read(address: Pa, size: 1 | 2 | 4 | 8, result: { lo: number; hi: number }, by: BusOwner): boolean {
    result.hi = 0;
    const window = this.#find(address);
    if (!window || address + size > window.base + window.size) {
      if (!this.#memory.isRam(address, size)) return false;
      const bytes = this.#memory.read(address, size);
      const word = (at: number) => bytes.slice(at, at + 4).reduceRight((sum, byte) => sum * 256 + byte, 0);
      result.lo = word(0);
      result.hi = word(4);
      return true;
    }
    const before = this.owner;
    this.owner = by;
    const offset = address - window.base;
    if (size === 8) {
      result.lo = window.device.read(offset, 4);
      result.hi = window.device.read(offset + 4, 4);
    } else {
      result.lo = window.device.read(offset, size);
    }
    this.owner = before;
    return true;
  }

  write(address: Pa, size: 1 | 2 | 4 | 8, lo: number, hi: number, by: BusOwner): boolean {
    const window = this.#find(address);
    if (!window || address + size > window.base + window.size) {
      if (!this.#memory.isRam(address, size)) return false;
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, lo, true);
      new DataView(bytes.buffer).setUint32(4, hi, true);
      this.#memory.write(address, bytes.subarray(0, size));
      return true;
    }
    const before = this.owner;
    this.owner = by;
    const offset = address - window.base;
    if (size === 8) {
      window.device.write(offset, 4, lo);
      window.device.write(offset + 4, 4, hi);
    } else {
      window.device.write(offset, size, lo);
    }
    this.owner = before;
    return true;
  }

  deviceAt(address: Pa): { name: string; base: Pa; size: number } | undefined {
    const window = this.#find(address);
    return window && { name: window.device.name, base: pa(window.base), size: window.size };
  }

  #find(address: Pa): Window | undefined {
    const last = this.#last;
    if (last && address >= last.base && address < last.base + last.size) return last;
    let low = 0;
    let high = this.#windows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#windows[middle] as Window).base <= address) low = middle + 1;
      else high = middle;
    }
    const window = this.#windows[low - 1];
    if (!window || address >= window.base + window.size) return undefined;
    this.#last = window;
    return window;
  }
}
