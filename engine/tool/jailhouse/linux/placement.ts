// Where `cell linux` puts kernel, device tree and initrd in a cell's RAM. Source: ABI reference, F.6 (Arm), K.14.
import { isLinuxRam, type CellConfig } from '../../../config/index.ts';
import { MiB, PAGE_SIZE } from '../../../util/units.ts';

export type LinuxArchitecture = 'arm' | 'arm64';

interface Rules {
  /** Where the kernel wants to be from the next multiple of `alignment` on. */
  offset(kernel: Uint8Array): number;
  readonly alignment: number;
  /** Decompression space in kernel sizes, when there is an initrd. */
  readonly factor: number;
}

/** Offset of text_offset in an arm64 Image header (Linux, Documentation/arch/arm64/booting). */
const TEXT_OFFSET = 8;

const RULES: Readonly<Record<LinuxArchitecture, Rules>> = {
  arm64: {
    offset: (kernel) =>
      kernel.length < 16 ? 0 : Number(new DataView(kernel.buffer, kernel.byteOffset).getBigUint64(TEXT_OFFSET, true)),
    alignment: 2 * MiB,
    factor: 1,
  },
  arm: { offset: () => 0, alignment: PAGE_SIZE, factor: 4 },
};

/** Room behind the device tree for what is added to it. */
const TREE_ROOM = 0x1000;
const SPARE = 0x2000;
/** A device tree is not put to address 0. */
const FIRST_TREE_ADDRESS = 0x2000;

export interface Placement {
  /** Guest-physical addresses. */
  readonly deviceTree: number;
  readonly kernel: number;
  readonly initrd: { start: number; end: number } | undefined;
  readonly loader: number;
  readonly parameters: number;
  /** What the loader reads. */
  readonly parameterText: string;
}

export interface LinuxFiles {
  /** Unpacked. */
  readonly kernel: Uint8Array;
  readonly deviceTree: Uint8Array;
  readonly initrd: Uint8Array | undefined;
}

const pageAlign = (size: number): number => Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
const alignUp = (value: number, to: number): number => Math.ceil(value / to) * to;

/** RAM of the cell as Linux may use it. */
export const linuxRam = (cell: CellConfig): { start: number; size: number }[] =>
  cell.memoryRegions
    .filter(isLinuxRam)
    .map(({ virtStart, size }) => ({ start: Number(virtStart), size: Number(size) }));

/**
 * The first RAM region that is large enough takes everything.
 * @param countInitrd false: as the reference, which forgets the initrd's own size (K.14)
 * @returns how many bytes were needed, if there is no such region
 */
export function placeLinux(
  cell: CellConfig,
  architecture: LinuxArchitecture,
  { kernel, deviceTree, initrd }: LinuxFiles,
  factor: number | undefined,
  countInitrd: boolean,
): Placement | { needed: number } {
  const rules = RULES[architecture];
  const offset = rules.offset(kernel);
  const treeSize = pageAlign(deviceTree.length) + TREE_ROOM;
  const unpacking = initrd ? (factor ?? rules.factor) * kernel.length : 0;
  const needed =
    offset +
    pageAlign(kernel.length) +
    rules.alignment +
    unpacking +
    treeSize +
    SPARE +
    (initrd && countInitrd ? pageAlign(initrd.length) : 0);
  const region = linuxRam(cell).find(({ size }) => size >= needed);
  if (!region) return { needed };
  const treeAt = region.start === 0 ? FIRST_TREE_ADDRESS : region.start;
  const kernelAt = alignUp(treeAt + treeSize, rules.alignment) + offset;
  const initrdAt = kernelAt + pageAlign(kernel.length + unpacking);
  const loader = Number(cell.cpuResetAddress);
  const hex = (value: number) => `0x${value.toString(16)}`;
  return {
    deviceTree: treeAt,
    kernel: kernelAt,
    initrd: initrd && { start: initrdAt, end: initrdAt + initrd.length },
    loader,
    parameters: loader + PAGE_SIZE,
    parameterText: `kernel=${hex(kernelAt)} dtb=${hex(treeAt)}`,
  };
}
