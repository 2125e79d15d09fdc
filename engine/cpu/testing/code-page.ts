// Code of one page as the discovery of regions sees it, without a machine around.
import { cpuModel } from '../aarch64/system/models.ts';
import type { CodePage } from '../region/blocks.ts';

/** A page that starts with these words, decoded as far as they go; no branch has arrived anywhere. */
export const codePage = (words: readonly number[]): CodePage => ({
  features: new Set(cpuModel('cortex-a57').features),
  word: (offset) => words[offset / 4]!,
  decoded: (offset) => offset < 4 * words.length,
  arrivals: [],
});
