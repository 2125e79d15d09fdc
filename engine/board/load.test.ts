import { describe, expect, it } from 'vitest';
import { BoardError, boardWindows, listBoards, parseBoard } from './load.ts';

const SMALL = {
  title: 'A small board',
  architecture: 'arm64',
  cpus: [
    { id: 0, affinity: '0x0', model: 'cortex-a53', cluster: 0 },
    { id: 1, affinity: '0x1', model: 'cortex-a53', cluster: 0 },
  ],
  ram: [{ name: 'RAM', base: '0x80000000', size: '0x10000000' }],
  gic: { version: 3, distributor: '0x10000', redistributor: '0x20000', spis: 32, maintenanceIrq: 25 },
  timers: { frequencyHz: 8333333, ppis: { securePhysical: 29, physical: 30, virtual: 27, hypervisor: 26 } },
  uarts: [{ name: 'uart0', type: 'PL011', base: '0x0', size: '0x1000', spi: 1 }],
  devices: [{ name: 'slot', type: 'virtio-mmio', base: '0x1000', size: '0x200', spi: 4, count: 3 }],
  psci: 'smc',
  kernelArguments: 'mem=128M',
  rootConfig: 'small.c',
  cells: ['greeter.c'],
  sources: { cpus: 'a data sheet' },
};

type Json = Record<string, unknown>;
const problems = (changes: Json): string[] => {
  try {
    parseBoard('small', JSON.stringify({ ...SMALL, ...changes }));
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(BoardError);
    return (error as BoardError).message.split('\n');
  }
};

describe('board.json', () => {
  it('becomes numbers, and repeated windows become many', () => {
    const board = parseBoard('small', JSON.stringify(SMALL));
    expect(board.name).toBe('small');
    expect(board.ram).toEqual([{ name: 'RAM', base: 0x8000_0000, size: 0x1000_0000 }]);
    expect(board.reserved).toEqual([]);
    expect(board.devices).toEqual([
      { name: 'slot0', type: 'virtio-mmio', base: 0x1000, size: 0x200, spi: 4 },
      { name: 'slot1', type: 'virtio-mmio', base: 0x1200, size: 0x200, spi: 5 },
      { name: 'slot2', type: 'virtio-mmio', base: 0x1400, size: 0x200, spi: 6 },
    ]);
    expect(boardWindows(board).find((window) => window.name === 'GICR')).toMatchObject({
      base: 0x20000,
      size: 0x40000,
    });
  });

  it('is refused with file, field and reason', () => {
    expect(() => parseBoard('small', '{ "title": ')).toThrow('small/board.json: not JSON:');
    expect(problems({ ram: [{ name: 'RAM', base: '80000000', size: '0x1000' }] })).toEqual([
      'small/board.json: ram[0].base: expected a hex string such as "0x9000000"',
    ]);
    expect(problems({ architecture: 'mips' })[0]).toMatch(/^small\/board.json: architecture: /);
    expect(problems({ cpu: [] })[0]).toContain('Unrecognized key: "cpu"');
    expect(problems({ ram: [{ name: 'RAM', base: '0x1000000000000', size: '0x1000' }] })).toEqual([
      'small/board.json: ram[0].base: does not fit 48 address bits',
    ]);
    expect(problems({ cpus: [], ram: [] })).toHaveLength(2);
  });

  it('is refused when it contradicts itself', () => {
    const cpu = SMALL.cpus[0]!;
    expect(problems({ cpus: [cpu, { ...cpu, affinity: '0x1' }] })).toEqual([
      'small/board.json: cpus[1].id: CPU 0 is given twice',
    ]);
    expect(problems({ cpus: [cpu, { ...cpu, id: 1 }] })).toEqual([
      'small/board.json: cpus[1].affinity: affinity 0x0 is given twice',
    ]);
    expect(problems({ ram: [{ name: 'RAM', base: '0x80000800', size: '0x1000' }] })).toEqual([
      'small/board.json: ram[0]: 0x80000800 + 0x1000 is not a multiple of the 4 KiB page',
    ]);
    expect(problems({ gic: { ...SMALL.gic, redistributor: undefined } })).toEqual([
      'small/board.json: gic.redistributor: GICv3 needs redistributors',
    ]);
    expect(problems({ uarts: [{ ...SMALL.uarts[0], spi: 32 }] })).toEqual([
      'small/board.json: uarts[0].spi: SPI 32 is beyond the 32 that the GIC has',
    ]);
    expect(problems({ uarts: [{ ...SMALL.uarts[0], size: '0x1001' }] })).toEqual([
      'small/board.json: slot0 at 0x1000 overlaps uart0 at 0x0 + 0x1001',
    ]);
    expect(problems({ timers: undefined, gic: undefined })).toEqual([
      'small/board.json: gic: an arm64 board needs an interrupt controller',
      'small/board.json: timers: an arm64 board needs generic timers',
    ]);
  });

  it('of a PC has its own platform, whose windows must not clash either', () => {
    const pc = {
      architecture: 'x86',
      gic: undefined,
      timers: undefined,
      uarts: [{ name: 'uart0', type: '8250', space: 'ports', base: '0x3f8', size: '0x8' }],
      devices: [],
      x86: { ioApics: [{ base: '0xfec00000', pins: 24 }], pmTimerPort: 0x608, hpet: '0xfed00000' },
    };
    expect(problems(pc)).toEqual([]);
    expect(problems({ ...pc, x86: undefined })).toEqual([
      'small/board.json: x86: an x86 board needs IOAPICs and a PM timer',
    ]);
    expect(problems({ ...pc, gic: SMALL.gic })).toContain('small/board.json: gic: an x86 board has no GIC');
    expect(problems({ x86: pc.x86 })).toContain('small/board.json: x86: an arm64 board has no PC platform');
    const iommu = { name: 'dmar0', type: 'VT-d', base: '0xfec00000', size: '0x1000' };
    expect(problems({ ...pc, iommus: [iommu] })).toEqual([
      'small/board.json: IOAPIC 0 at 0xfec00000 overlaps dmar0 at 0xfec00000 + 0x1000',
    ]);
    // Ports are no addresses: one at 0 does not clash with memory there.
    const low = { ram: [{ name: 'RAM', base: '0x0', size: '0x10000000' }] };
    expect(problems({ ...pc, ...low })).toEqual([]);
  });

  it('is listed by folder; broken ones are reported beside the good ones', () => {
    const files: Record<string, string> = { b: JSON.stringify(SMALL), a: JSON.stringify(SMALL), broken: '{}' };
    const { boards, errors } = listBoards({
      folders: () => ['b', 'runtime', 'broken', 'a'],
      read: (folder, file) => (file === 'board.json' ? files[folder] : undefined),
    });
    expect(boards.map((board) => board.name)).toEqual(['a', 'b']);
    expect(errors.map((error) => error.file)).toEqual(['broken/board.json']);
  });
});
