// An ivshmem device of one cell: configuration space, register window, MSI-X window, interrupts to and from its peers.
// Source: ABI reference, D.3.
import type { CellConfig, PciDevice } from '../../config/index.ts';
import { gpa } from '../../util/units.ts';
import type { MmioHandler, MmioWindow } from '../mmio/table.ts';
import { byteMask, fromDword, intoDword, merged, type PciFunction } from '../pci/function.ts';
import { headerRule, HEADER_SIZE } from '../pci/moderation.ts';
import {
  COMMAND_BIT,
  CONFIG_SIZE,
  initialSpace,
  interruptPin,
  MSIX_ENABLE,
  MSIX_FUNCTION_MASK,
  ONE_SHOT,
  REG,
  writableBits,
} from './config-space.ts';
import { MAX_PEERS, type Link, type Peer } from './link.ts';

const REGISTER = { ID: 0x00, MAX_PEERS: 0x04, INT_CTRL: 0x08, DOORBELL: 0x0c, STATE: 0x10 } as const;
const INT_ENABLE = 1;
const MSIX_WINDOW = 0x200;
const PBA = 0x100;
const ENTRY_WORDS = 4;
const VECTOR_DATA = 2;
const VECTOR_CONTROL = 3;
const FIRST_SPI = 32;

/** What the device needs from its cell and the interrupt controller. */
export interface IvshmemHost {
  readonly cell: string;
  /** Adds and removes windows of the cell's MMIO table. */
  register(window: MmioWindow): void;
  unregister(window: MmioWindow): void;
  owns(intid: number): boolean;
  trigger(intid: number): void;
  /** INTx at an SPI that the cell does not own: true if it goes out all the same (K.9). */
  foreignIntx(intid: number): boolean;
  /** Whether a device without vectors gets an MSI-X window (K.8). */
  readonly bar1WithoutMsix: boolean;
}

export class IvshmemDevice implements PciFunction, Peer {
  readonly config: PciDevice;
  readonly cell: string;
  readonly #host: IvshmemHost;
  readonly #link: Link;
  readonly #cellConfig: CellConfig;
  #space: Uint32Array;
  #intCtrl = 0;
  readonly #msixTable: Uint32Array;
  /** Interrupt id by vector as routed at the last refresh; 0: nowhere. */
  #routes: number[] = [];
  #windows: MmioWindow[] = [];

  constructor(config: PciDevice, cellConfig: CellConfig, link: Link, host: IvshmemHost) {
    this.config = config;
    this.cell = host.cell;
    this.#host = host;
    this.#link = link;
    this.#cellConfig = cellConfig;
    this.#space = initialSpace(config, cellConfig);
    this.#msixTable = new Uint32Array(config.numMsixVectors * ENTRY_WORDS);
    this.#maskVectors();
  }

