// Starts a real system on the bare board. A kernel as a boot loader would: image, initial RAM disk and device tree in RAM,
// CPU 0 at the image's entry in EL1 with the device tree's address in X0. Firmware as a reset would: the file in the first
// flash bank, CPU 0 at its first instruction, the device tree at the start of RAM.
// Source: Linux, Documentation/arch/arm64/booting.rst; where it leaves a choice, placement is what QEMU's virt machine
// does, which images made for it may rely on (its documentation, system/arm/virt: "Hardware configuration information").
import { boardDeviceTree, writeDeviceTree } from '../board/index.ts';
import type { BootParameters } from '../board/index.ts';
import { gva, MiB, pa } from '../util/units.ts';
import type { Pa } from '../util/units.ts';
import { ImageRefused, placeKernel } from './kernel-image.ts';
import type { PlacedKernel } from './kernel-image.ts';
import type { BoardMachine } from './machine.ts';

export { ImageRefused } from './kernel-image.ts';

export interface KernelImages {
  /** Linux Image (also compressed), ELF, or a raw binary. */
  kernel: Uint8Array;
  initrd?: Uint8Array;
  /** Kernel command line. */
  append?: string;
}

export interface FirmwareImage {
  /** What the first flash bank holds from its start. */
  firmware: Uint8Array;
}

export type SystemImages = KernelImages | FirmwareImage;

const TREE_ALIGNMENT = 2 * MiB;
/** QEMU's device tree has room to grow, up to this size: what edits it in place relies on that. */
const TREE_ROOM = 1 * MiB;
const PAGE = 4096;
/** The same seed in every run: the kernel's random numbers are part of what a run repeats. */
const RNG_SEED = new Uint8Array(32).map((_, i) => (i * 73 + 41) & 0xff);

const align = (value: number, to: number): number => Math.ceil(value / to) * to;
const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * Loads the images and switches CPU 0 on; the other CPUs wait for PSCI CPU_ON. On a machine that was just made, or reset.
 * @throws ImageRefused naming image, reason and figures
 */
export function startSystem(machine: BoardMachine, images: SystemImages): void {
  const entry = 'firmware' in images ? loadFirmware(machine, images.firmware) : loadKernel(machine, images);
  machine.cpus[0]!.reset({ pc: gva(BigInt(entry.pc)), x: { 0: BigInt(entry.x0) } });
  machine.setPower(0, 'on');
}

interface Entry {
  pc: number;
  x0: number;
}

function loadFirmware(machine: BoardMachine, firmware: Uint8Array): Entry {
  const { board, memory } = machine;
  const bank = board.devices.find(({ type }) => type === 'cfi-flash');
  if (!bank) throw new ImageRefused(`${board.name} has no flash to start firmware from. Use --kernel.`);
  if (firmware.length === 0) throw new ImageRefused('The firmware file is empty.');
  if (firmware.length > bank.size)
    throw new ImageRefused(
      `The firmware has ${firmware.length} bytes; the flash bank at ${hex(bank.base)} holds ${bank.size}.`,
    );
  const ram = firstRam(machine);
  memory.write(bank.base, firmware);
  writeTree(machine, deviceTree(machine, {}), ram.base);
  return { pc: bank.base, x0: 0 };
}

function loadKernel(machine: BoardMachine, { kernel: file, initrd, append }: KernelImages): Entry {
  const ram = firstRam(machine);
  const kernel = placeKernel(file, ram.base);
  writeKernel(machine, kernel);

  // As QEMU: the RAM disk half way up, at most 128 MiB from the start, and the device tree behind it.
  const initrdStart = align(Math.max(ram.base + Math.min(ram.size / 2, 128 * MiB), kernel.end), PAGE);
  const initrdEnd = initrdStart + (initrd?.length ?? 0);
  if (initrd) {
    if (!machine.memory.isRam(pa(initrdStart), initrd.length))
      throw new ImageRefused(
        `The initial RAM disk occupies ${hex(initrdStart)} + ${hex(initrd.length)}, which is not RAM on ` +
          `${machine.board.name} (RAM is ${hex(ram.base)} + ${hex(ram.size)}). Use a smaller one.`,
      );
    machine.memory.write(pa(initrdStart), initrd);
  }
  const lowest = Math.min(...kernel.pieces.map(({ address }) => address));
  // An ELF image finds the tree at the start of RAM, if it leaves room there.
  const treeAt =
    kernel.format === 'elf' && lowest - ram.base >= TREE_ROOM ? ram.base : pa(align(initrdEnd, TREE_ALIGNMENT));
  const tree = deviceTree(machine, {
    ...(append !== undefined && { commandLine: append }),
    ...(initrd && { initrd: { start: initrdStart, end: initrdEnd } }),
  });
  writeTree(machine, tree, treeAt);
  return { pc: kernel.entry, x0: treeAt };
}

function firstRam({ board }: BoardMachine): { base: Pa; size: number } {
  const ram = board.ram[0];
  if (!ram) throw new ImageRefused(`${board.name} has no RAM to load anything into.`);
  return ram;
}

function writeKernel({ board, memory }: BoardMachine, { format, pieces, entry }: PlacedKernel): void {
  const banks = board.ram.map(({ base, size }) => `${hex(base)} + ${hex(size)}`).join(', ');
  for (const { address, bytes, size } of pieces) {
    if (!Number.isSafeInteger(address + size) || !memory.isRam(address, size))
      throw new ImageRefused(
        `The kernel occupies ${hex(address)} + ${hex(size)}, which is not RAM on ${board.name} (RAM is ${banks}). ` +
          'Link it for this board.',
      );
    memory.write(address, bytes);
    // An Image clears what is behind its bytes itself.
    if (format === 'elf') memory.fill(pa(address + bytes.length), size - bytes.length, 0);
  }
  if (!memory.isRam(pa(entry), 4))
    throw new ImageRefused(`The kernel's entry ${hex(entry)} is not RAM on ${board.name} (RAM is ${banks}).`);
}

const deviceTree = ({ board }: BoardMachine, boot: BootParameters): Uint8Array =>
  writeDeviceTree(boardDeviceTree(board, { ...boot, rngSeed: RNG_SEED }), TREE_ROOM);

function writeTree({ board, memory }: BoardMachine, tree: Uint8Array, at: Pa): void {
  if (!memory.isRam(at, tree.length))
    throw new ImageRefused(
      `There is no room for the device tree (${tree.length} bytes) at ${hex(at)} on ${board.name}: ` +
        'kernel and initial RAM disk reach to the end of RAM.',
    );
  memory.write(at, tree);
}
