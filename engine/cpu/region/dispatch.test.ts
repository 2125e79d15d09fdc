// Indirect jumps of one page inside a region: a small interpreter, the dispatch at its end, jumps that leave it now and then.
import { describe, expect, it } from 'vitest';
import { Assembler, encode, NOP } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard } from '../testing/board.ts';
import { codePage } from '../testing/code-page.ts';
import { gva, instructions, MiB } from '../../util/units.ts';
import { DISPATCH, findBlocks } from './blocks.ts';
import type { RegionTuning } from './cache.ts';

const HANDLERS = 4;
const FAR = IMAGE_BASE + 0x4000;
const STATE = 0x1234_5678;

/** Handlers that jump to each other as a linear congruential generator says; every 4096th jump or so goes to FAR. */
function threaded(): number[] {
  const a = new Assembler(IMAGE_BASE);
  a.mov(1, STATE);
  a.mov(2, 1_664_525);
  a.mov(3, FAR);
  a.adr(4, 'handler0');
  a.emit('BR', { Rn: 4 });
  for (let n = 0; n < HANDLERS; n++) {
    a.label(`handler${n}`);
    a.add(10 + n, 10 + n, 1);
    a.emit('MADD', { sf: 0, Rd: 1, Rn: 1, Rm: 2, Ra: 2 });
    // Every handler is so many instructions long: the next one's address is a shift away.
    a.emit('UBFM', { sf: 0, N: 0, Rd: 5, Rn: 1, immr: 24, imms: 25 });
    a.emit('ADD (shifted register)', { sf: 1, Rd: 5, Rn: 4, Rm: 5, imm6: 5 });
    a.emit('UBFM', { sf: 0, N: 0, Rd: 6, Rn: 1, immr: 8, imms: 19 });
    a.emit('SUBS (immediate)', { sf: 1, Rd: 31, Rn: 6, imm12: 0 });
    a.emit('CSEL', { sf: 1, Rd: 5, Rn: 3, Rm: 5, cond: 0 });
    a.emit('BR', { Rn: 5 });
  }
  return a.finish();
}

function boardWith(regions: false | RegionTuning): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, 1, undefined, regions);
  const put = (words: readonly number[], at: number): void => {
    board.bytes(at, words.length * 4).set(new Uint8Array(Uint32Array.from(words).buffer));
  };
  put(threaded(), IMAGE_BASE);
  put([encode('ADD (immediate)', { sf: 1, Rd: 20, Rn: 20, imm12: 1 }), encode('BR', { Rn: 4 })], FAR);
  board.cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
  return board;
}

const stateOf = ({ cpu }: PlainBoard) => ({
  registers: Array.from({ length: 31 }, (_, n) => cpu.x(n)),
  sp: cpu.sp,
  pc: cpu.pc,
});

/** Runs so many instructions on both boards. */
function runAlike(interpreted: PlainBoard, translated: PlainBoard, count: number): void {
  for (const { cpu } of [interpreted, translated]) cpu.run(instructions(count));
  expect(stateOf(translated)).toEqual(stateOf(interpreted));
}

describe('a dispatch', () => {
  it('keeps a threaded interpreter in its region, and finds what is not in its table', () => {
    const interpreted = boardWith(false);
    const translated = boardWith({ threshold: 50, patience: 1 });
    for (let run = 0; run < 20; run++) runAlike(interpreted, translated, 10_000);
    const far = Number(translated.cpu.x(20));
    expect(far).toBeGreaterThan(2);
    expect(translated.cluster.statistics.instructionsInRegions).toBeGreaterThan(180_000);
  });

  it('goes to what belongs to the region of all that branches often arrive at', () => {
    const words = threaded();
    const first = words.length - 8 * HANDLERS;
    const elsewhere = words.length;
    words.push(NOP, encode('RET', { Rn: 30 }));
    const handlers = Array.from({ length: HANDLERS }, (_, n) => 4 * (first + 8 * n));
    const page = { ...codePage(words), arrivals: [...handlers, 4 * elsewhere] };
    const blocks = findBlocks(page, handlers[1]!);
    expect(blocks[0]!.start).toBe(handlers[1]);
    expect(blocks.at(-1)).toEqual({ start: DISPATCH, body: [], ending: { kind: 'dispatch', targets: handlers } });
    expect(blocks.map(({ start }) => start).sort((a, b) => a - b)).toEqual([DISPATCH, ...handlers]);
    expect(findBlocks({ ...page, arrivals: [] }, handlers[1]!).map(({ start }) => start)).toEqual([handlers[1]]);
  });
});

/** Fibonacci numbers by their definition, of what X19 says; X21 counts the rounds. */
function recursive(): Assembler {
  const a = new Assembler(IMAGE_BASE);
  a.label('round');
  a.add(0, 19, 0);
  a.bl('fibonacci');
  a.add(21, 21, 1);
  a.b('round');
  a.label('fibonacci');
  a.emit('SUBS (immediate)', { sf: 1, Rd: 31, Rn: 0, imm12: 2 });
  a.bcond('lo', 'done');
  a.sub(31, 31, 32);
  a.stp(30, 0, 31);
  a.sub(0, 0, 1);
  a.bl('fibonacci');
  a.str(0, 31, 16);
  a.ldp(30, 0, 31);
  a.sub(0, 0, 2);
  a.bl('fibonacci');
  a.ldr(1, 31, 16);
  a.emit('ADD (shifted register)', { sf: 1, Rd: 0, Rn: 0, Rm: 1 });
  a.ldr(30, 31, 0);
  a.add(31, 31, 32);
  a.label('done');
  a.emit('RET', { Rn: 30 });
  return a;
}

describe('calls inside a region', () => {
  const recursion = (regions: false | RegionTuning): PlainBoard => {
    const board = new PlainBoard('cortex-a57', 4 * MiB, 1, undefined, regions);
    board.load(new Uint8Array(Uint32Array.from(recursive().finish()).buffer));
    board.cpu.sp = BigInt(IMAGE_BASE + 2 * MiB);
    board.cpu.setX(19, 12n);
    return board;
  };

  it('stay in it, and come back to where they were made', () => {
    const interpreted = recursion(false);
    const translated = recursion({ threshold: 50, patience: 1 });
    for (let run = 0; run < 20; run++) runAlike(interpreted, translated, 10_007);
    expect(translated.cpu.x(21)).toBeGreaterThan(40n);
    const { instructionsInRegions, regionExits } = translated.cluster.statistics;
    expect(instructionsInRegions).toBeGreaterThan(180_000);
    // One for each round and each end of the budget, none for the 465 calls of a round.
    expect(regionExits!.untranslated + regionExits!.interpreter).toBeLessThan(400);
  });

  it('make the dispatch its first block', () => {
    const words = recursive().finish();
    const page = codePage(words);
    const entry = 4 * words.indexOf(encode('SUBS (immediate)', { sf: 1, Rd: 31, Rn: 0, imm12: 2 }));
    const [dispatch, first] = findBlocks(page, entry);
    expect(first!.start).toBe(entry);
    const calls = words.flatMap((word, i) => (word >>> 26 === 0x25 && 4 * i > entry ? [4 * i + 4] : []));
    expect(dispatch!.ending).toEqual({ kind: 'dispatch', targets: [entry, ...calls] });
  });
});
