import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNode, parseBoard, property, readCells, readDeviceTree } from '../board/index.ts';
import { guestNs, MiB, pa } from '../util/units.ts';
import { ImageRefused, startSystem } from './boot-loader.ts';
import type { SystemImages } from './boot-loader.ts';
import { placeKernel } from './kernel-image.ts';
import { BoardMachine } from './machine.ts';

const BOARDS = join(import.meta.dirname, '../../boards');
const board = parseBoard('qemu-arm64', readFileSync(join(BOARDS, 'qemu-arm64/board.json'), 'utf8'));
const RAM = 0x4000_0000;
/** A board of 64 MiB and one CPU is enough, and quick to make. */
const small = { ...board, cpus: board.cpus.slice(0, 1), ram: [{ name: 'RAM', base: pa(RAM), size: 64 * MiB }] };

const HVC = [0x02, 0x00, 0x00, 0xd4];
const LOOP = [0x00, 0x00, 0x00, 0x14];

interface Segment {
  virtual?: number;
  physical: number;
  bytes: number[];
  size?: number;
}

/** An ELF file for AArch64 with these segments. */
function elf(segments: readonly Segment[], entry = segments[0]?.physical ?? 0): Uint8Array {
  const data = 64 + segments.length * 56;
  const bytes = new Uint8Array(data + segments.reduce((sum, segment) => sum + segment.bytes.length, 0));
  const view = new DataView(bytes.buffer);
  const quad = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 183, true);
  quad(24, entry);
  quad(32, 64);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  let next = data;
  segments.forEach(({ virtual, physical, bytes: content, size }, n) => {
    const at = 64 + n * 56;
    view.setUint32(at, 1, true);
    quad(at + 8, next);
    quad(at + 16, virtual ?? physical);
    quad(at + 24, physical);
    quad(at + 32, content.length);
    quad(at + 40, size ?? content.length);
    bytes.set(content, next);
    next += content.length;
  });
  return bytes;
}

/** A Linux Image: header and a loop. */
function image(textOffset: number, size: number, length = 128): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(LOOP);
  view.setBigUint64(8, BigInt(textOffset), true);
  view.setBigUint64(16, BigInt(size), true);
  view.setUint32(56, 0x644d5241, true);
  return bytes;
}

const start = (images: SystemImages): BoardMachine => {
  const machine = new BoardMachine(small);
  startSystem(machine, images);
  return machine;
};
const state = (machine: BoardMachine) => ({ pc: Number(machine.cpus[0]!.pc), x0: Number(machine.cpus[0]!.x(0)) });
const treeAt = (machine: BoardMachine, at: number) => readDeviceTree(machine.memory.read(pa(at), MiB)).root;

describe('a kernel goes where QEMU puts it', () => {
  test('raw: 512 KiB into RAM, the tree half way up', () => {
    expect(state(start({ kernel: Uint8Array.from(LOOP) }))).toEqual({ pc: RAM + 0x80000, x0: RAM + 32 * MiB });
  });

  test('Image: where its header says, never on the first page', () => {
    expect(state(start({ kernel: image(0, 4096) })).pc).toBe(RAM + 2 * MiB);
    expect(state(start({ kernel: image(0x80000, 4096) })).pc).toBe(RAM + 0x80000);
    expect(state(start({ kernel: image(0x1234_0000, 0) })).pc).toBe(RAM + 0x80000);
  });

  test('compressed: gzip and EFI zboot are unpacked', () => {
    const plain = image(0, 4096);
    expect(state(start({ kernel: gzipSync(plain) })).pc).toBe(RAM + 2 * MiB);
    const payload = zstdCompressSync(plain);
    const zboot = new Uint8Array(64 + payload.length);
    zboot.set(Buffer.from('MZ\0\0zimg'));
    new DataView(zboot.buffer).setUint32(8, 64, true);
    new DataView(zboot.buffer).setUint32(12, payload.length, true);
    zboot.set(Buffer.from('zstd'), 24);
    zboot.set(payload, 64);
    expect(state(start({ kernel: zboot })).pc).toBe(RAM + 2 * MiB);
  });

  test('ELF: its segments, what is behind them zero, the entry by its segment, the tree at the start of RAM', () => {
    const text = { virtual: 0x0800_0000, physical: RAM + 4 * MiB, bytes: LOOP, size: 64 };
    const machine = start({ kernel: elf([text], 0x0800_0000) });
    expect(state(machine)).toEqual({ pc: RAM + 4 * MiB, x0: RAM });
    expect(findNode(treeAt(machine, RAM), '/psci')).toBeDefined();
    // No room there: behind the image, as for the others.
    expect(state(start({ kernel: elf([{ physical: RAM + 0x1000, bytes: LOOP }]) })).x0).toBe(RAM + 32 * MiB);
  });

  test('with RAM disk and command line in the tree, which has room to grow', () => {
    const initrd = new Uint8Array(12345).fill(7);
    const machine = start({ kernel: image(0, 4096), initrd, append: 'console=ttyAMA0' });
    expect(state(machine).x0).toBe(RAM + 34 * MiB);
    const chosen = findNode(treeAt(machine, RAM + 34 * MiB), '/chosen')!;
    expect(readCells(property(chosen, 'linux,initrd-start')!)).toEqual([RAM + 32 * MiB]);
    expect(readCells(property(chosen, 'linux,initrd-end')!)).toEqual([RAM + 32 * MiB + 12345]);
    expect(machine.memory.read(pa(RAM + 32 * MiB), 12345)).toEqual(initrd);
    expect(new DataView(machine.memory.read(pa(RAM + 34 * MiB), 8).buffer).getUint32(4)).toBe(MiB);
  });
});

