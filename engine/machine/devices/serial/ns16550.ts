// 16550 serial port and its relatives (Synopsys DW_apb_uart, TI, Tegra, BCM2711 mini UART): eight registers, one or four bytes
// apart. Sources: PC16550D data sheet (National Semiconductor, 1995), chapter 8; TI AM65x TRM, UART_MDR1; DW_apb_uart databook,
// USR. The divisor is stored: a character leaves as it is written.
import { RegisterBlock, defineRegisters } from '../../registers.ts';
import { SerialPort } from './port.ts';
import type { SerialOptions } from './port.ts';

const FIFO_DEPTH = 16;

const IER = { RDA: 0x01, THRE: 0x02 };
const IIR = { NONE: 0x01, THRE: 0x02, RDA: 0x04, TIMEOUT: 0x0c, FIFOS: 0xc0 };
const FCR = { ENABLE: 0x01, CLEAR_RECEIVE: 0x02 };
const LCR = { DLAB: 0x80 };
const MCR = { DTR: 0x01, RTS: 0x02, OUT1: 0x04, OUT2: 0x08, LOOP: 0x10 };
const LSR = { DR: 0x01, THRE: 0x20, TEMT: 0x40 };
const MSR = { CTS: 0x10, DSR: 0x20, RI: 0x40, DCD: 0x80 };
/** Receive trigger levels by FCR bits 7:6. */
const TRIGGER_LEVELS = [1, 4, 8, 14];
/** DW_apb_uart USR: the transmit FIFO is not full and is empty. */
const USR = { TFNF: 0x02, TFE: 0x04, RFNE: 0x08 };

/** Bytes from one register to the next in the declaration; a port with 1-byte distance scales its offsets up to it. */
const DECLARED_STRIDE = 4;
const WINDOW = 0x100;

const REGISTERS = defineRegisters<Ns16550>()('16550', WINDOW, {
  // RBR and THR, or DLL while LCR.DLAB is set (8.1).
  RBR_THR_DLL: {
    offset: 0x00,
    width: 8,
    read: (uart) => uart.readData(),
    peek: (uart) => uart.next,
    write: (uart, value) => uart.writeData(value),
  },
  IER_DLM: {
    offset: 0x04,
    width: 8,
    read: (uart) => uart.interruptEnable,
    write: (uart, value) => uart.writeInterruptEnable(value),
  },
  IIR_FCR: {
    offset: 0x08,
    width: 8,
    read: (uart) => uart.readIdentification(),
    peek: (uart) => uart.identification,
    write: (uart, value) => uart.writeFifoControl(value),
  },
  LCR: {
    offset: 0x0c,
    width: 8,
    fields: {
      WLS: { bits: [1, 0] },
      STB: { bits: 2 },
      PEN: { bits: 3 },
      EPS: { bits: 4 },
      StickParity: { bits: 5 },
      Break: { bits: 6 },
      DLAB: { bits: 7 },
    },
  },
  MCR: {
    offset: 0x10,
    width: 8,
    fields: {
      DTR: { bits: 0 },
      RTS: { bits: 1 },
      OUT1: { bits: 2 },
      OUT2: { bits: 3 },
      LOOP: { bits: 4 },
      AFE: { bits: 5 },
    },
  },
  LSR: {
    offset: 0x14,
    width: 8,
    access: 'ro',
    fields: {
      DR: { bits: 0 },
      OE: { bits: 1 },
      PE: { bits: 2 },
      FE: { bits: 3 },
      BI: { bits: 4 },
      THRE: { bits: 5 },
      TEMT: { bits: 6 },
      FIFOError: { bits: 7 },
    },
    read: (uart) => LSR.THRE | LSR.TEMT | (uart.level > 0 ? LSR.DR : 0),
  },
  MSR: { offset: 0x18, width: 8, access: 'ro', read: (uart) => uart.modemStatus },
  SCR: { offset: 0x1c, width: 8 },
  // TI: operating mode; 0 is 16x UART, 7 disables. Stored only: no guest waits for it.
  MDR1: { offset: 0x20, width: 8, fields: { MODE_SELECT: { bits: [2, 0] } } },
  USR: { offset: 0x7c, access: 'ro', read: (uart) => USR.TFNF | USR.TFE | (uart.level > 0 ? USR.RFNE : 0) },
});

type RegisterName = keyof typeof REGISTERS.byName;

export interface Ns16550Options extends SerialOptions {
  /** Bytes from one register to the next. */
  stride: 1 | 4;
}

