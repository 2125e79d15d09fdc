import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cells,
  findNode,
  property,
  readCells,
  readDeviceTree,
  readStrings,
  string,
  writeDeviceTree,
} from '../../../board/index.ts';
import { MEM_FLAG, type CellConfig } from '../../../config/index.ts';
import { plainCell, region } from '../../../hypervisor/testing/sample-configs.ts';
import { MiB, pa } from '../../../util/units.ts';
import { cellFile, shellSession } from '../../testing.ts';
import { editDeviceTree } from './device-tree.ts';
import { gunzip, GzipError } from './gunzip.ts';
import { placeLinux } from './placement.ts';

const { READ, WRITE, EXECUTE, DMA, LOADABLE } = MEM_FLAG;
const RAM = 0x7000_0000;

const linuxCell = (change: Partial<CellConfig> = {}) =>
  plainCell('linux-demo', [2, 3], 0, {
    memoryRegions: [
      region(0x7f90_0000, 0, 0x10000, READ | WRITE | EXECUTE | LOADABLE),
      region(RAM, RAM, 16 * MiB, READ | WRITE | EXECUTE | DMA | LOADABLE),
    ],
    ...change,
  });

/** An Image of this size with a text_offset. */
function kernelOf(size: number, textOffset: bigint): Uint8Array {
  const kernel = new Uint8Array(size).fill(0xa5);
  new DataView(kernel.buffer).setBigUint64(8, textOffset, true);
  return kernel;
}

const tree = (addressCells = 2, sizeCells = 2) =>
  writeDeviceTree({
    root: {
      name: '',
      properties: [
        { name: '#address-cells', value: cells(addressCells) },
        { name: '#size-cells', value: cells(sizeCells) },
      ],
      children: [{ name: 'chosen', properties: [{ name: 'stdout-path', value: string('/uart') }], children: [] }],
    },
    reservations: [],
    bootCpu: 0,
  });

describe('gunzip', () => {
  it('undoes gzip at every level', () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 3000 }))
        .map(([part, times]) => Uint8Array.from({ length: part.length * times }, (_, i) => part[i % part.length]!)),
    );
    fc.assert(
      fc.property(data, fc.integer({ min: 0, max: 9 }), (bytes, level) => {
        expect(gunzip(gzipSync(bytes, { level }))).toEqual(bytes);
      }),
    );
  });

  it('refuses what is cut or broken, and never hangs', () => {
    const file = gzipSync(kernelOf(5000, 0n));
    fc.assert(
      fc.property(fc.nat({ max: file.length - 9 }), (length) => {
        expect(() => gunzip(file.subarray(0, length))).toThrow(GzipError);
      }),
    );
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = Uint8Array.from(file);
        broken[at]! ^= flip;
        try {
          gunzip(broken);
        } catch (reason) {
          expect(reason).toBeInstanceOf(GzipError);
        }
      }),
    );
  });
});

describe('placement', () => {
  it('puts the tree first, the kernel at the next 2 MiB plus its offset, the initrd behind the unpacking space', () => {
    const files = {
      kernel: kernelOf(3 * MiB + 5, 0x80000n),
      deviceTree: new Uint8Array(5000),
      initrd: new Uint8Array(77),
    };
    const kernelAt = RAM + 2 * MiB + 0x80000;
    const initrdAt = kernelAt + 6 * MiB + 0x1000;
    expect(placeLinux(linuxCell(), 'arm64', files, undefined, true)).toEqual({
      deviceTree: RAM,
      kernel: kernelAt,
      initrd: { start: initrdAt, end: initrdAt + 77 },
      loader: 0,
      parameters: 0x1000,
      parameterText: `kernel=0x${kernelAt.toString(16)} dtb=0x${RAM.toString(16)}`,
    });
  });

  it('arm has no offset, page alignment, and four kernels of space', () => {
    const files = { kernel: new Uint8Array(0x5000), deviceTree: new Uint8Array(10), initrd: new Uint8Array(1) };
    expect(placeLinux(linuxCell(), 'arm', files, undefined, true)).toMatchObject({
      kernel: RAM + 0x2000,
      initrd: { start: RAM + 0x2000 + 5 * 0x5000 },
    });
  });

  it('needs one region that holds everything; the reference forgets the initrd', () => {
    const files = { kernel: kernelOf(1 * MiB, 0n), deviceTree: new Uint8Array(10), initrd: new Uint8Array(13 * MiB) };
    expect(placeLinux(linuxCell(), 'arm64', files, undefined, true)).toHaveProperty('needed');
    expect(placeLinux(linuxCell(), 'arm64', files, undefined, false)).toHaveProperty('kernel');
    expect(
      placeLinux(linuxCell({ memoryRegions: [] }), 'arm64', { ...files, initrd: undefined }, undefined, true),
    ).toHaveProperty('needed');
  });
});

