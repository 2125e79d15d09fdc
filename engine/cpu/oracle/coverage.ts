// Which patterns of the instruction table random programs had, and how often.
import { findInstruction, INSTRUCTIONS } from '../aarch64/table/index.ts';
import type { CpuModel } from '../aarch64/system/models.ts';
import { NOP } from '../testing/assembler.ts';
import { whyLeftOut } from './generator.ts';

export class Coverage {
  private readonly counts = new Map<string, number>();

  add(words: readonly number[]): void {
    for (const word of words) {
      const name = word === NOP ? undefined : findInstruction(word)?.name;
      if (name) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
  }

  /** One line for the whole, then the patterns that no program had, with the reason where there is one. */
  report(models: readonly CpuModel[]): string[] {
    const wanted = INSTRUCTIONS.filter(({ feature }) => models.some(({ features }) => features.includes(feature)));
    const missing = wanted.filter(({ name }) => !this.counts.has(name));
    const seen = [...this.counts.values()].sort((a, b) => a - b);
    return [
      `patterns: ${wanted.length - missing.length} of ${wanted.length}, each ${seen[0] ?? 0} times or more, half of them ${seen[seen.length >> 1] ?? 0} or more`,
      ...missing.map(({ name }) => `  never: ${name}${whyLeftOut(name) ? ` (left out: ${whyLeftOut(name)})` : ''}`),
    ];
  }
}
