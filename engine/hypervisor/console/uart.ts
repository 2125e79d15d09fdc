// The UART drivers of the hypervisor's debug console: one row a type. Source: ABI reference, A.4 and C.6.
import { CONSOLE_FLAG, CONSOLE_TYPE, type ConsoleDescriptor } from '../../config/index.ts';
import type { Bus, BusOwner } from '../../machine/api.ts';
import { pa } from '../../util/units.ts';

type Width = 1 | 2 | 4;

interface Registers {
  read(offset: number, width?: Width): number;
  write(offset: number, value: number, width?: Width): void;
}

interface UartDriver {
  /** Sets the line up when the divider is not 0. */
  init?(registers: Registers, divider: number): void;
  canSend(registers: Registers): boolean;
  send(registers: Registers, byte: number): void;
}

/** Reads of a status register before a byte is sent anyway: no guest time passes here, so waiting longer changes nothing. */
const PATIENCE = 64;

/** SH-SCI parts: data register, then the transmit-end and FIFO-empty bits are cleared in the status register. */
const sci = (status: number, data: number, ready: number): UartDriver => ({
  canSend: (r) => (r.read(status, 2) & ready) !== 0,
  send: (r, byte) => {
    r.write(data, byte, 1);
    r.write(status, r.read(status, 2) & ~0x60, 2);
  },
});
const SCSCR_TRANSMIT_ENABLE = 0x20;

const DRIVERS: Readonly<Record<number, UartDriver>> = {
  [CONSOLE_TYPE['8250']]: {
    init(r, divider) {
      r.write(3, 0x80);
      r.write(0, divider & 0xff);
      r.write(1, (divider >> 8) & 0xff);
      r.write(3, 0x03);
    },
    canSend: (r) => (r.read(5) & 0x20) !== 0,
    send: (r, byte) => r.write(0, byte),
  },
  [CONSOLE_TYPE.PL011]: {
    init(r, divider) {
      r.write(0x30, 0);
      for (let i = 0; i < PATIENCE && r.read(0x18) & 0x08; i++);
      r.write(0x24, divider);
      r.write(0x2c, 0x60);
      r.write(0x30, 0x0d01);
    },
    canSend: (r) => (r.read(0x18) & 0x28) === 0,
    send: (r, byte) => r.write(0x00, byte),
  },
  [CONSOLE_TYPE.XUARTPS]: {
    canSend: (r) => (r.read(0x2c) & 0x8) !== 0,
    send: (r, byte) => r.write(0x30, byte),
  },
  [CONSOLE_TYPE.MVEBU]: {
    canSend: (r) => (r.read(0xc) & (1 << 11)) === 0,
    send: (r, byte) => r.write(0x4, byte),
  },
  [CONSOLE_TYPE.HSCIF]: {
    ...sci(0x10, 0x0c, 0x20),
    init(r, divider) {
      r.write(0x08, 0, 2);
      r.write(0x04, divider, 1);
      r.write(0x58, 64, 2);
      r.write(0x08, SCSCR_TRANSMIT_ENABLE, 2);
    },
  },
  [CONSOLE_TYPE.SCIFA]: {
    ...sci(0x14, 0x20, 0x20),
    init(r, divider) {
      r.write(0x08, 0, 2);
      r.write(0x04, divider, 1);
      r.write(0x18, 0, 2);
      r.write(0x08, SCSCR_TRANSMIT_ENABLE, 2);
    },
  },
  [CONSOLE_TYPE.SCIF]: sci(0x10, 0x0c, 0x60),
  [CONSOLE_TYPE.IMX]: {
    canSend: (r) => (r.read(0xb4) & (1 << 6)) !== 0,
    send: (r, byte) => {
      if (r.read(0x80) & 1) r.write(0x40, byte);
    },
  },
  [CONSOLE_TYPE.IMX_LPUART]: {
    canSend: (r) => (r.read(0x14) & (1 << 23)) !== 0,
    send: (r, byte) => r.write(0x1c, byte),
  },
};

/** Types whose registers may stand one byte apart; all others have 32-bit registers at fixed offsets. */
const STRIDED: readonly number[] = [CONSOLE_TYPE['8250']];

export interface DebugUart {
  send(byte: number): void;
}

/** A silent console: type NONE, an unknown type, or no MMIO flag on Arm (C.6). */
const SILENT: DebugUart = { send: () => undefined };

/** The debug console as the descriptor says, initialised. Bytes are written on the bus in the hypervisor's name. */
export function openUart(console: ConsoleDescriptor, bus: Bus, by: BusOwner): DebugUart {
  const driver = DRIVERS[console.type];
  if (!driver || !(console.flags & CONSOLE_FLAG.MMIO)) return SILENT;
  const strided = STRIDED.includes(console.type);
  const wide = (console.flags & CONSOLE_FLAG.REGDIST_4) !== 0;
  const stride = strided && wide ? 4 : 1;
  const natural: Width = strided && !wide ? 1 : 4;
  const base = Number(console.address);
  const result = { lo: 0, hi: 0 };
  const registers: Registers = {
    read(offset, width = natural) {
      return bus.read(pa(base + offset * stride), width, result, by) ? result.lo : 0;
    },
    write(offset, value, width = natural) {
      bus.write(pa(base + offset * stride), width, value, 0, by);
    },
  };
  if (console.divider !== 0) driver.init?.(registers, console.divider);
  return {
    send(byte) {
      for (let i = 0; i < PATIENCE && !driver.canSend(registers); i++);
      driver.send(registers, byte);
    },
  };
}
