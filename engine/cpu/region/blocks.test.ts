// Basic blocks as they are found in a page of code.
import { describe, expect, it } from 'vitest';
import { Assembler } from '../testing/assembler.ts';
import { IMAGE_BASE } from '../testing/board.ts';
import { codePage } from '../testing/code-page.ts';
import type { CodePage } from './blocks.ts';
import { findBlocks, targetsOf } from './blocks.ts';
import { analyse } from './flow.ts';

function pageOf(write: (a: Assembler) => void): CodePage {
  const a = new Assembler(IMAGE_BASE);
  write(a);
  return codePage(a.finish());
}

describe('a loop that is jumped into behind its start', () => {
  /** Two loops that meet at `middle`: the inner one by way of `turn`. */
  const page = pageOf((a) => {
    a.label('turn');
    a.add(1, 2, 0);
    a.label('middle');
    a.add(2, 2, 1);
    a.cbnz(2, 'turn');
    a.add(3, 3, 1);
    a.b('middle');
  });

  it('has its entry passed once in front, so that both start where they meet', () => {
    const blocks = findBlocks(page, 0);
    expect(blocks.map(({ start, ending }) => [start, [...targetsOf(ending)]])).toEqual([
      [-8, [4]],
      [0, [4]],
      [12, [4]],
      [4, [12, 0]],
    ]);
    expect(blocks[0]!.body).toEqual(blocks[1]!.body);
    expect(analyse(blocks).blocks.flatMap(({ loops, block }) => (loops.length > 0 ? [block.start] : []))).toEqual([4]);
  });

  it('is left as it is where it starts in the middle', () => {
    expect(findBlocks(page, 4).map(({ start }) => start)).toEqual([4, 12, 0]);
  });
});