test('firmware runs from flash, with the tree at the start of RAM', () => {
  const machine = start({ firmware: Uint8Array.from([...HVC, ...LOOP]) });
  expect(state(machine)).toEqual({ pc: 0, x0: 0 });
  expect(findNode(treeAt(machine, RAM), '/psci')).toBeDefined();
  machine.run(guestNs(1000));
  // PSCI_VERSION is not function 0: NOT_SUPPORTED.
  expect([machine.cpus[0]!.x(0), machine.cpus[0]!.pc]).toEqual([0xffff_ffff_ffff_ffffn, 4n]);
});

describe('what can not be started is refused with a reason', () => {
  const machine = new BoardMachine(small);
  test.each<[string, SystemImages, RegExp]>([
    ['an empty kernel', { kernel: new Uint8Array(0) }, /empty/],
    ['a kernel larger than RAM', { kernel: image(0, 80 * MiB) }, /occupies 0x40200000 \+ 0x5000000, which is not RAM/],
    ['a kernel far away', { kernel: image(2 ** 52, 4096) }, /which is not RAM on qemu-arm64/],
    [
      'a RAM disk that does not fit',
      { kernel: image(0, 4096), initrd: new Uint8Array(40 * MiB) },
      /initial RAM disk occupies 0x42000000 \+ 0x2800000, which is not RAM/,
    ],
    [
      'a RAM disk that leaves no room for the tree',
      { kernel: image(0, 4096), initrd: new Uint8Array(31.5 * MiB) },
      /no room for the device tree/,
    ],
    ['an ELF for another board', { kernel: elf([{ physical: 0x8000_0000, bytes: LOOP }]) }, /0x80000000 \+ 0x4/],
    ['an ELF without segments', { kernel: elf([]) }, /no segment to load/],
    ['an ELF whose entry is nowhere', { kernel: elf([{ physical: RAM, bytes: LOOP }], 8) }, /entry 0x8 is not RAM/],
    ['half an ELF', { kernel: elf([{ physical: RAM, bytes: LOOP }]).subarray(0, 100) }, /program headers lie outside/],
    [
      'an ELF without its data',
      { kernel: elf([{ physical: RAM, bytes: LOOP }]).subarray(0, 122) },
      /segment 0 lies out/,
    ],
    ['an ELF header', { kernel: elf([]).subarray(0, 40) }, /ends inside its header/],
    ['half a gzip file', { kernel: gzipSync(image(0, 4096)).subarray(0, 30) }, /does not unpack/],
    ['empty firmware', { firmware: new Uint8Array(0) }, /empty/],
    ['firmware larger than the flash', { firmware: new Uint8Array(64 * MiB + 1) }, /flash bank at 0x0 holds 67108864/],
  ])('%s', (_, images, reason) => {
    const refused = (() => {
      try {
        startSystem(machine, images);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(refused).toBeInstanceOf(ImageRefused);
    expect((refused as Error).message).toMatch(reason);
  });

  test('an ELF for another architecture', () => {
    const other = elf([{ physical: RAM, bytes: LOOP }]);
    for (const [at, value] of [
      [4, 1],
      [5, 2],
      [18, 62],
    ] as const) {
      const broken = other.slice();
      broken[at] = value;
      expect(() => placeKernel(broken, pa(RAM))).toThrow(/not for little-endian AArch64/);
    }
  });

  test('an archive bomb', () => {
    // Members one behind the other unpack to more than a kernel ever has.
    const member = gzipSync(Buffer.alloc(64 * MiB), { level: 1 });
    expect(() => placeKernel(Buffer.concat(Array<Buffer>(9).fill(member)), pa(RAM))).toThrow(/does not unpack/);
  });

  it('whatever is in the file', () => {
    const good = [
      elf([
        { physical: RAM + 4 * MiB, bytes: [...LOOP, 1, 2, 3] },
        { physical: RAM + 5 * MiB, bytes: [5], size: 100 },
      ]),
      image(0, 4096),
      gzipSync(image(0, 4096)),
    ];
    const mutated = fc
      .tuple(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(255), fc.nat(255)), { maxLength: 6 }), fc.nat(400))
      .map(([file, changes, cut]) => {
        const copy = file.slice(0, file.length - (cut > 300 ? cut - 300 : 0));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (kernel) => {
        try {
          startSystem(machine, { kernel });
        } catch (error) {
          expect(error).toBeInstanceOf(ImageRefused);
          expect((error as Error).message).not.toMatch(/undefined|NaN|\[object/);
        }
      }),
      { numRuns: 400 },
    );
  });
});
