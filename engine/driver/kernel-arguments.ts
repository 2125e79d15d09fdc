// Which RAM the modelled Linux uses, after its kernel command line: `mem=` ends it, `memmap=` takes ranges out of it.
// Source: Linux, Documentation/admin-guide/kernel-parameters (mem=, memmap=); ABI reference, E.2 step 8.
import type { BoardDescription, BoardRange } from '../board/index.ts';
import { GiB, KiB, MiB, pa } from '../util/units.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: KiB, M: MiB, G: GiB };

/** `768M`, `0x3a000000`, `64K`: bytes, or undefined if it is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(0x[0-9a-f]+|\d+)([KMG]?)$/i.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!.toUpperCase()]! : undefined;
}

/** RAM that Linux manages: `System RAM` in its /proc/iomem, in address order. */
export function linuxMemory(board: Pick<BoardDescription, 'ram' | 'reserved' | 'kernelArguments'>): BoardRange[] {
  let ranges = [...board.ram].sort((a, b) => a.base - b.base);
  for (const hole of board.reserved) ranges = without(ranges, hole.base, hole.size);
  for (const argument of board.kernelArguments.split(/\s+/)) {
    const [name, value = ''] = splitOnce(argument, '=');
    if (name === 'mem') ranges = firstBytes(ranges, parseSize(value) ?? Infinity);
    if (name === 'memmap') {
      const [size, start] = splitOnce(value, '$').map((part) => parseSize(part ?? ''));
      if (size !== undefined && start !== undefined) ranges = without(ranges, start, size);
    }
  }
  return ranges;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** On Arm `mem=` counts bytes of RAM from its start on. */
function firstBytes(ranges: BoardRange[], limit: number): BoardRange[] {
  let left = limit;
  return ranges.flatMap((range) => {
    const size = Math.min(range.size, left);
    left -= size;
    return size > 0 ? [{ ...range, size }] : [];
  });
}

function without(ranges: BoardRange[], start: number, size: number): BoardRange[] {
  return ranges.flatMap((range) => {
    const end = range.base + range.size;
    const before = Math.min(end, start) - range.base;
    const afterBase = Math.max(range.base, start + size);
    return [
      ...(before > 0 ? [{ ...range, size: before }] : []),
      ...(end > afterBase ? [{ ...range, base: pa(afterBase), size: end - afterBase }] : []),
    ];
  });
}
