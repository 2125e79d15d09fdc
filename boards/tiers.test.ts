// What a guest sees does not depend on how its code is executed: with translated regions, without, and with regions that
// come at whatever time a slow or busy host has them ready, runs have the same digest. A guest that generates code at that.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunSetup } from '../engine/service/run.ts';
import { BoardLibrary } from '../engine/service/library.ts';
import { Run } from '../engine/service/run.ts';

const library = new BoardLibrary(import.meta.dirname);
const board = library.load('qemu-arm64');
const demo = readFileSync(join(library.folder, board.name, 'demo.script'), 'utf8');

const JIT = `
jailhouse enable qemu-arm64.c
jailhouse cell create greeter.c
jailhouse cell load greeter inmates/jit.bin -s "rounds=64 report=16" -a 0x1000
jailhouse cell start greeter
expect greeter "JIT done|WRONG" 1
`;

function play(script: string, jit: RunSetup['jit']) {
  const run = new Run({ board, files: library.files(board), script, prompt: false, jit: jit! });
  let said = '';
  run.consoles.onOutput(({ name }, bytes) => {
    if (name === 'greeter') said += Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  });
  run.pump.advance();
  expect(run.scriptResult).toMatchObject({ ok: true });
  return { digest: run.digest(), said, statistics: run.machine.statistics };
}

/** Says true at times that follow no pattern (xorshift32, Marsaglia 2003), three times in four. */
function busyHost(seed: number): () => boolean {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 0x300) !== 0;
  };
}

test('a guest that generates code finds what its interpreter finds, on both tiers and on a busy host', () => {
  const interpreted = play(JIT, false);
  expect(interpreted.said).toMatch(/^(Round \d+, sum [0-9a-f]{16}\n){4}JIT done\n$/);
  expect(interpreted.statistics.regionsTranslated).toBe(0);
  const translated = play(JIT, { threshold: 800 });
  // Its code was translated, run, and overwritten: more regions than places for programs and their compiler.
  expect(translated.statistics.regionsTranslated).toBeGreaterThan(60);
  expect(translated.statistics.instructionsInRegions).toBeGreaterThan(5e6);
  const busy = play(JIT, { threshold: 300, busy: busyHost(20_261_122) });
  expect(busy.statistics.regionsTranslated).not.toBe(translated.statistics.regionsTranslated);
  const beside = play(JIT, true);
  expect([translated, busy, beside].map(({ digest }) => digest)).toEqual(Array(3).fill(interpreted.digest));
});

test('the demo has one digest: on both tiers, and whenever a busy host has its regions ready', () => {
  const { digest } = play(demo, false);
  const counts = new Set<number>();
  expect(play(demo, true).digest).toBe(digest);
  for (const jit of [
    { threshold: 800 },
    { threshold: 2, busy: busyHost(1) },
    { threshold: 20, patience: 2, busy: busyHost(77) },
  ]) {
    const translated = play(demo, jit);
    counts.add(translated.statistics.instructionsInRegions);
    expect(translated.digest).toBe(digest);
  }
  expect(counts.size).toBe(3);
});
