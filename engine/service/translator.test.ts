// The translator's thread as machines see it: it answers, and says when it cannot.
import { describe, expect, it, vi } from 'vitest';
import { Assembler } from '../cpu/testing/assembler.ts';
import { IMAGE_BASE, PlainBoard } from '../cpu/testing/board.ts';
import { gva, instructions, MiB } from '../util/units.ts';
import { ThreadedTranslator, TranslatorThread } from './translator.ts';

/** A board that counts down in X0 forever. */
function counting(translator: ThreadedTranslator): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, 1, undefined, { threshold: 8, patience: 1 }, translator);
  const assembler = new Assembler(IMAGE_BASE);
  assembler.label('again');
  assembler.sub(0, 0, 1);
  assembler.b('again');
  board.bytes(IMAGE_BASE, 64).set(new Uint8Array(Uint32Array.from(assembler.finish()).buffer));
  board.cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
  return board;
}

/** Runs until there is a region, while the thread gets time. */
const translated = (board: PlainBoard) =>
  vi.waitFor(
    () => {
      board.cpu.run(instructions(100));
      expect(board.cluster.statistics.regionsTranslated).toBeGreaterThan(0);
    },
    { timeout: 30_000, interval: 5 },
  );

describe('the thread', () => {
  it('translates what a machine asks for', async () => {
    const translator = new ThreadedTranslator();
    const board = counting(translator);
    await translated(board);
    board.cpu.run(instructions(1000));
    expect(board.cluster.statistics.instructionsInRegions).toBeGreaterThan(900);
    expect(board.cpu.x(0)).toBe(BigInt.asUintN(64, -BigInt(board.cpu.retired / 2)));
    expect(translator.failed).toBe(false);
  });

  it('serves several machines', async () => {
    await Promise.all([new ThreadedTranslator(), new ThreadedTranslator()].map((one) => translated(counting(one))));
  });

  it.each([
    ['that cannot be loaded', () => new TranslatorThread(new URL('./no-such-program.ts', import.meta.url))],
    [
      'that the host does not give',
      () => {
        throw new Error('no thread left');
      },
    ],
  ])('%s is told once, and the engine translates itself', async (_, thread) => {
    const translator = new ThreadedTranslator(thread);
    const reasons: string[] = [];
    translator.onFailure = (reason) => reasons.push(reason);
    const board = counting(translator);
    await translated(board);
    await vi.waitFor(() => expect(reasons).toHaveLength(1));
    expect(reasons[0]).toMatch(/no-such-program|no thread left/);
    expect(translator.failed).toBe(true);
  });
});
