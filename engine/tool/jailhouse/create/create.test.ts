// A root configuration out of a synthetic x86 machine, rule by rule; over the modelled machines; and as a command.
import { describe, expect, test } from 'vitest';
import {
  MEM_FLAG,
  PCI_TYPE,
  checkScenario,
  compileSource,
  decode,
  encode,
  iommuUnitsOf,
  referenceCheck,
  type SystemConfig,
} from '../../../config/index.ts';
import { parseBoard, type BoardDescription } from '../../../board/index.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, COLLECTOR_SCRIPT } from '../machine/collect.ts';
import { modelledTree, structure, table } from '../machine/modelled.ts';
import { readTar, writeTar, type TarEntry } from '../machine/tar.ts';
import { treeOf } from '../machine/tree.ts';
import { createConfig } from './generate.ts';

const MiB = 2 ** 20;
const OPTIONS = { console: 'ttyS0', hypervisorSize: BigInt(6 * MiB), inmatesSize: BigInt(76 * MiB) };
const RAM = MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.EXECUTE | MEM_FLAG.DMA;
const DEVICE = MEM_FLAG.READ | MEM_FLAG.WRITE;

const IOMEM = `00000000-00000fff : Reserved
00001000-0009efff : System RAM
0009f000-0009ffff : Reserved
000a0000-000bffff : PCI Bus 0000:00
000c0000-000c95ff : Video ROM
000f0000-000fffff : Reserved
  000f0000-000fffff : System ROM
00100000-39ffffff : System RAM
  01000000-018031d0 : Kernel code
  018031d1-01f5a5ff : Kernel data
  02000000-022fffff : Kernel bss
3a000000-3f1fffff : Reserved
3f200000-7fffffff : System RAM
80000000-dfffffff : PCI Bus 0000:00
  c0000000-c0003fff : 0000:00:02.0
    c0000000-c0003fff : driver
  c0100000-c0103fff : 0000:00:03.0
  d0000000-d00fffff : PCI Bus 0000:01
    d0000000-d0000fff : 0000:01:00.0
e0000000-efffffff : PCI MMCONFIG 0000 [bus 00-ff]
fec00000-fec003ff : IOAPIC 0
fed00000-fed003ff : HPET 0
fed90000-fed90fff : dmar0
fee00000-fee00fff : Local APIC
100000000-17fffffff : System RAM
`;

const IOPORTS = `0000-0cf7 : PCI Bus 0000:00
  0000-001f : dma1
  0040-0043 : timer0
  0060-0060 : keyboard
  0064-0064 : keyboard
  0070-0071 : rtc0
  03c0-03df : vga+
  03f8-03ff : serial
  0608-060b : ACPI PM_TMR
0cf8-0cff : PCI conf1
0d00-ffff : PCI Bus 0000:00
  e000-e03f : 0000:00:02.0
  e040-e05f : not of a device
`;

/** Configuration space with a list of capabilities: [id, offset, control word, further words]. */
function config(
  size: number,
  capabilities: readonly (readonly [number, number, number, ...number[]])[],
  type = 0,
): Uint8Array {
  return structure(size, (v) => {
    v.setUint8(0x0e, type);
    if (capabilities.length > 0) v.setUint16(0x06, 0x10, true);
    v.setUint8(0x34, capabilities[0]?.[1] ?? 0);
    capabilities.forEach(([id, at, controlWord, ...more], n) => {
      v.setUint8(at, id);
      v.setUint8(at + 1, capabilities[n + 1]?.[1] ?? 0);
      v.setUint16(at + 2, controlWord, true);
      more.forEach((word, k) => v.setUint32(at + 4 + 4 * k, word, true));
    });
  });
}

const bridge = (): Uint8Array => {
  const bytes = config(256, [[0x10, 0x40, 0x42]], 1);
  bytes[0x19] = bytes[0x1a] = 1;
  return bytes;
};

const extended = (): Uint8Array => {
  const bytes = config(4096, [[0x01, 0x40, 0x3]]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x100, (0x140 << 20) | 0x1_0001, true);
  view.setUint32(0x140, 0x1_0018, true);
  return bytes;
};

