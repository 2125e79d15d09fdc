import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../engine/board/index.ts';
import { isSubPage, MEM_FLAG } from '../../engine/config/index.ts';
import type { CellConfig, MemoryRegion } from '../../engine/config/index.ts';
import { accessOf, deviceRegion, givenDevices } from './devices.ts';

const board = parseBoard(
  'qemu-arm64',
  readFileSync(new URL('../../boards/qemu-arm64/board.json', import.meta.url), 'utf8'),
);
const devices = givenDevices(board);
const uart = devices.find(({ name }) => name === 'uart0')!;
const cell = (...memoryRegions: MemoryRegion[]): CellConfig => ({ memoryRegions }) as unknown as CellConfig;

describe('devices', () => {
  it('are those that can be given', () => {
    const names = devices.map(({ name }) => name);
    expect(names).toContain('uart0');
    expect(names.some((name) => /GIC|ECAM|redistributors/.test(name))).toBe(false);
  });

  it('are opened by the region that is made for them', () => {
    for (const device of devices) {
      const region = deviceRegion(device);
      expect(accessOf(cell(region), device)).toEqual({ kind: 'own', index: 0 });
      expect(isSubPage(region)).toBe((region.flags & MEM_FLAG.IO_32) !== 0n);
    }
  });

  it('can be inside a wider region, or only partly in one', () => {
    const region = deviceRegion(uart);
    expect(accessOf(cell({ ...region, physStart: 0n, size: 0x4000_0000n }), uart)).toEqual({
      kind: 'within',
      index: 0,
    });
    expect(accessOf(cell({ ...region, size: 0x800n }), uart)).toEqual({ kind: 'part', index: 0 });
    expect(accessOf(cell({ ...region, flags: MEM_FLAG.COMM_REGION }), uart)).toEqual({ kind: 'none' });
  });
});
