// Every serial port prints what the drivers of the ABI reference (C.6) send, receives what is typed, and interrupts.
import { describe, expect, it } from 'vitest';
import type { Device } from '../../api.ts';
import { TestLine } from '../test-clock.ts';
import { CadenceUart } from './cadence.ts';
import { ImxUart } from './imx.ts';
import { Lpuart } from './lpuart.ts';
import { MvebuUart } from './mvebu.ts';
import { Ns16550 } from './ns16550.ts';
import type { SerialOptions, SerialState } from './port.ts';
import { SciUart } from './sci.ts';

interface Port extends Device {
  input(bytes: Iterable<number>): void;
  save(): SerialState;
  restore(state: SerialState): void;
}

/** One register access: offset, bytes. */
type At = readonly [number, 1 | 2 | 4];

interface Driver {
  make: (options: SerialOptions) => Port;
  /** What the reference's drivers write when the divider is not 0. */
  setUp: readonly (readonly [...At, number])[];
  status: At;
  canSend: (status: number) => boolean;
  data: At;
  /** Where received characters are read, and what says that one is there. */
  received: At;
  ready: At;
  isReady: (value: number) => boolean;
  /** Enables and disables the receive interrupt. */
  enable: readonly [...At, number];
  disable: readonly [...At, number];
  /** After a character was sent: status bits written back as zero. */
  acknowledge?: number;
  /** Loops transmitter and receiver. */
  loop?: readonly [...At, number];
}

const sci = (
  kind: 'SCIF' | 'HSCIF' | 'SCIFA',
  fsr: number,
  transmit: number,
  receive: number,
  ready: number,
): Driver => ({
  make: (options) => new SciUart({ ...options, kind }),
  setUp:
    kind === 'SCIF'
      ? []
      : [[0x08, 2, 0], [0x04, 1, 27], kind === 'HSCIF' ? [0x58, 2, 64] : [0x18, 2, 0], [0x08, 2, 0x20]],
  status: [fsr, 2],
  canSend: (status) => (status & ready) !== 0,
  data: [transmit, 1],
  acknowledge: 0x60,
  received: [receive, 1],
  ready: [fsr, 2],
  isReady: (value) => (value & 0x02) !== 0,
  enable: [0x08, 2, 0x70],
  disable: [0x08, 2, 0x30],
  loop: [0x18, 2, 1],
});

const ns16550 = (stride: 1 | 4): Driver => {
  const width = stride === 4 ? 4 : 1;
  const at = (register: number): At => [register * stride, width];
  return {
    make: (options) => new Ns16550({ ...options, stride }),
    setUp: [
      [...at(3), 0x80],
      [...at(0), 0x1b],
      [...at(1), 0x00],
      [...at(3), 0x03],
    ],
    status: at(5),
    canSend: (status) => (status & 0x20) !== 0,
    data: at(0),
    received: at(0),
    ready: at(5),
    isReady: (value) => (value & 1) !== 0,
    enable: [...at(1), 0x01],
    disable: [...at(1), 0x00],
    loop: [...at(4), 0x10],
  };
};

const DRIVERS: Readonly<Record<string, Driver>> = {
  '8250, registers a byte apart': ns16550(1),
  '8250, registers four bytes apart': ns16550(4),
  XUARTPS: {
    make: (options) => new CadenceUart(options),
    setUp: [],
    status: [0x2c, 4],
    canSend: (status) => (status & 0x8) !== 0,
    data: [0x30, 4],
    received: [0x30, 4],
    ready: [0x2c, 4],
    isReady: (value) => (value & 0x2) === 0,
    enable: [0x08, 4, 0x101],
    disable: [0x0c, 4, 0x101],
    loop: [0x04, 4, 0x200],
  },
  MVEBU: {
    make: (options) => new MvebuUart(options),
    setUp: [],
    status: [0xc, 4],
    canSend: (status) => (status & (1 << 11)) === 0,
    data: [0x4, 4],
    received: [0x0, 4],
    ready: [0xc, 4],
    isReady: (value) => (value & 0x10) !== 0,
    enable: [0x8, 4, 0x10],
    disable: [0x8, 4, 0],
    loop: [0x8, 4, 0x100],
  },
  IMX: {
    make: (options) => new ImxUart(options),
    setUp: [],
    status: [0xb4, 4],
    canSend: (status) => (status & 0x40) !== 0,
    data: [0x40, 4],
    received: [0x00, 4],
    ready: [0x98, 4],
    isReady: (value) => (value & 1) !== 0,
    enable: [0x80, 4, 0x201],
    disable: [0x80, 4, 0x001],
    loop: [0xb4, 4, 0x1000],
  },
  IMX_LPUART: {
    make: (options) => new Lpuart(options),
    setUp: [],
    status: [0x14, 4],
    canSend: (status) => (status & (1 << 23)) !== 0,
    data: [0x1c, 4],
    received: [0x1c, 4],
    ready: [0x14, 4],
    isReady: (value) => (value & (1 << 21)) !== 0,
    enable: [0x18, 4, 0x002c_0000],
    disable: [0x18, 4, 0x000c_0000],
    loop: [0x18, 4, 0x000c_0080],
  },
  HSCIF: sci('HSCIF', 0x10, 0x0c, 0x14, 0x20),
  SCIFA: sci('SCIFA', 0x14, 0x20, 0x24, 0x20),
  SCIF: sci('SCIF', 0x10, 0x0c, 0x14, 0x60),
};