const DMAR = table('DMAR', 12, [
  structure(24, (v) => {
    v.setUint16(2, 24, true);
    v.setBigUint64(8, 0xfed9_0000n, true);
    v.setUint8(4, 1);
    v.setUint8(16, 3);
    v.setUint8(17, 8);
    v.setUint8(20, 2);
    v.setUint8(21, 0xf0);
    v.setUint8(22, 0x1f);
  }),
  structure(24, (v) => {
    v.setUint16(0, 1, true);
    v.setUint16(2, 24, true);
    v.setBigUint64(8, 0x7fe0_0000n, true);
    v.setBigUint64(16, 0x7fef_ffffn, true);
  }),
]);
const MADT = table('APIC', 8, [
  structure(8, (v) => v.setUint8(1, 8)),
  structure(12, (v) => {
    v.setUint8(0, 1);
    v.setUint8(1, 12);
    v.setUint8(2, 2);
    v.setUint32(4, 0xfec0_0000, true);
  }),
]);
const mcfg = (regions: number): Uint8Array =>
  table(
    'MCFG',
    8,
    Array.from({ length: regions }, (_, n) =>
      structure(16, (v) => {
        v.setBigUint64(0, 0xe000_0000n + BigInt(n << 28), true);
        v.setUint8(11, 0xff);
      }),
    ),
  );

const RESOURCES = {
  '0000:00:02.0': '0xc0000000 0xc0003fff 0x00140204\n0x0 0x0 0x0\n0xe000 0xe03f 0x00040101\n',
  '0000:00:03.0': '0xc0100000 0xc0103fff 0x00040200\n',
  '0000:00:1c.0': '',
  '0000:01:00.0': '0xd0000000 0xd0000fff 0x00040200\n',
};

const CPUINFO = 'processor\t: 0\nvendor_id\t: GenuineIntel\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\n\n';

function machine(changes: Readonly<Record<string, string | Uint8Array | undefined>> = {}) {
  const files: Record<string, string | Uint8Array | undefined> = {
    'proc/iomem': IOMEM,
    'proc/ioports': IOPORTS,
    'proc/cpuinfo': CPUINFO,
    'proc/cmdline': 'quiet memmap=82M$0x3a000000\n',
    'sys/devices/system/cpu/cpu0/uevent': '',
    'sys/devices/system/cpu/cpu1/uevent': '',
    'sys/devices/system/cpu/cpuidle/current_driver': '',
    'sys/firmware/acpi/tables/APIC': MADT,
    'sys/firmware/acpi/tables/MCFG': mcfg(1),
    'sys/firmware/acpi/tables/DMAR': DMAR,
    'sys/class/dmi/id/sys_vendor': 'A vendor\n',
    'sys/class/dmi/id/product_name': 'A machine */\n',
    // MSI, 64 bits wide and maskable, two vectors; MSI-X with 16 vectors at BAR 0 + 0x1000.
    'sys/bus/pci/devices/0000:00:02.0/config': config(256, [
      [0x05, 0x50, 0x182],
      [0x11, 0x70, 0x0f, 0x1000, 0x2000],
    ]),
    'sys/bus/pci/devices/0000:00:03.0/config': extended(),
    'sys/bus/pci/devices/0000:00:1c.0/config': bridge(),
    'sys/bus/pci/devices/0000:01:00.0/config': config(256, [[0x10, 0x40, 0x41]]),
    ...Object.fromEntries(
      Object.entries(RESOURCES).map(([name, text]) => [`sys/bus/pci/devices/${name}/resource`, text]),
    ),
    ...changes,
  };
  return treeOf(
    Object.entries(files).flatMap(([path, content]): TarEntry[] =>
      content === undefined
        ? []
        : [{ path, bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content }],
    ),
  );
}

const made = (changes: Parameters<typeof machine>[0] = {}, options = OPTIONS): SystemConfig =>
  createConfig(machine(changes), options).system;
