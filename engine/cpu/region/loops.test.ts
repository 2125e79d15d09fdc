// Loops that start at one block, by hand-drawn graphs.
import { describe, expect, it } from 'vitest';
import { loopsAt } from './loops.ts';

/** Blocks from [from, to] edges. */
function graph(...edges: readonly (readonly [number, number])[]) {
  const blocks = Array.from({ length: 1 + Math.max(...edges.flat()) }, (_, order) => ({
    order,
    predecessors: edges.filter(([, to]) => to === order).map(([from]) => from),
  }));
  return (start: number): number[][] => {
    const back = blocks[start]!.predecessors.filter((from) => from >= start);
    return loopsAt(start, back, blocks);
  };
}

describe('loops that start at one block', () => {
  it('are one if no way round leads through the others', () => {
    // A loop with two arms that go on for another turn.
    expect(graph([0, 1], [0, 2], [1, 0], [2, 0])(0)).toEqual([[1, 2]]);
  });

  it('lie in each other if a longer way leads round the shorter one', () => {
    // 0 alone, then by way of 1, then by way of 1 and 2.
    expect(graph([0, 0], [0, 1], [1, 0], [1, 2], [2, 0])(0)).toEqual([[0], [1], [2]]);
  });

  it('lie in each other if one leads through a loop that starts elsewhere', () => {
    // The inner one by way of 1; the outer one by way of 2, where a loop of its own is.
    expect(graph([0, 1], [1, 0], [0, 2], [2, 2], [2, 3], [3, 0])(0)).toEqual([[1], [3]]);
  });

  it('are none where nobody comes back', () => {
    expect(graph([0, 1], [1, 2])(1)).toEqual([]);
  });
});
