// Low-power UART of the i.MX 8X and 8QuadMax, 32-bit registers (console type IMX_LPUART). Source: NXP i.MX 8QuadXPlus/8DualX
// Applications Processor Reference Manual (IMX8DQXPRM), chapter LPUART. Characters leave as they are written.
import { RegisterBlock, defineRegisters } from '../../registers.ts';
import { SerialPort } from './port.ts';
import type { SerialOptions } from './port.ts';

const FIFO_DEPTH = 64;

const GLOBAL = { RST: 0x02 };
const STAT = { RDRF: 1 << 21, TC: 1 << 22, TDRE: 1 << 23 };
const CTRL = { LOOPS: 1 << 7, RE: 1 << 18, TE: 1 << 19, RIE: 1 << 21, TCIE: 1 << 22, TIE: 1 << 23 };
const DATA = { RXEMPT: 0x1000 };
const FIFO = { RXFE: 1 << 3, RXFLUSH: 1 << 14, TXFLUSH: 1 << 15, RXEMPT: 1 << 22, TXEMPT: 1 << 23 };

const REGISTERS = defineRegisters<Lpuart>()('LPUART', 0x1000, {
  VERID: { offset: 0x00, access: 'ro', reset: 0x0401_0003 },
  // Both FIFOs have 2^6 characters.
  PARAM: { offset: 0x04, access: 'ro', reset: 0x0606 },
  GLOBAL: { offset: 0x08, fields: { RST: { bits: 1 } }, written: (uart, value) => uart.globalWritten(value) },
  PINCFG: { offset: 0x0c, fields: { TRGSEL: { bits: [1, 0], modelled: false } } },
  BAUD: { offset: 0x10, reset: 0x0f00_0004 },
  STAT: {
    offset: 0x14,
    read: (uart) => uart.status,
    // What can be cleared are error and break flags, which do not happen here.
    write: () => undefined,
  },
  CTRL: { offset: 0x18, reset: (CTRL.TE | CTRL.RE) >>> 0, written: (uart) => uart.updateInterrupt() },
  DATA: {
    offset: 0x1c,
    fields: { CHARACTER: { bits: [9, 0] }, RXEMPT: { bits: 12, access: 'ro' } },
    read: (uart) => uart.take() ?? DATA.RXEMPT,
    peek: (uart) => (uart.level > 0 ? uart.next : DATA.RXEMPT),
    write: (uart, value) => uart.transmit(value),
  },
  MATCH: { offset: 0x20 },
  MODIR: { offset: 0x24 },
  FIFO: { offset: 0x28, read: (uart) => uart.fifo, write: (uart, value) => uart.fifoWritten(value) },
  WATER: {
    offset: 0x2c,
    fields: {
      TXWATER: { bits: [7, 0] },
      TXCOUNT: { bits: [15, 8], access: 'ro' },
      RXWATER: { bits: [23, 16] },
      RXCOUNT: { bits: [31, 24], access: 'ro' },
    },
    written: (uart) => uart.updateInterrupt(),
  },
});

type RegisterName = keyof typeof REGISTERS.byName;

/** Fields of FIFO that keep what is written: sizes are fixed, flush bits read zero. */
const FIFO_KEPT = 0x0000_1f88;
/** 3-bit code of 64 characters for both FIFO sizes. */
const FIFO_SIZES = 0x55;

export class Lpuart extends SerialPort {
  readonly registers: RegisterBlock<Lpuart, RegisterName>;
  #fifoControl = 0;

  constructor(options: SerialOptions) {
    super(options);
    this.registers = new RegisterBlock<Lpuart, RegisterName>(REGISTERS, this, options.name);
  }

  /** RDRF says that more characters wait than RXWATER; the idle time that ends a short burst counts as over. */
  get status(): number {
    return (STAT.TDRE | STAT.TC | (this.level > 0 ? STAT.RDRF : 0)) >>> 0;
  }

  get fifo(): number {
    return (FIFO_SIZES | this.#fifoControl | FIFO.TXEMPT | (this.level === 0 ? FIFO.RXEMPT : 0)) >>> 0;
  }

  fifoWritten(value: number): void {
    this.#fifoControl = value & FIFO_KEPT;
    if (value & FIFO.RXFLUSH) this.dropReceived();
    this.updateInterrupt();
  }

  transmit(value: number): void {
    const byte = value & 0xff;
    if (this.registers.get('CTRL') & CTRL.LOOPS) this.input([byte]);
    else this.output(byte);
    this.updateInterrupt();
  }

  /** Software reset: everything but GLOBAL itself. */
  globalWritten(value: number): void {
    if ((value & GLOBAL.RST) === 0) return;
    this.registers.reset();
    this.registers.set('GLOBAL', value);
    this.#fifoControl = 0;
    this.dropReceived();
  }

  updateInterrupt(): void {
    // Each status flag interrupts by the enable bit in the same place.
    this.interrupt.set((this.status & this.registers.get('CTRL') & (CTRL.RIE | CTRL.TCIE | CTRL.TIE)) !== 0);
  }

  protected get depth(): number {
    return this.#fifoControl & FIFO.RXFE ? FIFO_DEPTH : 1;
  }

  protected override saveOwn(): number[] {
    return [this.#fifoControl];
  }

  protected override restoreOwn([fifoControl = 0]: readonly number[]): void {
    this.#fifoControl = fifoControl;
  }
}