describe.each(Object.entries(DRIVERS))('%s', (_name, driver) => {
  const open = () => {
    const line = new TestLine();
    const sent: number[] = [];
    const port = driver.make({ name: 'uart0', interrupt: line, output: (byte) => sent.push(byte) });
    const send = (byte: number): void => {
      expect(driver.canSend(port.read(...driver.status))).toBe(true);
      port.write(...driver.data, byte);
      if (driver.acknowledge !== undefined)
        port.write(...driver.status, port.read(...driver.status) & ~driver.acknowledge);
    };
    const receive = (): number[] => {
      const bytes: number[] = [];
      while (driver.isReady(port.read(...driver.ready))) bytes.push(port.read(...driver.received) & 0xff);
      return bytes;
    };
    return { line, sent, port, send, receive };
  };

  it.each([
    ['as boot firmware leaves it', false],
    ['after the drivers have set it up', true],
  ])('sends %s', (_when, setUp) => {
    const { port, send, sent } = open();
    if (setUp) for (const access of driver.setUp) port.write(...access);
    for (const byte of [0x48, 0x69, 0x0a, 0xff]) send(byte);
    expect(sent).toEqual([0x48, 0x69, 0x0a, 0xff]);
  });

  it('receives everything that is typed, however small its FIFO is', () => {
    const { port, receive, sent } = open();
    const typed = Array.from({ length: 300 }, (_, n) => n & 0xff);
    port.input(typed);
    expect(receive()).toEqual(typed);
    expect(receive()).toEqual([]);
    expect(sent).toEqual([]);
  });

  it('interrupts while characters wait, where that is enabled', () => {
    const { port, line, receive } = open();
    port.input([1]);
    expect(line.level).toBe(false);
    port.write(...driver.enable);
    expect(line.level).toBe(true);
    port.write(...driver.disable);
    expect(line.level).toBe(false);
    port.write(...driver.enable);
    receive();
    expect(line.level).toBe(false);
    port.input([2]);
    expect(line.rises).toBe(3);
  });

  it('loops its transmitter back', () => {
    const { port, receive, send, sent } = open();
    port.write(...driver.loop!);
    send(0x5a);
    expect(receive()).toEqual([0x5a]);
    expect(sent).toEqual([]);
  });

  it('goes on from saved state', () => {
    const first = open();
    for (const access of driver.setUp) first.port.write(...access);
    first.port.input([1, 2, 3]);
    first.port.write(...driver.enable);
    const second = open();
    second.port.restore(structuredClone(first.port.save()));
    expect(second.line.level).toBe(true);
    expect(second.receive()).toEqual([1, 2, 3]);
    expect(second.port.save()).toEqual({ ...first.port.save(), received: [], waiting: [] });
  });
});

describe('16550', () => {
  it('identifies interrupts in their order, and takes THRE back when it is read', () => {
    const line = new TestLine();
    const port = new Ns16550({ name: 'uart0', interrupt: line, output: () => undefined, stride: 1 });
    port.write(1, 1, 0x03);
    port.input([7]);
    expect(port.read(2) & 0x0f).toBe(0x04);
    expect(port.read(0)).toBe(7);
    expect(port.read(2) & 0x0f).toBe(0x02);
    expect(port.read(2) & 0x0f).toBe(0x01);
    expect(line.level).toBe(false);
    port.write(0, 1, 0x41);
    expect(line.level).toBe(true);
  });

  it('keeps the divisor apart from data and interrupts', () => {
    const sent: number[] = [];
    const port = new Ns16550({
      name: 'uart0',
      interrupt: new TestLine(),
      output: (byte) => sent.push(byte),
      stride: 4,
    });
    port.write(0x04, 4, 0x05);
    port.write(0x0c, 4, 0x83);
    port.write(0x00, 4, 0x34);
    port.write(0x04, 4, 0x12);
    expect([port.read(0x00), port.read(0x04)]).toEqual([0x34, 0x12]);
    port.write(0x0c, 4, 0x03);
    expect(port.read(0x04)).toBe(0x05);
    expect(sent).toEqual([]);
  });
});

it('a switched-off i.MX port drops what is written', () => {
  const sent: number[] = [];
  const port = new ImxUart({ name: 'uart0', interrupt: new TestLine(), output: (byte) => sent.push(byte) });
  port.write(0x80, 4, 0);
  port.write(0x40, 4, 0x41);
  port.write(0x80, 4, 1);
  port.write(0x40, 4, 0x42);
  expect(sent).toEqual([0x42]);
});
