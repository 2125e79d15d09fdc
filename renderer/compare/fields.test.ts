import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cellOf, ConfigError, readSource } from '../../engine/config/index.ts';
import type { CellConfig, Config } from '../../engine/config/index.ts';
import { fieldDifferences } from './fields.ts';

function read(file: string): Config {
  const url = new URL(`../../boards/qemu-arm64/${file}`, import.meta.url);
  const source = readSource(readFileSync(url, 'utf8'), { file });
  if (source instanceof ConfigError) throw source;
  return source.config;
}
const changed = (change: (cell: CellConfig) => void) => {
  const before = read('linux-demo.c');
  const after = structuredClone(before);
  change(cellOf(after));
  return fieldDifferences(before, after);
};

describe('the difference of two configurations', () => {
  it('is nothing for equal ones', () => {
    expect(changed(() => undefined)).toEqual([]);
  });

  it('names fields with both values', () => {
    expect(
      changed((cell) => {
        cell.vpciIrqBase = 100;
        cell.memoryRegions[11]!.size = 0x4000000n;
        cell.cpuSet[0] = 0b1110;
      }),
    ).toEqual([
      { path: 'vpciIrqBase', kind: 'changed', a: '108', b: '100' },
      { path: 'cpus', kind: 'changed', a: '2-3', b: '1-3' },
      { path: 'memoryRegions[11].size', kind: 'changed', a: '0x8000000', b: '0x4000000' },
    ]);
  });

  it('matches entries before it compares them', () => {
    const region = { physStart: 0x5000_0000n, virtStart: 0n, size: 0x1000n, flags: 1n };
    expect(changed((cell) => void cell.memoryRegions.unshift(region))).toMatchObject([
      { path: 'memoryRegions[0]', kind: 'added', a: '', b: expect.stringContaining('physStart 0x50000000') },
    ]);
    expect(changed((cell) => void cell.memoryRegions.splice(3, 1))).toMatchObject([
      { path: 'memoryRegions[3]', kind: 'removed', b: '' },
    ]);
  });
});
