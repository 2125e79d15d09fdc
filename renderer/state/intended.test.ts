import { describe, expect, it } from 'vitest';
import { INTENDED_FILE, intendedFile, intendedOf, marked, markOf, unmarked } from './intended.ts';
import type { Markable } from './intended.ts';
import { textFile } from './files.ts';

const overlap = (start: bigint): Markable => ({
  rule: 'memory-overlap',
  file: 'a.c',
  field: 'memoryRegions[1]',
  ranges: [
    { owner: 'a', start, size: 0x1000n },
    { owner: 'b', start: 0x8000n, size: 0x1000n },
  ],
});
const name: Markable = { rule: 'name-twice', file: 'a.c', field: 'name', ranges: [] };

describe('findings marked as intended', () => {
  it('are found again after they went through the file', () => {
    const file = intendedFile(marked([], overlap(0x8000n), 'a mailbox'))!;
    const marks = intendedOf(new Map([[INTENDED_FILE, file]]));
    expect(markOf(marks, overlap(0x8000n))?.reason).toBe('a mailbox');
  });

  it('do not cover another situation, but the same one at another index', () => {
    const marks = marked(marked([], overlap(0x8000n), 'a mailbox'), name, 'it is so');
    expect(markOf(marks, overlap(0x7000n))).toBeUndefined();
    expect(markOf(marks, { ...overlap(0x8000n), field: 'memoryRegions[2]' })?.reason).toBe('a mailbox');
    expect(markOf(marks, { ...name, field: 'id' })).toBeUndefined();
    expect(markOf(marks, { ...name, file: 'b.c' })).toBeUndefined();
  });

  it('can be given another reason, and taken back', () => {
    const twice = marked(marked([], name, 'first'), name, 'second');
    expect(twice).toMatchObject([{ reason: 'second' }]);
    expect(intendedFile(unmarked(twice, name))).toBeUndefined();
  });

  it('are none in a file that is not theirs', () => {
    for (const text of ['', 'noise', '[]', 'null', '{"intended":[null,{"rule":1}]}'])
      expect(intendedOf(new Map([[INTENDED_FILE, textFile(INTENDED_FILE, 'other', text)]]))).toEqual([]);
  });
});
