// Serial communication interfaces of Renesas R-Car and RZ/G: SCIF, HSCIF (high speed) and SCIFA differ in where their registers
// are. Source: RZ/G1 series user's manual: hardware, chapters SCIF, SCIFA and HSCIF. Characters leave as they are written.
import { RegisterBlock, defineRegisters } from '../../registers.ts';
import type { RegisterDeclaration } from '../../registers.ts';
import { SerialPort } from './port.ts';
import type { SerialOptions } from './port.ts';

const SCR = { RE: 0x10, TE: 0x20, RIE: 0x40, TIE: 0x80 };
/** Serial status, the same in all: SCFSR, HSFSR and SCASSR. */
const FSR = { DR: 0x01, RDF: 0x02, TDFE: 0x20, TEND: 0x40 };
const FCR = { LOOP: 0x01, RFRST: 0x02 };

export type SciKind = 'SCIF' | 'HSCIF' | 'SCIFA';

/** Offsets where the three differ, and the FIFO depth. */
const LAYOUTS: Readonly<Record<SciKind, { fsr: number; transmit: number; receive: number; depth: number }>> = {
  SCIF: { fsr: 0x10, transmit: 0x0c, receive: 0x14, depth: 16 },
  HSCIF: { fsr: 0x10, transmit: 0x0c, receive: 0x14, depth: 128 },
  SCIFA: { fsr: 0x14, transmit: 0x20, receive: 0x24, depth: 64 },
};

/** Registers that only one kind has; nothing acts on them. */
const OWN: Readonly<Record<SciKind, Readonly<Record<string, RegisterDeclaration<SciUart>>>>> = {
  SCIF: {
    SPTR: { offset: 0x20, width: 16 },
    LSR: { offset: 0x24, width: 16 },
    DL: { offset: 0x30, width: 16 },
    CKS: { offset: 0x34, width: 16 },
  },
  HSCIF: {
    SPTR: { offset: 0x20, width: 16 },
    LSR: { offset: 0x24, width: 16 },
    DL: { offset: 0x30, width: 16 },
    CKS: { offset: 0x34, width: 16 },
    SRR: { offset: 0x40, width: 16, reset: 0x0007 },
    RTRGR: { offset: 0x54, width: 16, reset: 1 },
    TTRGR: { offset: 0x58, width: 16, reset: 8 },
  },
  SCIFA: {
    TDSR: { offset: 0x0c, width: 8 },
    FER: { offset: 0x10, width: 16 },
    PCR: { offset: 0x30, width: 16 },
    PDR: { offset: 0x34, width: 16 },
  },
};

function registersOf(kind: SciKind) {
  const { fsr, transmit, receive } = LAYOUTS[kind];
  return defineRegisters<SciUart>()<string>(kind, 0x1000, {
    SMR: { offset: 0x00, width: 16 },
    BRR: { offset: 0x04, width: 8, reset: 0xff },
    SCR: { offset: 0x08, width: 16, reset: SCR.TE | SCR.RE, written: (uart) => uart.updateInterrupt() },
    FSR: { offset: fsr, width: 16, read: (uart) => uart.status, write: (uart) => uart.updateInterrupt() },
    FTDR: { offset: transmit, width: 8, access: 'wo', write: (uart, value) => uart.transmit(value) },
    FRDR: { offset: receive, width: 8, access: 'ro', read: (uart) => uart.take() ?? 0, peek: (uart) => uart.next },
    FCR: {
      offset: 0x18,
      width: 16,
      fields: {
        LOOP: { bits: 0 },
        RFRST: { bits: 1 },
        TFRST: { bits: 2 },
        MCE: { bits: 3 },
        TTRG: { bits: [5, 4] },
        RTRG: { bits: [7, 6] },
        RSTRG: { bits: [10, 8] },
      },
      written: (uart, value) => uart.fifoControlWritten(value),
    },
    FDR: { offset: 0x1c, width: 16, access: 'ro', read: (uart) => uart.level },
    ...OWN[kind],
  });
}

const REGISTERS = { SCIF: registersOf('SCIF'), HSCIF: registersOf('HSCIF'), SCIFA: registersOf('SCIFA') };

export class SciUart extends SerialPort {
  readonly registers: RegisterBlock<SciUart, string>;
  readonly #depth: number;

  constructor(options: SerialOptions & { kind: SciKind }) {
    super(options);
    this.#depth = LAYOUTS[options.kind].depth;
    this.registers = new RegisterBlock<SciUart, string>(REGISTERS[options.kind], this, options.name);
  }

  /**
   * The transmit FIFO is always empty and the last character has always left, so TDFE and TEND come back as soon as a guest
   * has written them to zero; RDF and DR stay while characters wait.
   */
  get status(): number {
    return FSR.TDFE | FSR.TEND | (this.level > 0 ? FSR.RDF | FSR.DR : 0);
  }

  transmit(byte: number): void {
    if (this.registers.get('FCR') & FCR.LOOP) this.input([byte]);
    else this.output(byte);
    this.updateInterrupt();
  }

  fifoControlWritten(value: number): void {
    if (value & FCR.RFRST) this.dropReceived();
  }

  updateInterrupt(): void {
    const control = this.registers.get('SCR');
    this.interrupt.set((control & SCR.TIE) !== 0 || ((control & SCR.RIE) !== 0 && this.level > 0));
  }

  protected get depth(): number {
    return this.#depth;
  }
}
