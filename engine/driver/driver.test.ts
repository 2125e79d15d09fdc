import { describe, expect, it } from 'vitest';
import {
  CELL_FLAG,
  cpuSetOf,
  encode,
  MEM_FLAG,
  PCI_TYPE,
  type CellConfig,
  type SystemConfig,
} from '../config/index.ts';
import type { RunEvent } from '../contract/record.ts';
import { ERRNO, finish, type Compatibility, type Task } from '../hypervisor/index.ts';
import { fakeMachine } from '../hypervisor/testing/fake-machine.ts';
import { inmateDemo, ivshmem, plainCell, region, rootConfig } from '../hypervisor/testing/sample-configs.ts';
import { pa } from '../util/units.ts';
import { JailhouseDriver } from './driver.ts';
import { IOCTL, USE_NAME } from './ioctl.ts';

const { READ, WRITE, LOADABLE } = MEM_FLAG;
const RAM_A = 0x7fa0_0000;

function setUp(options: { compatibility?: Compatibility; enable?: boolean } = {}) {
  const machine = fakeMachine();
  const events: RunEvent[] = [];
  let console = '';
  const driver = new JailhouseDriver({
    machine,
    output: ({ name }, bytes) => {
      if (name === 'hypervisor') console += new TextDecoder().decode(bytes);
    },
    onEvent: (event) => events.push(event),
    ...(options.compatibility && { compatibility: options.compatibility }),
  });
  const run = (task: Task<number>) => finish(machine, task);
  const s = {
    machine,
    driver,
    events,
    run,
    console: () => console,
    log: () => driver.linux.log.map(({ text }) => text),
    enable: (system: SystemConfig = rootConfig()) => run(driver.enable(encode({ kind: 'system', system }))),
    create: (cell: CellConfig) => run(driver.cellCreate(encode({ kind: 'cell', cell }))),
    rule: () => events.findLast(({ kind }) => kind === 'refusal')?.detail?.['rule'],
  };
  if (options.enable) expect(s.enable()).toBe(0);
  return s;
}
const named = (name: string) => ({ id: USE_NAME, name });
const patched = (bytes: Uint8Array, at: number, ...values: number[]) => {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
};

