import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode } from './codec.ts';
import { ConfigError } from './errors.ts';
import { MEM_FLAG, type Config } from './model.ts';
import { referenceCheck } from './reference-check.ts';
import { readSource } from './source/reader.ts';

const folder = join(import.meta.dirname, '../../boards/qemu-arm64');
const read = (name: string): Config => {
  const result = readSource(readFileSync(join(folder, name), 'utf8'));
  if (result instanceof ConfigError) throw result;
  return structuredClone(result.config);
};
const file = (path: string, config: Config) => ({ path, bytes: encode(config) });
const root = () => {
  const config = read('qemu-arm64.c');
  if (config.kind !== 'system') throw new Error('kind');
  return config;
};
const greeter = () => {
  const config = read('greeter.c');
  if (config.kind !== 'cell') throw new Error('kind');
  return config;
};

describe('the check of the reference', () => {
  it('finds nothing in configurations that are right', () => {
    expect(referenceCheck(file('root.cell', root()), [file('greeter.cell', greeter())])).toEqual({
      stdout: [
        'Reading configuration set:',
        '  Architecture:  arm64',
        '  Root cell:     qemu-arm64 (root.cell)',
        '  Non-root cell: greeter (greeter.cell)',
        'Overlapping memory regions inside cell: None',
        'Overlapping memory regions with hypervisor: None',
        'Missing PCI MMCONFIG interceptions: None',
        'Missing resource interceptions for architecture arm64: None',
        '',
      ].join('\n'),
      stderr: '',
      exitCode: 0,
    });
  });

  it('dumps both regions of a finding', () => {
    const cell = greeter();
    cell.cell.memoryRegions[1]!.physStart = 0x9000000n;
    cell.cell.memoryRegions[1]!.size = 0x1000n;
    const { stdout, exitCode } = referenceCheck(file('r', root()), [file('g', cell)]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      [
        'Overlapping memory regions inside cell:',
        '',
        "In cell 'greeter', region 0",
        '  phys_start: 0x0000000009000000',
        '  virt_start: 0x0000000009000000',
        '  size:       0x0000000000001000',
        '  flags:      JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_IO | JAILHOUSE_MEM_ROOTSHARED',
        'physically overlaps with region 1',
        '  phys_start: 0x0000000009000000',
        '  virt_start: 0x0000000000000000',
        '  size:       0x0000000000001000',
        '  flags:      JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE',
        '',
        'Overlapping memory regions with hypervisor: None',
      ].join('\n'),
    );
  });

  it('lets a finding of the second check leak into the third, unless told not to', () => {
    const cell = greeter();
    cell.cell.memoryRegions[1]!.physStart = 0x7fc0_0000n;
    const files = [file('r', root()), [file('g', cell)]] as const;
    const mimic = referenceCheck(...files).stdout;
    expect(mimic).toContain('overlaps with hypervisor memory region\n');
    expect(mimic).toContain('Missing PCI MMCONFIG interceptions:\n\nMissing resource');
    const fixed = referenceCheck(...files, { commRegionsHaveAddress: false, foundLeaks: false }).stdout;
    expect(fixed).toContain('Missing PCI MMCONFIG interceptions: None\n');
  });

  it('compares comm regions by physical address 0, unless told not to', () => {
    const cell = greeter();
    cell.cell.memoryRegions.push({ physStart: 0n, virtStart: 0x90000000n, size: 0x1000n, flags: MEM_FLAG.READ });
    const files = [file('r', root()), [file('g', cell)]] as const;
    expect(referenceCheck(...files).exitCode).toBe(1);
    expect(referenceCheck(...files, { commRegionsHaveAddress: false, foundLeaks: false }).exitCode).toBe(0);
  });

  it('finds what is not intercepted', () => {
    const config = root();
    config.system.rootCell.memoryRegions.push({
      physStart: 0x8e00000n,
      virtStart: 0x8e00000n,
      size: 0x1000n,
      flags: 3n,
    });
    config.system.rootCell.memoryRegions.push({
      physStart: 0x8000000n,
      virtStart: 0x8000000n,
      size: 0x1000n,
      flags: 3n,
    });
    config.system.iommuUnits[0] = { type: 3, base: 0x8000000n, size: 0x1000, specific: new Uint8Array(12) };
    const { stdout } = referenceCheck(file('r', config), []);
    expect(stdout).toContain('overlaps with PCI MMCONFIG region');
    expect(stdout).toContain('Missing IOMMU interceptions:\n\nIn cell');
    expect(stdout).toContain('overlaps with GICD');
  });

  it.each([
    ['a cell as system', () => referenceCheck(file('x', greeter()), []), 'Not a root cell configuration: x\n', 1],
    [
      'a system as cell',
      () => referenceCheck(file('r', root()), [file('x', root())]),
      'Not a cell configuration: x\n',
      1,
    ],
    [
      'another revision',
      () => {
        const bytes = encode(greeter());
        bytes[6] = 13;
        return referenceCheck(file('r', root()), [{ path: 'x', bytes }]);
      },
      'Configuration file revision mismatch: x\n',
      1,
    ],
    [
      'an architecture that nobody has',
      () => {
        const bytes = encode(root());
        bytes[5] = 7;
        return referenceCheck({ path: 'x', bytes }, []);
      },
      'Configuration has unsupported architecture: x\n',
      1,
    ],
    [
      'a cell for another architecture',
      () => {
        const cell = greeter();
        cell.cell.architecture = 1;
        return referenceCheck(file('r', root()), [file('x', cell)]);
      },
      'Cell architecture mismatch: arm: x\n',
      1,
    ],
    [
      'an unknown GIC',
      () => {
        const config = root();
        if (config.system.platform.kind === 'arm') config.system.platform.gicVersion = 4;
        return referenceCheck(file('x', config), []);
      },
      'Unknown GIC version: 4: x\n',
      1,
    ],
    [
      'a file that is not there',
      () => referenceCheck({ path: 'x', bytes: null }, []),
      "argument SYSCONFIG: can't open 'x': [Errno 2] No such file or directory: 'x'\n",
      2,
    ],
  ])('refuses %s', (_, run, stderr, exitCode) => {
    const output = run();
    expect(output.stderr.endsWith(stderr)).toBe(true);
    expect(output.exitCode).toBe(exitCode);
  });
});
