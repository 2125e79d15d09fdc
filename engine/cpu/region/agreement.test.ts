// Both tiers do the same: the oracle's random programs, with a region wherever a branch arrives, against the interpreter.
import { describe, expect, it } from 'vitest';
import { cpuModel } from '../aarch64/system/models.ts';
import { differences } from '../oracle/compare.ts';
import { runOnEngine } from '../oracle/engine.ts';
import { Generator } from '../oracle/generator.ts';
import { BACKING_PAGES, buildImage, PAGE, RECORD } from '../oracle/image.ts';

describe('random programs', () => {
  it.each(['cortex-a57', 'max'])('end alike on both tiers, %s', (cpu) => {
    const generator = new Generator(20_260_101, cpuModel(cpu));
    const pattern = generator.pattern(BACKING_PAGES * PAGE);
    const blocks = Array.from({ length: 120 }, () => generator.block(8));
    const image = buildImage(blocks, pattern).bytes;
    const interpreted = runOnEngine(image, blocks.length * RECORD.size, cpu, 'interpreter');
    const translated = runOnEngine(image, blocks.length * RECORD.size, cpu, 'regions');
    expect(differences(translated, interpreted, blocks.length)).toEqual([]);
  });
});
