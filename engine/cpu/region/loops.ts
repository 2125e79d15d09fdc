// Loops that start at one block: where a region's entry lies in an inner loop, the outer ones come back to it as well. Whoever
// compiles the region must see them as loops in each other, or else keeps in registers what the outer one uses.

interface Node {
  readonly order: number;
  readonly predecessors: readonly number[];
}

/**
 * The loops that start at a block, the innermost first, each by the blocks that come back to the start for another turn. A way
 * back is another loop's if it leads round all of the first one's, or through a loop that starts elsewhere.
 * @param back orders of all blocks that come back
 */
export function loopsAt(start: number, back: readonly number[], blocks: readonly Node[]): number[][] {
  const ways = back.map((from) => {
    const body = bodyOf(start, from, blocks);
    const depth = [...body].some((at) => at !== start && blocks[at]!.predecessors.some((order) => order >= at)) ? 1 : 0;
    return { from, body, depth };
  });
  ways.sort((a, b) => a.depth - b.depth || a.body.size - b.body.size);
  const loops: { depth: number; back: number[] }[] = [];
  for (const { from, body, depth } of ways) {
    const inner = loops.at(-1);
    if (inner && inner.depth === depth && !inner.back.every((order) => body.has(order))) inner.back.push(from);
    else loops.push({ depth, back: [from] });
  }
  return loops.map((loop) => loop.back);
}

/** All blocks from which a way back is reached without passing the start. */
function bodyOf(start: number, from: number, blocks: readonly Node[]): Set<number> {
  const body = new Set([start]);
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (body.has(at)) continue;
    body.add(at);
    open.push(...blocks[at]!.predecessors);
  }
  return body;
}
