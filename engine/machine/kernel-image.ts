// Kernel files: what a file holds (Linux Image, compressed Image, ELF, raw), and where its pieces go in RAM.
// Sources: Linux, Documentation/arch/arm64/booting.rst (Image header); drivers/firmware/efi/libstub's zboot header as
// Documentation/admin-guide/efi-stub.rst names it; System V ABI, chapters 4 and 5 (ELF).
// Where a document leaves a choice, placement is what QEMU's virt machine does, which images made for it may rely on.
import { MiB, pa } from '../util/units.ts';
import type { Pa } from '../util/units.ts';

/** An image that can not be started here, with the reason. */
export class ImageRefused extends Error {}

export interface ImagePiece {
  address: Pa;
  bytes: Uint8Array;
  /** Bytes that the piece occupies: those behind `bytes` are zero. */
  size: number;
}

export interface PlacedKernel {
  format: 'image' | 'elf' | 'raw';
  pieces: ImagePiece[];
  entry: number;
  /** First address behind the kernel. */
  end: number;
}

/** Where a raw image goes, from the start of RAM. */
const RAW_OFFSET = 0x80000;
const IMAGE_ALIGNMENT = 2 * MiB;
/** The boot loader's own first page: an Image that wants to be there goes one alignment further up. */
const LOADER_SIZE = 0x1000;
const IMAGE = { MAGIC_OFFSET: 56, MAGIC: 0x644d5241, TEXT_OFFSET: 8, SIZE: 16, HEADER: 64 } as const;
const ELF = {
  MAGIC: 0x464c457f,
  HEADER: 64,
  CLASS: 4,
  CLASS64: 2,
  DATA: 5,
  LITTLE_ENDIAN: 1,
  MACHINE: 18,
  AARCH64: 183,
  ENTRY: 24,
  TABLE: 32,
  ENTRY_SIZE: 54,
  COUNT: 56,
} as const;
const SEGMENT = { SIZE: 56, LOAD: 1, OFFSET: 8, VIRTUAL: 16, PHYSICAL: 24, FILE_SIZE: 32, MEMORY_SIZE: 40 } as const;
/** EFI zboot: "MZ", "zimg", then where the payload is and by what it was compressed. */
const ZBOOT = { MAGIC: 0x676d697a, MAGIC_OFFSET: 4, PAYLOAD: 8, SIZE: 12, METHOD: 24, METHOD_SIZE: 32 } as const;
const GZIP_MAGIC = 0x8b1f;
/** No kernel is larger than that: a small file must not unpack to all of the host's memory. */
const UNPACKED_LIMIT = 512 * MiB;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Loaded where something is compressed: it takes longer than the rest of a kernel's way into RAM. */
const zlib = () => process.getBuiltinModule('node:zlib');
const UNPACKERS: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: (bytes, options) => zlib().gunzipSync(bytes, options),
  zstd: (bytes, options) => zlib().zstdDecompressSync(bytes, options),
};

function unpack(method: string, bytes: Uint8Array): Uint8Array {
  const unpacker = UNPACKERS[method];
  if (!unpacker)
    throw new ImageRefused(`The kernel is compressed with "${method}", which is not read here. Unpack it first.`);
  try {
    return unpacker(bytes, { maxOutputLength: UNPACKED_LIMIT });
  } catch (error) {
    throw new ImageRefused(
      `The kernel is compressed with ${method} and does not unpack: ${(error as Error).message}. Is the file whole?`,
    );
  }
}

/**
 * The kernel inside a file that distributions ship: gzip and EFI zboot (gzip, zstd) are unpacked, all else is as it is.
 * @throws ImageRefused
 */
export function unpackKernel(file: Uint8Array): Uint8Array {
  const view = viewOf(file);
  if (file.length >= 2 && view.getUint16(0, true) === GZIP_MAGIC) return unpack('gzip', file);
  if (file.length < ZBOOT.METHOD + ZBOOT.METHOD_SIZE || view.getUint32(ZBOOT.MAGIC_OFFSET, true) !== ZBOOT.MAGIC)
    return file;
  const start = view.getUint32(ZBOOT.PAYLOAD, true);
  const end = start + view.getUint32(ZBOOT.SIZE, true);
  if (end > file.length) throw new ImageRefused('The kernel is an EFI zboot file that ends before its payload does.');
  const method = Buffer.from(file.subarray(ZBOOT.METHOD, ZBOOT.METHOD + ZBOOT.METHOD_SIZE)).toString('latin1');
  return unpack(method.replace(/\0.*$/s, ''), file.subarray(start, end));
}

