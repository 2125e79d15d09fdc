// Whole programs made for QEMU's virt machine print here what they print there: raw images, Linux Images and ELF files,
// with GICv3 and with GICv2.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../../board/index.ts';
import { oracleMissing } from './oracle.ts';
import { buildProgram, printedByQemu, printedHere } from './programs.ts';
import type { Program } from './programs.ts';

const missing = oracleMissing();
const BOARDS = join(import.meta.dirname, '../../../../boards');
const BOARD = { 2: 'qemu-arm64-gicv2', 3: 'qemu-arm64' } as const;
const board = (version: 2 | 3) =>
  parseBoard(BOARD[version], readFileSync(join(BOARDS, BOARD[version], 'board.json'), 'utf8'));

const initrd = new Uint8Array(5000).fill(0x5a);
const PROGRAMS: readonly Program[] = [
  { name: 'entry', format: 'raw', gicVersion: 3, cpus: 2 },
  { name: 'entry', format: 'image', gicVersion: 2, cpus: 2, initrd, append: 'console=ttyAMA0 text="a b"' },
  { name: 'interrupts', format: 'elf', gicVersion: 3, cpus: 1 },
  { name: 'interrupts', format: 'raw', gicVersion: 2, cpus: 1 },
  { name: 'devices', format: 'image', gicVersion: 3, cpus: 1 },
  { name: 'devices', format: 'elf', gicVersion: 2, cpus: 1 },
  { name: 'processors', format: 'raw', gicVersion: 3, cpus: 4 },
  { name: 'processors', format: 'elf', gicVersion: 2, cpus: 4 },
  { name: 'restart', format: 'image', gicVersion: 3, cpus: 1 },
];

/** QEMU's tree tells of room for redistributors of CPUs that are not there; ours of those that are. */
const comparable = (text: string): string => text.replaceAll(/(^intc@.*\n(?:  .*\n)*?)  reg =.*\n/gm, '$1');

describe.skipIf(missing)(`programs against qemu-system-aarch64${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it.each(PROGRAMS)('$name ($format, GICv$gicVersion) prints the same', (program) => {
    const file = buildProgram(program);
    const theirs = printedByQemu(program, file);
    expect(theirs).not.toBe('');
    expect(comparable(printedHere(program, board(program.gicVersion), file))).toBe(comparable(theirs));
  });
});
