// The interrupt lines of a cell as numbers instead of bitmaps. On Arm a line is an SPI; the GIC id in the bitmap is 32 more, and each
// entry holds 128 ids from its pin_base on (ABI reference, A.6). On x86 a line is a pin of the IOAPIC.
import type { CellConfig, Irqchip } from '../../engine/config/index.ts';
import type { BoardWindow } from './names.ts';
import { interruptsOf } from './pins.ts';

export const FIRST_SPI = 32;
/** The GIC has no shared interrupts from here on (GIC architecture, 2.2.1: ids 1020 to 1023 are special). */
const LAST_SPI = 1019 - FIRST_SPI;
const LINES_PER_ENTRY = 128;

/** One entry's lines, by number. */
const setBit = (words: number[], bit: number): void => {
  words[bit >> 5] = ((words[bit >> 5] ?? 0) | (1 << (bit & 31))) >>> 0;
};

/**
 * Entries that give exactly these lines. Entries that are there keep their place; those that lose their last line go, and for lines
 * that no entry reaches new ones are appended, at this address of the interrupt controller.
 */
export function irqchipsWith(
  irqchips: readonly Irqchip[],
  lines: readonly number[],
  x86: boolean,
  address: bigint,
): Irqchip[] {
  const shift = x86 ? 0 : FIRST_SPI;
  const next = irqchips.map((chip) => ({ ...chip, pinBitmap: chip.pinBitmap.map(() => 0) }));
  for (const line of [...lines].sort((a, b) => a - b)) {
    const id = line + shift;
    let chip = next.find(({ pinBase }) => id >= pinBase && id < pinBase + LINES_PER_ENTRY);
    if (!chip) {
      const pinBase = shift + Math.floor(line / LINES_PER_ENTRY) * LINES_PER_ENTRY;
      next.push((chip = { address: irqchips[0]?.address ?? address, id: 0, pinBase, pinBitmap: [0, 0, 0, 0] }));
    }
    setBit(chip.pinBitmap, id - chip.pinBase);
  }
  const isEmpty = ({ pinBitmap }: Irqchip): boolean => pinBitmap.every((word) => word === 0);
  return next.filter((chip, i) => !isEmpty(chip) || (i < irqchips.length && isEmpty(irqchips[i]!)));
}

/** A run of lines with the same story. */
export interface LineRange {
  first: number;
  last: number;
  /** Devices of the board whose interrupt is in it. */
  devices: readonly string[];
  /** Titles of other cells that have all of it. */
  others: readonly string[];
}

export function lineRanges(
  lines: readonly number[],
  windows: readonly BoardWindow[],
  others: readonly { title: string; lines: ReadonlySet<number> }[],
): LineRange[] {
  const ranges: { first: number; last: number; key: string; others: string[] }[] = [];
  for (const line of lines) {
    const who = others.filter((other) => other.lines.has(line)).map(({ title }) => title);
    const key = who.join('\0');
    const open = ranges.at(-1);
    if (open?.last === line - 1 && open.key === key) open.last = line;
    else ranges.push({ first: line, last: line, key, others: who });
  }
  return ranges.map(({ first, last, others: who }) => ({
    first,
    last,
    others: who,
    devices: windows.filter(({ spis }) => spis.some((spi) => spi >= first && spi <= last)).map(({ name }) => name),
  }));
}

/** Every line of the board but these. */
export function allBut(left: readonly number[], count: number): number[] {
  const out = new Set(left);
  return Array.from({ length: Math.min(count, LAST_SPI + 1) }, (_, line) => line).filter((line) => !out.has(line));
}

/** Lines that cells other than the root and this one have: what "everything but" leaves out by itself. */
export const linesOfOthers = (
  cells: readonly { key: string; root: boolean; cell: CellConfig }[],
  key: string,
  x86: boolean,
): number[] =>
  [
    ...new Set(
      cells.filter((entry) => !entry.root && entry.key !== key).flatMap(({ cell }) => interruptsOf(cell, x86)),
    ),
  ].sort((a, b) => a - b);
