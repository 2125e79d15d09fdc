// Starts a real system on the bare board as a boot loader would: image, initial RAM disk and device tree in RAM, CPU 0 at
// the image's entry in EL1 with the device tree's address in X0.
// Source: Linux, Documentation/arch/arm64/booting.rst (Image header, placement); System V ABI, chapter 4 and 5 (ELF).
// Where the document leaves a choice, placement is what QEMU's virt machine does, which images made for it may rely on.
import { boardDeviceTree, writeDeviceTree } from '../board/index.ts';
import { gva, MiB, pa } from '../util/units.ts';
import type { Pa } from '../util/units.ts';
import type { BoardMachine } from './machine.ts';

export interface SystemImages {
  /** Linux Image, ELF, or a raw binary. */
  kernel: Uint8Array;
  initrd?: Uint8Array;
  /** Kernel command line. */
  append?: string;
}

/** An image that this loader cannot start, with the reason. */
export class ImageRefused extends Error {}

interface Piece {
  address: Pa;
  bytes: Uint8Array;
  /** Bytes that the image occupies, zeroed data included. */
  size: number;
}

interface LoadedKernel {
  pieces: Piece[];
  entry: number;
  end: number;
}

/** Where a raw image goes, from the start of RAM. */
const RAW_OFFSET = 0x80000;
const IMAGE_ALIGNMENT = 2 * MiB;
const IMAGE = { MAGIC_OFFSET: 56, MAGIC: 0x644d5241, TEXT_OFFSET: 8, SIZE: 16, HEADER: 64 } as const;
const ELF = { MAGIC: 0x464c457f, CLASS64: 2, LITTLE_ENDIAN: 1, AARCH64: 183, LOAD: 1 } as const;
/** The same seed in every run: the kernel's random numbers are part of what a run repeats. */
const RNG_SEED = new Uint8Array(32).map((_, i) => (i * 73 + 41) & 0xff);

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/**
 * Loads the images and switches CPU 0 on; the other CPUs wait for PSCI CPU_ON.
 * @throws ImageRefused naming image, reason and figures
 */
export function startSystem(machine: BoardMachine, images: SystemImages): void {
  const ram = machine.board.ram[0];
  if (!ram) throw new ImageRefused(`${machine.board.name} has no RAM to load a kernel into.`);
  const kernel = placeKernel(images.kernel, ram.base);
  for (const { address, bytes, size } of kernel.pieces) {
    if (!machine.memory.isRam(address, Math.max(size, 1)))
      throw new ImageRefused(
        `The kernel occupies 0x${address.toString(16)} + 0x${size.toString(16)}, which is not RAM on ${machine.board.name} ` +
          `(RAM is 0x${ram.base.toString(16)} + 0x${ram.size.toString(16)}). Link it for this board.`,
      );
    machine.memory.write(address, bytes);
  }

  // As QEMU: the RAM disk half way up, at most 128 MiB from the start, and the device tree behind it.
  const initrdStart = align(Math.max(ram.base + Math.min(ram.size / 2, 128 * MiB), kernel.end), 4096);
  const initrdEnd = initrdStart + (images.initrd?.length ?? 0);
  const treeAt = pa(align(initrdEnd, IMAGE_ALIGNMENT));
  const tree = writeDeviceTree(
    boardDeviceTree(machine.board, {
      ...(images.append !== undefined && { commandLine: images.append }),
      ...(images.initrd && { initrd: { start: initrdStart, end: initrdEnd } }),
      rngSeed: RNG_SEED,
    }),
  );
  if (!machine.memory.isRam(pa(initrdStart), treeAt + tree.length - initrdStart))
    throw new ImageRefused(
      `Kernel, RAM disk (${images.initrd?.length ?? 0} bytes) and device tree do not fit the ${ram.size / MiB} MiB of RAM.`,
    );
  if (images.initrd) machine.memory.write(pa(initrdStart), images.initrd);
  machine.memory.write(treeAt, tree);
  machine.cpus[0]!.reset({ pc: gva(BigInt(kernel.entry)), x: { 0: BigInt(treeAt) } });
  machine.setPower(0, 'on');
}

function placeKernel(image: Uint8Array, ram: Pa): LoadedKernel {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (image.length === 0) throw new ImageRefused('The kernel file is empty.');
  if (image.length >= 4 && view.getUint32(0, true) === ELF.MAGIC) return placeElf(image, view);
  if (image[0] === 0x1f && image[1] === 0x8b)
    throw new ImageRefused('The kernel is compressed with gzip. Unpack it first: gzip -dc FILE > Image.');
  if (image.length >= IMAGE.HEADER && view.getUint32(IMAGE.MAGIC_OFFSET, true) === IMAGE.MAGIC) {
    // Kernels before 3.17 give no size and mean 0x80000 (booting.rst).
    const declared = Number(view.getBigUint64(IMAGE.SIZE, true));
    const offset = declared === 0 ? RAW_OFFSET : Number(view.getBigUint64(IMAGE.TEXT_OFFSET, true));
    // The boot loader itself would need the first page.
    const address = ram + (offset < 4096 ? offset + IMAGE_ALIGNMENT : offset);
    return placed(image, address, Math.max(declared, image.length));
  }
  return placed(image, ram + RAW_OFFSET, image.length);
}

const placed = (bytes: Uint8Array, address: number, size: number): LoadedKernel => ({
  pieces: [{ address: pa(address), bytes, size }],
  entry: address,
  end: address + size,
});

function placeElf(image: Uint8Array, view: DataView): LoadedKernel {
  const refuse = (reason: string): never => {
    throw new ImageRefused(`The kernel is an ELF file that cannot be started: ${reason}.`);
  };
  if (image.length < 64) refuse('it ends inside its header');
  if (image[4] !== ELF.CLASS64 || image[5] !== ELF.LITTLE_ENDIAN || view.getUint16(18, true) !== ELF.AARCH64)
    refuse('it is not for little-endian AArch64');
  const table = Number(view.getBigUint64(32, true));
  const entrySize = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (table + count * entrySize > image.length || entrySize < 56) refuse('its program headers lie outside the file');
  const pieces: Piece[] = [];
  for (let n = 0; n < count; n++) {
    const at = table + n * entrySize;
    if (view.getUint32(at, true) !== ELF.LOAD) continue;
    const [offset, fileSize, size] = [8, 32, 40].map((field) => Number(view.getBigUint64(at + field, true))) as [
      number,
      number,
      number,
    ];
    if (offset + fileSize > image.length) refuse('a segment lies outside the file');
    const bytes = new Uint8Array(size);
    bytes.set(image.subarray(offset, offset + Math.min(fileSize, size)));
    pieces.push({ address: pa(Number(view.getBigUint64(at + 24, true))), bytes, size });
  }
  if (pieces.length === 0) refuse('it has no segment to load');
  return {
    pieces,
    entry: Number(view.getBigUint64(24, true)),
    end: Math.max(...pieces.map(({ address, size }) => address + size)),
  };
}
