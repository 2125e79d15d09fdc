import { describe, expect, it } from 'vitest';
import { Pl061 } from './pl061.ts';
import { TestLine } from './test-clock.ts';

const [DIR, IS, IBE, IEV, IE, RIS, MIS, IC] = [0x400, 0x404, 0x408, 0x40c, 0x410, 0x414, 0x418, 0x41c];

function make() {
  const line = new TestLine();
  const gpio = new Pl061({ name: 'gpio', interrupt: line });
  return {
    gpio,
    line,
    read: (offset: number) => gpio.read(offset, 4),
    write: (offset: number, value: number) => gpio.write(offset, 4, value),
  };
}

describe('PL061', () => {
  it('shows and drives only the pins that the address masks', () => {
    const { gpio, read, write } = make();
    write(DIR, 0x0f);
    gpio.setInput(7, true);
    write(0x3fc, 0xff);
    expect(read(0x3fc)).toBe(0x8f);
    write(0x3 << 2, 0x00);
    expect(read(0x3fc)).toBe(0x8c);
    expect(read(0x4 << 2)).toBe(0x04);
  });

  it('latches rising, falling or both edges', () => {
    const { gpio, line, read, write } = make();
    write(IE, 0x07);
    write(IEV, 0x01);
    write(IBE, 0x04);
    for (const pin of [0, 1, 2]) gpio.setInput(pin, true);
    expect(read(MIS)).toBe(0x05);
    write(IC, 0xff);
    expect(line.level).toBe(false);
    for (const pin of [0, 1, 2]) gpio.setInput(pin, false);
    expect(read(MIS)).toBe(0x06);
    expect(line.level).toBe(true);
  });

  it('follows levels', () => {
    const { gpio, line, read, write } = make();
    write(IS, 0x08);
    write(IEV, 0x08);
    write(IE, 0x08);
    gpio.setInput(3, true);
    expect(line.level).toBe(true);
    write(IC, 0xff);
    expect(read(RIS) & 0x08).toBe(0x08);
    gpio.setInput(3, false);
    expect(line.level).toBe(false);
  });
});
