import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guestNs } from '../../util/units.ts';
import { CounterScale, GenericTimers } from './generic-timer.ts';
import { TestLine } from './test-clock.ts';

const key = (crm: number, op2: number): number => (3 << 14) | (3 << 11) | (14 << 7) | (crm << 3) | op2;
const CNTVCT = key(0, 2);
const CNTV = { TVAL: key(3, 0), CTL: key(3, 1), CVAL: key(3, 2) };
const CNTP = { TVAL: key(2, 0), CTL: key(2, 1), CVAL: key(2, 2) };

const frequencies = fc.oneof(
  fc.constantFrom(62_500_000, 24_000_000, 19_200_000, 54_000_000, 1, 1_000_000_000, 999_999_937, 8_333_333),
  fc.integer({ min: 1, max: 1_000_000_000 }),
);
const times = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 0, max: 1_000_000 }));

function make(frequencyHz = 62_500_000) {
  const physical = new TestLine();
  const virtual = new TestLine();
  const deadlines: number[] = [];
  const timers = new GenericTimers({
    frequencyHz,
    cpus: 1,
    physicalLine: () => physical,
    virtualLine: () => virtual,
    onDeadline: (_cpu, deadline) => deadlines.push(deadline),
  });
  const read = (register: number, now: number): bigint => {
    const value = { lo: 0, hi: 0 };
    expect(timers.readSystemRegister(0, register, guestNs(now), value)).toBe(true);
    return (BigInt(value.hi) << 32n) | BigInt(value.lo);
  };
  const write = (register: number, now: number, value: bigint): boolean =>
    timers.writeSystemRegister(0, register, guestNs(now), {
      lo: Number(BigInt.asUintN(32, value)),
      hi: Number(BigInt.asUintN(32, value >> 32n)),
    });
  return { timers, physical, virtual, deadlines, read, write };
}

