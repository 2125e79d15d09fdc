// A few thousand random instructions on QEMU and on the engine. `npm run fuzz:cpu` goes on from there.
import { describe, expect, it } from 'vitest';
import { cpuModel } from '../aarch64/system/models.ts';
import { encode, NOP } from '../testing/assembler.ts';
import type { Difference } from './compare.ts';
import { compareOnce, differences } from './compare.ts';
import { executesItsStores, runOnEngine } from './engine.ts';
import { explanationsOf } from './explained.ts';
import { Generator } from './generator.ts';
import { BACKING_PAGES, buildImage, PAGE, RECORD } from './image.ts';
import { servicePattern } from './spaces.ts';
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

  it('may differ where they execute what they have stored without cache maintenance, and only there', () => {
    const difference: Difference = { block: 0, fields: new Map([['x0', [1n, 2n]]]), ours: new Map([['x0', 1n]]) };
    const names = (words: readonly number[], stored: boolean): readonly string[] | undefined =>
      explanationsOf(difference, 'cortex-a57', { words, executesItsStores: () => stored });
    expect(names([NOP], true)).toEqual(['a program that executes what it has stored']);
    expect(names([NOP], false)).toBeUndefined();
    expect(names([NOP, encode('SYS', { op1: 3, CRn: 7, CRm: 5, op2: 1, Rt: 4 })], true)).toBeUndefined();
  });

  it('may differ by one word where the engine alone finds an instruction undefined', () => {
    const names = (esr: bigint, theirs: bigint): readonly string[] | undefined =>
      explanationsOf(
        { block: 0, fields: new Map([['elr[0]', [0x1000n, theirs]]]), ours: new Map([['esr[0]', esr]]) },
        'max',
        { words: [NOP], executesItsStores: () => false },
      );
    const [undefinedInstruction, supervisorCall] = [0x0200_0000n, 0x5600_0000n];
    expect(names(undefinedInstruction, 0x1004n)).toEqual(['instructions beyond Armv8.2']);
    expect(names(undefinedInstruction, 0x1008n)).toBeUndefined();
    expect(names(supervisorCall, 0x1004n)).toBeUndefined();
  });

  it('are seen to execute what they have stored', () => {
    // Of all programs, 511 stores two words to an alias of its own page and branches there.
    const generator = new Generator(960_220, cpuModel('cortex-a57'));
    const blocks = generator.inSpaces(600, 8);
    const { bytes, entries } = buildImage(blocks, servicePattern(BACKING_PAGES * PAGE));
    const verdicts = [500, 511].map((block) => executesItsStores(bytes, entries, block, 'cortex-a57'));
    expect(verdicts).toEqual([false, true]);
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
