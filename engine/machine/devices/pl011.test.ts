import { describe, expect, it } from 'vitest';
import { Pl011 } from './pl011.ts';
import type { Pl011Options } from './pl011.ts';
import { TestClock, TestLine } from './test-clock.ts';

const DR = 0x00;
const FR = 0x18;
const IBRD = 0x24;
const LCR_H = 0x2c;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const INT = { RX: 0x10, TX: 0x20, RT: 0x40 };

function make(options: Partial<Pl011Options> = {}) {
  const clock = new TestClock();
  const line = new TestLine();
  const sent: number[] = [];
  const uart = new Pl011({ name: 'uart0', clock, interrupt: line, output: (byte) => sent.push(byte), ...options });
  const read = (offset: number): number => uart.read(offset, 4);
  const write = (offset: number, value: number): void => uart.write(offset, 4, value);
  const receiveAll = (): number[] => {
    const bytes: number[] = [];
    while ((read(FR) & 0x10) === 0) bytes.push(read(DR));
    return bytes;
  };
  return { uart, clock, line, sent, read, write, receiveAll };
}

describe('PL011', () => {
  it('is ready at once when it does not pace', () => {
    const { read, write, sent } = make();
    expect(read(FR)).toBe(0x90);
    for (const byte of [0x48, 0x149, 0x0a]) {
      write(DR, byte);
      expect(read(FR) & 0x28).toBe(0);
    }
    expect(sent).toEqual([0x48, 0x49, 0x0a]);
  });

  it('raises TX with a written character and drops it by ICR', () => {
    const { line, read, write } = make();
    write(IMSC, INT.TX);
    expect(line.level).toBe(false);
    write(DR, 0x41);
    expect(line.level).toBe(true);
    expect(read(MIS)).toBe(INT.TX);
    write(ICR, INT.TX);
    expect(line.level).toBe(false);
    expect(read(RIS)).toBe(0);
  });

  it('with FIFOs off takes one character at a time and keeps the rest waiting', () => {
    const { uart, read, write, line } = make();
    write(IMSC, INT.RX);
    uart.input([1, 2, 3]);
    expect(read(FR) & 0x50).toBe(0x40);
    expect(line.level).toBe(true);
    expect([read(DR), read(DR), read(DR)]).toEqual([1, 2, 3]);
    expect(read(FR) & 0x50).toBe(0x10);
    expect(line.level).toBe(false);
    expect(read(DR)).toBe(0);
  });

  it('raises RX at the level of UARTIFLS and RT for the rest after 32 bit times', () => {
    const { uart, read, write, line, clock, receiveAll } = make();
    write(LCR_H, 0x70);
    write(IFLS, 2 << 3);
    write(IBRD, 13); // 24 MHz / (16 * 13) = 115,384 baud: 8,667 ns a bit
    write(IMSC, INT.RX | INT.RT);
    uart.input([1, 2, 3, 4, 5, 6, 7]);
    expect(line.level).toBe(false);
    clock.advance(32 * 8_667 - 100);
    expect(read(RIS)).toBe(0);
    clock.advance(200);
    expect(read(RIS)).toBe(INT.RT);
    expect(line.level).toBe(true);
    uart.input([8]);
    expect(read(RIS) & INT.RX).toBe(INT.RX);
    expect(receiveAll()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(read(RIS)).toBe(0);
    expect(line.level).toBe(false);
  });

  it('with every-byte raises RX for the first character whatever UARTIFLS says', () => {
    const { uart, read, write, line, clock } = make({ receiveInterrupt: 'every-byte' });
    write(LCR_H, 0x70);
    write(IMSC, INT.RX);
    uart.input([1, 2]);
    expect(line.level).toBe(true);
    clock.advance(1_000_000);
    expect(read(RIS)).toBe(INT.RX);
    read(DR);
    expect(line.level).toBe(true);
    read(DR);
    expect(line.level).toBe(false);
  });

  it('loses nothing of a long input', () => {
    const { uart, write, receiveAll } = make();
    write(LCR_H, 0x70);
    const bytes = Array.from({ length: 5_000 }, (_, n) => (n * 7) & 0xff);
    uart.input(bytes.slice(0, 3));
    uart.input(bytes.slice(3));
    expect(receiveAll()).toEqual(bytes);
  });

  it('sends at the programmed rate when it paces', () => {
    const { read, write, sent, clock, line } = make({ transmit: 'baud' });
    write(IBRD, 13);
    write(LCR_H, 0x70); // FIFOs on, 8 bits
    write(IMSC, INT.TX);
    const character = 10 * 8_667;
    for (let n = 0; n < 17; n++) write(DR, n);
    expect(read(FR) & 0x28).toBe(0x28);
    write(DR, 99); // no room: lost, as on the wire
    clock.advance(character);
    expect(sent).toEqual([0]);
    expect(read(FR) & 0x28).toBe(0x08);
    expect(line.level).toBe(false);
    clock.advance(8 * character);
    expect(line.level).toBe(true); // 8 of 16 left: the half mark
    clock.advance(8 * character);
    expect(sent).toEqual(Array.from({ length: 17 }, (_, n) => n));
    expect(read(FR) & 0xa8).toBe(0x80);
  });

  it('loops back what it sends', () => {
    const { write, read, sent } = make();
    write(CR, 0x0b81);
    write(DR, 0x5a);
    expect(sent).toEqual([]);
    expect(read(DR)).toBe(0x5a);
    expect(read(FR) & 0x1).toBe(1); // RTS drives CTS
  });

  it('shows its registers without side effects', () => {
    const { uart, read } = make();
    uart.input([0x77]);
    const data = uart.registers.view().find((register) => register.name === 'UARTDR');
    expect(data?.lo).toBe(0x77);
    expect(read(DR)).toBe(0x77);
  });

  it('goes on after save and restore in the middle of everything', () => {
    const options = { transmit: 'baud' } as const;
    const one = make(options);
    one.write(LCR_H, 0x70);
    one.write(IBRD, 13);
    one.write(IMSC, 0x7f0);
    for (let n = 0; n < 4; n++) one.write(DR, n);
    one.uart.input([9, 8, 7]);
    one.clock.advance(50_000);
    const other = make(options);
    other.clock.advance(50_000);
    other.uart.restore(structuredClone(one.uart.save()));
    one.sent.length = 0;
    for (const board of [one, other]) board.clock.advance(500_000);
    expect(other.sent).toEqual(one.sent);
    expect(one.sent).toEqual([0, 1, 2, 3]);
    expect(other.read(RIS)).toBe(one.read(RIS));
    expect(other.line.level).toBe(one.line.level);
    expect(other.receiveAll()).toEqual([9, 8, 7]);
  });
});
