// Registers in 32-bit locals: where they are, and that nobody sees it.
import { describe, expect, it } from 'vitest';
import { Assembler } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard } from '../testing/board.ts';
import { codePage } from '../testing/code-page.ts';
import { gva, instructions, MiB } from '../../util/units.ts';
import { findBlocks } from './blocks.ts';
import type { RegionTuning } from './cache.ts';
import { analyse } from './flow.ts';
import { bitsOf } from './locals.ts';

const WHOLE = { sf: 1 };
const LOWER = { sf: 0 };

type Part = (a: Assembler) => void;
const nothing: Part = () => undefined;

/** X0 times: `first`, W1 += W2, W4 = W1, and `more`. */
function loop(more = nothing, first = nothing): number[] {
  const a = new Assembler(IMAGE_BASE);
  a.label('turn');
  first(a);
  a.emit('ADD (shifted register)', { ...LOWER, Rd: 1, Rn: 1, Rm: 2 });
  a.emit('ORR (shifted register)', { ...LOWER, Rd: 4, Rn: 31, Rm: 1 });
  more(a);
  a.emit('SUBS (immediate)', { ...WHOLE, Rd: 0, Rn: 0, imm12: 1 });
  a.bcond('ne', 'turn');
  a.label('end');
  a.b('end');
  return a.finish();
}

function entryOf(words: readonly number[]) {
  const blocks = findBlocks(codePage(words), 0);
  const [{ narrow, narrowIfLow }] = analyse(blocks).blocks as [ReturnType<typeof analyse>['blocks'][number]];
  return { narrow: bitsOf(narrow), narrowIfLow: bitsOf(narrowIfLow) };
}

/** The loop by the interpreter and by regions: X1 as given, W2 with something above it, X5 in memory. */
function boardsWith(words: readonly number[], x1: bigint): readonly [PlainBoard, PlainBoard] {
  const board = (regions: false | RegionTuning): PlainBoard => {
    const made = new PlainBoard('cortex-a57', 4 * MiB, 1, undefined, regions);
    made.load(new Uint8Array(Uint32Array.from(words).buffer));
    const { cpu } = made;
    cpu.setX(0, 3000n);
    cpu.setX(1, x1);
    cpu.setX(2, 0xffff_ffff_9000_0001n);
    cpu.setX(5, BigInt(IMAGE_BASE + MiB));
    return made;
  };
  return [board(false), board({ threshold: 50, patience: 1, eager: true })];
}

function runAlike(boards: readonly [PlainBoard, PlainBoard], count: number): void {
  for (const { cpu } of boards) cpu.run(instructions(count));
  const [one, other] = boards.map(({ cpu }) => Array.from({ length: 31 }, (_, x) => cpu.x(x)));
  expect(other).toEqual(one);
}

/** No memory is there. */
const NOWHERE = 0x7000_0000n;

describe('registers in 32-bit locals', () => {
  it('are those whose lower half alone a loop reads and writes', () => {
    expect(entryOf(loop())).toEqual({ narrow: [1], narrowIfLow: [1] });
  });

  it('are none that somebody reads whole before they are written', () => {
    const words = loop();
    // The first instruction takes X1.
    const whole = new Assembler(IMAGE_BASE);
    whole.emit('ADD (shifted register)', { ...WHOLE, Rd: 3, Rn: 1, Rm: 3 });
    const whileWhole = [whole.finish()[0]!, ...words.slice(1)];
    expect(entryOf(whileWhole)).toEqual({ narrow: [], narrowIfLow: [] });
  });

  it('are none that the loop may leave with more in them', () => {
    const more: Part = (a) => {
      a.emit('ADD (shifted register)', { ...WHOLE, Rd: 1, Rn: 1, Rm: 2 });
    };
    expect(entryOf(loop(more)).narrow).toEqual([]);
  });

  it.each([0x1_0000_0005n, 5n])('give what the interpreter gives, starting with %i', (start) => {
    const more: Part = (a) => {
      // Both halves of X4 are wanted, a store's side exit wants X1, and the flags come from W1.
      a.str(4, 5, 0);
      a.emit('ADD (shifted register)', { ...WHOLE, Rd: 6, Rn: 6, Rm: 4 });
      a.emit('SUBS (shifted register)', { ...LOWER, Rd: 31, Rn: 1, Rm: 2 });
      a.emit('CSEL', { ...LOWER, Rd: 7, Rn: 1, Rm: 2, cond: 2 });
    };
    const boards = boardsWith(loop(more), start);
    for (let n = 0; n < 30; n++) runAlike(boards, 997);
    expect(boards[1].cluster.statistics.instructionsInRegions).toBeGreaterThan(20_000);
  });

  it('keep the upper half where control leaves before anything is written', () => {
    const load: Part = (a) => {
      a.ldr(8, 5, 0);
    };
    const boards = boardsWith(loop(nothing, load), 1n);
    runAlike(boards, 10_000);
    expect(boards[1].cluster.statistics.instructionsInRegions).toBeGreaterThan(5000);
    for (const { cpu } of boards) {
      cpu.setX(1, 0x7_0000_0001n);
      cpu.setX(5, NOWHERE);
      cpu.pc = gva(BigInt(IMAGE_BASE));
    }
    // The exception has no handler either.
    runAlike(boards, 200);
    expect(boards[1].cpu.x(1)).toBe(0x7_0000_0001n);
  });
});
