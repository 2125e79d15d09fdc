import { describe, expect, it } from 'vitest';
import { Pl031, RTC_START } from './pl031.ts';
import { TestClock, TestLine } from './test-clock.ts';

const [DR, MR, LR, IMSC, RIS, ICR] = [0x00, 0x04, 0x08, 0x10, 0x14, 0x1c];
const SECOND = 1_000_000_000;

function make(startSeconds?: number) {
  const clock = new TestClock();
  const line = new TestLine();
  const rtc = new Pl031({ name: 'rtc', clock, interrupt: line, ...(startSeconds !== undefined && { startSeconds }) });
  return {
    rtc,
    clock,
    line,
    read: (offset: number) => rtc.read(offset, 4),
    write: (offset: number, value: number) => rtc.write(offset, 4, value),
  };
}

describe('PL031', () => {
  it('counts guest seconds from its start, whatever day it is', () => {
    const { clock, read } = make();
    expect(read(DR)).toBe(RTC_START);
    clock.advance(SECOND - 1);
    expect(read(DR)).toBe(RTC_START);
    clock.advance(1);
    expect(read(DR)).toBe(RTC_START + 1);
  });

  it('takes the time that is loaded, and wraps after 32 bits', () => {
    const { clock, read, write } = make();
    clock.advance(5 * SECOND);
    write(LR, 0xffff_ffff);
    expect([read(DR), read(LR)]).toEqual([0xffff_ffff, 0xffff_ffff]);
    clock.advance(2 * SECOND);
    expect(read(DR)).toBe(1);
  });

  it('interrupts in the second of its match register', () => {
    const { clock, line, read, write } = make(100);
    write(IMSC, 1);
    write(MR, 103);
    clock.advance(3 * SECOND - 1);
    expect(read(RIS)).toBe(0);
    clock.advance(1);
    expect([read(RIS), line.level]).toEqual([1, true]);
    write(ICR, 1);
    expect([read(RIS), line.level]).toEqual([0, false]);
    // Moved: the old alarm is off.
    write(MR, 110);
    write(MR, 120);
    clock.advance(15 * SECOND);
    expect(read(RIS)).toBe(0);
    clock.advance(3 * SECOND);
    expect(read(RIS)).toBe(1);
  });

  it('goes on after save and restore', () => {
    const one = make(100);
    one.write(IMSC, 1);
    one.write(MR, 130);
    one.clock.advance(10 * SECOND);
    one.write(LR, 125);
    const other = make(0);
    other.clock.advance(10 * SECOND);
    other.rtc.restore(structuredClone(one.rtc.save()));
    for (const board of [one, other]) board.clock.advance(5 * SECOND);
    expect([other.read(DR), other.line.level]).toEqual([one.read(DR), one.line.level]);
    expect(one.line.level).toBe(true);
  });
});
