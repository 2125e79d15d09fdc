// Which RAM the root's Linux uses, by its kernel command line, and which arguments keep memory from it. Kernel documentation:
// admin-guide/kernel-parameters (mem=, memmap=); ABI reference, E.2 step 8, J.1.
import type { BoardDescription } from '../board/description.ts';
import type { Range } from './region.ts';

const UNITS: Record<string, bigint> = { '': 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n };

/** A number with a unit as the kernel reads it (memparse): decimal, 0x…, K, M, G, T. Null when it is none. */
export function memparse(text: string): bigint | null {
  const match = /^(0[xX][0-9a-fA-F]+|[0-9]+)([KMGT]?)$/i.exec(text);
  return match ? BigInt(match[1]!) * UNITS[match[2]!.toUpperCase()]! : null;
}

/** What remains of ranges without another one. */
export function subtract(ranges: readonly Range[], hole: Range): Range[] {
  const holeEnd = hole.start + hole.size;
  return ranges.flatMap(({ start, size }) => {
    const end = start + size;
    if (hole.size === 0n || holeEnd <= start || hole.start >= end) return [{ start, size }];
    const parts: Range[] = [];
    if (hole.start > start) parts.push({ start, size: hole.start - start });
    if (holeEnd < end) parts.push({ start: holeEnd, size: end - holeEnd });
    return parts;
  });
}

const isX86 = (board: BoardDescription): boolean => board.architecture === 'x86';

/** RAM that Linux takes on this board with this command line, in ascending order. */
export function linuxMemory(board: BoardDescription, commandLine: string): Range[] {
  let memory = board.ram
    .map(({ base, size }): Range => ({ start: BigInt(base), size: BigInt(size) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  for (const { base, size } of board.reserved) memory = subtract(memory, { start: BigInt(base), size: BigInt(size) });
  for (const argument of commandLine.split(/\s+/)) {
    const [name, value = ''] = argument.split(/=(.*)/s);
    if (name === 'mem') {
      const limit = memparse(value);
      if (limit !== null)
        memory = isX86(board) ? subtract(memory, { start: limit, size: 1n << 60n }) : firstBytes(memory, limit);
    } else if (name === 'memmap') {
      // size$start reserves, size!start makes it persistent memory; both keep it from the allocator.
      for (const part of value.split(',')) {
        const [size, start] = part.split(/[$!#]/).map(memparse);
        if (typeof size === 'bigint' && typeof start === 'bigint') memory = subtract(memory, { start, size });
      }
    }
  }
  return memory;
}

/** Arm: `mem=` limits the amount of memory, counted from the lowest bank; x86: the highest address. */
function firstBytes(memory: readonly Range[], limit: bigint): Range[] {
  const kept: Range[] = [];
  let left = limit;
  for (const { start, size } of memory) {
    if (left <= 0n) break;
    kept.push({ start, size: size < left ? size : left });
    left -= size;
  }
  return kept;
}

const text = (bytes: bigint): string => {
  for (const [letter, unit] of Object.entries(UNITS).reverse())
    if (letter !== '' && letter !== 'T' && bytes % unit === 0n && bytes !== 0n) return `${bytes / unit}${letter}`;
  return `0x${bytes.toString(16)}`;
};

/**
 * Kernel arguments that keep ranges of RAM from Linux. x86: one memmap= for each stretch. Arm has no memmap=: one mem= that ends
 * in front of the lowest range, so the rest must be in the device tree's reserved-memory where that is too much.
 */
export function reservationArguments(board: BoardDescription, needed: readonly Range[]): string[] {
  const ram = board.ram.map(({ base, size }): Range => ({ start: BigInt(base), size: BigInt(size) }));
  const inRam = merged(
    needed.filter((range) => ram.some((bank) => range.start >= bank.start && range.start < bank.start + bank.size)),
  );
  if (inRam.length === 0) return [];
  if (isX86(board)) return inRam.map(({ start, size }) => `memmap=${text(size)}$0x${start.toString(16)}`);
  const lowest = inRam[0]!.start;
  let below = 0n;
  for (const { start, size } of ram) {
    if (start >= lowest) continue;
    below += start + size <= lowest ? size : lowest - start;
  }
  return [`mem=${text(below - (below % (1n << 20n)))}`];
}

/** Ranges in ascending order, joined where they touch. */
export function merged(ranges: readonly Range[]): Range[] {
  const sorted = ranges
    .filter(({ size }) => size > 0n)
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const result: Range[] = [];
  for (const { start, size } of sorted) {
    const last = result[result.length - 1];
    if (last && start <= last.start + last.size) {
      const end = start + size;
      if (end > last.start + last.size) last.size = end - last.start;
    } else result.push({ start, size });
  }
  return result;
}
