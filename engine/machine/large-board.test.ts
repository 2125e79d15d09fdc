// A guest of the bare board uses RAM far beyond what one engine holds at a time, and CPU numbers that are not positions.
import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBoard } from '../board/index.ts';
import { gva, guestNs, pa } from '../util/units.ts';
import { BoardMachine } from './machine.ts';

const load = (name: string) =>
  parseBoard(name, readFileSync(join(import.meta.dirname, '../../boards', name, 'board.json'), 'utf8'));

/** Arm ARM C6.2: a store and loads around 32 MiB borders, then a jump to code that lies elsewhere. */
const PROGRAM = [
  0xd2c0_0040, // movz x0, #2, lsl #32
  0x5280_0541, // movz w1, #42
  0xb900_0001, // str w1, [x0]
  0xb940_0002, // ldr w2, [x0]
  0xd2c0_0043, // movz x3, #2, lsl #32
  0xf2a4_0003, // movk x3, #0x2000, lsl #16
  0xf81f_c060, // stur x0, [x3, #-4]: half of it in the block behind
  0xd61f_0060, // br x3
];
const ELSEWHERE = [
  0x5280_00e4, // movz w4, #7
  0x1400_0000, // b .
];

test('RAM gets its place when a guest stores to it, across blocks, and when it runs there', () => {
  const machine = new BoardMachine(load('jetson-tx2'));
  const start = pa(0x8000_0000);
  const elsewhere = pa(0x2_2000_0000);
  PROGRAM.forEach((word, n) => machine.memory.write32(pa(start + 4 * n), word));
  const [cpu] = machine.cpus;
  cpu!.reset({ pc: gva(BigInt(start)) });
  machine.setPower(cpu!.index, 'on');
  machine.run(guestNs(7));
  expect(cpu!.x(2)).toBe(42n);
  // The store left its upper half, a 2, where the jump goes; the program is put over it.
  expect(machine.memory.read32(elsewhere)).toBe(2);
  ELSEWHERE.forEach((word, n) => machine.memory.write32(pa(elsewhere + 4 * n), word));
  machine.run(guestNs(100));
  expect(cpu!.x(4)).toBe(7n);
  expect(cpu!.pc).toBe(gva(BigInt(elsewhere + 4)));
  expect(machine.memory.read32(pa(0x2_0000_0000))).toBe(42);
});

test('a CPU is known by its number, not by its position', () => {
  const machine = new BoardMachine(load('jetson-tx2'));
  expect(machine.cpus.map(({ index }) => index)).toEqual([0, 3, 4, 5]);
  expect(machine.cpus.map(({ mpidr }) => mpidr & 0xffffn)).toEqual([0x100n, 0x101n, 0x102n, 0x103n]);
  machine.setPower(5, 'on');
  expect([0, 3, 4, 5].map((cpu) => machine.power(cpu))).toEqual(['off', 'off', 'off', 'on']);
});
