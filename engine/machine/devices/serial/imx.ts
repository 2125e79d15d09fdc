// UART of the i.MX 6 to i.MX 8M (console type IMX). Source: NXP i.MX 8M Mini Applications Processor Reference Manual (IMX8MMRM),
// chapter UART. Characters leave as they are written. The port comes enabled, as boot firmware hands it over.
import { RegisterBlock, defineRegisters } from '../../registers.ts';
import { SerialPort } from './port.ts';
import type { SerialOptions } from './port.ts';

const FIFO_DEPTH = 32;

const URXD = { CHARRDY: 0x8000 };
const UCR1 = { UARTEN: 0x0001, TXMPTYEN: 0x0040, RRDYEN: 0x0200, TRDYEN: 0x2000 };
const UCR2 = { SRST: 0x0001, RXEN: 0x0002, TXEN: 0x0004, ATEN: 0x0008, WS: 0x0020, IRTS: 0x4000 };
const UCR4 = { DREN: 0x0001, TCEN: 0x0008 };
const USR1 = { AGTIM: 0x0100, RRDY: 0x0200, TRDY: 0x2000, RTSS: 0x4000 };
const USR2 = { RDR: 0x0001, TXDC: 0x0008, TXFE: 0x4000 };
const UTS = { RXFULL: 0x0008, RXEMPTY: 0x0020, TXEMPTY: 0x0040, LOOP: 0x1000 };
/** Received characters at which RRDY is raised, in UFCR bits 5:0. */
const RXTL = 0x3f;

const REGISTERS = defineRegisters<ImxUart>()('IMX UART', 0x1000, {
  URXD: {
    offset: 0x00,
    access: 'ro',
    read: (uart) => uart.receive(),
    peek: (uart) => (uart.level > 0 ? URXD.CHARRDY | uart.next : 0),
  },
  UTXD: {
    offset: 0x40,
    access: 'wo',
    fields: { TX_DATA: { bits: [7, 0] } },
    write: (uart, value) => uart.transmit(value),
  },
  UCR1: {
    offset: 0x80,
    reset: UCR1.UARTEN,
    fields: { BITS: { bits: [15, 0] } },
    written: (uart) => uart.updateInterrupt(),
  },
  UCR2: {
    offset: 0x84,
    reset: UCR2.SRST | UCR2.RXEN | UCR2.TXEN | UCR2.WS | UCR2.IRTS,
    fields: { BITS: { bits: [15, 0] } },
    written: (uart, value) => uart.control2Written(value),
  },
  UCR3: { offset: 0x88, reset: 0x0700, fields: { BITS: { bits: [15, 0] } } },
  UCR4: { offset: 0x8c, reset: 0x8000, fields: { BITS: { bits: [15, 0] } }, written: (uart) => uart.updateInterrupt() },
  UFCR: { offset: 0x90, reset: 0x0801, fields: { BITS: { bits: [15, 0] } }, written: (uart) => uart.updateInterrupt() },
  // Flags that are written as one to clear belong to errors, breaks and wake-ups, which do not happen here.
  USR1: { offset: 0x94, fields: { BITS: { bits: [15, 0] } }, read: (uart) => uart.status1, write: () => undefined },
  USR2: { offset: 0x98, fields: { BITS: { bits: [15, 0] } }, read: (uart) => uart.status2, write: () => undefined },
  UESC: { offset: 0x9c, reset: 0x002b, fields: { ESC_CHAR: { bits: [7, 0] } } },
  UTIM: { offset: 0xa0, fields: { TIM: { bits: [11, 0] } } },
  UBIR: { offset: 0xa4, fields: { INC: { bits: [15, 0] } } },
  UBMR: { offset: 0xa8, fields: { MOD: { bits: [15, 0] } } },
  UBRC: { offset: 0xac, access: 'ro', reset: 0x0004 },
  ONEMS: { offset: 0xb0, fields: { ONEMS: { bits: [23, 0] } } },
  UTS: {
    offset: 0xb4,
    fields: { BITS: { bits: [13, 0] } },
    read: (uart) => uart.test,
    write: (uart, value) => uart.testWritten(value),
  },
});

type RegisterName = keyof typeof REGISTERS.byName;

export class ImxUart extends SerialPort {
  readonly registers: RegisterBlock<ImxUart, RegisterName>;
  #loop = false;

  constructor(options: SerialOptions) {
    super(options);
    this.registers = new RegisterBlock<ImxUart, RegisterName>(REGISTERS, this, options.name);
  }

  receive(): number {
    const byte = this.take();
    return byte === undefined ? 0 : URXD.CHARRDY | byte;
  }

  /** A port that is switched off takes no characters. */
  transmit(byte: number): void {
    if ((this.registers.get('UCR1') & UCR1.UARTEN) === 0) return;
    if (this.#loop) this.input([byte]);
    else this.output(byte);
    this.updateInterrupt();
  }

  get status1(): number {
    const trigger = this.registers.get('UFCR') & RXTL;
    const aged = this.level > 0 && this.registers.get('UCR2') & UCR2.ATEN ? USR1.AGTIM : 0;
    return USR1.TRDY | USR1.RTSS | aged | (this.level > 0 && this.level >= trigger ? USR1.RRDY : 0);
  }

  get status2(): number {
    return USR2.TXDC | USR2.TXFE | (this.level > 0 ? USR2.RDR : 0);
  }

  get test(): number {
    return (
      UTS.TXEMPTY | (this.level === 0 ? UTS.RXEMPTY : 0) | (this.full ? UTS.RXFULL : 0) | (this.#loop ? UTS.LOOP : 0)
    );
  }

  testWritten(value: number): void {
    this.#loop = (value & UTS.LOOP) !== 0;
  }

  /** SRST written as zero resets FIFOs and flags, and reads as one when that is done: at once. */
  control2Written(value: number): void {
    if ((value & UCR2.SRST) === 0) this.dropReceived();
    this.registers.set('UCR2', value | UCR2.SRST);
    this.updateInterrupt();
  }

  updateInterrupt(): void {
    const control1 = this.registers.get('UCR1');
    const control4 = this.registers.get('UCR4');
    const status1 = this.status1;
    const pending =
      (control1 & UCR1.RRDYEN ? status1 & USR1.RRDY : 0) |
      (status1 & USR1.AGTIM) |
      (control4 & UCR4.DREN ? this.status2 & USR2.RDR : 0) |
      // The transmitter is always empty, ready and done.
      (control1 & (UCR1.TRDYEN | UCR1.TXMPTYEN)) |
      (control4 & UCR4.TCEN);
    this.interrupt.set(pending !== 0);
  }

  protected get depth(): number {
    return FIFO_DEPTH;
  }

  protected override saveOwn(): number[] {
    return [this.#loop ? 1 : 0];
  }

  protected override restoreOwn([loop = 0]: readonly number[]): void {
    this.#loop = loop === 1;
  }
}
