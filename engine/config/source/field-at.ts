// Which field of the model a place in a source is about: the way back from locateField() in reader.ts.
import { fieldLeaves } from '../leaves.ts';
import type { Config } from '../model.ts';
import { parsePath } from '../path.ts';
import type { InitNode } from './parser.ts';
import { outermost } from './preprocessor.ts';
import type { SourceConfig } from './reader.ts';

/**
 * The path of the innermost field whose initialiser is at a character, as findings use it; '' for the whole configuration. A place
 * between two entries belongs to the one on its line, else to the one that follows: a comment is about what comes after it.
 * Null: the place is outside the initialiser.
 * @param file as locations name it: the file itself, or the name of an #include
 */
export function fieldAt(source: SourceConfig, offset: number, file: string): string | null {
  let inside: Part | undefined;
  let outside: Part[] = [];
  const visit = (node: InitNode, around?: InitNode): void => {
    const part = partOf(source, node);
    if (part.file === file) {
      if (part.start <= offset && offset <= part.end) {
        // Of the entries that one macro call stands for, all of which stand there, the first. What a longer designator
        // reaches into stands where its only child stands, which is looked into.
        const same = inside && part.start === inside.start && part.end === inside.end;
        if (same && !(around === inside!.node && around.kind === 'implied' && node.designator === around.first)) return;
        inside = part;
        outside = [];
      } else {
        outside.push(part);
        return;
      }
    }
    for (const child of node.children) visit(child, node);
  };
  visit(source.variable.root);
  const isIncluded = source.variable.name.source.name !== file;
  if (!inside && !isIncluded) return null;
  const text = (inside ?? outside[0])?.text;
  if (text === undefined) return null;
  const between = (from: number, to: number): boolean => text.slice(from, to).includes('\n');
  const part =
    inside && (inside.node.children.length === 0 || !between(inside.start, offset))
      ? inside
      : (outside.findLast(({ end }) => end < offset && !between(end, offset)) ??
        outside.find(({ start }) => start > offset) ??
        inside);
  return part ? pathOf(source.config, part.node) : null;
}

interface Part {
  node: InitNode;
  file: string;
  text: string;
  start: number;
  end: number;
}

/** Where a part of the initialiser stands: for one out of a macro, the macro's call. */
function partOf({ tokens }: SourceConfig, node: InitNode): Part {
  const from = outermost(tokens[node.designator >= 0 ? node.designator : node.first]!);
  const to = outermost(tokens[node.last]!);
  const end = to.source === from.source ? Math.max(from.end, to.end) : from.end;
  return { node, file: from.source.name, text: from.source.text, start: from.start, end };
}

/** What all fields in the bytes of a part have in common. */
function pathOf(config: Config, node: InitNode): string {
  const end = node.offset + Math.max(1, node.type.size);
  const paths = fieldLeaves(config)
    .filter((leaf) => leaf.offset < end && leaf.offset + leaf.width > node.offset)
    .map(({ path }) => parsePath(path)!);
  const [first] = paths;
  if (!first) return '';
  let common = first.length;
  for (const path of paths) {
    let same = 0;
    while (same < common && path[same] === first[same]) same++;
    common = same;
  }
  const steps = first.slice(0, common);
  // The only element of an array does not stand for the array around it.
  if (node.type.kind === 'array' && typeof steps.at(-1) === 'number') steps.pop();
  return steps.reduce<string>(
    (path, step) => (typeof step === 'number' ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
    '',
  );
}
