// UART 1 of the Armada 37xx (console type MVEBU). Source: Marvell Armada 3700 functional specification, UART; Linux,
// Documentation/devicetree/bindings/serial/mvebu-uart.txt (register block, interrupts). Characters leave as they are written.
import { RegisterBlock, defineRegisters } from '../../registers.ts';
import { SerialPort } from './port.ts';
import type { SerialOptions } from './port.ts';

const FIFO_DEPTH = 64;

const CONTROL = {
  RX_RDY_INT: 0x10,
  TX_RDY_INT: 0x20,
  TX_EMP_INT: 0x40,
  LOOP: 0x100,
  RXFIFO_RST: 0x4000,
  TXFIFO_RST: 0x8000,
};
const STATUS = { RX_RDY: 0x10, TX_RDY: 0x20, TX_EMP: 0x40, RX_FIFO_EMP: 0x1000, TX_FIFO_EMP: 0x2000 };

const REGISTERS = defineRegisters<MvebuUart>()('MVEBU', 0x18, {
  RBR: {
    offset: 0x00,
    access: 'ro',
    fields: { DATA: { bits: [7, 0] } },
    read: (uart) => uart.take() ?? 0,
    peek: (uart) => uart.next,
  },
  TSH: { offset: 0x04, access: 'wo', fields: { DATA: { bits: [7, 0] } }, write: (uart, value) => uart.transmit(value) },
  CTRL: {
    offset: 0x08,
    fields: {
      OVR_INT: { bits: 0 },
      PAR_INT: { bits: 1 },
      FRM_INT: { bits: 2 },
      BRK_INT: { bits: 3 },
      RX_RDY_INT: { bits: 4 },
      TX_RDY_INT: { bits: 5 },
      TX_EMP_INT: { bits: 6 },
      LOOPBACK: { bits: 8 },
      SOFT_RESET: { bits: [13, 10], modelled: false },
      RXFIFO_RST: { bits: 14 },
      TXFIFO_RST: { bits: 15 },
    },
    written: (uart, value) => uart.controlWritten(value),
  },
  STAT: { offset: 0x0c, access: 'ro', read: (uart) => uart.status },
  BRDV: { offset: 0x10, fields: { DIVISOR: { bits: [9, 0] } } },
  POSSR: { offset: 0x14, fields: { OVERSAMPLING: { bits: [31, 0] } } },
});

type RegisterName = keyof typeof REGISTERS.byName;

export class MvebuUart extends SerialPort {
  readonly registers: RegisterBlock<MvebuUart, RegisterName>;

  constructor(options: SerialOptions) {
    super(options);
    this.registers = new RegisterBlock<MvebuUart, RegisterName>(REGISTERS, this, options.name);
  }

  get status(): number {
    return STATUS.TX_RDY | STATUS.TX_EMP | STATUS.TX_FIFO_EMP | (this.level > 0 ? STATUS.RX_RDY : STATUS.RX_FIFO_EMP);
  }

  transmit(byte: number): void {
    if (this.registers.get('CTRL') & CONTROL.LOOP) this.input([byte]);
    else this.output(byte);
    this.updateInterrupt();
  }

  controlWritten(value: number): void {
    if (value & CONTROL.RXFIFO_RST) this.dropReceived();
    this.updateInterrupt();
  }

  updateInterrupt(): void {
    // Each status bit interrupts by the control bit in the same place.
    const enabled = CONTROL.RX_RDY_INT | CONTROL.TX_RDY_INT | CONTROL.TX_EMP_INT;
    this.interrupt.set((this.status & this.registers.get('CTRL') & enabled) !== 0);
  }

  protected get depth(): number {
    return FIFO_DEPTH;
  }
}
