// PL011 UART. Source: Arm DDI 0183G, PrimeCell UART (PL011) technical reference manual, chapters 2 and 3.
// Identification values and the behaviours named in Pl011Options are those of QEMU 7.2's virt machine.
import { RegisterBlock, defineRegisters, primeCellIds } from '../registers.ts';
import { guestNs } from '../../util/units.ts';
import type { Device, InterruptLine } from '../api.ts';
import type { DeviceClock } from './clock.ts';

/** Depth of both FIFOs up to revision r1p4 (2.1); with FEN = 0 one character each. */
const FIFO_DEPTH = 16;

/** Trigger levels by IFLS value, in sixteenths (3.3.9): 1/8, 1/4, 1/2, 3/4, 7/8. */
const TRIGGER_LEVELS = [2, 4, 8, 12, 14];

/** UARTFR bits (3.3.3). */
const FR = {
  CTS: 0x001,
  DSR: 0x002,
  DCD: 0x004,
  BUSY: 0x008,
  RXFE: 0x010,
  TXFF: 0x020,
  RXFF: 0x040,
  TXFE: 0x080,
  RI: 0x100,
};
/** UARTLCR_H bits (3.3.7). */
const LCR_H = { PEN: 0x02, STP2: 0x08, FEN: 0x10 };
/** UARTCR bits (3.3.8). */
const CR = { LBE: 0x0080, TXE: 0x0100, RXE: 0x0200, DTR: 0x0400, RTS: 0x0800, OUT1: 0x1000, OUT2: 0x2000 };
/** Interrupt bits, the same in IMSC, RIS, MIS and ICR (3.3.10). */
const INT = { RX: 0x010, TX: 0x020, RT: 0x040 };

const INTERRUPT_FIELDS = {
  RI: { bits: 0 },
  CTS: { bits: 1 },
  DCD: { bits: 2 },
  DSR: { bits: 3 },
  RX: { bits: 4 },
  TX: { bits: 5 },
  RT: { bits: 6 },
  FE: { bits: 7 },
  PE: { bits: 8 },
  BE: { bits: 9 },
  OE: { bits: 10 },
} as const;

