// Both tiers do the same: the oracle's random programs with a region wherever a branch arrives, and random control flow cut
// into runs of random length, while translation comes early, late, and at random.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuModel } from '../aarch64/system/models.ts';
import { disassemble } from '../aarch64/disassemble.ts';
import { differences } from '../oracle/compare.ts';
import { runOnEngine } from '../oracle/engine.ts';
import { Generator } from '../oracle/generator.ts';
import { BACKING_PAGES, buildImage, PAGE, RECORD } from '../oracle/image.ts';
import { Assembler, encode } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard, RAM_BASE } from '../testing/board.ts';
import { instructions, MiB } from '../../util/units.ts';
import type { RegionTuning } from './cache.ts';

describe('random programs', () => {
  it.each(['cortex-a57', 'max'])('end alike on both tiers, %s', (cpu) => {
    const generator = new Generator(20_260_101, cpuModel(cpu));
    const pattern = generator.pattern(BACKING_PAGES * PAGE);
    const blocks = Array.from({ length: 60 }, () => generator.block(8));
    const image = buildImage(blocks, pattern).bytes;
    const interpreted = runOnEngine(image, blocks.length * RECORD.size, cpu, 'interpreter');
    const translated = runOnEngine(image, blocks.length * RECORD.size, cpu, 'regions');
    expect(differences(translated, interpreted, blocks.length)).toEqual([]);
  });
});

const CODE = IMAGE_BASE;
const DATA = RAM_BASE + MiB;
/** Registers that hold addresses of data and of the next computed jump. */
const BASE = 20;
const JUMP = 21;
const OTHER = 22;
/** Holds an address from which accesses run into the next page. */
const NEAR_END = 23;

/** A small source of numbers that fast-check can shrink. */
class Choices {
  private readonly numbers: readonly number[];
  private next = 0;
  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }
  below(limit: number): number {
    return this.numbers[this.next++ % this.numbers.length]! % limit;
  }
}

/** One instruction that goes on to the next, on X0 to X7 and the data page. */
function straight(c: Choices): number {
  const [Rd, Rn, Rm] = [c.below(8), c.below(8), c.below(8)];
  const sf = c.below(2);
  const cond = c.below(14);
  const base = c.below(2) === 0 ? BASE : NEAR_END;
  const kinds: (() => number)[] = [
    () => encode(['ADD', 'SUB', 'ADDS', 'SUBS'][c.below(4)]! + ' (immediate)', { sf, Rd, Rn, imm12: c.below(4096) }),
    () =>
      encode(['ADD', 'SUBS', 'ADDS', 'AND', 'ANDS', 'EOR'][c.below(6)]! + ' (shifted register)', {
        sf,
        Rd,
        Rn,
        Rm,
        imm6: c.below(32),
        shift: c.below(3),
      }),
    () => encode(['ADCS', 'SBCS', 'ADC'][c.below(3)]!, { sf, Rd, Rn, Rm }),
    () => encode(['CSEL', 'CSINC', 'CSNEG'][c.below(3)]!, { sf, Rd, Rn, Rm, cond }),
    () => encode(['CCMP (register)', 'CCMN (register)'][c.below(2)]!, { sf, Rn, Rm, cond, nzcv: c.below(16) }),
    () => encode(['UDIV', 'SDIV', 'RORV', 'LSLV'][c.below(4)]!, { sf, Rd, Rn, Rm }),
    () => encode(['MADD', 'MSUB'][c.below(2)]!, { sf, Rd, Rn, Rm, Ra: c.below(8) }),
    () =>
      encode(['LDR Xt', 'LDRB Wt', 'LDRSW Xt'][c.below(3)]! + ' (unsigned offset)', {
        Rt: Rd,
        Rn: base,
        imm12: c.below(64),
      }),
    () =>
      encode(['STR Xt', 'STRB Wt', 'STR Wt'][c.below(3)]! + ' (unsigned offset)', {
        Rt: Rd,
        Rn: base,
        imm12: c.below(64),
      }),
    () =>
      encode(['LDP Xt (offset)', 'STP Xt (offset)'][c.below(2)]!, {
        Rt: Rd,
        Rt2: (Rd + 1) % 8,
        Rn: base,
        imm7: c.below(64),
      }),
    // To and from a page that the TLB does not hold for long, and one that is not memory.
    () => encode('LDR Xt (register)', { Rt: Rd, Rn: BASE, Rm: 8, option: 3, S: 0 }),
    () => encode('MRS', { ...{ o0: 1, op1: 3, CRn: 4, CRm: 2, op2: 0 }, Rt: Rd }),
    () => encode('LDXR', { size: 3, Rt: Rd, Rn: BASE }),
    () => encode('STXR', { size: 3, Rs: Rd, Rt: Rn, Rn: BASE }),
  ];
  return kinds[c.below(kinds.length)]!();
}

