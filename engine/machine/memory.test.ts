import { describe, expect, test } from 'vitest';
import { BankedMemory, MemoryTooLarge } from './memory.ts';
import { gpa, pa, MiB, GiB } from '../util/units.ts';

const banks = () =>
  new BankedMemory(
    [
      { name: 'high', base: pa(0x8000_0000), size: 2 * MiB },
      { name: 'low', base: pa(0x4000_0000), size: 1 * MiB },
      { name: 'next', base: pa(0x4010_0000), size: 1 * MiB },
    ],
    1234,
  );

test('bytes written across two adjacent banks read back', () => {
  const memory = banks();
  const bytes = new Uint8Array(64).map((_, i) => i + 1);
  memory.write(pa(0x400f_ffe0), bytes);
  expect(memory.read(pa(0x400f_ffe0), 64)).toEqual(bytes);
  expect(memory.read32(pa(0x4010_0000))).toBe(0x24232221);
});

test('a range that leaves RAM is refused as a whole', () => {
  const memory = banks();
  expect(memory.isRam(pa(0x401f_fff8), 16)).toBe(false);
  expect(() => memory.write(pa(0x401f_fff8), new Uint8Array(16))).toThrow(/not RAM/);
  expect(memory.read(pa(0x401f_fff8), 8)).toEqual(new Uint8Array(8));
});

test('segments keep the distance between guest and physical addresses', () => {
  const segments = banks().segments(pa(0x400f_0000), 0x2_0000, gpa(0), true);
  expect(segments.map((s) => [s.start, s.size, s.physical])).toEqual([
    [0, 0x1_0000, 0x400f_0000],
    [0x1_0000, 0x1_0000, 0x4010_0000],
  ]);
});

test('host writes tell which bytes changed', () => {
  const memory = banks();
  const told: [number, number][] = [];
  memory.onHostWrite = (start, size) => told.push([start, size]);
  memory.write32(pa(0x8000_0010), 7);
  expect(told).toEqual([[memory.host(pa(0x8000_0010)), 4]]);
});

test('only pages with content are part of the state', () => {
  const memory = banks();
  memory.write32(pa(0x8000_1ffc), 1);
  memory.write32(pa(0x4000_0000), 1);
  memory.write32(pa(0x4000_0000), 0);
  expect([...memory.touchedPages()].map((p) => p.address)).toEqual([0x8000_1000]);
});

test('pages that nobody has written are neither read for the state nor cleared', () => {
  const memory = banks();
  const written = new Set<number>();
  const page = (host: number): number => Math.floor(host / 4096);
  memory.onHostWrite = (start) => written.add(page(start));
  memory.pageWritten = (host) => written.has(page(host));
  memory.write32(pa(0x8000_1ffc), 1);
  memory.write32(pa(0x8000_3000), 2);
  expect([...memory.touchedPages()].map(({ address }) => address)).toEqual([0x8000_1000, 0x8000_3000]);
  memory.fill(pa(0x8000_0800), 0x2000, 0);
  // No page was written but the two from before.
  expect(written.size).toBe(2);
  expect([...memory.touchedPages()].map(({ address }) => address)).toEqual([0x8000_3000]);
});

describe('a board with more RAM than an engine holds', () => {
  const large = () =>
    new BankedMemory(
      [
        { name: 'low', base: pa(0), size: 2 * GiB },
        { name: 'high', base: pa(0x8_0000_0000), size: 14 * GiB + MiB },
      ],
      MiB,
    );

  test('is RAM throughout, and zero until something is written', () => {
    const memory = large();
    expect(memory.allPlaced).toBe(false);
    expect(memory.isRam(pa(0x8_0000_0000), 14 * GiB + MiB)).toBe(true);
    expect(memory.read(pa(0xb_0000_0000), 8)).toEqual(new Uint8Array(8));
    expect(memory.read32(pa(0xb_0000_0000))).toBe(0);
    memory.fill(pa(0x8_0000_0000), 14 * GiB, 0);
    expect(memory.segments(pa(0), 64 * GiB, gpa(0), true)).toEqual([]);
    expect([...memory.touchedPages()]).toEqual([]);
  });

  test('has what was written, across blocks as well', () => {
    const memory = large();
    const bytes = new Uint8Array(64).map((_, i) => i + 1);
    const border = pa(0x8_0000_0000 + 32 * MiB - 32);
    memory.write(border, bytes);
    expect(memory.read(border, 64)).toEqual(bytes);
    memory.write32(pa(0xb_8000_0000), 7);
    memory.write32(pa(4), 9);
    expect(memory.read32(pa(4))).toBe(9);
    // In address order, wherever they are in engine memory.
    expect([...memory.touchedPages()].map(({ address }) => address)).toEqual([
      0, 0x8_01ff_f000, 0x8_0200_0000, 0xb_8000_0000,
    ]);
  });

  test('has segments for what is in use, joined where blocks follow each other', () => {
    const memory = large();
    expect(memory.place(pa(0x8_0000_0000))).toBe(true);
    expect(memory.place(pa(0x8_0200_0000))).toBe(true);
    expect(memory.place(pa(0x8_0600_0000))).toBe(true);
    expect(memory.place(pa(0x9000_0000))).toBe(false);
    const segments = memory.segments(pa(0x8_0000_0000), 14 * GiB, gpa(0), true);
    expect(segments.map(({ start, size }) => [start, size])).toEqual([
      [0, 64 * MiB],
      [0x0600_0000, 32 * MiB],
    ]);
  });

  test('says how much its guests may use when they use more', () => {
    const memory = large();
    const everywhere = () => {
      for (let at = 0; at < 14 * GiB; at += 32 * MiB) memory.place(pa(0x8_0000_0000 + at));
    };
    expect(everywhere).toThrow(MemoryTooLarge);
    expect(everywhere).toThrow(/4094 MiB, in blocks of 32 MiB/);
  });
});
