import { afterEach, expect, describe as group, it } from 'vitest';
import { HostileGuest } from '../testing/hostile.ts';
import { useInterpreterImage } from './code.ts';
import type { ImagePart } from './image.ts';
import { emitPart } from './image.ts';

afterEach(() => useInterpreterImage(undefined));

/** Uses an image; returns the parts that were asked for, in order. */
function useImage(): ImagePart[] {
  const asked: ImagePart[] = [];
  useInterpreterImage((part) => {
    asked.push(part);
    return emitPart(part);
  });
  return asked;
}

group('the interpreter’s image', () => {
  it.each([
    ['alone', false],
    ['beside regions', true],
  ] as const)('executes everything as code that is emitted when it is needed does, %s', (_, regions) => {
    const run = (seed: number) => {
      const guest = new HostileGuest(seed, { model: 'max', regions, memory: 'instructions' });
      guest.run(50_000);
      return guest.outcome();
    };
    const seeds = [1, 2, 3, 4];
    const emitted = seeds.map(run);
    const asked = useImage();
    seeds.forEach((seed, i) => {
      const { registers, memory } = run(seed);
      expect(registers).toEqual(emitted[i]!.registers);
      expect(Buffer.compare(memory, emitted[i]!.memory)).toBe(0);
    });
    // Each part once, whatever the number of machines.
    expect(asked.toSorted()).toEqual(['float', 'general', regions ? 'regions' : 'alone', 'vector'].toSorted());
  });
});
