// UART of the Zynq UltraScale+ (Cadence IP, console type XUARTPS). Source: Xilinx UG1087, register reference, UART module;
// UG1085, chapter 21. Characters leave as they are written; the receive time-out counts as struck at once.
import { RegisterBlock, defineRegisters } from '../../registers.ts';
import { SerialPort } from './port.ts';
import type { SerialOptions } from './port.ts';

const FIFO_DEPTH = 64;

const CR = { RXRST: 0x01, TXRST: 0x02, RXEN: 0x04, TXEN: 0x10 };
/** Channel status; the low five bits are the interrupt bits of the same names. */
const SR = { RTRIG: 0x01, REMPTY: 0x02, RFUL: 0x04, TEMPTY: 0x08 };
const ISR = { RTRIG: 0x01, TEMPTY: 0x08, TIMEOUT: 0x100 };
/** Channel mode in MR bits 9:8: 2 is local loopback. */
const LOCAL_LOOPBACK = 2;

const INTERRUPT_FIELDS = {
  RTRIG: { bits: 0 },
  REMPTY: { bits: 1 },
  RFUL: { bits: 2 },
  TEMPTY: { bits: 3 },
  TFUL: { bits: 4 },
  ROVR: { bits: 5 },
  FRAME: { bits: 6 },
  PARE: { bits: 7 },
  TIMEOUT: { bits: 8 },
  DMSI: { bits: 9 },
  TTRIG: { bits: 10 },
  TNFUL: { bits: 11 },
  TOVR: { bits: 12 },
} as const;

const REGISTERS = defineRegisters<CadenceUart>()('XUARTPS', 0x1000, {
  Control: {
    offset: 0x00,
    reset: CR.RXEN | CR.TXEN,
    fields: {
      RXRST: { bits: 0 },
      TXRST: { bits: 1 },
      RXEN: { bits: 2 },
      RXDIS: { bits: 3 },
      TXEN: { bits: 4 },
      TXDIS: { bits: 5 },
      RSTTO: { bits: 6 },
      STTBRK: { bits: 7 },
      STPBRK: { bits: 8 },
    },
    written: (uart, value) => uart.controlWritten(value),
  },
  Mode: {
    offset: 0x04,
    fields: {
      CLKS: { bits: 0 },
      CHRL: { bits: [2, 1] },
      PAR: { bits: [5, 3] },
      NBSTOP: { bits: [7, 6] },
      CHMODE: { bits: [9, 8] },
    },
  },
  Intrpt_en: { offset: 0x08, access: 'wo', fields: INTERRUPT_FIELDS, write: (uart, value) => uart.mask(value, true) },
  Intrpt_dis: { offset: 0x0c, access: 'wo', fields: INTERRUPT_FIELDS, write: (uart, value) => uart.mask(value, false) },
  Intrpt_mask: { offset: 0x10, access: 'ro', fields: INTERRUPT_FIELDS },
  Chnl_int_sts: {
    offset: 0x14,
    fields: INTERRUPT_FIELDS,
    read: (uart) => uart.interrupts,
    // Ones clear; what still holds comes back at once.
    write: (uart, value) => uart.clear(value),
  },
  Baud_rate_gen: { offset: 0x18, reset: 0x28b, fields: { CD: { bits: [15, 0] } } },
  Rcvr_timeout: { offset: 0x1c, fields: { RTO: { bits: [7, 0] } } },
  Rcvr_FIFO_trigger_level: {
    offset: 0x20,
    reset: 0x20,
    fields: { RTRIG: { bits: [5, 0] } },
    written: (uart) => uart.updateInterrupt(),
  },
  Modem_ctrl: { offset: 0x24, fields: { DTR: { bits: 0 }, RTS: { bits: 1 }, FCM: { bits: 5 } } },
  Modem_sts: { offset: 0x28, access: 'ro' },
  Channel_sts: { offset: 0x2c, access: 'ro', read: (uart) => uart.status },
  TX_RX_FIFO: {
    offset: 0x30,
    fields: { FIFO: { bits: [7, 0] } },
    read: (uart) => uart.take() ?? 0,
    peek: (uart) => uart.next,
    write: (uart, value) => uart.transmit(value),
  },
  Baud_rate_divider: { offset: 0x34, reset: 0x0f, fields: { BDIV: { bits: [7, 0] } } },
  Flow_delay: { offset: 0x38, fields: { FDEL: { bits: [5, 0] } } },
  Tx_FIFO_trigger_level: { offset: 0x44, reset: 0x20, fields: { TTRIG: { bits: [5, 0] } } },
});

type RegisterName = keyof typeof REGISTERS.byName;

export class CadenceUart extends SerialPort {
  readonly registers: RegisterBlock<CadenceUart, RegisterName>;

  constructor(options: SerialOptions) {
    super(options);
    this.registers = new RegisterBlock<CadenceUart, RegisterName>(REGISTERS, this, options.name);
    this.latched = ISR.TEMPTY;
  }

  get status(): number {
    const trigger = this.#trigger;
    return (
      SR.TEMPTY |
      (this.level === 0 ? SR.REMPTY : 0) |
      (this.full ? SR.RFUL : 0) |
      (trigger > 0 && this.level >= trigger ? SR.RTRIG : 0)
    );
  }

  /** Latched events, and what the receive FIFO says now. */
  get interrupts(): number {
    const received = this.level > 0 ? ISR.TIMEOUT : 0;
    return this.latched | received | (this.status & ISR.RTRIG);
  }

  clear(bits: number): void {
    this.latched &= ~bits;
    this.updateInterrupt();
  }

  mask(bits: number, on: boolean): void {
    const mask = this.registers.get('Intrpt_mask');
    this.registers.set('Intrpt_mask', on ? mask | bits : mask & ~bits);
    this.updateInterrupt();
  }

  transmit(byte: number): void {
    if (((this.registers.get('Mode') >> 8) & 3) === LOCAL_LOOPBACK) this.input([byte]);
    else this.output(byte);
    this.latched |= ISR.TEMPTY;
    this.updateInterrupt();
  }

  controlWritten(value: number): void {
    if (value & CR.RXRST) this.dropReceived();
    // The reset bits clear themselves.
    this.registers.set('Control', value & ~(CR.RXRST | CR.TXRST));
  }

  updateInterrupt(): void {
    this.interrupt.set((this.interrupts & this.registers.get('Intrpt_mask')) !== 0);
  }

  protected get depth(): number {
    return FIFO_DEPTH;
  }

  get #trigger(): number {
    return this.registers.get('Rcvr_FIFO_trigger_level');
  }
}
