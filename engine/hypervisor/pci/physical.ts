// A physical PCI function behind moderated configuration space: shadow BARs, capabilities by permission, MSI-X table
// trapped. On Arm message addresses and data are written as they are. Source: ABI reference, D.1, D.2.
import { PCI_TYPE, type PciCapability, type PciDevice } from '../../config/index.ts';
import type { Bus, BusOwner } from '../../machine/api.ts';
import { pa } from '../../util/units.ts';
import type { MmioHandler } from '../mmio/table.ts';
import { byteMask, fromDword, intoDword, merged, type PciFunction } from './function.ts';
import { BARS_END, COMMAND, EXPANSION_ROM, FIRST_BAR, HEADER_SIZE, headerRule } from './moderation.ts';

const CAP_MSI = 0x05;
const CAP_MSIX = 0x11;
const CAP_WRITE = 1;
const COMMAND_MEMORY = 0x2;
const COMMAND_INTX_DISABLE = 0x400;
const MSIX_ENTRY = 16;
const MSIX_CONTROL = 12;

/** Configuration space of one function on the board; without a physical host bridge it reads all ones. */
export class PhysicalConfig {
  readonly #bus: Bus;
  readonly #base: number | undefined;
  readonly #by: BusOwner;

  constructor(bus: Bus, base: number | undefined, by: BusOwner) {
    this.#bus = bus;
    this.#base = base;
    this.#by = by;
  }

  read(register: number, size: 1 | 2 | 4): number {
    const value = { lo: 0, hi: 0 };
    if (this.#base === undefined || !this.#bus.read(pa(this.#base + register), size, value, this.#by))
      return fromDword(register, size, 0xffffffff);
    return value.lo;
  }

  write(register: number, size: 1 | 2 | 4, value: number): void {
    if (this.#base !== undefined) this.#bus.write(pa(this.#base + register), size, value, 0, this.#by);
  }
}

export class PhysicalFunction implements PciFunction {
  readonly config: PciDevice;
  readonly #space: PhysicalConfig;
  readonly #caps: readonly PciCapability[];
  readonly #bars: number[];
  readonly #bus: Bus;
  readonly #by: BusOwner;

  /** @param caps the run of capabilities that the configuration gives this device */
  constructor(config: PciDevice, caps: readonly PciCapability[], space: PhysicalConfig, bus: Bus, by: BusOwner) {
    this.config = config;
    this.#caps = caps;
    this.#space = space;
    this.#bus = bus;
    this.#by = by;
    this.#bars = config.barMask.map((_, n) => space.read(FIRST_BAR + 4 * n, 4));
  }

  get #isBridge(): boolean {
    return this.config.type === PCI_TYPE.BRIDGE;
  }

  read(register: number, size: 1 | 2 | 4): number {
    if (!this.#isBridge && register >= FIRST_BAR && register < BARS_END)
      return fromDword(register, size, this.#bars[(register - FIRST_BAR) >> 2]!);
    if (!this.#isBridge && register >= EXPANSION_ROM && register < EXPANSION_ROM + 4) return 0;
    return this.#space.read(register, size);
  }

  write(register: number, size: 1 | 2 | 4, value: number): boolean {
    return register < HEADER_SIZE
      ? this.#writeHeader(register, size, value)
      : this.#writeCapability(register, size, value);
  }

  reset(): void {
    this.#space.write(COMMAND, 2, COMMAND_MEMORY);
    for (const cap of this.#caps) if (cap.id === CAP_MSI || cap.id === CAP_MSIX) this.#space.write(cap.start + 2, 2, 0);
    const { msixAddress, numMsixVectors } = this.config;
    for (let vector = 0; msixAddress !== 0n && vector < numMsixVectors; vector++)
      this.#bus.write(pa(Number(msixAddress) + vector * MSIX_ENTRY + MSIX_CONTROL), 4, 1, 0, this.#by);
    this.#space.write(COMMAND, 2, COMMAND_INTX_DISABLE);
  }

  /** The window over the MSI-X table; undefined when the device has none. `refused` tells the console. */
  msixHandler(refused: () => void): MmioHandler {
    const base = Number(this.config.msixAddress);
    return (access) => {
      const inTable = access.offset < this.config.numMsixVectors * MSIX_ENTRY;
      if (access.size !== 4 || access.offset % 4 !== 0 || (access.write && !inTable)) {
        refused();
        return 'error';
      }
      const at = pa(base + access.offset);
      if (access.write) this.#bus.write(at, 4, access.lo, 0, this.#by);
      else this.#bus.read(at, 4, access, this.#by);
      return 'handled';
    };
  }

  #writeHeader(register: number, size: 1 | 2 | 4, value: number): boolean {
    const rule = headerRule(this.config, register);
    if (rule === 'deny') return false;
    if (rule === 'ignore') return true;
    if (rule === 'allow') {
      this.#space.write(register, size, value);
      return true;
    }
    const mask = byteMask(register, size);
    const dword = intoDword(register, value);
    if (rule === 'bar') {
      const n = (register - FIRST_BAR) >> 2;
      this.#bars[n] = merged(this.#bars[n]!, dword, (mask & this.config.barMask[n]!) >>> 0);
      return true;
    }
    const allowed = (mask & rule) >>> 0;
    if (allowed === mask) this.#space.write(register, size, value);
    else if (allowed !== 0)
      this.#space.write(register & ~3, 4, merged(this.#space.read(register & ~3, 4), dword, allowed));
    return true;
  }

  #writeCapability(register: number, size: 1 | 2 | 4, value: number): boolean {
    const cap = this.#caps.find(({ start, len }) => register >= start && register < start + len);
    if (!cap || !(cap.flags & CAP_WRITE)) return false;
    this.#space.write(register, size, value);
    return true;
  }
}