  get #vectors(): number {
    return Math.max(1, this.config.numMsixVectors);
  }

  get #hasMsix(): boolean {
    return this.config.numMsixVectors > 0;
  }

  get #command(): number {
    return this.#dword(REG.COMMAND);
  }

  // -------------------------------------------------------------------------------------------------- configuration space

  read(register: number, size: 1 | 2 | 4): number {
    return fromDword(register, size, register < CONFIG_SIZE ? this.#dword(register) : 0xffffffff);
  }

  write(register: number, size: 1 | 2 | 4, value: number): boolean {
    if (register >= CONFIG_SIZE) return false;
    if (register < HEADER_SIZE && headerRule(this.config, register) === 'deny') return false;
    const at = register & ~3;
    const mask = (byteMask(register, size) & writableBits(this.config, at)) >>> 0;
    const before = this.#dword(at);
    this.#space[at / 4] = merged(before, intoDword(register, value), mask);
    if (at === REG.COMMAND) {
      if ((before ^ this.#command) & COMMAND_BIT.MEMORY) this.#moveWindows();
      return this.#refreshRoutes();
    }
    return at === REG.MSIX_CAP ? this.#refreshRoutes() : true;
  }

  reset(): void {
    this.#setState(0);
    this.#intCtrl = 0;
    this.#space = initialSpace(this.config, this.#cellConfig);
    this.#msixTable.fill(0);
    this.#maskVectors();
    this.#routes = [];
    this.#moveWindows();
  }

  /** The last step before the device goes: peers see state 0. */
  disconnect(): void {
    this.reset();
    this.#link.disconnect(this.config.shmemDevId);
  }

  // -------------------------------------------------------------------------------------------------------------- windows

  /** Windows follow the BARs at the moment when memory space is switched on. */
  #moveWindows(): void {
    for (const window of this.#windows) this.#host.unregister(window);
    this.#windows = [];
    if (!(this.#command & COMMAND_BIT.MEMORY)) return;
    const registers = barSize(this.config.barMask[0]!);
    this.#open(REG.BAR0, registers, 'ivshmem registers', this.#registers);
    if (this.#hasMsix || this.#host.bar1WithoutMsix)
      this.#open(REG.BAR1, MSIX_WINDOW, 'ivshmem MSI-X table', this.#msix);
  }

  #open(bar: number, size: number, name: string, handler: MmioHandler): void {
    const window = { start: gpa((this.#dword(bar) & ~0xf) >>> 0), size, name, handler };
    this.#windows.push(window);
    this.#host.register(window);
  }

  readonly #registers: MmioHandler = (access) => {
    if (access.write) return this.#writeRegister(access.offset, access.lo) ? 'handled' : 'error';
    access.lo = this.#readRegister(access.offset);
    access.hi = 0;
    return 'handled';
  };

  #readRegister(offset: number): number {
    switch (offset) {
      case REGISTER.ID:
        return this.config.shmemDevId;
      case REGISTER.MAX_PEERS:
        return this.config.shmemPeers;
      case REGISTER.INT_CTRL:
        return this.#intCtrl;
      case REGISTER.STATE:
        return this.#link.state(this.config.shmemDevId);
      default:
        return 0;
    }
  }

  #writeRegister(offset: number, value: number): boolean {
    switch (offset) {
      case REGISTER.INT_CTRL:
        this.#intCtrl = value & INT_ENABLE;
        return this.#refreshRoutes();
      case REGISTER.DOORBELL:
        this.#ring(value >>> 16, value & 0xffff);
        return true;
      case REGISTER.STATE:
        this.#setState(value);
        return true;
      default:
        return true;
    }
  }

  #ring(target: number, vector: number): void {
    if (vector < this.#vectors && target < MAX_PEERS) this.#link.interrupt(target, vector);
  }

  #setState(value: number): void {
    const { shmemDevId, shmemPeers } = this.config;
    const before = this.#link.state(shmemDevId);
    this.#link.setState(shmemDevId, value);
    if (value === before) return;
    for (let id = 0; id < shmemPeers; id++) if (id !== shmemDevId) this.#link.interrupt(id, 0);
  }

  readonly #msix: MmioHandler = (access) => {
    const { offset, write } = access;
    if (offset % 4 !== 0 || access.size !== 4) return 'error';
    if (offset >= PBA) {
      access.lo = 0;
      return write ? 'error' : 'handled';
    }
    const word = offset / 4;
    if (word >= this.#msixTable.length) return 'error';
    if (!write) {
      access.lo = this.#msixTable[word]!;
      return 'handled';
    }
    this.#msixTable[word] = access.lo;
    return this.#refreshRoutes() ? 'handled' : 'error';
  };

  // ----------------------------------------------------------------------------------------------------------- interrupts

  /** Another peer (or this one) sends a vector. Nothing is latched: what arrives while disabled is lost. */
  interrupt(vector: number): void {
    if (!(this.#intCtrl & INT_ENABLE)) return;
    const intid = this.#routes[vector] ?? 0;
    if (intid === 0) return;
    if (this.#dword(REG.VENDOR_CAP) & ONE_SHOT) this.#intCtrl = 0;
    if (this.#hasMsix || this.#host.owns(intid) || this.#host.foreignIntx(intid)) this.#host.trigger(intid);
  }

  /** False if an MSI-X message names an interrupt that the cell does not own. */
  #refreshRoutes(): boolean {
    this.#routes = [];
    if (!this.#hasMsix) {
      const intx = FIRST_SPI + this.#cellConfig.vpciIrqBase + interruptPin(this.config) - 1;
      this.#routes[0] = this.#command & COMMAND_BIT.INTX_DISABLE ? 0 : intx;
      return true;
    }
    const control = this.#dword(REG.MSIX_CAP);
    const on =
      (control & MSIX_ENABLE) !== 0 &&
      !(control & MSIX_FUNCTION_MASK) &&
      (this.#command & COMMAND_BIT.BUS_MASTER) !== 0;
    for (let vector = 0; on && vector < this.config.numMsixVectors; vector++) {
      if (this.#msixTable[vector * ENTRY_WORDS + VECTOR_CONTROL]! & 1) continue;
      const intid = this.#msixTable[vector * ENTRY_WORDS + VECTOR_DATA]!;
      if (intid < FIRST_SPI || !this.#host.owns(intid)) return false;
      this.#routes[vector] = intid;
    }
    return true;
  }

  #maskVectors(): void {
    for (let vector = 0; vector < this.config.numMsixVectors; vector++)
      this.#msixTable[vector * ENTRY_WORDS + VECTOR_CONTROL] = 1;
  }

  #dword(register: number): number {
    return this.#space[register >> 2]!;
  }
}

/** Size of a memory BAR from its mask of writable bits; a mask of 0 is no BAR and answers nothing. */
const barSize = (mask: number): number => (~mask + 1) >>> 0;
