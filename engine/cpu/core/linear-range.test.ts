// The linear range and the store map, as translated code would use them.
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../port.ts';
import type { Assembler } from '../testing/assembler.ts';
import { encode, NOP } from '../testing/assembler.ts';
import type { PlainBoard } from '../testing/board.ts';
import { IMAGE_BASE, RAM_BASE } from '../testing/board.ts';
import { boardWith, run } from '../testing/program.ts';
import { gva, MiB } from '../../util/units.ts';
import { CODE_LAYOUT, LINEAR_RANGE, STATE, STORE_MAP } from './layout.ts';

interface Range {
  first: bigint;
  bytes: number;
  /** Distance of the host address from RAM's. */
  host: number;
}

/** The linear range of the current level's data TLB, if there is one. */
function rangeOf({ cluster, ram }: PlainBoard): Range | undefined {
  const { view } = cluster;
  const at = view.getUint32(CODE_LAYOUT.window + STATE.dataTlb, true) + LINEAR_RANGE.OFFSET;
  const starts = BigInt.asUintN(64, ~view.getBigUint64(at + LINEAR_RANGE.NOT_BYTES, true));
  if (starts === 0n) return undefined;
  return {
    first: BigInt.asUintN(64, -view.getBigUint64(at + LINEAR_RANGE.MINUS_FIRST, true)),
    bytes: Number(starts) + LINEAR_RANGE.MARGIN - 1,
    host: view.getUint32(at + LINEAR_RANGE.HOST, true) - ram,
  };
}

const storesTo = (board: PlainBoard, address: number): number =>
  board.cluster.view.getUint8(CODE_LAYOUT.storeMap + ((board.ram + address - RAM_BASE) >>> 12));

/** Loads from the address in X0 and stores to the one in X1, again and again. */
const touching = (a: Assembler): void => {
  a.emit('LDR Xt (unsigned offset)', { Rt: 2, Rn: 0, imm12: 0 });
  a.str(2, 1);
  a.word(NOP);
};

function touch(cpu: Cpu, load: number | bigint, store = load): void {
  cpu.setX(0, BigInt(load));
  cpu.setX(1, BigInt(store));
  cpu.pc = gva(BigInt(IMAGE_BASE));
  run(cpu, 3);
}

const TABLES = RAM_BASE + 0x8000;
const NORMAL = 0x701n;
const DEVICE = 0x705n;
const READ_ONLY = 1n << 7n;

/** With 2 MiB blocks of `entries` from the RAM's start on; T0SZ = 25. */
function mapped(entries: readonly bigint[]): PlainBoard {
  const board = boardWith(touching, { 0x200: (a) => a.word(NOP) });
  const words = (address: number): BigUint64Array =>
    new BigUint64Array(board.memory.buffer, board.ram + address - RAM_BASE, 512);
  words(TABLES)[1] = BigInt(TABLES + 0x1000) | 3n;
  words(TABLES + 0x1000).set(entries);
  const { cpu } = board;
  cpu.setSystemRegister('MAIR_EL1', 0x00ffn);
  cpu.setSystemRegister('TCR_EL1', 25n | (2n << 32n));
  cpu.setSystemRegister('TTBR0_EL1', BigInt(TABLES));
  cpu.setSystemRegister('SCTLR_EL1', cpu.systemRegister('SCTLR_EL1') | 1n);
  return board;
}

const block = (number: number, attributes = NORMAL): bigint => BigInt(RAM_BASE + number * 2 * MiB) | attributes;

describe('the linear range', () => {
  it('is all of the RAM with the MMU off', () => {
    const board = boardWith(touching);
    expect(rangeOf(board)).toBeUndefined();
    touch(board.cpu, RAM_BASE + 0x3000);
    expect(rangeOf(board)).toEqual({ first: BigInt(RAM_BASE), bytes: board.ramSize, host: 0 });
  });

  it('grows by blocks that follow each other in both address spaces, and only by what may be read and written', () => {
    const board = mapped([0, 1, 2, 3, 3, 5].map((number) => block(number, number === 2 ? NORMAL | READ_ONLY : NORMAL)));
    const { cpu } = board;
    const at = (number: number): number => RAM_BASE + number * 2 * MiB + 0x10_0000;
    touch(cpu, at(1));
    expect(rangeOf(board)).toEqual({ first: BigInt(RAM_BASE + 2 * MiB), bytes: 2 * MiB, host: 2 * MiB });
    touch(cpu, at(0));
    expect(rangeOf(board)).toEqual({ first: BigInt(RAM_BASE), bytes: 4 * MiB, host: 0 });
    // Read only; behind a hole; and one that lies elsewhere.
    for (const number of [2, 3, 4, 5]) {
      touch(cpu, at(number), at(0));
      expect(rangeOf(board)).toEqual({ first: BigInt(RAM_BASE), bytes: 4 * MiB, host: 0 });
    }
  });

  it('has no Device memory', () => {
    const board = mapped([block(0, DEVICE), block(1)]);
    touch(board.cpu, RAM_BASE + 0x10_0000);
    expect(rangeOf(board)).toBeUndefined();
  });

  it.each([
    ['everything is invalidated', { op1: 0, CRn: 8, CRm: 7, op2: 0, Rt: 31 }],
    ['one of its pages is invalidated', { op1: 0, CRn: 8, CRm: 7, op2: 1, Rt: 3 }],
  ])('goes when %s', (_, fields) => {
    const board = mapped([block(0), block(1)]);
    const { cpu } = board;
    board.bytes(IMAGE_BASE + 8, 4).set(new Uint8Array(Uint32Array.of(encode('SYS', fields)).buffer));
    cpu.setX(3, BigInt(RAM_BASE + 0x10_1000) >> 12n);
    cpu.setX(0, BigInt(RAM_BASE + 0x10_0000));
    cpu.setX(1, BigInt(RAM_BASE + 0x10_0000));
    run(cpu, 2);
    expect(rangeOf(board)).toBeDefined();
    run(cpu, 1);
    expect(rangeOf(board)).toBeUndefined();
  });
});

describe('the store map', () => {
  const DATA = RAM_BASE + 0x8000;

  it('opens pages that were stored to, and closes them when they hold code', () => {
    const board = boardWith(touching);
    const { cpu } = board;
    touch(cpu, DATA);
    expect(storesTo(board, DATA) & STORE_MAP.PAGE).toBe(STORE_MAP.PAGE);
    expect(storesTo(board, DATA) & STORE_MAP.NEXT_PAGE).toBe(0);
    expect(storesTo(board, DATA - 0x1000)).toBe(STORE_MAP.NEXT_PAGE);
    touch(cpu, DATA + 0x1000);
    expect(storesTo(board, DATA)).toBe(STORE_MAP.BOTH);
    // Code in the second page.
    board.bytes(DATA + 0x1000, 4).set(new Uint8Array(Uint32Array.of(NOP).buffer));
    cpu.pc = gva(BigInt(DATA + 0x1000));
    run(cpu, 1);
    expect(storesTo(board, DATA)).toBe(STORE_MAP.PAGE);
    expect(storesTo(board, DATA + 0x1000)).toBe(0);
    // A store beside the code leaves it closed.
    touch(cpu, DATA + 0x1800);
    expect(storesTo(board, DATA + 0x1000)).toBe(0);
  });

  it('has the page of the running code closed from the start', () => {
    const board = boardWith(touching);
    touch(board.cpu, IMAGE_BASE + 0x800);
    expect(storesTo(board, IMAGE_BASE)).toBe(0);
  });
});