const regions = ({ rootCell }: SystemConfig): string[] =>
  rootCell.memoryRegions.map(
    ({ physStart, size, flags }) =>
      `${physStart.toString(16)}+${size.toString(16)}${flags === RAM ? ' RAM' : flags === DEVICE ? '' : ' ?'}`,
  );

describe('memory', () => {
  test('is RAM around the kernel, devices without what is intercepted, and what the cells get', () => {
    expect(regions(made())).toEqual([
      '0+9f000 RAM',
      'a0000+20000',
      'c0000+20000',
      'f0000+10000',
      '100000+f00000 RAM',
      '1000000+2000000 RAM',
      '3000000+37000000 RAM',
      '3f200000+40e00000 RAM',
      // The MSI-X table is cut out of its device; the pending bits follow it.
      'c0000000+1000',
      'c0003000+1000',
      'c0100000+4000',
      'd0000000+1000',
      'fed00000+1000',
      '100000000+80000000 RAM',
      '3a600000+4c00000 RAM',
    ]);
  });

  test('of the hypervisor is what memmap= keeps free, else a customary place, else the end of RAM', () => {
    const at = (cmdline: string, iomem = IOMEM) =>
      made({ 'proc/cmdline': cmdline, 'proc/iomem': iomem }).hypervisorMemory.physStart;
    expect(at('memmap=82M$0x3a000000')).toBe(0x3a00_0000n);
    expect(at('memmap=0x5200000$0x3a000000 memmap=1M$0x90000000')).toBe(0x3a00_0000n);
    expect(at('', IOMEM.replace('00100000-39ffffff', '00100000-7fffffff').replace(/^3a0.*\n3f2.*\n/m, ''))).toBe(
      0x3a00_0000n,
    );
    expect(at('')).toBe(0x1_8000_0000n - BigInt(82 * MiB));
  });

  test('that is taken without memmap= is no RAM of root any more', () => {
    const plain = IOMEM.replace('00100000-39ffffff', '00100000-7fffffff').replace(/^3a0.*\n3f2.*\n/m, '');
    const system = made({ 'proc/cmdline': '', 'proc/iomem': plain });
    expect(regions(system)).toContain('3000000+37000000 RAM');
    expect(regions(system)).toContain('3f200000+40e00000 RAM');
  });

  test('that does not suffice is refused with the argument to use', () => {
    expect(() => made({ 'proc/cmdline': 'memmap=64M$0x3a000000' })).toThrow('memmap=0x5200000$0x3a000000');
    expect(
      createConfig(machine({ 'proc/cmdline': 'memmap=82M$0x3a000000 memmap=1M$0x90000000' }), OPTIONS).warnings,
    ).toHaveLength(1);
  });
});

test('ports: the customary ones, VGA and those of devices are open; others are listed', () => {
  const { system, source } = createConfig(machine(), OPTIONS);
  expect(system.rootCell.pioRegions.map(({ base }) => base)).toEqual([0x40, 0x60, 0x64, 0x70, 0x3c0, 0x3f8, 0xe000]);
  expect(source).toContain('/* closed: PIO_RANGE(0x0, 0x20) dma1 */');
  expect(system.platform).toMatchObject({ kind: 'x86', pmTimerAddress: 0x608 });
  expect(() => made({ 'proc/ioports': IOPORTS.replace('ACPI PM_TMR', 'other') })).toThrow(
    'Found 0 entries for ACPI PM_TMR (expected 1)',
  );
});

