// Edits that change how many entries a trailing array has: entries put in and taken out, arrays that appear or vanish, and
// the declarations and counts that go with them.
import { cellOf } from '../codec.ts';
import { CELL_LAYOUT, SYSTEM_LAYOUT, TRAILING_ARRAYS, type Trailing, type TrailingKey } from '../layout.ts';
import type { CellConfig, Config } from '../model.ts';
import type { Draft, Edit } from './draft.ts';
import type { InitNode } from './parser.ts';
import { arrayPart, entryParts, memberList, type Names } from './parts.ts';
import { commonPairs } from '../sequence.ts';
import { render, type Part } from './text.ts';

/** Edits after which every array has as many entries as the goal. From level 1 on whole arrays are written anew. */
export function arrayEdits(draft: Draft, goal: Config, level: number): Edit[] {
  const before = cellOf(draft.source.config);
  const after = cellOf(goal);
  const edits: Edit[] = [];
  for (const array of TRAILING_ARRAYS) {
    const { key } = array;
    if (before[key].length === after[key].length) continue;
    if (before[key].length === 0) edits.push(...appearing(draft, goal, array));
    else if (after[key].length === 0) edits.push(...vanishing(draft, array));
    else {
      edits.push(...resized(draft, array, after));
      const inside = level === 0 && key !== 'cpuSet' ? changedEntries(draft, array, goal) : null;
      edits.push(...(inside ?? rewritten(draft, array, goal)));
    }
  }
  return edits;
}

const consolesOf = (goal: Config) => (goal.kind === 'system' ? [goal.system.debugConsole] : []);

/** Names for the arrays that the goal has; those that are new get the customary ones. */
const namesFor = (draft: Draft): Names => draft.names();

// ------------------------------------------------------------------------------------------- declarations and counts

/** The dimension in the declaration, and the count in the descriptor where it is no expression of the array's size. */
function resized(draft: Draft, { key, entrySize }: Trailing, after: CellConfig): Edit[] {
  const member = draft.arrayMember(key);
  if (!member?.tokens || member.type.kind !== 'array') return [];
  const edits: Edit[] = [];
  const perEntry = key === 'cpuSet' ? member.type.element.size : entrySize;
  const grown = (after[key].length - cellOf(draft.source.config)[key].length) * (key === 'cpuSet' ? 1 : entrySize);
  const dimension = dimensionTokens(draft, member.tokens);
  const range = dimension && draft.range(dimension.first, dimension.last);
  if (range) edits.push({ ...range, text: String(Math.max(0, Math.ceil((member.type.size + grown) / perEntry))) });
  const count = countNode(draft, key);
  if (count && !isSizeExpression(draft, count)) {
    const place = draft.range(count.first, count.last);
    if (place) edits.push({ ...place, text: String(after[key].length) });
  }
  return edits;
}

/** The tokens between the brackets of the last array dimension of a member's declaration. */
function dimensionTokens(
  draft: Draft,
  { first, last }: { first: number; last: number },
): { first: number; last: number } | null {
  let close = -1;
  for (let at = last; at >= first; at--) {
    const { text } = draft.tokens[at]!;
    if (text === ']') close = at;
    else if (text === '[' && close > at + 1) return { first: at + 1, last: close - 1 };
  }
  return null;
}

function countNode(draft: Draft, key: TrailingKey): InitNode | null {
  const base = draft.source.config.kind === 'system' ? SYSTEM_LAYOUT.size - CELL_LAYOUT.size : 0;
  const field = CELL_LAYOUT.fields.find(({ type }) => type.kind === 'count' && type.of === key)!;
  const { node } = draft.nodeAt(base + field.offset, field.width);
  return node.kind === 'value' && node.type.size === field.width ? node : null;
}

const isSizeExpression = (draft: Draft, node: InitNode): boolean =>
  draft.tokens.slice(node.first, node.last + 1).some(({ text }) => text === 'sizeof');

/** A new array: declaration, count and initialiser, each behind the array that stands before it. */
function appearing(draft: Draft, goal: Config, array: Trailing): Edit[] {
  const cell = cellOf(goal);
  const { variable } = draft;
  if (!variable) return [];
  const names = namesFor(draft);
  const members = memberList(cell, new Uint8Array(), names);
  const own = members.find(({ key }) => key === array.key)!;
  const offset = draft.arrayOffset(array.key);
  const edits: Edit[] = [];

  const previous = variable.members.findLast(
    (member) => member.offset < offset && member.offset + member.type.size <= offset,
  );
  if (!previous?.tokens) return [];
  const semicolon = draft.range(previous.tokens.last, previous.tokens.last);
  const declared = draft.range(previous.tokens.first, previous.tokens.first);
  if (!semicolon || !declared) return [];
  edits.push({
    start: semicolon.end,
    end: semicolon.end,
    text: `\n${draft.indentAt(declared.start)}${own.declaration}`,
  });

  edits.push(...countEdit(draft, array.key, `.${countName(array.key)} = ${own.count}`));

  const { root } = draft.source.variable;
  const sibling = root.children.findLast((node) => node.offset < offset);
  if (!sibling || root.kind !== 'list') return [];
  const part = arrayPart(cell, array.key, own.c, consolesOf(goal));
  edits.push(...inserted(draft, sibling, [part], '\n'));
  return edits;
}

