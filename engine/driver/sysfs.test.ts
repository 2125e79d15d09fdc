import { describe, expect, it } from 'vitest';
import { encode } from '../config/index.ts';
import { ERRNO, finish } from '../hypervisor/index.ts';
import { fakeMachine } from '../hypervisor/testing/fake-machine.ts';
import { inmateDemo, plainCell, rootConfig } from '../hypervisor/testing/sample-configs.ts';
import { linuxMemory, parseSize } from './kernel-arguments.ts';
import { cpuMaskText } from './cpumask.ts';
import { JailhouseDriver } from './driver.ts';
import { cellStatuses, counterSamples } from './status.ts';
import { sysfsNode, sysfsSnapshot } from './sysfs.ts';
import { pa } from '../util/units.ts';

function setUp() {
  const machine = fakeMachine();
  const driver = new JailhouseDriver({ machine, output: () => undefined, onEvent: () => undefined });
  const read = (path: string) => {
    const node = sysfsNode(driver, path);
    const content = node?.kind === 'file' ? node.read(driver.asking) : undefined;
    return content instanceof Uint8Array ? new TextDecoder().decode(content) : content;
  };
  const list = (path: string) => {
    const node = sysfsNode(driver, path);
    return node?.kind === 'directory' ? [...node.entries.keys()] : undefined;
  };
  return {
    machine,
    driver,
    read,
    list,
    enable: (system = rootConfig()) => finish(machine, driver.enable(encode({ kind: 'system', system }))),
    create: (cell = inmateDemo()) => finish(machine, driver.cellCreate(encode({ kind: 'cell', cell }))),
  };
}

describe('before enable', () => {
  it('has the module’s nodes with their values', () => {
    const s = setUp();
    expect(s.list('')).toEqual([
      'enabled',
      'console',
      'mem_pool_size',
      'mem_pool_used',
      'remap_pool_size',
      'remap_pool_used',
      'cells',
    ]);
    expect(s.list('cells')).toEqual([]);
    expect(['enabled', 'console', 'mem_pool_size', 'remap_pool_used'].map(s.read)).toEqual(['0\n', '', '0\n', '0\n']);
  });
});

