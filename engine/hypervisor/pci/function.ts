// A PCI function as a cell's ECAM window sees it: either emulated (ivshmem) or moderated access to a physical one.
// Source: ABI reference, D.1.
import type { PciDevice } from '../../config/index.ts';

export interface PciFunction {
  readonly config: PciDevice;
  /** Little-endian value of the accessed bytes. */
  read(register: number, size: 1 | 2 | 4): number;
  /** False: refused, which is fatal for the CPU. */
  write(register: number, size: 1 | 2 | 4, value: number): boolean;
  /** As at the cell's start and when the function changes hands. */
  reset(): void;
}

/** Bits of the dword that an access of `size` bytes at `register` touches. */
export function byteMask(register: number, size: 1 | 2 | 4): number {
  const ones = size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
  return (ones << (8 * (register & 3))) >>> 0;
}

/** The value shifted to where its bytes lie in the dword. */
export const intoDword = (register: number, value: number): number => (value << (8 * (register & 3))) >>> 0;

/** The accessed bytes of a dword, shifted down. */
export function fromDword(register: number, size: 1 | 2 | 4, dword: number): number {
  const ones = size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
  return ((dword >>> (8 * (register & 3))) & ones) >>> 0;
}

/** `old` with the touched bits of `value`. */
export const merged = (old: number, value: number, mask: number): number => ((old & ~mask) | (value & mask)) >>> 0;

export const allOnes = (size: 1 | 2 | 4 | 8): number => (size >= 4 ? 0xffffffff : 2 ** (8 * size) - 1);