describe('ENABLE', () => {
  const file = encode({ kind: 'system', system: rootConfig() });
  const cellFile = encode({ kind: 'cell', cell: inmateDemo() });

  it.each([
    ['a cell configuration', cellFile, 'Not a system configuration', 'signature'],
    ['an empty file', new Uint8Array(), 'Not a system configuration', 'signature'],
    ['another revision', patched(file, 6, 13, 0), 'Configuration revision mismatch', 'revision'],
    ['another architecture', patched(file, 5, 0), 'Configuration architecture mismatch', 'architecture'],
    ['a cut file', file.subarray(0, 600), undefined, 'counts'],
    ['a cut header', file.subarray(0, 100), undefined, 'truncated'],
  ])('refuses %s with EINVAL', (_what, bytes, line, rule) => {
    const s = setUp();
    expect(s.run(s.driver.enable(bytes))).toBe(-ERRNO.EINVAL);
    expect(s.log()).toEqual(line === undefined ? [] : [line]);
    expect(s.rule()).toBe(rule);
  });

  it.each([
    ['no CPUs', 'no-cpus', (c: SystemConfig) => (c.rootCell.cpuSet = new Uint8Array(8))],
    [
      'an unknown GIC version',
      'gic-version',
      (c: SystemConfig) => c.platform.kind === 'arm' && (c.platform.gicVersion = 4),
    ],
    ['too little memory', 'hypervisor-memory-size', (c: SystemConfig) => (c.hypervisorMemory.size = 0x5e000n)],
    [
      'a CPU set smaller than what is online',
      'cpu-not-in-set',
      (c: SystemConfig) => (c.rootCell.cpuSet = cpuSetOf([0, 1], 8)),
    ],
    [
      'a CPU set larger than what is online',
      'cpu-count',
      (c: SystemConfig) => (c.rootCell.cpuSet = cpuSetOf([...Array(17).keys()], 8)),
    ],
  ])('refuses %s with EINVAL', (_what, rule, change) => {
    const s = setUp();
    const system = rootConfig();
    change(system);
    expect(s.enable(system)).toBe(-ERRNO.EINVAL);
    expect(s.rule()).toBe(rule);
    expect(s.driver.enabled).toBe(false);
  });

  it('refuses memory that Linux uses, with the hint', () => {
    const s = setUp();
    const system = rootConfig();
    system.hypervisorMemory.physStart = 0x6000_0000n;
    expect(s.enable(system)).toBe(-ERRNO.EINVAL);
    expect(s.log()).toEqual([
      'request_mem_region failed for hypervisor memory.',
      'Did you reserve the memory with "memmap=" or "mem="?',
    ]);
    expect(s.events.at(-1)?.sentence).toContain('"mem=768M"');
  });

  it('refuses memory that is not RAM', () => {
    const s = setUp();
    const system = rootConfig();
    system.hypervisorMemory.physStart = 0x8000_0000n;
    expect(s.enable(system)).toBe(-ERRNO.EINVAL);
    expect(s.log()).toEqual(['Unable to map RAM reserved for hypervisor at 80000000']);
  });

  it('is EBUSY the second time, after the checks of the file', () => {
    const s = setUp({ enable: true });
    expect(s.enable()).toBe(-ERRNO.EBUSY);
    expect(s.run(s.driver.enable(cellFile))).toBe(-ERRNO.EINVAL);
  });

  it('puts header and configuration into hypervisor memory and logs', () => {
    const s = setUp({ enable: true });
    const base = 0x7fc0_0000;
    const header = s.machine.memory.read(pa(base), 80);
    expect(new TextDecoder().decode(header.subarray(0, 8))).toBe('JAILHOUS');
    const view = new DataView(header.buffer);
    expect([view.getUint32(48, true), view.getUint32(52, true)]).toEqual([16, 16]);
    const at = base + Number(view.getBigUint64(8, true)) + 16 * Number(view.getBigUint64(16, true));
    expect(s.machine.memory.read(pa(at), file.length)).toEqual(file);
    expect(s.log()).toEqual(['The Jailhouse is opening.']);
  });

  it('keeps the console of a failed enable', () => {
    const s = setUp();
    const system = rootConfig();
    if (system.platform.kind === 'arm') system.platform.gicdBase = 0x0900_0000n;
    expect(s.enable(system)).toBe(-ERRNO.ENODEV);
    const text = new TextDecoder().decode(s.driver.openConsole().poll() as Uint8Array);
    expect(text).toContain('Initializing unit: irqchip\n');
    expect(s.enable()).toBe(0);
  });

  it('opens the clock gate of the debug console', () => {
    for (const [flags, expected] of [
      [3, 0b101],
      [0x1003, 0b001],
    ] as const) {
      const s = setUp();
      s.machine.memory.write32(pa(0x7f00_0000), flags === 3 ? 0b001 : 0b101);
      const system = rootConfig();
      system.debugConsole = { ...system.debugConsole, flags, clockReg: 0x7f00_0000n, gateNr: 2 };
      expect(s.enable(system)).toBe(0);
      expect(s.machine.memory.read32(pa(0x7f00_0000))).toBe(expected);
    }
  });
});

describe('DISABLE', () => {
  it('is EINVAL when not enabled', () => {
    const s = setUp();
    expect(s.run(s.driver.disable())).toBe(-ERRNO.EINVAL);
  });

  it('destroys all cells, brings their CPUs back and closes', () => {
    const s = setUp({ enable: true });
    s.create(plainCell('a', [1], RAM_A));
    s.create(plainCell('b', [2, 3], 0x7f80_0000));
    expect(s.run(s.driver.disable())).toBe(0);
    expect(s.driver.linux.onlineCpus).toHaveLength(16);
    expect(s.log().slice(-2)).toEqual(['Destroyed Jailhouse cell "b"', 'The Jailhouse was closed.']);
    expect(s.console()).toContain(' Releasing CPU 15\r\n');
    expect(s.enable()).toBe(0);
  });

  it('with a root CPU offline: checks first, or destroys first when the quirk is wanted', () => {
    for (const disableDestroysBeforeChecking of [false, true]) {
      const s = setUp({ enable: true, compatibility: { disableDestroysBeforeChecking } });
      s.create(plainCell('a', [1], RAM_A));
      s.driver.linux.takeOffline(5);
      expect(s.run(s.driver.disable())).toBe(-ERRNO.EBUSY);
      expect(s.driver.cells).toHaveLength(disableDestroysBeforeChecking ? 1 : 2);
      s.driver.cpuOnline(5);
      expect(s.run(s.driver.disable())).toBe(0);
    }
  });

  it('passes a refused shutdown on', () => {
    const s = setUp({ enable: true });
    s.create(plainCell('locker', [1], RAM_A, { flags: 0 }));
    s.run(s.driver.cellStart(named('locker')));
    const page = s.driver.hypervisor!.cell(1)!.comm.page;
    s.machine.after(100, () => s.machine.memory.write32(pa(page + 16), 2));
    expect(s.run(s.driver.disable())).toBe(-ERRNO.EPERM);
    expect(s.log().at(-1)).toBe('failed to destroy cell "locker"');
  });
});

