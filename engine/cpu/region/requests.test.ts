// What the thread beside is asked for first when there is more to translate than it gets done.
import { describe, expect, it } from 'vitest';
import { Assembler } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard } from '../testing/board.ts';
import { gva, instructions, MiB } from '../../util/units.ts';
import type { BackgroundTranslator, TranslationAnswer, TranslationRequest } from './background.ts';
import { answerRequest } from './background.ts';

const THRESHOLD = 16;
const HOT = THRESHOLD + 1;

/** Keeps what it is asked for until it is told to answer the oldest. */
class WaitingTranslator implements BackgroundTranslator {
  readonly failed = false;
  readonly asked: string[][] = [];
  private readonly waiting: TranslationRequest[] = [];
  private readonly names: ReadonlyMap<number, string>;
  private ready = 0;

  constructor(names: ReadonlyMap<number, string>) {
    this.names = names;
  }
  send(request: TranslationRequest): void {
    this.waiting.push(request);
    this.asked.push(request.regions.map(({ assignment }) => this.names.get(assignment.entry) ?? '?'));
  }
  take(): TranslationAnswer | undefined {
    if (this.ready === 0) return undefined;
    this.ready--;
    return answerRequest(this.waiting.shift()!, () => 0);
  }
  answerOne(): void {
    this.ready++;
  }
}

describe('requests to the thread beside', () => {
  it('begin with what became hot most often while it waited', () => {
    const turns = { p: HOT, q: HOT, a: HOT, b: 4 * HOT, c: 2 * HOT, end: 10 * HOT };
    const a = new Assembler(IMAGE_BASE);
    // Functions, for regions do not follow calls: each is a region of its own.
    for (const [name, count] of Object.entries(turns)) {
      a.mov(0, count);
      a.bl(name);
    }
    const names = new Map<number, string>();
    for (const name of Object.keys(turns)) {
      a.label(name);
      names.set((a.address - IMAGE_BASE) % 4096, name);
      a.sub(0, 0, 1);
      a.cbnz(0, name);
      a.emit('RET', { Rn: 30 });
    }
    const translator = new WaitingTranslator(names);
    const board = new PlainBoard(
      'cortex-a57',
      4 * MiB,
      1,
      undefined,
      { threshold: THRESHOLD, patience: 1 },
      translator,
    );
    board.bytes(IMAGE_BASE, a.words.length * 4).set(new Uint8Array(Uint32Array.from(a.finish()).buffer));
    board.cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
    const end = BigInt(IMAGE_BASE + 4 * a.words.length - 3 * 4);
    while (board.cpu.pc < end) board.cpu.run(instructions(10));
    expect(translator.asked).toEqual([['p'], ['q']]);
    translator.answerOne();
    board.cpu.run(instructions(10));
    expect(translator.asked[2]).toEqual(['b', 'c', 'a']);
  });
});
