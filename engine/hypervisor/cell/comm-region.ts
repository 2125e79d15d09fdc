// The communication region: one page per cell through which hypervisor and cell talk. Layout as a table of fields.
// Source: ABI reference, B.3 (states), B.4 (layout, values at start).
import type { CellConfig, ConsoleDescriptor, SystemConfig } from '../../config/index.ts';
import { CELL_FLAG } from '../../config/index.ts';
import type { PhysicalMemory } from '../../machine/api.ts';
import { PAGE_SIZE, pa, type Pa } from '../../util/units.ts';

export const CELL_STATE = { RUNNING: 0, RUNNING_LOCKED: 1, SHUT_DOWN: 2, FAILED: 3, FAILED_COMM_REV: 4 } as const;
export const MESSAGE = { NONE: 0, SHUTDOWN_REQUEST: 1, RECONFIG_COMPLETED: 2 } as const;
export const REPLY = { NONE: 0, UNKNOWN: 1, REQUEST_DENIED: 2, REQUEST_APPROVED: 3, RECEIVED: 4 } as const;

export const COMM_REGION_REVISION = 2;
const SIGNATURE = 'JHCOMM';
const FLAG_PUTC_PERMITTED = 1;
const FLAG_PUTC_ACTIVE = 2;

/** Offset and width in bytes of every field (B.4). */
const GENERIC = {
  revision: [6, 2],
  cellState: [8, 4],
  messageToCell: [12, 4],
  replyFromCell: [16, 4],
  flags: [20, 4],
  consoleAddress: [24, 8],
  consoleSize: [32, 4],
  consoleType: [36, 2],
  consoleFlags: [38, 2],
  consoleDivider: [40, 4],
  consoleGate: [44, 4],
  consoleClock: [48, 8],
  pciMmconfigBase: [56, 8],
} as const;
const X86 = { pmTimerAddress: [64, 2], numCpus: [66, 2], tscKhz: [68, 4], apicKhz: [72, 4] } as const;
const ARM = {
  gicVersion: [64, 1],
  gicdBase: [72, 8],
  giccBase: [80, 8],
  gicrBase: [88, 8],
  vpciIrqBase: [96, 4],
} as const;

type Field = readonly [offset: number, width: 1 | 2 | 4 | 8];

export class CommRegion {
  /** Physical address of the page, inside hypervisor memory. */
  readonly page: Pa;
  readonly #memory: PhysicalMemory;

  constructor(memory: PhysicalMemory, page: Pa) {
    this.#memory = memory;
    this.page = page;
  }

  /** Whatever the cell or the hypervisor wrote there; may be none of CELL_STATE. */
  get state(): number {
    return this.#read(GENERIC.cellState);
  }

  set state(state: number) {
    this.#write(GENERIC.cellState, state);
  }

  get message(): number {
    return this.#read(GENERIC.messageToCell);
  }

  get reply(): number {
    return this.#read(GENERIC.replyFromCell);
  }

  /** The sender's order: reply cleared first, then the message word (B.4). */
  send(message: number): void {
    this.#write(GENERIC.replyFromCell, REPLY.NONE);
    this.#write(GENERIC.messageToCell, message);
  }

  /** Zeroes the page and fills it as at every CELL_START (B.4). */
  start(config: CellConfig, system: SystemConfig, cpus: number): void {
    this.#memory.fill(this.page, PAGE_SIZE, 0);
    this.#memory.write(this.page, new TextEncoder().encode(SIGNATURE));
    this.#write(GENERIC.revision, COMM_REGION_REVISION);
    this.#write(GENERIC.flags, consoleFlags(config.flags));
    this.#writeConsole(config.console);
    this.#write(GENERIC.pciMmconfigBase, system.pciMmconfigBase);
    const { platform } = system;
    if (platform.kind === 'x86') {
      this.#write(X86.pmTimerAddress, platform.pmTimerAddress);
      this.#write(X86.numCpus, cpus);
      this.#write(X86.tscKhz, platform.tscKhz);
      this.#write(X86.apicKhz, platform.apicKhz);
    } else {
      this.#write(ARM.gicVersion, platform.gicVersion);
      this.#write(ARM.gicdBase, platform.gicdBase);
      this.#write(ARM.giccBase, platform.giccBase);
      this.#write(ARM.gicrBase, platform.gicrBase);
      this.#write(ARM.vpciIrqBase, config.vpciIrqBase);
    }
  }

  #writeConsole(console: ConsoleDescriptor): void {
    this.#write(GENERIC.consoleAddress, console.address);
    this.#write(GENERIC.consoleSize, console.size);
    this.#write(GENERIC.consoleType, console.type);
    this.#write(GENERIC.consoleFlags, console.flags);
    this.#write(GENERIC.consoleDivider, console.divider);
    this.#write(GENERIC.consoleGate, console.gateNr);
    this.#write(GENERIC.consoleClock, console.clockReg);
  }

  #read([offset]: Field): number {
    return this.#memory.read32(pa(this.page + offset));
  }

  #write([offset, width]: Field, value: number | bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
    this.#memory.write(pa(this.page + offset), bytes.subarray(0, width));
  }
}

function consoleFlags(cellFlags: number): number {
  const permitted = cellFlags & CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED ? FLAG_PUTC_PERMITTED : 0;
  const active = cellFlags & CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE ? FLAG_PUTC_ACTIVE : 0;
  return permitted | active;
}
