import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuList } from '../../engine/config/index.ts';
import { addressGroups, hex, parseQuantity, parseRanges, sizeText } from './address.ts';
import { countText, guestSeconds, guestStamp, momentText, shortCount, spanText } from './time.ts';

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('addresses', () => {
  it('groups digits for the eye and loses none', () => {
    expect(addressGroups(0x7fa00000n)).toEqual(['7fa0', '0000']);
    expect(addressGroups(0x4010000000n)).toEqual(['40', '1000', '0000']);
    fc.assert(fc.property(u64, (value) => `0x${addressGroups(value).join('')}` === hex(value)));
  });

  it('reads what it writes', () => {
    fc.assert(fc.property(u64, (value) => parseQuantity(hex(value)) === value));
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 1000n }),
        fc.constantFrom(1n, 1n << 10n, 1n << 20n, 1n << 30n),
        (n, unit) => {
          return parseQuantity(sizeText(n * unit)) === n * unit;
        },
      ),
    );
  });

  it('reads the forms that people type', () => {
    expect(parseQuantity('0x7fa0_0000')).toBe(0x7fa00000n);
    expect(parseQuantity(' 64 KiB ')).toBe(65536n);
    expect(parseQuantity('128M')).toBe(128n << 20n);
    expect(parseQuantity('4096')).toBe(4096n);
    for (const bad of ['', '0x', 'x', '12 parsecs', '-4', '1.5M', '0x1_0000_0000_0000_0000'])
      expect(parseQuantity(bad)).toBeUndefined();
  });

  it('writes sizes exactly where a unit allows it', () => {
    expect(sizeText(0)).toBe('0 B');
    expect(sizeText(0x10000)).toBe('64 KiB');
    expect(sizeText(768n << 20n)).toBe('768 MiB');
    expect(sizeText(0x3fa10000)).toBe('1018.06 MiB');
  });
});

describe('ranges', () => {
  it('round-trips any set of CPUs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300)), (numbers) => {
        expect(parseRanges(cpuList([...numbers].sort((a, b) => a - b)))).toEqual([...numbers].sort((a, b) => a - b));
      }),
    );
    expect(parseRanges('3-1')).toBeUndefined();
    expect(parseRanges('1,,2')).toBeUndefined();
  });
});

describe('times', () => {
  it('shows guest time to the microsecond without rounding up', () => {
    expect(guestSeconds(2_914_007_999)).toBe('2.914 007');
    expect(guestStamp(1_999_999_999)).toBe('1.999');
  });

  it('picks the natural unit', () => {
    expect(spanText(820)).toBe('820 ns');
    expect(spanText(14_200)).toBe('14.2 µs');
    expect(spanText(3_120_000)).toBe('3.12 ms');
    expect(spanText(245e9)).toBe('4 min 05 s');
    expect(countText(18204)).toBe('18,204');
    expect(shortCount(18204)).toBe('18.2k');
    expect(shortCount(999)).toBe('999');
  });

  it('shortens moments by how far they are', () => {
    const now = new Date(2026, 10, 22, 12, 0).getTime();
    expect(momentText(new Date(2026, 10, 22, 11, 4).getTime(), now)).toBe('11:04');
    expect(momentText(new Date(2026, 10, 21, 17, 40).getTime(), now)).toBe('21 Nov, 17:40');
    expect(momentText(new Date(2025, 10, 21).getTime(), now)).toBe('21 Nov 2025');
  });
});
