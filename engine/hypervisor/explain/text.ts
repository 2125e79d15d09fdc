// How addresses, sizes and lists read in sentences for people.
import { cpuList } from '../../config/index.ts';

/** `0x0900_1000`: groups of four digits, at least two groups. */
export function addressText(address: number | bigint): string {
  const hex = address.toString(16);
  const digits = hex.padStart(Math.max(8, Math.ceil(hex.length / 4) * 4), '0');
  return `0x${digits.replace(/(?=(?:.{4})+$)(?!^)/g, '_')}`;
}

/** `0x7fa0_0000–0x7fa0_ffff`. */
export const rangeText = (start: number, size: number): string =>
  `${addressText(start)}–${addressText(start + Math.max(size, 1) - 1)}`;

/** `1`, `1 and 3`, `1, 2 and 3`. */
export function listText(items: readonly (string | number)[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** `CPU 1`, `CPUs 0-3,5`. */
export const cpusText = (cpus: readonly number[]): string => `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpuList(cpus)}`;
