import { expect, test } from 'vitest';
import { SystemBus } from './bus.ts';
import { BankedMemory } from './memory.ts';
import type { Device } from './api.ts';
import { pa, MiB } from '../util/units.ts';

function scene() {
  const memory = new BankedMemory([{ name: 'ram', base: pa(0x4000_0000), size: MiB }], 0);
  const bus = new SystemBus(memory);
  const log: string[] = [];
  const device: Device = {
    name: 'probe',
    read: (offset, size) => {
      log.push(`r${offset}/${size} ${bus.owner.name}`);
      return offset + 0x80000000;
    },
    write: (offset, size, value) => log.push(`w${offset}/${size}=${value} ${bus.owner.name}`),
  };
  bus.attach(pa(0x900_0000), 0x1000, device);
  return { bus, log, memory };
}
const inmate = { name: 'inmate', cpu: 1 };
const result = { lo: 0, hi: 0 };

test('an 8-byte access becomes two of 4, low half first, with its owner', () => {
  const { bus, log } = scene();
  expect(bus.read(pa(0x900_0008), 8, result, inmate)).toBe(true);
  expect(result).toEqual({ lo: 0x80000008, hi: 0x8000000c });
  bus.write(pa(0x900_0010), 8, 1, 2, inmate);
  expect(log).toEqual(['r8/4 inmate', 'r12/4 inmate', 'w16/4=1 inmate', 'w20/4=2 inmate']);
  expect(bus.owner.name).toBe('board');
});

test('holes answer false, also when an access hangs over the end of a window', () => {
  const { bus } = scene();
  expect(bus.read(pa(0x900_0fff), 4, result, inmate)).toBe(false);
  expect(bus.write(pa(0x901_0000), 4, 0, 0, inmate)).toBe(false);
  expect(bus.deviceAt(pa(0x900_0fff))).toEqual({ name: 'probe', base: 0x900_0000, size: 0x1000 });
  expect(bus.deviceAt(pa(0x8ff_ffff))).toBeUndefined();
});

test('RAM answers on the bus too', () => {
  const { bus, memory } = scene();
  bus.write(pa(0x4000_0000), 8, 0x11223344, 0xaabbccdd, inmate);
  expect(memory.read32(pa(0x4000_0004))).toBe(0xaabbccdd);
  bus.read(pa(0x4000_0001), 2, result, inmate);
  expect(result).toEqual({ lo: 0x2233, hi: 0 });
});

test('two devices at one address are refused by name', () => {
  const { bus } = scene();
  expect(() => bus.attach(pa(0x900_0ff0), 0x1000, { name: 'other', read: () => 0, write: () => undefined })).toThrow(
    /other .* overlaps probe/,
  );
});
