// What the bench prints: tables for people. The JSON form is in main.ts.
import type { KernelResult } from './compare.ts';

const cell = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits));

export const KERNEL_HEADING = ['kernel', 'MIPS', 'QEMU MIPS', 'ratio'].map((text) => text.padStart(12)).join('');

/** One line of the kernel table. */
export function kernelLine({ name, mips, qemuMips, ratio }: KernelResult): string {
  return [name, cell(mips, 0), cell(qemuMips, 0), cell(ratio, 2)].map((text) => text.padStart(12)).join('');
}

export const meanLine = (mean: number | null): string => `${'geomean'.padStart(12)}${cell(mean, 2).padStart(36)}`;

/** One measurement against its limit. */
export function limitLine(title: string, value: string, limit: string, within: boolean): string {
  return `${title}: ${value} (${within ? 'within' : 'OVER'} ${limit})`;
}
