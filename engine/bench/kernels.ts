// The bench's kernels: bare-metal images that run unchanged on QEMU's virt machine and on our bare board.
// What an image does and prints is in kernels/harness/harness.h.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const KERNEL_DIRECTORY = join(import.meta.dirname, 'kernels');

/** By what they use: the general registers only, or floating point, vectors and cryptographic instructions. */
export const KERNEL_GROUPS = {
  integer: ['lists', 'sort', 'chase', 'sha256', 'recursion', 'bytecode'],
  fp: ['matrices', 'fourier', 'vectors', 'aes'],
} as const;
export type KernelGroup = keyof typeof KERNEL_GROUPS;
export const KERNELS = [...KERNEL_GROUPS.integer, ...KERNEL_GROUPS.fp] as const;
export type KernelName = (typeof KERNELS)[number];

export const groupOf = (name: KernelName): KernelGroup =>
  (KERNEL_GROUPS.integer as readonly string[]).includes(name) ? 'integer' : 'fp';

/** Where a raw binary without a Linux header goes in the RAM of QEMU's virt machine; it is entered at its first byte. */
export const LOAD_ADDRESS = 0x40080000;

/** struct kernel_header in the image: two 64-bit words, of which the upper halves are zero. */
const HEADER = { rounds: 8, mmu: 16 } as const;

export const kernelImagePath = (name: KernelName): string => join(KERNEL_DIRECTORY, `${name}.bin`);

export interface Kernel {
  name: KernelName;
  rounds: number;
  /** Runs with the MMU on. */
  mmu: boolean;
  image: Buffer;
}

/** Reads a committed kernel; `share` of its rounds (0..1], at least one, are patched into the image. */
export function loadKernel(name: KernelName, share = 1): Kernel {
  const image = readFileSync(kernelImagePath(name));
  const rounds = Math.max(1, Math.round(image.readUInt32LE(HEADER.rounds) * share));
  image.writeUInt32LE(rounds, HEADER.rounds);
  return { name, rounds, mmu: image.readUInt32LE(HEADER.mmu) !== 0, image };
}

const RESULT_LINE = /end ([0-9a-f]{16}) (ok|WRONG)\r?\n/;

/** Says where the measured part of a kernel starts and ends, fed with what it prints. */
export class KernelOutput {
  #text = '';
  #complete = false;

  /** Appends what was printed; returns what it completes. */
  append(text: string): { begin: boolean; end: boolean } {
    const before = this.#text;
    this.#text += text;
    this.#complete = RESULT_LINE.test(this.#text);
    const reaches = (marker: RegExp): boolean => !marker.test(before) && marker.test(this.#text);
    return { begin: reaches(/begin\r?\n/), end: reaches(/end /) };
  }

  /** True when the kernel has printed its last line. */
  get complete(): boolean {
    return this.#complete;
  }

  /** The checksum of a kernel that ended well; undefined while it runs. Throws if the kernel found itself wrong. */
  get checksum(): string | undefined {
    const match = RESULT_LINE.exec(this.#text);
    if (!match) return undefined;
    if (match[2] !== 'ok') throw new Error(`the kernel computed ${match[1]}, which is wrong`);
    return match[1];
  }

  get text(): string {
    return this.#text;
  }
}
