// The virt board with a GICv2 runs its demo script: greeter and timer of qemu-arm64, each in a cell of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { play } from './systems/play.ts';

test('the demo script of qemu-arm64-gicv2 runs to its end', () => {
  const script = readFileSync(join(import.meta.dirname, 'qemu-arm64-gicv2/demo.script'), 'utf8');
  const { reason, said } = play({ board: 'qemu-arm64-gicv2', script });
  expect(reason).toBeUndefined();
  expect(said['root']).toMatch(/timer +running/);
  expect(said['timer']).toMatch(/^Tick 5, jitter/m);
});