const REGISTERS = defineRegisters<Pl011>()('PL011', 0x1000, {
  UARTDR: {
    offset: 0x000,
    width: 16,
    fields: {
      DATA: { bits: [7, 0] },
      FE: { bits: 8, access: 'ro' },
      PE: { bits: 9, access: 'ro' },
      BE: { bits: 10, access: 'ro' },
      OE: { bits: 11, access: 'ro' },
    },
    read: (uart) => uart.takeReceived(),
    peek: (uart) => uart.nextReceived,
    write: (uart, value) => uart.transmit(value),
  },
  UARTRSR_ECR: {
    offset: 0x004,
    width: 8,
    fields: { FE: { bits: 0 }, PE: { bits: 1 }, BE: { bits: 2 }, OE: { bits: 3 } },
    read: (uart) => uart.receiveStatus,
    // Any write clears the flags (3.3.2).
    write: (uart) => uart.clearReceiveStatus(),
  },
  UARTFR: {
    offset: 0x018,
    width: 16,
    access: 'ro',
    fields: {
      CTS: { bits: 0 },
      DSR: { bits: 1 },
      DCD: { bits: 2 },
      BUSY: { bits: 3 },
      RXFE: { bits: 4 },
      TXFF: { bits: 5 },
      RXFF: { bits: 6 },
      TXFE: { bits: 7 },
      RI: { bits: 8 },
    },
    read: (uart) => uart.flags,
  },
  UARTILPR: { offset: 0x020, width: 8, fields: { ILPDVSR: { bits: [7, 0], modelled: false } } },
  UARTIBRD: { offset: 0x024, width: 16, fields: { BAUD_DIVINT: { bits: [15, 0] } } },
  UARTFBRD: { offset: 0x028, width: 8, fields: { BAUD_DIVFRAC: { bits: [5, 0] } } },
  UARTLCR_H: {
    offset: 0x02c,
    width: 16,
    fields: {
      BRK: { bits: 0 },
      PEN: { bits: 1 },
      EPS: { bits: 2 },
      STP2: { bits: 3 },
      FEN: { bits: 4 },
      WLEN: { bits: [6, 5] },
      SPS: { bits: 7 },
    },
    written: (uart, value, previous) => uart.lineControlWritten(value, previous),
  },
  UARTCR: {
    offset: 0x030,
    width: 16,
    reset: CR.RXE | CR.TXE,
    fields: {
      UARTEN: { bits: 0 },
      SIREN: { bits: 1, modelled: false },
      SIRLP: { bits: 2, modelled: false },
      LBE: { bits: 7 },
      TXE: { bits: 8 },
      RXE: { bits: 9 },
      DTR: { bits: 10 },
      RTS: { bits: 11 },
      Out1: { bits: 12 },
      Out2: { bits: 13 },
      RTSEn: { bits: 14 },
      CTSEn: { bits: 15 },
    },
  },
  UARTIFLS: {
    offset: 0x034,
    width: 8,
    reset: 0x12,
    fields: { TXIFLSEL: { bits: [2, 0] }, RXIFLSEL: { bits: [5, 3] } },
  },
  UARTIMSC: { offset: 0x038, width: 16, fields: INTERRUPT_FIELDS, written: (uart) => uart.updateInterrupt() },
  UARTRIS: { offset: 0x03c, width: 16, access: 'ro', fields: INTERRUPT_FIELDS, read: (uart) => uart.rawInterrupts },
  UARTMIS: {
    offset: 0x040,
    width: 16,
    access: 'ro',
    fields: INTERRUPT_FIELDS,
    read: (uart) => uart.maskedInterrupts,
  },
  UARTICR: {
    offset: 0x044,
    width: 16,
    access: 'wo',
    fields: INTERRUPT_FIELDS,
    write: (uart, value) => uart.clearInterrupts(value),
  },
  UARTDMACR: {
    offset: 0x048,
    width: 8,
    fields: {
      RXDMAE: { bits: 0, modelled: false },
      TXDMAE: { bits: 1, modelled: false },
      DMAONERR: { bits: 2, modelled: false },
    },
  },
  ...primeCellIds('UART', [0x11, 0x10, 0x14, 0x00]),
});

type RegisterName = keyof typeof REGISTERS.byName;

export interface Pl011Options {
  name: string;
  clock: DeviceClock;
  interrupt: InterruptLine;
  /** UARTCLK, for character times. */
  clockHz?: number;
  /** `immediate`: a character leaves as it is written. `baud`: it takes its bits' time in guest time. */
  transmit?: 'immediate' | 'baud';
  /**
   * `level`: at the level in UARTIFLS, with the receive time-out for the rest (the manual).
   * `every-byte`: with the first character and without a time-out, as QEMU's model does; guests that enable RXIM alone
   * rely on it.
   */
  receiveInterrupt?: 'level' | 'every-byte';
  /** A character left on the wire. */
  output: (byte: number) => void;
}

export interface Pl011State {
  registers: Uint32Array;
  received: number[];
  waiting: number[];
  sending: number[];
  receiveStatus: number;
  raw: number;
  /** Guest times at which the running character ends and the receive time-out strikes; -1: neither runs. */
  sendEnds: number;
  timesOut: number;
}

export class Pl011 implements Device {
  readonly name: string;
  readonly registers: RegisterBlock<Pl011, RegisterName>;

  readonly #clock: DeviceClock;
  readonly #interrupt: InterruptLine;
  readonly #clockHz: number;
  readonly #paced: boolean;
  readonly #everyByte: boolean;
  readonly #output: (byte: number) => void;
  /** Characters with their UARTDR flags that the guest can read. */
  #received: number[] = [];
  /** Bytes that came in while the receive FIFO was full: the wire waits, as with hardware flow control. */
  #waiting: number[] = [];
  #waitingFrom = 0;
  /** Characters on their way out (`baud` only), the one in the shifter first. */
  #sending: number[] = [];
  #receiveStatus = 0;
  #raw = 0;
  #sendEnds = -1;
  #timesOut = -1;
  #cancelSend: (() => void) | undefined;
  #cancelTimeout: (() => void) | undefined;