describe('the counter', () => {
  it('counts floor(time * frequency) exactly, at any frequency and time', () => {
    fc.assert(
      fc.property(frequencies, times, (frequency, time) => {
        expect(BigInt(new CounterScale(frequency).count(time))).toBe(
          (BigInt(time) * BigInt(frequency)) / 1_000_000_000n,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows the first time at which a count is reached', () => {
    fc.assert(
      fc.property(frequencies, times, (frequency, time) => {
        const scale = new CounterScale(frequency);
        const count = scale.count(time);
        const first = scale.time(count);
        expect(first).toBeLessThanOrEqual(time);
        expect(scale.count(first)).toBe(count);
        if (first > 0) expect(scale.count(first - 1)).toBeLessThan(count);
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses frequencies that are none', () => {
    for (const frequency of [0, -1, 1.5, 1_000_000_001, NaN])
      expect(() => new CounterScale(frequency)).toThrow('must be 1 Hz to 1 GHz');
  });

  it('reads as CNTVCT and CNTFRQ, which can not be written', () => {
    const { read, write } = make();
    expect(read(CNTVCT, 160)).toBe(10n);
    expect(read(CNTVCT, 2 ** 52)).toBe(2n ** 48n);
    expect(read(key(0, 0), 0)).toBe(62_500_000n);
    expect(write(CNTVCT, 0, 1n)).toBe(false);
  });
});

describe('the timers', () => {
  it('raise their line when the counter reaches the compare value, and say when that will be', () => {
    const { timers, virtual, deadlines, write } = make();
    write(CNTV.CVAL, 0, 1_000n);
    expect(timers.deadline(0)).toBe(Infinity);
    write(CNTV.CTL, 0, 1n);
    expect(timers.deadline(0)).toBe(16_000);
    expect(deadlines.at(-1)).toBe(16_000);
    timers.update(0, guestNs(15_999));
    expect(virtual.level).toBe(false);
    timers.update(0, guestNs(16_000));
    expect(virtual.level).toBe(true);
    expect(timers.deadline(0)).toBe(Infinity);
  });

  it('report the condition in CTL while enabled, masked or not', () => {
    const { physical, read, write } = make();
    write(CNTP.CVAL, 0, 10n);
    write(CNTP.CTL, 0, 3n);
    expect(read(CNTP.CTL, 159)).toBe(3n);
    expect(read(CNTP.CTL, 160)).toBe(7n);
    expect(physical.level).toBe(false);
    write(CNTP.CTL, 200, 1n);
    expect(physical.level).toBe(true);
    write(CNTP.CTL, 210, 0n);
    expect(physical.level).toBe(false);
    expect(read(CNTP.CTL, 220)).toBe(0n);
  });

  it('lower the line when the compare value moves ahead', () => {
    const { timers, virtual, write } = make();
    write(CNTV.CTL, 0, 1n);
    expect(virtual.level).toBe(true);
    write(CNTV.TVAL, 1_600, 100n);
    expect(virtual.level).toBe(false);
    expect(timers.deadline(0)).toBe(3_200);
  });

  it('compute TVAL as the signed 32-bit distance, in 64 bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 52 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (now, distance) => {
          const { read, write } = make();
          write(CNTV.TVAL, now, BigInt.asUintN(64, BigInt(distance)));
          const count = BigInt(now) / 16n;
          expect(read(CNTV.CVAL, now)).toBe(BigInt.asUintN(64, count + BigInt(distance)));
          expect(read(CNTV.TVAL, now)).toBe(BigInt.asUintN(32, BigInt(distance)));
          // Two ticks later it is two less.
          expect(read(CNTV.TVAL, now + 32)).toBe(BigInt.asUintN(32, BigInt(distance) - 2n));
        },
      ),
    );
  });

  it('never strike for a compare value beyond guest time', () => {
    const { timers, virtual, write } = make();
    write(CNTV.CTL, 0, 1n);
    for (const compare of [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n]) {
      write(CNTV.CVAL, 0, compare);
      expect(virtual.level).toBe(false);
      expect(timers.deadline(0)).toBe(Infinity);
    }
    // 2^53 - 1 counts at 62.5 MHz are 2^57 ns.
    write(CNTV.CVAL, 0, 2n ** 53n - 1n);
    expect(timers.deadline(0)).toBe(Infinity);
  });

  it('go back to rest by reset', () => {
    const { timers, physical, virtual, read, write } = make();
    write(CNTV.CTL, 0, 1n);
    write(CNTP.CTL, 0, 1n);
    timers.reset(0);
    expect([physical.level, virtual.level]).toEqual([false, false]);
    expect([read(CNTV.CTL, 0), read(CNTP.CVAL, 0)]).toEqual([0n, 0n]);
  });

  it('go on after save and restore', () => {
    const one = make();
    one.write(CNTV.CVAL, 0, 5_000n);
    one.write(CNTV.CTL, 0, 1n);
    one.write(CNTP.TVAL, 320, 7n);
    one.write(CNTP.CTL, 320, 3n);
    const other = make();
    other.timers.restore(structuredClone(one.timers.save()), guestNs(400));
    expect(other.timers.deadline(0)).toBe(one.timers.deadline(0));
    expect(other.read(CNTP.CVAL, 400)).toBe(27n);
    expect(other.read(CNTP.CTL, 400)).toBe(one.read(CNTP.CTL, 400));
  });
});

describe('the event stream', () => {
  it('comes at every edge of the chosen counter bit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 15 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 10_000_000 }),
        (bit, falling, now) => {
          const { timers } = make();
          const control = 4 | (falling ? 8 : 0) | (bit << 4);
          const at = timers.nextEvent(control, guestNs(now));
          const before = Math.floor(now / 16);
          const count = at / 16;
          const state = (value: number): number => Math.floor(value / 2 ** bit) & 1;
          expect(count).toBeGreaterThan(before);
          expect(state(count)).toBe(falling ? 0 : 1);
          expect(state(count - 1)).toBe(falling ? 1 : 0);
          expect(count - before).toBeLessThanOrEqual(2 ** (bit + 1));
        },
      ),
    );
    expect(make().timers.nextEvent(0, guestNs(0))).toBe(Infinity);
  });
});