describe('CELL_CREATE', () => {
  const cell = encode({ kind: 'cell', cell: inmateDemo() });

  it.each([
    [
      'a system configuration',
      encode({ kind: 'system', system: rootConfig() }),
      'Not a cell configuration',
      'signature',
    ],
    ['a few bytes', cell.subarray(0, 4), 'Not a cell configuration', 'signature'],
    ['another revision', patched(cell, 6, 15), 'Configuration revision mismatch', 'revision'],
    ['another architecture', patched(cell, 5, 1), 'Configuration architecture mismatch', 'architecture'],
    ['a cut file', cell.subarray(0, 132), undefined, 'counts'],
  ])('refuses %s with EINVAL', (_what, bytes, line, rule) => {
    const s = setUp({ enable: true });
    expect(s.run(s.driver.cellCreate(bytes))).toBe(-ERRNO.EINVAL);
    expect(s.log().slice(1)).toEqual(line === undefined ? [] : [line]);
    expect(s.rule()).toBe(rule);
  });

  it('answers 0 to a foreign architecture when the quirk is wanted', () => {
    const s = setUp({ enable: true, compatibility: { foreignArchitectureCreatesNothing: true } });
    expect(s.run(s.driver.cellCreate(patched(cell, 5, 1)))).toBe(0);
    expect(s.driver.cells).toHaveLength(1);
  });

  it('is EINVAL when not enabled, EEXIST for a name in use, EBUSY for CPUs of others', () => {
    const s = setUp();
    expect(s.create(inmateDemo())).toBe(-ERRNO.EINVAL);
    s.enable();
    expect(s.create(inmateDemo())).toBe(0);
    expect(s.create(inmateDemo())).toBe(-ERRNO.EEXIST);
    expect(s.create(plainCell('other', [1], 0x7f80_0000))).toBe(-ERRNO.EBUSY);
    expect(s.events.at(-1)?.sentence).toContain('CPU 1 belongs to inmate-demo');
    expect(s.create(plainCell('other', [20], 0x7f80_0000))).toBe(-ERRNO.EBUSY);
  });

  it('takes the smallest free id, lets the active console flag imply permission, logs', () => {
    const s = setUp({ enable: true });
    s.create(plainCell('a', [1], RAM_A));
    s.create(plainCell('b', [2], 0x7f80_0000));
    s.run(s.driver.cellDestroy({ id: 1, name: '' }));
    s.create(plainCell('c', [3], RAM_A, { flags: CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE }));
    expect(s.driver.cells.map(({ id, name }) => `${id} ${name}`)).toEqual(['0 qemu-arm64', '2 b', '1 c']);
    expect(s.driver.hypervisor!.cell(1)!.mayUseVirtualConsole).toBe(true);
    expect(s.log().at(-1)).toBe('Created Jailhouse cell "c"');
  });

  it('leaves the bytes that it was given as they are, also where they are a Buffer in a larger pool', () => {
    const s = setUp({ enable: true });
    const bytes = Buffer.from(encode({ kind: 'cell', cell: plainCell('a', [1], RAM_A) }));
    const before = Buffer.from(bytes);
    expect(s.run(s.driver.cellCreate(bytes))).toBe(0);
    expect(bytes.equals(before)).toBe(true);
    expect(s.driver.cells.at(-1)).toMatchObject({ id: 1, name: 'a' });
  });

  it('takes CPUs offline, and destroy brings back exactly those that were online', () => {
    const s = setUp({ enable: true });
    s.driver.linux.takeOffline(3);
    s.create(plainCell('a', [2, 3], RAM_A));
    expect(s.driver.linux.onlineCpus).not.toContain(2);
    expect(s.driver.cpuOnline(2)).toBe(-ERRNO.EPERM);
    s.run(s.driver.cellDestroy(named('a')));
    expect(s.driver.linux.isOnline(2)).toBe(true);
    expect(s.driver.linux.isOnline(3)).toBe(false);
  });

  it('a refusal of the hypervisor brings the CPUs back; the PCI claim stays with the quirk only', () => {
    for (const failedCreateKeepsPciClaimed of [false, true]) {
      const s = setUp({ enable: true, compatibility: { failedCreateKeepsPciClaimed } });
      const device = { ...ivshmem(0x20, 0, 0, 0), type: PCI_TYPE.DEVICE };
      const config = plainCell('a', [2], RAM_A, { pciDevices: [device, ivshmem(0, 0, 12, 1)] });
      expect(s.create(config)).toBe(-ERRNO.EINVAL);
      expect(s.driver.linux.isOnline(2)).toBe(true);
      expect(s.driver.claimedPci).toHaveLength(failedCreateKeepsPciClaimed ? 1 : 0);
      expect(s.driver.cells).toHaveLength(1);
    }
  });

  it('may take CPU 0 and moves the calling process to another one, but not the last', () => {
    const s = setUp({ enable: true });
    expect(s.create(plainCell('zero', [0], RAM_A))).toBe(0);
    expect(s.driver.linux.currentCpu).toBe(1);
    const rest = [...Array(15).keys()].map((n) => n + 1);
    expect(s.create(plainCell('all', rest, 0x7f80_0000))).toBe(-ERRNO.EBUSY);
    expect(s.driver.linux.onlineCpus).toEqual(rest);
  });
});