/**
 * Where a kernel goes and where it starts.
 * @param ram start of the board's RAM
 * @throws ImageRefused
 */
export function placeKernel(file: Uint8Array, ram: Pa): PlacedKernel {
  if (file.length === 0) throw new ImageRefused('The kernel file is empty.');
  const image = unpackKernel(file);
  const view = viewOf(image);
  if (image.length >= 4 && view.getUint32(0, true) === ELF.MAGIC) return placeElf(image, view);
  if (image.length >= IMAGE.HEADER && view.getUint32(IMAGE.MAGIC_OFFSET, true) === IMAGE.MAGIC) {
    // Kernels before 3.17 give no size and mean 0x80000 (booting.rst).
    const declared = Number(view.getBigUint64(IMAGE.SIZE, true));
    const offset = declared === 0 ? RAW_OFFSET : Number(view.getBigUint64(IMAGE.TEXT_OFFSET, true));
    const address = ram + (offset < LOADER_SIZE ? offset + IMAGE_ALIGNMENT : offset);
    return placed('image', image, address, Math.max(declared, image.length));
  }
  return placed('raw', image, ram + RAW_OFFSET, image.length);
}

const placed = (format: 'image' | 'raw', bytes: Uint8Array, address: number, size: number): PlacedKernel => ({
  format,
  pieces: [{ address: pa(address), bytes, size }],
  entry: address,
  end: address + size,
});

function placeElf(image: Uint8Array, view: DataView): PlacedKernel {
  const refuse = (reason: string): never => {
    throw new ImageRefused(`The kernel is an ELF file that cannot be started: ${reason}.`);
  };
  const word = (at: number): number => Number(view.getBigUint64(at, true));
  if (image.length < ELF.HEADER) refuse('it ends inside its header');
  if (
    image[ELF.CLASS] !== ELF.CLASS64 ||
    image[ELF.DATA] !== ELF.LITTLE_ENDIAN ||
    view.getUint16(ELF.MACHINE, true) !== ELF.AARCH64
  )
    refuse('it is not for little-endian AArch64');
  const table = word(ELF.TABLE);
  const entrySize = view.getUint16(ELF.ENTRY_SIZE, true);
  const count = view.getUint16(ELF.COUNT, true);
  if (table + count * entrySize > image.length || (count > 0 && entrySize < SEGMENT.SIZE))
    refuse('its program headers lie outside the file');
  const pieces: ImagePiece[] = [];
  let entry = word(ELF.ENTRY);
  for (let n = 0; n < count; n++) {
    const at = table + n * entrySize;
    if (view.getUint32(at, true) !== SEGMENT.LOAD) continue;
    const [offset, fileSize, size] = [SEGMENT.OFFSET, SEGMENT.FILE_SIZE, SEGMENT.MEMORY_SIZE].map((field) =>
      word(at + field),
    ) as [number, number, number];
    if (size === 0) continue;
    if (offset + fileSize > image.length) refuse(`segment ${n} lies outside the file`);
    if (fileSize > size) refuse(`segment ${n} has ${hex(fileSize)} bytes in the file for ${hex(size)} of memory`);
    const address = pa(word(at + SEGMENT.PHYSICAL));
    pieces.push({ address, bytes: image.subarray(offset, offset + fileSize), size });
    // The header's entry is a virtual address: translated by the segment that holds it, for the MMU is off.
    const inside = view.getBigUint64(ELF.ENTRY, true) - view.getBigUint64(at + SEGMENT.VIRTUAL, true);
    if (inside >= 0n && inside < BigInt(fileSize)) entry = address + Number(inside);
  }
  if (pieces.length === 0) refuse('it has no segment to load');
  return { format: 'elf', pieces, entry, end: Math.max(...pieces.map(({ address, size }) => address + size)) };
}
