// Whatever a guest does, the engine goes on and its memory stays its own.
import { describe, expect, it } from 'vitest';
import { HostileGuest } from './testing/hostile.ts';

const EAGER = { threshold: 1, eager: true };
const INSTRUCTIONS = 20_000;

describe.each(['instructions', 'bytes', 'tables'] as const)('random %s', (memory) => {
  it.each([
    ['interpreted', false],
    ['translated', EAGER],
  ] as const)('%s: run on and reach nothing that is not theirs', (_, regions) => {
    for (let seed = 1; seed <= 2; seed++) {
      const guest = new HostileGuest(seed, { model: seed % 2 ? 'cortex-a57' : 'max', regions, memory });
      expect(guest.run(INSTRUCTIONS)).toBeGreaterThanOrEqual(INSTRUCTIONS);
      expect(guest.firstChange()).toBe(-1);
    }
  });
});