  constructor(options: Pl011Options) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#interrupt = options.interrupt;
    this.#clockHz = options.clockHz ?? 24_000_000;
    this.#paced = options.transmit === 'baud';
    this.#everyByte = options.receiveInterrupt === 'every-byte';
    this.#output = options.output;
    this.registers = new RegisterBlock<Pl011, RegisterName>(REGISTERS, this, options.name);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.registers.read(offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.registers.write(offset, size, value);
  }

  /** Bytes arriving on the wire. Nothing is lost: what does not fit the FIFO waits. */
  input(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#waiting.push(byte & 0xff);
    this.#fillReceive();
  }

  get flags(): number {
    const cr = this.registers.get('UARTCR');
    const modem =
      (cr & CR.LBE) === 0
        ? 0
        : (cr & CR.RTS ? FR.CTS : 0) |
          (cr & CR.DTR ? FR.DSR : 0) |
          (cr & CR.OUT1 ? FR.DCD : 0) |
          (cr & CR.OUT2 ? FR.RI : 0);
    const depth = this.#depth;
    return (
      modem |
      (this.#sending.length > 0 ? FR.BUSY : 0) |
      // The character in the shifter has left the FIFO.
      (this.#sending.length > depth ? FR.TXFF : 0) |
      (this.#sending.length <= 1 ? FR.TXFE : 0) |
      (this.#received.length === 0 ? FR.RXFE : 0) |
      (this.#received.length >= depth ? FR.RXFF : 0)
    );
  }

  get rawInterrupts(): number {
    return this.#raw;
  }

  get maskedInterrupts(): number {
    return this.#raw & this.registers.get('UARTIMSC');
  }

  get receiveStatus(): number {
    return this.#receiveStatus;
  }

  get nextReceived(): number {
    return this.#received[0] ?? 0;
  }

  clearReceiveStatus(): void {
    this.#receiveStatus = 0;
  }

  clearInterrupts(bits: number): void {
    this.#raw &= ~bits;
    this.updateInterrupt();
  }

  updateInterrupt(): void {
    this.#interrupt.set(this.maskedInterrupts !== 0);
  }

  /** A read of UARTDR: the oldest character; an empty FIFO repeats nothing and gives 0. */
  takeReceived(): number {
    const character = this.#received.shift();
    if (character === undefined) return 0;
    this.#receiveStatus = character >>> 8;
    if (this.#received.length < this.#receiveTrigger) this.#raw &= ~INT.RX;
    if (this.#received.length === 0) {
      this.#raw &= ~INT.RT;
      this.#stopTimeout();
    } else {
      this.#startTimeout();
    }
    this.#fillReceive();
    this.updateInterrupt();
    return character;
  }

  /**
   * A write of UARTDR. Characters leave whether or not UARTEN and TXE are set: firmware that hands a running UART to a
   * guest is not modelled, and guests of QEMU's virt machine print without enabling anything.
   */
  transmit(value: number): void {
    const byte = value & 0xff;
    if (this.registers.get('UARTCR') & CR.LBE) {
      this.input([byte]);
      this.#transmitted();
    } else if (!this.#paced) {
      this.#output(byte);
      this.#transmitted();
    } else if (this.#sending.length <= this.#depth) {
      this.#sending.push(byte);
      if (this.#sending.length - 1 > this.#transmitTrigger) this.#raw &= ~INT.TX;
      if (this.#sending.length === 1) this.#startCharacter();
    }
    this.updateInterrupt();
  }

  lineControlWritten(value: number, previous: number): void {
    // Switching the FIFOs off or on empties them (2.4.2).
    if ((value ^ previous) & LCR_H.FEN) {
      this.#received = [];
      this.#raw &= ~(INT.RX | INT.RT);
      this.#stopTimeout();
      this.#fillReceive();
      this.updateInterrupt();
    }
  }

  /** Characters on the wire: typed, and not in the FIFO yet. */
  get unreceived(): readonly number[] {
    return this.#waiting.slice(this.#waitingFrom);
  }

  save(): Pl011State {
    return {
      registers: this.registers.save(),
      received: [...this.#received],
      waiting: this.#waiting.slice(this.#waitingFrom),
      sending: [...this.#sending],
      receiveStatus: this.#receiveStatus,
      raw: this.#raw,
      sendEnds: this.#sendEnds,
      timesOut: this.#timesOut,
    };
  }

  restore(state: Pl011State): void {
    this.registers.restore(state.registers);
    this.#received = [...state.received];
    this.#waiting = [...state.waiting];
    this.#waitingFrom = 0;
    this.#sending = [...state.sending];
    this.#receiveStatus = state.receiveStatus;
    this.#raw = state.raw;
    this.#stopTimeout();
    this.#cancelSend?.();
    if (state.timesOut >= 0) this.#timeoutAt(state.timesOut);
    if (state.sendEnds >= 0) this.#characterEndsAt(state.sendEnds);
    this.updateInterrupt();
  }

  get #depth(): number {
    return this.registers.get('UARTLCR_H') & LCR_H.FEN ? FIFO_DEPTH : 1;
  }

  get #receiveTrigger(): number {
    if (this.#everyByte || this.#depth === 1) return 1;
    return TRIGGER_LEVELS[(this.registers.get('UARTIFLS') >>> 3) & 7] ?? FIFO_DEPTH;
  }

  get #transmitTrigger(): number {
    return this.#depth === 1 ? 0 : (TRIGGER_LEVELS[this.registers.get('UARTIFLS') & 7] ?? FIFO_DEPTH);
  }

  /** Guest time of one bit: 16 * (IBRD + FBRD/64) cycles of UARTCLK (3.3.6); a divisor of 0 counts as 115,200 baud. */
  get #bitNs(): number {
    const divisor = this.registers.get('UARTIBRD') * 64 + this.registers.get('UARTFBRD');
    return divisor === 0 ? Math.round(1e9 / 115_200) : Math.round((divisor * 1e9) / (4 * this.#clockHz));
  }

  get #characterNs(): number {
    const lcr = this.registers.get('UARTLCR_H');
    const bits = 1 + 5 + ((lcr >>> 5) & 3) + (lcr & LCR_H.PEN ? 1 : 0) + (lcr & LCR_H.STP2 ? 2 : 1);
    return bits * this.#bitNs;
  }

  /** TX is raised when the FIFO passes down through its level (2.8.3). */
  #transmitted(): void {
    this.#raw |= INT.TX;
  }

  #startCharacter(): void {
    this.#characterEndsAt(this.#clock.now + this.#characterNs);
  }

  #characterEndsAt(time: number): void {
    this.#sendEnds = time;
    this.#cancelSend = this.#clock.at(guestNs(time), () => {
      this.#sendEnds = -1;
      this.#output(this.#sending.shift()!);
      if (this.#sending.length > 0) this.#startCharacter();
      if (Math.max(0, this.#sending.length - 1) <= this.#transmitTrigger) this.#transmitted();
      this.updateInterrupt();
    });
  }

  #fillReceive(): void {
    const room = Math.min(this.#depth - this.#received.length, this.#waiting.length - this.#waitingFrom);
    if (room <= 0) return;
    for (let n = 0; n < room; n++) this.#received.push(this.#waiting[this.#waitingFrom++]!);
    if (this.#waitingFrom === this.#waiting.length) {
      this.#waiting = [];
      this.#waitingFrom = 0;
    }
    if (this.#received.length >= this.#receiveTrigger) this.#raw |= INT.RX;
    this.#startTimeout();
    this.updateInterrupt();
  }

  /** RT strikes when the FIFO holds data and nothing came for 32 bit times (2.8.4). */
  #startTimeout(): void {
    this.#stopTimeout();
    if (!this.#everyByte) this.#timeoutAt(this.#clock.now + 32 * this.#bitNs);
  }

  #timeoutAt(time: number): void {
    this.#timesOut = time;
    this.#cancelTimeout = this.#clock.at(guestNs(time), () => {
      this.#timesOut = -1;
      this.#raw |= INT.RT;
      this.updateInterrupt();
    });
  }

  #stopTimeout(): void {
    this.#timesOut = -1;
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
  }
}