const countName = (key: TrailingKey): string =>
  CELL_LAYOUT.fields.find(({ type }) => type.kind === 'count' && type.of === key)!.c;

/** Puts a count behind the one before it, or sets the one that is there. */
function countEdit(draft: Draft, key: TrailingKey, text: string): Edit[] {
  const existing = countNode(draft, key);
  if (existing) {
    const range = draft.wholeRange(existing);
    return range ? [{ ...range, text }] : [];
  }
  const base = draft.source.config.kind === 'system' ? SYSTEM_LAYOUT.size - CELL_LAYOUT.size : 0;
  const field = CELL_LAYOUT.fields.find(({ type }) => type.kind === 'count' && type.of === key)!;
  const { node: list } = draft.nodeAt(base + field.offset, field.width);
  const sibling = list.children.findLast((node) => node.offset < base + field.offset && node.designator >= 0);
  if (list.kind !== 'list' || !sibling) return [];
  return inserted(draft, sibling, [{ designator: '', value: text }]);
}

function vanishing(draft: Draft, { key }: Trailing): Edit[] {
  const edits: Edit[] = [];
  const member = draft.arrayMember(key);
  if (!member?.tokens) return [];
  const declaration = draft.range(member.tokens.first, member.tokens.last);
  if (!declaration) return [];
  edits.push(wholeLines(draft, declaration.start, declaration.end));
  const count = countNode(draft, key);
  if (count) edits.push(...removed(draft, count));
  const node = draft.arrayNode(key);
  if (node) edits.push(...removed(draft, node));
  return edits;
}

/** From the beginning of the line to the end of the line, where nothing else stands on it. */
function wholeLines(draft: Draft, start: number, end: number): Edit {
  if (!draft.beginsLine(start)) return { start, end, text: '' };
  const after = draft.lineRestEnd(end);
  return after === end
    ? { start, end, text: '' }
    : { start: start - draft.indentAt(start).length, end: after, text: '' };
}

// ------------------------------------------------------------------------------------------------------------- entries

/** Entries put in and taken out one by one; null when the source does not allow it. */
function changedEntries(draft: Draft, { key, entrySize }: Trailing, goal: Config): Edit[] | null {
  const node = draft.arrayNode(key);
  if (!node || key === 'cpuSet') return null;
  const before = cellOf(draft.source.config)[key] as readonly unknown[];
  const after = cellOf(goal)[key] as readonly unknown[];
  const own = new Map<number, InitNode>();
  for (const child of node.children) {
    const index = (child.offset - node.offset) / entrySize;
    // Designated entries do not move when others come or go.
    if (!Number.isInteger(index) || child.designator >= 0) return null;
    own.set(index, child);
  }
  const edits: Edit[] = [];
  for (const { at, removed: gone, from, count } of runs(before, after)) {
    for (let i = at; i < at + gone; i++) {
      const child = own.get(i);
      if (!child) continue; // zero-filled: the declaration shrinks
      if (!draft.wholeRange(child)) return null;
      edits.push(...removed(draft, child));
    }
    if (count === 0) continue;
    const parts = entryParts(cellOf(goal), key, from, from + count, consolesOf(goal));
    const next = own.get(at + gone);
    if (next) {
      if (!draft.wholeRange(next)) return null;
      edits.push(...insertedBefore(draft, next, parts));
      continue;
    }
    const last = [...own.keys()].filter((index) => index < at).reduce((max, index) => Math.max(max, index), -1);
    const sibling = own.get(last);
    if (!sibling || !draft.range(sibling.last, sibling.last)) return null;
    // Entries that the source leaves to be zero stand between the last one and the new one.
    const gap: Part[] = Array.from({ length: at - last - 1 }, () => ({ designator: '', value: '{ 0 }' }));
    edits.push(...inserted(draft, sibling, [...gap, ...parts]));
  }
  return edits;
}

