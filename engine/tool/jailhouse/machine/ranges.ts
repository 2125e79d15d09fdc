// /proc/iomem and /proc/ioports: a tree of named ranges, two blanks a level. Source: Linux, Documentation/filesystems/proc.rst.

export interface RangeNode {
  name: string;
  start: bigint;
  /** Behind the last byte. */
  end: bigint;
  children: RangeNode[];
}

export class RangesError extends Error {}

const LINE = /^( *)([0-9a-fA-F]+)-([0-9a-fA-F]+) : (.*)$/;

/** @throws RangesError naming the line, or that the addresses are hidden (read by a user who is not root) */
export function parseRanges(text: string, file: string): RangeNode[] {
  const roots: RangeNode[] = [];
  const open: RangeNode[] = [];
  for (const [number, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const match = LINE.exec(line);
    if (!match) throw new RangesError(`/${file}, line ${number + 1}: expected START-END : NAME, not "${line}"`);
    const node = {
      name: match[4]!.trim(),
      start: BigInt(`0x${match[2]!}`),
      end: BigInt(`0x${match[3]!}`) + 1n,
      children: [],
    };
    const level = Math.min(Math.floor(match[1]!.length / 2), open.length);
    open.length = level;
    (level === 0 ? roots : open[level - 1]!.children).push(node);
    open.push(node);
  }
  if (roots.length > 1 && roots.every(({ start, end }) => start === 0n && end === 1n))
    throw new RangesError(`/${file} hides its addresses: it was read without root's rights`);
  return roots;
}

/** Every node, parents before children. */
export function* everyRange(nodes: readonly RangeNode[]): Generator<RangeNode> {
  for (const node of nodes) {
    yield node;
    yield* everyRange(node.children);
  }
}
