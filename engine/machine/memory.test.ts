import { expect, test } from 'vitest';
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

test('a board with more RAM than an engine holds is refused with figures', () => {
  expect(() => new BankedMemory([{ name: 'ram', base: pa(0), size: 8 * GiB }], 0)).toThrow(MemoryTooLarge);
});
