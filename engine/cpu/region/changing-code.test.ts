// Code that the guest changes while it is translated: a guest that generates functions, calls them until they are hot and
// writes others in their place; a loop that rewrites itself; and regions that must make room for others.
import { describe, expect, it } from 'vitest';
import { Assembler, encode } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard } from '../testing/board.ts';
import { gva, instructions, MiB } from '../../util/units.ts';
import type { BackgroundTranslator, TranslationRequest } from './background.ts';
import { answerRequest } from './background.ts';
import type { RegionTuning } from './cache.ts';

const CALLS = 24;
const FUNCTIONS = 60;
const ADD_X0 = encode('ADD (immediate)', { sf: 1, Rd: 0, Rn: 0, imm12: 0 });

/**
 * Writes FUNCTIONS functions "add x0, x0, #i; ret" to `buffer`, one after the other, and calls each CALLS times, in the end
 * the last one so many times more.
 */
function generator(a: Assembler, buffer: number, more = 0): void {
  a.mov(0, 0);
  a.mov(1, 0);
  a.mov(2, buffer);
  a.mov(3, ADD_X0);
  a.mov(4, encode('RET', { Rn: 30 }));
  a.mov(9, FUNCTIONS);
  a.label('next');
  a.add(1, 1, 1);
  a.emit('ADD (shifted register)', { sf: 1, Rd: 5, Rn: 3, Rm: 1, imm6: 10 });
  a.emit('STR Wt (unsigned offset)', { Rt: 5, Rn: 2, imm12: 0 });
  a.emit('STR Wt (unsigned offset)', { Rt: 4, Rn: 2, imm12: 1 });
  // DC CVAU, DSB, IC IVAU, DSB, ISB, as the architecture asks of who generates code.
  a.emit('SYS', { op1: 3, CRn: 7, CRm: 11, op2: 1, Rt: 2 });
  a.emit('DSB', { CRm: 11 });
  a.emit('SYS', { op1: 3, CRn: 7, CRm: 5, op2: 1, Rt: 2 });
  a.emit('DSB', { CRm: 11 });
  a.emit('ISB', { CRm: 15 });
  a.mov(6, CALLS);
  a.label('call');
  a.emit('BLR', { Rn: 2 });
  a.sub(6, 6, 1);
  a.cbnz(6, 'call');
  a.cmp(1, 9);
  a.bcond('ne', 'next');
  if (more > 0) {
    a.mov(6, more);
    a.label('on');
    a.emit('BLR', { Rn: 2 });
    a.sub(6, 6, 1);
    a.cbnz(6, 'on');
  }
  a.label('end');
  a.b('end');
}

/** Each round, the loop writes the immediate of its own addition: x0 is the sum of all. */
function selfChanging(a: Assembler): void {
  a.mov(0, 0);
  a.mov(1, 0);
  a.mov(3, ADD_X0);
  a.mov(9, FUNCTIONS);
  a.emit('ADR', { Rd: 2, immlo: 0, immhi: 0 });
  const from = a.address - 4;
  a.label('next');
  a.add(1, 1, 1);
  a.emit('ADD (shifted register)', { sf: 1, Rd: 5, Rn: 3, Rm: 1, imm6: 10 });
  const store = a.words.length;
  a.word(0);
  a.mov(6, CALLS);
  a.label('again');
  a.words[store] = encode('STR Wt (unsigned offset)', { Rt: 5, Rn: 2, imm12: (a.address - from) / 4 });
  a.add(0, 0, 0);
  a.sub(6, 6, 1);
  a.cbnz(6, 'again');
  a.cmp(1, 9);
  a.bcond('ne', 'next');
  a.label('end');
  a.b('end');
}

/** Answers a request when it has been asked for answers a number of times, with copies of everything as a thread would. */
class LateTranslator implements BackgroundTranslator {
  failed = false;
  sent = 0;
  private readonly delay: (request: number) => number;
  private readonly waiting: { request: TranslationRequest; left: number }[] = [];

  constructor(delay: (request: number) => number) {
    this.delay = delay;
  }
  send(request: TranslationRequest): void {
    this.waiting.push({ request: structuredClone(request), left: this.delay(this.sent++) });
  }
  take() {
    for (const entry of this.waiting) entry.left--;
    const at = this.waiting.findIndex(({ left }) => left < 0);
    return at < 0 ? undefined : answerRequest(this.waiting.splice(at, 1)[0]!.request, () => 0);
  }
}

