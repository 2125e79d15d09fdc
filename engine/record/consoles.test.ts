import { describe, expect, it } from 'vitest';
import type { ConsoleInfo } from '../contract/index.ts';
import { guestNs, instructions } from '../util/units.ts';
import { ChunkGatherer } from './consoles.ts';
import type { Stamp } from './consoles.ts';

const uart: ConsoleInfo = { name: 'uart0', kind: 'uart' };
const at = (milliseconds: number): Stamp => ({
  guestNs: guestNs(milliseconds * 1e6),
  instructions: instructions(milliseconds * 1000),
});
const texts = (gatherer: ChunkGatherer) =>
  gatherer.take().map(({ guestNs: ns, bytes }) => `${ns / 1e6} ${JSON.stringify(new TextDecoder().decode(bytes))}`);
const write = (gatherer: ChunkGatherer, text: string, milliseconds: number) =>
  [...text].forEach((letter) => gatherer.add(uart, new TextEncoder().encode(letter), at(milliseconds)));

describe('gathered output', () => {
  it('is one chunk as long as guest time stands still, with the stamp of its first byte', () => {
    const gatherer = new ChunkGatherer();
    write(gatherer, 'one\ntwo\n', 5);
    expect(texts(gatherer)).toEqual(['5 "one\\ntwo\\n"']);
    expect(texts(gatherer)).toEqual([]);
  });

  it('begins anew with a line that comes later, however late the host takes it', () => {
    const gatherer = new ChunkGatherer();
    write(gatherer, 'tick 1\n', 100);
    write(gatherer, 'tick', 200);
    write(gatherer, ' 2\n', 250);
    write(gatherer, 'tick 3\n', 300);
    expect(texts(gatherer)).toEqual(['100 "tick 1\\n"', '200 "tick 2\\n"', '300 "tick 3\\n"']);
    write(gatherer, 'tick 4', 400);
    expect(texts(gatherer)).toEqual(['400 "tick 4"']);
  });
});
