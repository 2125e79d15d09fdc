// A few thousand random instructions on QEMU and on the engine. `npm run fuzz:cpu` goes on from there.
import { describe, expect, it } from 'vitest';
import { cpuModel } from '../aarch64/system/models.ts';
import { encode } from '../testing/assembler.ts';
import type { Difference } from './compare.ts';
import { compareOnce, differences, wordsLeft } from './compare.ts';
import { runOnEngine } from './engine.ts';
import { explanationsOf } from './explained.ts';
import { Generator } from './generator.ts';
import { BACKING_PAGES, buildImage, PAGE, RECORD } from './image.ts';
import { qemuVersion } from './qemu.ts';

const noQemu = qemuVersion() === undefined;

describe('random programs', () => {
  it.skipIf(noQemu).each(['cortex-a57', 'max'])('do the same on QEMU -cpu %s (needs qemu-system-aarch64)', (cpu) => {
    const report = compareOnce({ seed: 20_250_101, blocks: 350, length: 8, cpu });
    expect(report.difference).toBeUndefined();
    expect(report.instructions).toBeGreaterThan(2500);
  });

  it.skipIf(noQemu)('do the same in random address spaces (needs qemu-system-aarch64)', () => {
    const report = compareOnce({ seed: 1, blocks: 200, length: 8, cpu: 'cortex-a57', spaces: true });
    expect(report.difference).toBeUndefined();
    expect(report.instructions).toBeGreaterThan(1000);
  });

  it('may differ where they store over their own next words, and only there', () => {
    const difference: Difference = { block: 0, fields: new Map([['x0', [1n, 2n]]]) };
    const [words, others] = [
      [1, 2],
      [1, 3],
    ];
    const names = (before: readonly number[], after: readonly number[]): readonly string[] | undefined =>
      explanationsOf(difference, 'cortex-a57', { words: before, wordsLeft: () => after });
    expect(names(words, others)).toEqual(['a program that stores over its own next words']);
    expect(names(words, words)).toBeUndefined();
    const icIvau = encode('SYS', { op1: 3, CRn: 7, CRm: 5, op2: 1, Rt: 4 });
    expect(names([...words, icIvau], [...others, icIvau])).toBeUndefined();
  });

  it('lie in memory afterwards as they were, but for their own stores', () => {
    const generator = new Generator(5, cpuModel('cortex-a57'));
    const pattern = generator.pattern(BACKING_PAGES * PAGE);
    const blocks = Array.from({ length: 20 }, () => generator.block(8));
    expect(wordsLeft(blocks, pattern, 'cortex-a57')).toEqual(blocks.at(-1)!.words);
  });

  it('leave results that a wrong bit shows in', () => {
    const generator = new Generator(5, cpuModel('cortex-a57'));
    const pattern = generator.pattern(BACKING_PAGES * PAGE);
    const blocks = Array.from({ length: 20 }, () => generator.block(8));
    const results = runOnEngine(buildImage(blocks, pattern).bytes, blocks.length * RECORD.size, 'cortex-a57');
    const wrong = results.slice();
    wrong[7 * RECORD.size + 8]! ^= 1;
    expect(differences(results, results, blocks.length)).toEqual([]);
    const [found, ...others] = differences(wrong, results, blocks.length);
    expect(others).toEqual([]);
    expect([found!.block, [...found!.fields.keys()]]).toEqual([7, ['x1']]);
    // Every block ran and logged something or changed a register.
    expect(new Set(blocks.map((_, i) => results.slice(i * RECORD.size, (i + 1) * RECORD.size).join())).size).toBe(20);
  });
});