describe('CELL_LOAD', () => {
  const image = (length: number, target = 0n) => ({ bytes: new Uint8Array(length).fill(0x5a), target });
  const withCell = () => {
    const s = setUp({ enable: true });
    s.create(inmateDemo());
    return s;
  };

  it('finds cells by id or name and answers ENOENT, EINVAL', () => {
    const s = setUp();
    for (const call of [
      s.driver.cellLoad(named('x'), []),
      s.driver.cellStart(named('x')),
      s.driver.cellDestroy(named('x')),
    ])
      expect(s.run(call)).toBe(-ERRNO.EINVAL);
    s.enable();
    for (const call of [
      s.driver.cellLoad(named('x'), []),
      s.driver.cellStart({ id: 4, name: '' }),
      s.driver.cellDestroy(named('x')),
    ])
      expect(s.run(call)).toBe(-ERRNO.ENOENT);
    expect(s.run(s.driver.cellStart(named('qemu-arm64')))).toBe(-ERRNO.EINVAL);
  });

  it('copies images to where the cell’s addresses lead', () => {
    const s = withCell();
    expect(s.run(s.driver.cellLoad(named('inmate-demo'), [image(16), image(0, 0xdeadn), image(4, 0xfffcn)]))).toBe(0);
    expect(s.machine.memory.read32(pa(RAM_A))).toBe(0x5a5a5a5a);
    expect(s.machine.memory.read32(pa(RAM_A + 0xfffc))).toBe(0x5a5a5a5a);
  });

  it.each([
    ['outside every region', image(4, 0x1_0000n), 'no-region'],
    ['beyond its region', image(8, 0xfffcn), 'image-too-large'],
    ['to a region that is not loadable', image(4, 0x0900_0000n), 'not-loadable'],
    ['to a region that is not writable', image(4, 0x7faf_0000n), 'not-loadable'],
  ])('an image %s is EINVAL, and the cell stays loadable', (_what, bad, rule) => {
    const s = withCell();
    expect(s.run(s.driver.cellLoad(named('inmate-demo'), [image(4), bad]))).toBe(-ERRNO.EINVAL);
    expect(s.rule()).toBe(rule);
    expect(s.driver.hypervisor!.cell(1)!.loadable).toBe(true);
  });

  it('memory that is not RAM is EBUSY', () => {
    const s = setUp({ enable: true });
    s.create(plainCell('a', [1], RAM_A, { memoryRegions: [region(0x0b00_0000, 0, 0x1000, READ | WRITE | LOADABLE)] }));
    expect(s.run(s.driver.cellLoad(named('a'), [image(4)]))).toBe(-ERRNO.EBUSY);
    expect(s.log().at(-1)).toBe('Unable to map cell RAM at 0b000000 for image loading');
  });

  it('memory outside the root’s regions is EFAULT, or parks the root’s CPU when the quirk is wanted', () => {
    for (const rootFaultParksCpu of [false, true]) {
      const s = setUp({ compatibility: { rootFaultParksCpu } });
      const system = rootConfig();
      system.rootCell.memoryRegions[10]!.size = 0x3000_0000n;
      s.enable(system);
      s.create(plainCell('a', [1], RAM_A));
      expect(s.run(s.driver.cellLoad(named('a'), [image(4)]))).toBe(-ERRNO.EFAULT);
      expect(s.rule()).toBe('not-in-root');
      expect(s.console().includes('Unhandled data write at 0x7fa00000(8)')).toBe(rootFaultParksCpu);
      expect(s.driver.hypervisor!.cpu(0)!.failed).toBe(rootFaultParksCpu);
    }
  });

  it('without images is a shutdown', () => {
    const s = withCell();
    s.run(s.driver.cellStart(named('inmate-demo')));
    expect(s.run(s.driver.cellLoad({ id: 1, name: '' }, []))).toBe(0);
    expect(s.machine.power(1)).toBe('off');
  });
});