test('PCI: devices and bridges with their masks and capabilities; identical lists are there once', () => {
  const { rootCell, platform } = made();
  const [first, second, third, fourth] = rootCell.pciDevices;
  expect(first).toMatchObject({
    type: PCI_TYPE.DEVICE,
    bdf: 0x10,
    barMask: [0xffff_c000, 0xffff_ffff, 0xffff_ffc0, 0, 0, 0],
    capsStart: 0,
    numCaps: 2,
    numMsiVectors: 2,
    msiBits: 3,
    numMsixVectors: 16,
    msixAddress: 0xc000_1000n,
    msixRegionSize: 0x2000,
  });
  expect(second).toMatchObject({ bdf: 0x18, numCaps: 3, barMask: [0xffff_c000, 0, 0, 0, 0, 0] });
  expect(third).toMatchObject({ type: PCI_TYPE.BRIDGE, bdf: 0xe0 });
  expect(fourth).toMatchObject({ bdf: 0x100, numCaps: 1 });
  expect(rootCell.pciCaps).toEqual([
    { id: 0x05, start: 0x50, len: 24, flags: 1 },
    { id: 0x11, start: 0x70, len: 12, flags: 1 },
    { id: 0x01, start: 0x40, len: 8, flags: 1 },
    { id: 0x8001, start: 0x100, len: 0x40, flags: 0 },
    { id: 0x8018, start: 0x140, len: 8, flags: 0 },
    { id: 0x10, start: 0x40, len: 60, flags: 0 },
    { id: 0x10, start: 0x40, len: 20, flags: 0 },
  ]);
  // 120 and 16, to the next power of two.
  expect(platform).toMatchObject({ vtdInterruptLimit: 256 });
  const twins = { 'sys/bus/pci/devices/0000:00:03.0/config': config(256, [[0x10, 0x40, 0x41]]) };
  expect(made(twins).rootCell.pciDevices.map(({ capsStart }) => capsStart)).toEqual([0, 2, 3, 2]);
});

test('interrupt controllers and IOMMU come from the ACPI tables', () => {
  const system = made();
  expect(system.rootCell.irqchips).toMatchObject([{ address: 0xfec0_0000n, id: 0xf0f8, pinBase: 0 }]);
  expect(iommuUnitsOf(system)).toMatchObject([{ type: 2, base: 0xfed9_0000n, size: 0x1000 }]);
  expect(system).toMatchObject({ pciMmconfigBase: 0xe000_0000n, pciMmconfigEndBus: 255 });
});

test('an AMD machine works with and without IOMMU', () => {
  const amd = CPUINFO.replaceAll('GenuineIntel', 'AuthenticAMD');
  const without = made({ 'proc/cpuinfo': amd, 'sys/firmware/acpi/tables/DMAR': undefined });
  expect(iommuUnitsOf(without)).toEqual([]);
  expect(without.platform).toMatchObject({ vtdInterruptLimit: 0 });
  const ivhd = (type: number) =>
    structure(type === 0x10 ? 32 : 40, (v) => {
      v.setUint8(0, type);
      v.setUint16(2, v.byteLength, true);
      v.setUint16(4, 0x10, true);
      v.setUint16(6, 0x40, true);
      v.setBigUint64(8, 0xfeb8_0000n, true);
      v.setUint32(20, 0x1234, true);
      if (type !== 0x10) return;
      v.setUint8(24, 0x48);
      v.setUint8(28, 2);
      v.setUint16(29, 0xa0, true);
      v.setUint8(31, 1);
    });
  const ivrs = { 'sys/firmware/acpi/tables/IVRS': table('IVRS', 12, [ivhd(0x10), ivhd(0x11)]) };
  const system = made({ 'proc/cpuinfo': amd, ...ivrs });
  const [unit] = iommuUnitsOf(system);
  expect(unit).toMatchObject({ type: 1, base: 0xfeb8_0000n, size: 0x8_0000 });
  expect([...unit!.specific.subarray(0, 8)]).toEqual([0x10, 0, 0x40, 0x50, 0x34, 0x12, 0, 0]);
  expect(system.rootCell.irqchips[0]!.id).toBe(0xa0);
  const lacking = { ...ivrs, 'sys/bus/pci/devices/0000:00:02.0/config': config(256, []) };
  expect(() => made({ 'proc/cpuinfo': amd, ...lacking })).toThrow('AMD IOMMU lacks MSI');
});