/** Blocks of random instructions that branch to each other in all ways and never end. */
function randomProgram(c: Choices): number[] {
  const a = new Assembler(CODE);
  const blocks = 3 + c.below(10);
  const label = (): string => `b${c.below(blocks)}`;
  const conditions = ['eq', 'ne', 'hs', 'lo'] as const;
  for (let i = 0; i < blocks; i++) {
    a.label(`b${i}`);
    const length = c.below(12);
    for (let n = 0; n < length; n++) a.word(straight(c));
    const endings: (() => void)[] = [
      () => a.bcond(conditions[c.below(4)]!, label()),
      () => a.cbnz(c.below(8), label()),
      () => a.bl(label()),
      () => a.b(label()),
      () => {
        a.emit('ADR', { Rd: JUMP, immhi: 0, immlo: 0 });
        a.add(JUMP, JUMP, 4 * (3 + c.below(4)));
        a.emit(c.below(2) === 0 ? 'BR' : 'BLR', { Rn: JUMP });
        for (let n = 0; n < 4; n++) a.word(straight(c));
      },
      // To one of two blocks as the flags are: what an interpreter's dispatch does.
      ...Array.from({ length: 3 }, () => () => {
        a.adr(JUMP, label());
        a.adr(OTHER, label());
        a.emit('CSEL', { sf: 1, Rd: JUMP, Rn: JUMP, Rm: OTHER, cond: c.below(14) });
        a.emit('BR', { Rn: JUMP });
      }),
      () => {
        a.emit('ADR', { Rd: 30, immhi: 2, immlo: 0 });
        a.emit('RET', { Rn: 30 });
      },
      // Behind the latest call, mostly.
      () => a.emit('RET', { Rn: 30 }),
      () => undefined,
    ];
    endings[c.below(endings.length)]!();
  }
  a.b('b0');
  return a.finish();
}

function boardFor(words: readonly number[], regions: false | RegionTuning): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, 1, undefined, regions);
  board.load(new Uint8Array(Uint32Array.from(words).buffer), CODE);
  for (let n = 0; n < 8; n++) board.cpu.setX(n, BigInt(n) * 0x1234_5678_9abc_def1n);
  board.cpu.setX(8, BigInt(2 * MiB));
  board.cpu.setX(BASE, BigInt(DATA));
  board.cpu.setX(NEAR_END, BigInt(DATA + 4096 - 140));
  board.cpu.setX(30, BigInt(CODE));
  return board;
}

const stateOf = (board: PlainBoard) => ({
  pc: board.cpu.pc,
  pstate: board.cpu.pstate,
  retired: board.cpu.retired,
  x: Array.from({ length: 31 }, (_, n) => board.cpu.x(n)),
  data: board.bytes(DATA, 8192).join(),
});

describe('random control flow', () => {
  const tunings: Record<string, (c: Choices) => RegionTuning> = {
    'at once': () => ({ threshold: 1, eager: true }),
    'at once for the linear range': () => ({ threshold: 1, eager: true, ranged: true }),
    'when it is hot': () => ({ threshold: 6, patience: 1 }),
    'at random': (c) => ({ threshold: 2, patience: 1, busy: () => c.below(3) > 0 }),
  };
  it.each(Object.keys(tunings))('ends alike after every run of any length, translated %s', (name) => {
    let inRegions = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(1 << 20), { minLength: 40, maxLength: 400 }), (numbers) => {
        const c = new Choices(numbers);
        const words = randomProgram(c);
        const interpreted = boardFor(words, false);
        const translated = boardFor(words, tunings[name]!(new Choices(numbers)));
        for (let total = 0; total < 2000;) {
          const run = instructions(1 + c.below(400));
          total += run;
          interpreted.cpu.run(run);
          translated.cpu.run(run);
          const code = (): string => words.map((word, i) => disassemble(word, BigInt(CODE + 4 * i)) ?? '?').join('\n');
          const [wanted, found] = [stateOf(interpreted), stateOf(translated)];
          if (JSON.stringify(wanted, plain) !== JSON.stringify(found, plain)) expect(found, code()).toEqual(wanted);
        }
        inRegions += translated.cluster.statistics.instructionsInRegions;
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 12) },
    );
    // All but what was never reached twice, or is not for regions.
    expect(inRegions).toBeGreaterThan(2_000);
  });
});

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString(16) : value);