describe('with cells', () => {
  it('shows pools, cells, masks and lists in the kernel’s formats', () => {
    const s = setUp();
    s.enable();
    s.create(plainCell('a', [3, 1], 0x7fa0_0000));
    expect(['enabled', 'mem_pool_size', 'remap_pool_size', 'remap_pool_used'].map(s.read)).toEqual([
      '1\n',
      '994\n',
      '131072\n',
      '528\n',
    ]);
    expect(Number(s.read('mem_pool_used'))).toBeGreaterThan(144);
    expect(s.list('cells')).toEqual(['0', '1']);
    expect(
      ['name', 'state', 'cpus_assigned', 'cpus_assigned_list', 'cpus_failed', 'cpus_failed_list'].map((leaf) =>
        s.read(`cells/0/${leaf}`),
      ),
    ).toEqual(['qemu-arm64\n', 'running\n', 'fff5\n', '0,2,4-15\n', '0000\n', '\n']);
    expect(s.read('cells/1/state')).toBe('shut down\n');
    expect(s.list('cells/1/statistics')).toEqual([
      'vmexits_total',
      'vmexits_mmio',
      'vmexits_management',
      'vmexits_hypercall',
      'vmexits_maintenance',
      'vmexits_virt_irq',
      'vmexits_virt_sgi',
      'vmexits_psci',
      'vmexits_smccc',
      'cpu1',
      'cpu3',
    ]);
    expect(s.list('cells/1/statistics/cpu3')).toHaveLength(9);
    expect(s.list('cells/1/statistics/cpu2')).toBeUndefined();
  });

  it('names every state, and failed CPUs', () => {
    const s = setUp();
    s.enable();
    s.create();
    const { comm } = s.driver.hypervisor!.cell(1)!;
    const states = [0, 1, 2, 3, 4, 5].map((state) => {
      comm.state = state;
      return s.read('cells/1/state');
    });
    expect(states).toEqual([
      'running\n',
      'running/locked\n',
      'shut down\n',
      'failed\n',
      'Comm ABI mismatch\n',
      'invalid\n',
    ]);
    s.driver.hypervisor!.cpu(1)!.failed = true;
    expect([s.read('cells/1/cpus_failed'), s.read('cells/1/cpus_failed_list')]).toEqual(['0002\n', '1\n']);
  });

  it('sums statistics over CPUs; reading leaves exits on the reader’s CPU, peeking leaves none', () => {
    const s = setUp();
    s.enable();
    s.create(plainCell('a', [1, 2], 0x7fa0_0000));
    for (const cpu of [1, 2]) s.driver.hypervisor!.cpu(cpu)!.counters.count('vmexits_mmio');
    expect(s.read('cells/1/statistics/vmexits_mmio')).toBe('2\n');
    expect(s.read('cells/1/statistics/cpu1/vmexits_mmio')).toBe('1\n');
    const before = s.driver.peeking.cpuInfo(0, 1000);
    sysfsSnapshot(s.driver);
    expect(s.driver.peeking.cpuInfo(0, 1000)).toBe(before);
    s.read('cells/1/statistics/vmexits_mmio');
    expect(s.driver.peeking.cpuInfo(0, 1000)).toBe(before + 2);
  });

  it('shows the console page, and refuses without the flag', () => {
    const s = setUp();
    s.enable();
    expect(s.read('console')).toMatch(/^\nInitializing Jailhouse/);
    const t = setUp();
    t.enable({ ...rootConfig(), flags: 0 });
    expect(t.read('console')).toBe(-ERRNO.EPERM);
  });

  it('has core from the first enable on, for the owner only', () => {
    const s = setUp();
    expect(s.list('')).not.toContain('core');
    s.enable();
    finish(s.machine, s.driver.disable());
    const core = sysfsNode(s.driver, 'core');
    expect(core).toMatchObject({ kind: 'file', mode: 0o400 });
    expect((s.read('core') as string).startsWith('JAILHOUS')).toBe(true);
    expect((s.read('core') as string).length).toBeGreaterThan(0x10000);
  });

  it('gives the window a snapshot and lamps', () => {
    const s = setUp();
    s.enable();
    s.create(plainCell('a', [1, 2], 0x7fa0_0000));
    finish(s.machine, s.driver.cellStart({ id: 1, name: '' }));
    expect(sysfsSnapshot(s.driver)['cells/1/name']).toBe('a\n');
    expect(sysfsSnapshot(s.driver)['core']).toBeUndefined();
    s.machine.cpu(1).waiting = 'wfi';
    expect(cellStatuses(s.driver)[1]).toEqual({
      id: 1,
      name: 'a',
      state: 'running',
      cpus: [
        { id: 1, lamp: 'idle' },
        { id: 2, lamp: 'off' },
      ],
    });
    s.machine.cpu(1).access(0x7c00_0000, 4, true);
    expect(cellStatuses(s.driver)[1]?.cpus[0]?.lamp).toBe('parked');
    expect(counterSamples(s.driver)[1]).toMatchObject({ cell: 'a', counters: { vmexits_mmio: 1 } });
  });
});

describe('formats', () => {
  it('CPU masks have groups of 32 bits and the width of nr_cpu_ids', () => {
    expect(cpuMaskText([0, 2], 4)).toBe('5');
    expect(cpuMaskText([], 16)).toBe('0000');
    expect(cpuMaskText([31], 32)).toBe('80000000');
    expect(cpuMaskText([0, 33], 40)).toBe('02,00000001');
    expect(cpuMaskText([64], 65)).toBe('1,00000000,00000000');
  });

  it('sizes of kernel arguments', () => {
    expect(['768M', '0x1000', '64k', '1G', '', 'x'].map(parseSize)).toEqual([
      768 << 20,
      0x1000,
      65536,
      2 ** 30,
      undefined,
      undefined,
    ]);
  });

  it('the kernel’s memory after its command line', () => {
    const ram = [
      { name: 'a', base: pa(0x4000_0000), size: 0x2000_0000 },
      { name: 'b', base: pa(0x8000_0000), size: 0x2000_0000 },
    ];
    const pieces = (kernelArguments: string, reserved: typeof ram = []) =>
      linuxMemory({ ram, reserved, kernelArguments }).map(({ base, size }) => [base, size]);
    expect(pieces('quiet')).toHaveLength(2);
    expect(pieces('mem=768M')).toEqual([
      [0x4000_0000, 0x2000_0000],
      [0x8000_0000, 0x1000_0000],
    ]);
    expect(pieces('memmap=16M$0x50000000')).toEqual([
      [0x4000_0000, 0x1000_0000],
      [0x5100_0000, 0x0f00_0000],
      [0x8000_0000, 0x2000_0000],
    ]);
    expect(pieces('', [{ name: 'firmware', base: pa(0x4000_0000), size: 0x1000 }])[0]).toEqual([
      0x4000_1000, 0x1fff_f000,
    ]);
    expect(pieces('memmap=nonsense mem=')).toHaveLength(2);
  });
});
