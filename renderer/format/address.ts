// How addresses and sizes read and how they are typed: hex addresses in groups of four digits, sizes in binary units.
// The groups are for the eye only: what is copied has none.
import { sizeText as exactSizeText } from '../../engine/config/index.ts';

/** `0x7fa00000`: at least eight digits, as the map and the table show addresses. */
export const hex = (value: bigint | number, digits = 8): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** The digits of an address in groups of four from the right: `['7fa0', '0000']`. The first group may be shorter. */
export function addressGroups(value: bigint): string[] {
  const digits = value.toString(16).padStart(8, '0');
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 4) groups.unshift(digits.slice(Math.max(0, end - 4), end));
  return groups;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** A size for reading: exact in a unit where that is short (`64 KiB`, `1 GiB`), else with two decimals (`1018.06 MiB`). */
export function sizeText(bytes: bigint | number): string {
  let value = BigInt(bytes);
  if (value < 0n) return `-${sizeText(-value)}`;
  let unit = 0;
  while (value >= 1024n && unit < UNITS.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    unit++;
  }
  if (value < 10240n) return `${value} ${UNITS[unit]}`;
  let scaled = Number(value);
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${Number(scaled.toFixed(2))} ${UNITS[unit]}`;
}

/** A size that loses nothing: in the largest unit that divides it (`1042496 KiB`); the form in which sizes are edited. */
export const exactSize = exactSizeText;

const FACTOR: Record<string, bigint> = { '': 1n, k: 1n << 10n, m: 1n << 20n, g: 1n << 30n, t: 1n << 40n };

/**
 * Reads what a person types for an address, a size or a number: `0x7fa0_0000`, `4096`, `64 KiB`, `128M`.
 * Undefined when it is none of these or does not fit 64 bits.
 */
export function parseQuantity(text: string): bigint | undefined {
  const match = /^\s*(0x[0-9a-f_]+|[0-9_]+)\s*(?:([kmgt])(?:i?b)?|b)?\s*$/i.exec(text);
  if (!match) return undefined;
  const digits = match[1]!.replaceAll('_', '');
  if (digits === '' || digits.toLowerCase() === '0x') return undefined;
  const value = BigInt(digits) * FACTOR[(match[2] ?? '').toLowerCase()]!;
  return value < 1n << 64n ? value : undefined;
}

/** Reads CPU numbers as sysfs writes them (`0,4-15`; cpuList of engine/config writes them); undefined when a part is not a number or a rising range. */
export function parseRanges(text: string): number[] | undefined {
  if (text.trim() === '') return [];
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(part);
    if (!match) return undefined;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first) return undefined;
    for (let n = first; n <= last; n++) numbers.add(n);
  }
  return [...numbers].sort((a, b) => a - b);
}
