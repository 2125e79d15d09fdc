import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  contains,
  cpusOf,
  isLinuxRam,
  overlaps,
  physRange,
  readSource,
  writeSource,
} from '../../engine/config/index.ts';
import type { CellConfig, SystemConfig } from '../../engine/config/index.ts';
import { freeRam, newCell } from './newCell.ts';

const folder = new URL('../../boards/qemu-arm64/', import.meta.url);
function read(file: string) {
  const result = readSource(readFileSync(new URL(file, folder), 'utf8'), { file });
  if (result instanceof ConfigError) throw result;
  return result.config;
}
const system = (read('qemu-arm64.c') as { system: SystemConfig }).system;
const greeter = (read('greeter.c') as { cell: CellConfig }).cell;

describe('a new cell', () => {
  it('gets RAM that the root has, the hypervisor does not need and nobody took, as often as there is some', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 12 }), (pages) => {
        const cells = [greeter];
        for (const count of pages) {
          const size = BigInt(count) * 0x1000n;
          const start = freeRam(system, cells, size);
          if (start === undefined) return;
          const range = { start, size };
          const banks = system.rootCell.memoryRegions.filter(isLinuxRam).map(physRange);
          expect(banks.some((bank) => contains(bank, range))).toBe(true);
          expect(overlaps(range, physRange(system.hypervisorMemory))).toBe(false);
          for (const cell of cells)
            for (const region of cell.memoryRegions) expect(overlaps(range, physRange(region))).toBe(false);
          cells.push(newCell(system, cells, { name: 'x', cpus: [1], ram: size, uart: true })!);
        }
      }),
      { numRuns: 50 },
    );
    expect(freeRam(system, [], 1n << 40n)).toBeUndefined();
  });

  it('is one that the writer writes and the reader reads', () => {
    const cell = newCell(system, [greeter], { name: 'fresh', cpus: [3, 4], ram: 0x20000n, uart: true })!;
    const again = readSource(writeSource({ kind: 'cell', cell }));
    if (again instanceof ConfigError) throw again;
    expect(again.config).toEqual({ kind: 'cell', cell });
    expect(cpusOf(cell.cpuSet)).toEqual([3, 4]);
    expect(cell.console.address).toBe(0x9000000n);
    expect(
      newCell(system, [greeter], { name: 'mute', cpus: [], ram: 0x1000n, uart: false })!.memoryRegions,
    ).toHaveLength(2);
  });
});