describe('device tree', () => {
  it('gets memory, command line and initrd in the root’s cell sizes', () => {
    for (const [addressCells, sizeCells, reg, start] of [
      [2, 2, [0, RAM, 0, 16 * MiB], [0, 0x7100_0000]],
      [1, 1, [RAM, 16 * MiB], [0x7100_0000]],
    ] as const) {
      const ram = [
        { start: 0, size: 0x10000 },
        { start: RAM, size: 16 * MiB },
      ];
      const initrd = { start: 0x7100_0000, end: 0x7110_0000 };
      const { root } = readDeviceTree(
        editDeviceTree(tree(addressCells, sizeCells), { ram, commandLine: 'console=ttyAMA0', initrd }),
      );
      const memory = findNode(root, '/memory')!;
      expect(readStrings(property(memory, 'device_type')!)).toEqual(['memory']);
      expect(readCells(property(memory, 'reg')!)).toEqual(reg);
      const chosen = findNode(root, '/chosen')!;
      expect(readStrings(property(chosen, 'bootargs')!)).toEqual(['console=ttyAMA0']);
      expect(readStrings(property(chosen, 'stdout-path')!)).toEqual(['/uart']);
      expect(readCells(property(chosen, 'linux,initrd-start')!)).toEqual(start);
    }
  });
});

describe('the command', () => {
  const kernel = kernelOf(100_000, 0n);
  const files = {
    'linux.cell': cellFile(linuxCell()),
    'Image.gz': Uint8Array.from(gzipSync(kernel)),
    'board.dtb': tree(),
    'initrd.gz': new Uint8Array(1000).fill(0x77),
    'inmates/linux-loader.bin': new Uint8Array(16).fill(0x4c),
  };

  it('creates, loads image by image, and starts', () => {
    const s = shellSession(files);
    const line = 'jailhouse cell linux -d board.dtb -i initrd.gz -c "console=ttyAMA0 quiet" linux.cell Image.gz';
    expect(s.run(`jailhouse enable root.cell\n${line}`)).toEqual({ ok: true });
    expect(s.machine.power(2)).toBe('on');
    const read = (address: number, size: number) => s.machine.memory.read(pa(address), size);
    expect(read(RAM + 2 * MiB, kernel.length)).toEqual(kernel);
    expect(read(0x7f90_0000, 4)).toEqual(Uint8Array.of(0x4c, 0x4c, 0x4c, 0x4c));
    expect(new TextDecoder().decode(read(0x7f90_1000, 33))).toBe('kernel=0x70200000 dtb=0x70000000\0');
    expect(
      readDeviceTree(read(RAM, 0x3000))
        .root.children.map(({ name }) => name)
        .sort(),
    ).toEqual(['chosen', 'memory']);
    expect(s.run(line)).toEqual({ ok: true });
  });

  it.each([
    ['', 2, /^usage: .*\n.*error: the following arguments are required: CELLCONFIG, KERNEL\n$/],
    ['-d', 2, /expected one argument/],
    ['-x a b', 2, /unrecognized arguments: -x/],
    ['-k many linux.cell Image.gz', 2, /invalid int value: 'many'/],
    ['linux.cell Image.gz', 1, /^No device tree specified\n$/],
    ['-a x86 -d board.dtb linux.cell Image.gz', 1, /^Unsupported architecture\n$/],
    ['-a riscv -d board.dtb linux.cell Image.gz', 1, /^Unknown architecture\n$/],
    ['-d board.dtb linux.cell nowhere', 1, /^opening nowhere: No such file or directory\n$/],
    ['-d Image.gz linux.cell Image.gz', 1, /./],
    ['-d board.dtb -k 1000 -i initrd.gz linux.cell Image.gz', 1, /^No space found to load all images\n$/],
    ['-d board.dtb root.cell Image.gz', 1, /cell configuration/],
    ['-w out.dtb -d board.dtb linux.cell Image.gz', 1, /cannot be written/],
    ['-h', 0, /^usage: jailhouse cell linux/],
  ])('jailhouse cell linux %s', (args, status, text) => {
    const s = shellSession(files);
    expect(s.say(`jailhouse cell linux ${args}`)).toMatch(text);
    expect(s.shell.lastStatus).toBe(status);
  });

  it('says JAILHOUSE_CELL_CREATE when that fails', () => {
    const s = shellSession(files);
    expect(s.say('jailhouse cell linux --dtb=board.dtb linux.cell Image.gz')).toBe(
      'JAILHOUSE_CELL_CREATE: Invalid argument\n',
    );
  });
});