function runProgram(
  write: (a: Assembler) => void,
  regions: false | RegionTuning,
  slice: number,
  translator?: BackgroundTranslator,
): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, 1, undefined, regions, translator);
  const assembler = new Assembler(IMAGE_BASE);
  write(assembler);
  board.bytes(IMAGE_BASE, assembler.words.length * 4).set(new Uint8Array(Uint32Array.from(assembler.finish()).buffer));
  board.cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
  for (let done = 0; done < 12_000; done += slice) board.cpu.run(instructions(slice));
  return board;
}

const stateOf = ({ cpu }: PlainBoard) => [cpu.pc, cpu.pstate, ...Array.from({ length: 31 }, (_, n) => cpu.x(n))];

const SUM = BigInt((CALLS * FUNCTIONS * (FUNCTIONS + 1)) / 2);
const programs: Record<string, (a: Assembler) => void> = {
  'code in a page of its own': (a) => generator(a, IMAGE_BASE + 0x10000),
  'code in the page of the generator': (a) => generator(a, IMAGE_BASE + 0x800),
  'a loop that rewrites itself': selfChanging,
};

describe.each(Object.entries(programs))('%s', (_, write) => {
  it.each([
    ['at once', { threshold: 1, eager: true }, 500],
    ['when it is hot', { threshold: 4, patience: 2 }, 20],
    ['with room for next to nothing', { threshold: 2, patience: 1, codeBytes: 600 }, 15],
  ] as const)('runs as it stands in memory, translated %s', (__, tuning, slice) => {
    const interpreted = runProgram(write, false, slice);
    const translated = runProgram(write, tuning, slice);
    expect(interpreted.cpu.x(0)).toBe(SUM);
    expect(stateOf(translated)).toEqual(stateOf(interpreted));
    expect(translated.cluster.statistics.regionsTranslated).toBeGreaterThan(3);
  });

  // Answers that come after a long time are for code that is gone.
  it.each([
    ['at once', () => 0, 3],
    ['a little later', (request: number) => request % 4, 3],
    ['out of order', (request: number) => (request * 7) % 5, 3],
    ['when it is mostly too late', () => 40, 0],
  ] as const)('runs as it stands in memory, translated beside the engine, %s', (__, delay, least) => {
    const interpreted = runProgram(write, false, 15);
    const translator = new LateTranslator(delay);
    const translated = runProgram(write, { threshold: 3 }, 15, translator);
    expect(stateOf(translated)).toEqual(stateOf(interpreted));
    expect(translator.sent).toBeGreaterThan(3);
    expect(translated.cluster.statistics.regionsTranslated).toBeGreaterThan(least);
  });
});

it.each([
  ['fails', (translator: LateTranslator) => (translator.failed = true)],
  ['never answers', () => undefined],
])('a translator that %s leaves the work to the engine', (_, spoil) => {
  const translator = new LateTranslator(() => Infinity);
  spoil(translator);
  const board = runProgram(programs['code in a page of its own']!, { threshold: 3, patience: 1 }, 1, translator);
  for (let i = 0; i < 30_000; i++) board.cpu.run(instructions(20));
  expect(board.cpu.x(0)).toBe(SUM);
  expect(board.cluster.statistics.regionsTranslated).toBeGreaterThan(0);
});

describe('a place whose code changes soon after it was translated', () => {
  const BUFFER = IMAGE_BASE + 0x10000;

  /** The first word of the buffer's code, each time that it was to be translated. */
  function translated(more: number): number[] {
    const translator = new LateTranslator(() => 0);
    const send = translator.send.bind(translator);
    const requests: TranslationRequest[] = [];
    translator.send = (request) => {
      requests.push(structuredClone(request));
      send(request);
    };
    const board = runProgram((a) => generator(a, BUFFER, more), { threshold: 4, patience: 1 }, 15, translator);
    const home = board.bytes(BUFFER, 4).byteOffset >>> 12;
    return requests.flatMap(({ regions, pages }) =>
      regions.filter(({ assignment }) => assignment.page === home).map(({ copy }) => pages[copy]!.words[0]!),
    );
  }

  it('is translated less often', () => {
    const times = translated(0).length;
    expect(times).toBeGreaterThan(1);
    // It becomes hot several times between two changes.
    expect(times).toBeLessThan(FUNCTIONS / 2);
  });

  it('is translated all the same when the code stays', () => {
    expect(translated(300).at(-1)).toBe((ADD_X0 | (FUNCTIONS << 10)) >>> 0);
  });
});

it('regions make room for others', () => {
  const { cluster } = runProgram(
    programs['code in a page of its own']!,
    { threshold: 1, patience: 1, codeBytes: 2000 },
    25,
  );
  expect(cluster.statistics.regionsEvicted).toBeGreaterThan(0);
});