describe('ioctl numbers', () => {
  it('reach the calls, and others are EINVAL', () => {
    const s = setUp();
    expect(s.run(s.driver.ioctl(IOCTL.JAILHOUSE_ENABLE, encode({ kind: 'system', system: rootConfig() })))).toBe(0);
    expect(s.run(s.driver.ioctl(IOCTL.JAILHOUSE_CELL_CREATE, encode({ kind: 'cell', cell: inmateDemo() })))).toBe(0);
    expect(s.run(s.driver.ioctl(IOCTL.JAILHOUSE_CELL_LOAD, { cell: { id: 1, name: '' }, images: [] }))).toBe(0);
    expect(s.run(s.driver.ioctl(IOCTL.JAILHOUSE_CELL_START, { id: 1, name: '' }))).toBe(0);
    expect(s.run(s.driver.ioctl(IOCTL.JAILHOUSE_CELL_DESTROY, named('inmate-demo')))).toBe(0);
    expect(s.run(s.driver.ioctl(IOCTL.JAILHOUSE_DISABLE))).toBe(0);
    expect(s.run(s.driver.ioctl(0x1234))).toBe(-ERRNO.EINVAL);
  });
});

describe('console device', () => {
  const text = (bytes: Uint8Array | number) => (typeof bytes === 'number' ? bytes : new TextDecoder().decode(bytes));

  it('is EAGAIN before the first enable, then a stream with a position of its own', () => {
    const s = setUp();
    const reader = s.driver.openConsole();
    expect(reader.poll()).toBe(-ERRNO.EAGAIN);
    s.enable();
    expect(text(reader.poll(128))).toMatch(/^\nInitializing Jailhouse hypervisor v0\.12 on CPU 0\n/);
    while ((reader.poll(128) as Uint8Array).length > 0);
    s.create(inmateDemo());
    expect(text(reader.poll())).toMatch(/^Adding virtual PCI device 00:00.0 to cell "inmate-demo"\n/);
    expect(text(s.driver.openConsole().poll(20))).toBe('\nInitializing Jailho');
  });

  it('says how much a slow reader missed', () => {
    const s = setUp({ enable: true });
    const reader = s.driver.openConsole();
    reader.poll(10);
    s.driver.hypervisor!.print('x'.repeat(3000));
    const total = s.driver.hypervisor!.console.ring.tail;
    expect(text(reader.poll())).toBe(`<missed ${total - 2048 - 10} bytes of console log>\n`);
    expect(text(reader.poll())).toBe('x'.repeat(2048));
    expect(text(reader.poll())).toBe('');
  });

  it('blocks in steps of 100 ms of guest time', () => {
    const s = setUp({ enable: true });
    const reader = s.driver.openConsole();
    while ((reader.poll() as Uint8Array).length > 0);
    s.machine.after(250e6, () => s.driver.hypervisor!.print('late\n'));
    expect(
      text(
        finish(
          s.machine,
          reader.read(128, () => false),
        ),
      ),
    ).toBe('late\n');
    expect(s.machine.now).toBe(300e6);
  });

  it('needs the system flag', () => {
    const s = setUp();
    s.enable({ ...rootConfig(), flags: 0 });
    expect(s.driver.openConsole().poll()).toBe(-ERRNO.EPERM);
  });

  it('keeps the log after disable', () => {
    const s = setUp({ enable: true });
    s.run(s.driver.disable());
    expect(text(s.driver.openConsole().poll())).toContain('Shutting down hypervisor\n Releasing CPU 0\n');
  });
});
