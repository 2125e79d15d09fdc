// Which regions are made of those that are asked for at a time.
import { describe, expect, it } from 'vitest';
import { Assembler } from '../testing/assembler.ts';
import { codePage } from '../testing/code-page.ts';
import { translateRegions } from './translate.ts';

/** A function with a loop in a loop, and another function. */
const FUNCTION = 0;
const OUTER = 4;
const INNER = 8;
const OTHER = 28;
function code(): number[] {
  const a = new Assembler(0);
  a.mov(0, 5);
  a.label('outer');
  a.mov(1, 5);
  a.label('inner');
  a.sub(1, 1, 1);
  a.cbnz(1, 'inner');
  a.sub(0, 0, 1);
  a.cbnz(0, 'outer');
  a.emit('RET', { Rn: 30 });
  a.label('other');
  a.sub(0, 0, 1);
  a.emit('RET', { Rn: 30 });
  return a.finish();
}

/** Those of some entries, in pages of the same code, that get regions. */
function made(...entries: readonly (readonly [entry: number, page: number])[]) {
  const { regions } = translateRegions(
    entries.map(([entry, number], slot) => ({
      assignment: { slot, page: number, records: 0, entry, ranged: false },
      code: codePage(code()),
    })),
  );
  return entries.filter((_, i) => regions[i]!.words.length > 0);
}

describe('a batch', () => {
  it('leaves out what another one of its regions covers', () => {
    expect(made([INNER, 1], [OUTER, 1], [FUNCTION, 1], [OTHER, 1])).toEqual([
      [FUNCTION, 1],
      [OTHER, 1],
    ]);
  });

  it('has the first of those that cover each other', () => {
    expect(made([INNER, 1], [OUTER, 1])).toEqual([[INNER, 1]]);
    expect(made([OUTER, 1], [INNER, 1])).toEqual([[OUTER, 1]]);
  });

  it('has the same code in another page', () => {
    expect(made([INNER, 1], [OUTER, 2], [INNER, 2])).toEqual([
      [INNER, 1],
      [OUTER, 2],
    ]);
  });
});
