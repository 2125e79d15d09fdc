// Address spaces and CPUs keep TLBs of their own, and see each other's stores to code all the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../testing/assembler.ts';
import { IMAGE_BASE, RAM_BASE } from '../testing/board.ts';
import { boardWith, run } from '../testing/program.ts';
import { gva, MiB } from '../../util/units.ts';

const CPUS = 2;
const SPACES = 2;
const FUNCTIONS = 4;
const FUNCTION = (n: number): number => IMAGE_BASE + 0x10_0000 + n * 0x1000;

const add = (imm12: number): number => encode('ADD (immediate)', { sf: 1, Rd: 0, Rn: 0, imm12 });
const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** Somebody, in one of the address spaces, calls a function or writes what it adds. */
const step = fc.record({
  // Mostly one CPU: two in turn hide what happens when one changes its address space.
  cpu: fc.constantFrom(0, 0, 0, 1),
  space: fc.nat({ max: SPACES - 1 }),
  fn: fc.nat({ max: FUNCTIONS - 1 }),
  adds: fc.option(fc.nat({ max: 0xfff })),
});

const TABLES = RAM_BASE + 0x1_0000;
const MIDDLE = TABLES + SPACES * 0x1000;
const LAST = MIDDLE + 0x1000;
const TABLE = 3n;
const PAGE = 0x703n;

/** A board whose CPUs can be in several address spaces: RAM at its place, mapped page by page. */
function board() {
  const made = boardWith(
    (a) => {
      a.msr('TTBR0_EL1', 4);
      a.emit('STR Wt (unsigned offset)', { Rt: 1, Rn: 2, imm12: 0 });
      a.emit('BLR', { Rn: 2 });
    },
    {},
    CPUS,
  );
  const entries = (table: number) => new BigUint64Array(made.memory.buffer, made.ram + table - RAM_BASE, 512);
  for (let space = 0; space < SPACES; space++) entries(spaceTable(space))[1] = BigInt(MIDDLE) | TABLE;
  entries(MIDDLE)[(IMAGE_BASE - RAM_BASE) / (2 * MiB)] = BigInt(LAST) | TABLE;
  for (let page = 0; page < 512; page++) entries(LAST)[page] = BigInt(IMAGE_BASE + page * 0x1000) | PAGE;
  for (let n = 0; n < FUNCTIONS; n++) made.bytes(FUNCTION(n), 8).set(words(add(1), encode('RET', { Rn: 30 })));
  for (const cpu of made.cluster.cpus) {
    cpu.setSystemRegister('MAIR_EL1', 0xffn);
    cpu.setSystemRegister('TCR_EL1', 25n | (1n << 23n) | (2n << 32n));
    cpu.setSystemRegister('TTBR0_EL1', BigInt(spaceTable(0)));
    cpu.setSystemRegister('SCTLR_EL1', cpu.systemRegister('SCTLR_EL1') | 1n);
  }
  return made;
}

const spaceTable = (space: number): number => TABLES + space * 0x1000;

describe('sets of TLBs', () => {
  it('let no store to code pass unseen, whoever wrote to its page before', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const { cluster } = board();
        const expected = new Array<number>(FUNCTIONS).fill(1);
        const spaces = new Array<number>(CPUS).fill(0);
        for (const { cpu: index, space, fn, adds } of steps) {
          const cpu = cluster.cpus[index]!;
          const at = (instruction: number, count: number): void => {
            cpu.pc = gva(BigInt(IMAGE_BASE + 4 * instruction));
            run(cpu, count);
          };
          cpu.setX(0, 0n);
          cpu.setX(2, BigInt(FUNCTION(fn)));
          if (spaces[index] !== space) {
            cpu.setX(4, BigInt(spaceTable(space)));
            at(0, 1);
            spaces[index] = space;
          }
          if (adds === null) {
            at(2, 3);
            expect(Number(cpu.x(0))).toBe(expected[fn]);
          } else {
            cpu.setX(1, BigInt(add(adds)));
            // And goes into the function: the last instruction of a run would be one that looks at everything anew.
            at(1, 2);
            expected[fn] = adds;
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
