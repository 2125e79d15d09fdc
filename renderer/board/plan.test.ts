import { describe, expect, it } from 'vitest';
import { cpuSetOf, MEM_FLAG, PCI_TYPE } from '../../engine/config/index.ts';
import type { CellConfig, MemoryRegion, SystemConfig } from '../../engine/config/index.ts';
import { planAxis, planColumns, visibleParts } from './columns.ts';
import { regionName } from './names.ts';
import { interruptsOf, pinsOf, samePin, windowsOf } from './pins.ts';

const { READ, WRITE, EXECUTE, DMA, IO, ROOTSHARED, COMM_REGION } = MEM_FLAG;
const region = (physStart: bigint, size: bigint, flags: bigint, virtStart = physStart): MemoryRegion => ({
  physStart,
  virtStart,
  size,
  flags,
});

const cell = (name: string, memoryRegions: MemoryRegion[], rest: Partial<CellConfig> = {}): CellConfig => ({
  signature: 'JHCLL',
  architecture: 2,
  revision: 14,
  name,
  id: 0,
  flags: 0,
  cpuSet: cpuSetOf([1]),
  memoryRegions,
  cacheRegions: [],
  irqchips: [],
  pioRegions: [],
  pciDevices: [],
  pciCaps: [],
  streamIds: [],
  vpciIrqBase: 0,
  cpuResetAddress: 0n,
  msgReplyTimeout: 0n,
  console: { address: 0n, size: 0, type: 0, flags: 0, divider: 0, gateNr: 0, clockReg: 0n },
  ...rest,
});

const ivshmem = (rest: Partial<CellConfig['pciDevices'][number]>): CellConfig['pciDevices'][number] => ({
  type: PCI_TYPE.IVSHMEM,
  iommu: 0,
  domain: 1,
  bdf: 0,
  barMask: [0, 0, 0, 0, 0, 0],
  capsStart: 0,
  numCaps: 0,
  numMsiVectors: 0,
  msiBits: 0,
  numMsixVectors: 0,
  msixRegionSize: 0,
  msixAddress: 0n,
  shmemRegionsStart: 0,
  shmemDevId: 1,
  shmemPeers: 2,
  shmemProtocol: 0,
  ...rest,
});

const root = cell('board', [
  region(0x40000000n, 0x3fa10000n, READ | WRITE | EXECUTE | DMA),
  region(0x9000000n, 0x1000n, READ | WRITE | IO),
]);
const inmate = cell('inmate', [
  region(0x9000000n, 0x1000n, READ | WRITE | IO | ROOTSHARED),
  region(0x7fa00000n, 0x10000n, READ | WRITE | EXECUTE, 0n),
  region(0n, 0x1000n, READ | WRITE | COMM_REGION, 0x80000000n),
]);
const system = {
  hypervisorMemory: region(0x7fc00000n, 0x400000n, 0n),
  pciMmconfigBase: 0x8e00000n,
  pciMmconfigEndBus: 0,
  rootCell: root,
} as SystemConfig;
const columns = planColumns(
  system,
  [
    { key: 'root.c', root: true, cell: root },
    { key: 'inmate.c', root: false, cell: inmate },
  ],
  undefined,
);

describe('the floor plan', () => {
  it('has a column for board, hypervisor, root and each cell', () => {
    expect(columns.map((column) => [column.kind, column.title])).toEqual([
      ['board', 'Board'],
      ['hypervisor', 'Hypervisor'],
      ['root', 'root'],
      ['cell', 'inmate'],
    ]);
  });

  it('shows in the root, on top of its own region, what a cell takes and nothing that is shared', () => {
    const ghosts = columns[2]!.blocks.filter((block) => block.kind === 'ghost');
    expect(ghosts).toMatchObject([
      { start: 0x7fa00000n, end: 0x7fa10000n, label: 'lost to inmate', takenBy: 'inmate.c', depth: 1 },
    ]);
  });

  it('leaves the comm region, which has no physical place, off the axis', () => {
    expect(columns[3]!.blocks.map((block) => block.index)).toEqual([0, 1]);
  });

  it('gives the axis room for every block', () => {
    const axis = planAxis(columns);
    for (const block of columns.flatMap((column) => column.blocks))
      expect(axis.y(block.end) - axis.y(block.start)).toBeGreaterThan(15);
  });

  it('cuts a bank of RAM where it is folded', () => {
    const axis = planAxis([
      { ...columns[3]!, blocks: [...columns[3]!.blocks, { ...columns[2]!.blocks[0]!, kind: 'ram', end: 0x80000000n }] },
    ]);
    const parts = visibleParts(axis, { start: 0x40000000n, end: 0x80000000n });
    expect(parts).toHaveLength(1);
    expect(parts[0]!.y).toBeCloseTo(axis.y(0x7fa00000n));
  });
});

describe('names of regions', () => {
  const named = (config: CellConfig): string[] =>
    config.memoryRegions.map((_, index) =>
      regionName(config, index, [{ name: 'uart0', kind: 'device', start: 0x9000000n, size: 0x1000n, spis: [1] }]),
    );

  it('say what a region opens and where it appears', () => {
    expect(named(inmate)).toEqual(['uart0 · shared', 'RAM → 0x0', 'comm region']);
  });

  it('say which section of a virtual PCI device a region is', () => {
    const sections = Array.from({ length: 5 }, () => region(0n, 0n, 0n));
    expect(named(cell('x', sections, { pciDevices: [ivshmem({ bdf: 8 })] }))).toEqual([
      'ivshmem 01.0 state',
      'ivshmem 01.0 shared',
      'ivshmem 01.0 input 0',
      'ivshmem 01.0 output',
      'empty',
    ]);
  });
});

describe('pins', () => {
  const chip = (pinBase: number, ...pinBitmap: number[]) => ({
    address: 0x8000000n,
    id: 0,
    pinBase,
    pinBitmap: [...pinBitmap, 0, 0, 0, 0].slice(0, 4),
  });
  const wired = cell('x', [], {
    irqchips: [chip(32, 0b10, 0, 0, 0xf000)],
    vpciIrqBase: 108,
    pciDevices: [ivshmem({})],
  });

  it('count interrupts as the board does', () => {
    expect(interruptsOf(wired, false)).toEqual([1, 108, 109, 110, 111]);
    expect(interruptsOf(cell('x86', [], { irqchips: [chip(0, 0x80000001)] }), true)).toEqual([0, 31]);
  });

  it('join neighbours and set the virtual host’s lines apart', () => {
    expect(pinsOf(wired, false).map((pin) => [pin.kind, pin.label])).toEqual([
      ['interrupt', 'SPI 1'],
      ['virtual', '108–111 vpci'],
      ['pci', '00:00.0 ivshmem'],
    ]);
  });

  it('lead to devices and to the other end', () => {
    const [line, , pci] = pinsOf(wired, false);
    const uart = { name: 'uart0', kind: 'device' as const, start: 0n, size: 1n, spis: [1] };
    expect(windowsOf(line!, [uart, { ...uart, spis: [2] }])).toEqual([uart]);
    expect(samePin(pci!, pinsOf(cell('y', [], { pciDevices: [ivshmem({ shmemDevId: 0 })] }), false)[0]!)).toBe(true);
    expect(samePin(line!, pci!)).toBe(false);
  });
});