test.each<[string, Parameters<typeof machine>[0], string]>([
  ['Jailhouse runs', { 'sys/devices/jailhouse/enabled': '1\n' }, 'Jailhouse is enabled'],
  ['a file is missing', { 'proc/iomem': undefined }, '/proc/iomem is missing'],
  [
    'addresses are hidden',
    { 'proc/iomem': '00000000-00000000 : System RAM\n00000000-00000000 : x\n' },
    'hides its addresses',
  ],
  ['a line is no range', { 'proc/iomem': 'System RAM\n' }, '/proc/iomem, line 1'],
  ['no vendor is named', { 'proc/cpuinfo': 'processor : 0\n' }, 'no x86 vendor'],
  ['VT-d is off', { 'sys/firmware/acpi/tables/DMAR': undefined }, 'no DMAR table'],
  ['a table is cut short', { 'sys/firmware/acpi/tables/DMAR': DMAR.subarray(0, 60) }, 'the DMAR table says'],
  ['the unit has no range', { 'proc/iomem': IOMEM.replace('dmar0', 'other') }, 'DMAR region size cannot be identified'],
  ['the unit is too large', { 'proc/iomem': IOMEM.replace('fed90fff', 'fed9ffff') }, 'Unexpectedly large DMAR region.'],
  ['there are two ECAM windows', { 'sys/firmware/acpi/tables/MCFG': mcfg(2) }, 'Multiple MMCONFIG regions found!'],
  [
    'an MSI-X table has no memory',
    { 'sys/bus/pci/devices/0000:00:02.0/config': config(256, [[0x11, 0x70, 0x0f, 0x1003, 0x2003]]) },
    'Invalid MSI-X BAR found',
  ],
  [
    'nothing serves a device',
    { 'sys/firmware/acpi/tables/DMAR': DMAR.map((byte, at) => (at === 52 ? 0 : byte)) },
    'outside the scope of an IOMMU',
  ],
])('refuses when %s', (_when, changes, message) => {
  expect(() => made(changes)).toThrow(message);
});

test('the source builds to the model, names its regions and shows the argument', () => {
  const { system, source } = createConfig(machine(), OPTIONS);
  const compiled = compileSource(source, { file: 'made.c' });
  expect(compiled).toMatchObject({ warnings: [] });
  expect((compiled as { bytes: Uint8Array }).bytes).toEqual(encode({ kind: 'system', system }));
  expect(source).toContain('memmap=0x5200000$0x3a000000');
  expect(source).toContain('A vendor A machine * /');
  expect(source).toContain('/* 0000:00:03.0 */ {');
  expect(source).toContain('/* RAM of the cells, lent by root */ {');
});

describe('the modelled PC', () => {
  const load = (name: string): BoardDescription =>
    parseBoard(name, readFileSync(join(import.meta.dirname, '../../../../boards', name, 'board.json'), 'utf8'));
  test.each(['qemu-x86', 'imb-a180'])('%s gets a configuration that checks clean', (name) => {
    const board = load(name);
    const { system } = createConfig(modelledTree(board), OPTIONS);
    const bytes = encode({ kind: 'system', system });
    expect(decode(bytes, 'system', 'made.cell')).toMatchObject({ config: { kind: 'system' } });
    expect(referenceCheck({ path: 'made.cell', bytes }, []).exitCode).toBe(0);
    const findings = checkScenario({ system, cells: [], board }).filter(({ severity }) => severity !== 'info');
    expect(findings.map(({ message }) => message)).toEqual([]);
    expect(Number(system.hypervisorMemory.physStart)).toBe(0x3a00_0000);
    expect(system.platform).toMatchObject({ pmTimerAddress: board.x86!.pmTimerPort });
  });

  test('goes through a tar archive unharmed', () => {
    const tree = modelledTree(load('qemu-x86'));
    const again = treeOf(readTar(writeTar(collect(tree))));
    expect(createConfig(again, OPTIONS).source).toBe(createConfig(tree, OPTIONS).source);
  });
});

test('the collector gathers every file that is read', () => {
  for (const path of ['/proc/iomem', '/sys/bus/pci/devices/*/config', '/sys/firmware/acpi/tables/IVRS'])
    expect(COLLECTOR_SCRIPT).toContain(`\t${path}`);
  expect(COLLECTOR_SCRIPT).toContain('echo "Please run as root"');
});