export class Ns16550 extends SerialPort {
  readonly registers: RegisterBlock<Ns16550, RegisterName>;
  readonly #scale: number;
  #interruptEnable = 0;
  #fifoControl = 0;
  #divisor = 0;

  constructor(options: Ns16550Options) {
    super(options);
    this.#scale = DECLARED_STRIDE / options.stride;
    this.registers = new RegisterBlock<Ns16550, RegisterName>(REGISTERS, this, options.name);
  }

  // Registers have 8 bits; wider accesses see one register, as on the buses these ports sit on.
  override read(offset: number): number {
    return super.read(this.#register(offset), 4);
  }

  override write(offset: number, _size: 1 | 2 | 4, value: number): void {
    super.write(this.#register(offset), 4, value & 0xff);
  }

  readData(): number {
    if (this.#dividing) return this.#divisor & 0xff;
    return this.take() ?? 0;
  }

  writeData(value: number): void {
    if (this.#dividing) {
      this.#divisor = (this.#divisor & 0xff00) | value;
      return;
    }
    if (this.registers.get('MCR') & MCR.LOOP) this.input([value]);
    else this.output(value);
    // The holding register is empty again at once, which is an event of its own (8.5).
    this.latched |= IER.THRE;
    this.updateInterrupt();
  }

  get interruptEnable(): number {
    return this.#dividing ? this.#divisor >> 8 : this.#interruptEnable;
  }

  writeInterruptEnable(value: number): void {
    if (this.#dividing) {
      this.#divisor = (value << 8) | (this.#divisor & 0xff);
      return;
    }
    // Enabling THRE with an empty holding register interrupts at once.
    if (value & ~this.#interruptEnable & IER.THRE) this.latched |= IER.THRE;
    this.#interruptEnable = value & 0x0f;
    this.updateInterrupt();
  }

  /** Highest pending condition (table IV). Below the trigger level the receive time-out counts as struck. */
  get identification(): number {
    const fifos = this.#fifoControl & FCR.ENABLE ? IIR.FIFOS : 0;
    if (this.#interruptEnable & IER.RDA && this.level > 0)
      return fifos | (this.level >= this.#trigger ? IIR.RDA : IIR.TIMEOUT);
    if (this.#interruptEnable & this.latched & IER.THRE) return fifos | IIR.THRE;
    return fifos | IIR.NONE;
  }

  /** Reading the identification takes a THRE interrupt back when that is what it shows. */
  readIdentification(): number {
    const value = this.identification;
    if ((value & 0x0f) === IIR.THRE) {
      this.latched &= ~IER.THRE;
      this.updateInterrupt();
    }
    return value;
  }

  writeFifoControl(value: number): void {
    const switched = (value ^ this.#fifoControl) & FCR.ENABLE;
    this.#fifoControl = value;
    if (switched || value & FCR.CLEAR_RECEIVE) this.dropReceived();
  }

  get modemStatus(): number {
    const mcr = this.registers.get('MCR');
    if ((mcr & MCR.LOOP) === 0) return MSR.CTS | MSR.DSR | MSR.DCD;
    return (
      (mcr & MCR.RTS ? MSR.CTS : 0) |
      (mcr & MCR.DTR ? MSR.DSR : 0) |
      (mcr & MCR.OUT1 ? MSR.RI : 0) |
      (mcr & MCR.OUT2 ? MSR.DCD : 0)
    );
  }

  updateInterrupt(): void {
    this.interrupt.set((this.identification & IIR.NONE) === 0);
  }

  protected override saveOwn(): number[] {
    return [this.#interruptEnable, this.#fifoControl, this.#divisor];
  }

  protected override restoreOwn([interruptEnable = 0, fifoControl = 0, divisor = 0]: readonly number[]): void {
    this.#interruptEnable = interruptEnable;
    this.#fifoControl = fifoControl;
    this.#divisor = divisor;
  }

  protected get depth(): number {
    return this.#fifoControl & FCR.ENABLE ? FIFO_DEPTH : 1;
  }

  get #trigger(): number {
    return this.#fifoControl & FCR.ENABLE ? TRIGGER_LEVELS[this.#fifoControl >> 6]! : 1;
  }

  get #dividing(): boolean {
    return (this.registers.get('LCR') & LCR.DLAB) !== 0;
  }

  #register(offset: number): number {
    return (offset * this.#scale) & ~3;
  }
}