interface Run {
  /** Index in the old array. */
  at: number;
  removed: number;
  /** Index of the first new entry in the new array. */
  from: number;
  count: number;
}

/** Where entries come and go: the longest common subsequence stays, equal numbers of others count as changed in place. */
export function runs(before: readonly unknown[], after: readonly unknown[]): Run[] {
  const a = before.map(keyOf);
  const b = after.map(keyOf);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const result: Run[] = [];
  const gap = (at: number, end: number, from: number, to: number): void => {
    const changed = Math.min(end - at, to - from);
    if (end - at !== to - from)
      result.push({ at: at + changed, removed: end - at - changed, from: from + changed, count: to - from - changed });
  };
  let at = head;
  let from = head;
  for (const [i, j] of commonPairs(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) {
    gap(at, head + i, from, head + j);
    at = head + i + 1;
    from = head + j + 1;
  }
  gap(at, a.length - tail, from, b.length - tail);
  return result;
}

const keyOf = (entry: unknown): string =>
  JSON.stringify(entry, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));

/** The whole array written anew. */
function rewritten(draft: Draft, { key }: Trailing, goal: Config): Edit[] {
  const node = draft.arrayNode(key);
  const range = node && draft.range(node.first, node.last);
  if (!range) return [];
  const part = arrayPart(cellOf(goal), key, '', consolesOf(goal));
  return [{ ...range, text: rendered(draft, { ...part, designator: '', comment: '' }, range.start) }];
}

// ---------------------------------------------------------------------------------------------------------- text of parts

/** A part as the value that begins at a place: indented like its line, without its comma. */
export function rendered(draft: Draft, part: Part, offset: number): string {
  return indented(render(part, 0), draft.indentAt(offset)).trimStart().replace(/,$/, '');
}

const indented = (text: string, indent: string): string => {
  // A file that is indented with blanks gets blanks.
  const unit = indent.includes(' ') && !indent.includes('\t') ? '    ' : '\t';
  return text
    .split('\n')
    .map((line) => (line === '' ? line : indent + line.replace(/^\t+/, (tabs) => unit.repeat(tabs.length))))
    .join('\n');
};

/** New parts on lines of their own behind a sibling, its comma and the comment on its line. */
export function inserted(draft: Draft, sibling: InitNode, parts: readonly Part[], gap = ''): Edit[] {
  const range = draft.wholeRange(sibling) ?? draft.range(sibling.last, sibling.last);
  if (!range) return [];
  const comma = draft.commaBehind(sibling);
  const indent = draft.indentAt(range.start);
  const texts = parts.map((part) => indented(render({ ...part, gap: false }, 0), indent));
  const ownLines = draft.beginsLine(range.start) || /^[ \t]*\/\*/.test(lineAt(draft.text, range.start));
  const edits: Edit[] = [];
  if (comma === null) edits.push({ start: range.end, end: range.end, text: ',' });
  const end = comma ?? range.end;
  if (!ownLines) {
    edits.push({ start: end, end, text: texts.map((text) => ` ${text.trim()}`).join('') });
    return merged(edits);
  }
  const rest = draft.lineRestEnd(end);
  const text = `${gap}${texts.join('\n')}\n`;
  if (rest > end) edits.push({ start: rest, end: rest, text });
  else edits.push({ start: end, end, text: `\n${gap}${texts.join('\n')}` });
  return merged(edits);
}

/** A comma and a text at the same place are one edit. */
function merged(edits: Edit[]): Edit[] {
  const [first, second] = edits;
  if (first && second && first.start === second.start) return [{ ...first, text: first.text + second.text }];
  return edits;
}

const lineAt = (text: string, offset: number): string => text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);

function insertedBefore(draft: Draft, next: InitNode, parts: readonly Part[]): Edit[] {
  const start = draft.leadStart(next);
  const own = draft.wholeRange(next)!;
  const indent = draft.indentAt(own.start);
  const texts = parts.map((part) => indented(render({ ...part, gap: false }, 0), indent));
  const onLine = start === 0 || draft.text[start - 1] === '\n';
  return [
    { start, end: start, text: onLine ? `${texts.join('\n')}\n` : texts.map((text) => ` ${text.trim()}`).join('') },
  ];
}

/** Takes a part out with its comma, its comment above and the rest of its line. */
export function removed(draft: Draft, node: InitNode): Edit[] {
  const range = draft.wholeRange(node);
  if (!range) return [];
  const start = draft.leadStart(node);
  const comma = draft.commaBehind(node);
  const end = comma ?? range.end;
  const onLine = start > 0 && draft.text[start - 1] === '\n';
  return [{ start, end: onLine ? draft.lineRestEnd(end) : end, text: '' }];
}
