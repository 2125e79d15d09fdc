// Edits that change fields while all arrays keep their lengths: numbers in the style in which they are written, flags one by
// one, members that were left out, and, where a macro stands in the way, the piece around it.
import { cellOf } from '../codec.ts';
import { TRAILING_ARRAYS, type TrailingKey } from '../layout.ts';
import type { Config } from '../model.ts';
import { fieldLeaves, type Leaf } from '../leaves.ts';
import { flagNames, type SymbolSet } from '../symbols.ts';
import { ConditionParser } from './condition.ts';
import type { Draft, Edit } from './draft.ts';
import { inserted, rendered } from './edit-arrays.ts';
import type { Token } from './lexer.ts';
import type { InitNode } from './parser.ts';
import { arrayPart, cString, entryParts, headPart, memberList, scalarText } from './parts.ts';
import type { Part } from './text.ts';
import { outermost } from './preprocessor.ts';

const LINE_WIDTH = 80;

/** Edits after which the fields have the goal's values. Level n writes the n-th enclosing braces anew. */
export function fieldEdits(draft: Draft, goal: Config, bytes: Uint8Array, level: number): Edit[] {
  const edits: Edit[] = [];
  const done = new Set<InitNode>();
  for (const leaf of fieldLeaves(goal)) {
    if (!differs(draft.source.bytes, bytes, leaf)) continue;
    const { node, around } = draft.nodeAt(leaf.offset, leaf.width);
    const chain = [...around, node];
    if (done.has(node)) continue;
    done.add(node);
    const own = level === 0 ? minimal(draft, goal, bytes, leaf, chain) : null;
    edits.push(...(own ?? enclosing(draft, goal, chain, level)));
  }
  return edits;
}

const differs = (a: Uint8Array, b: Uint8Array, { offset, width }: Leaf): boolean => {
  for (let i = offset; i < offset + width; i++) if (a[i] !== b[i]) return true;
  return false;
};

// -------------------------------------------------------------------------------------------------------- minimal changes

function minimal(draft: Draft, goal: Config, bytes: Uint8Array, leaf: Leaf, chain: readonly InitNode[]): Edit[] | null {
  const node = chain[chain.length - 1]!;
  if (node.kind === 'text') {
    const range = draft.range(node.first, node.last);
    return range && [{ ...range, text: cString(textOf(bytes.subarray(node.offset, node.offset + node.type.size))) }];
  }
  if (node.kind === 'value' && node.type.kind === 'integer') {
    const value = valueOf(bytes, node);
    return numberEdits(draft, leaf, node, value);
  }
  if (node.kind === 'list') return missing(draft, goal, bytes, leaf, chain);
  return null;
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes).replace(/\0+$/, '');

function valueOf(bytes: Uint8Array, { offset, type, bits }: InitNode): bigint {
  let value = 0n;
  const width = bits ? Math.ceil((bits.shift + bits.width) / 8) : type.size;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset + i] ?? 0);
  return bits ? (value >> BigInt(bits.shift)) & ((1n << BigInt(bits.width)) - 1n) : value;
}

function numberEdits(draft: Draft, leaf: Leaf, node: InitNode, value: bigint): Edit[] | null {
  const range = draft.range(node.first, node.last) ?? draft.argumentRange(node.first, node.last);
  if (!range) return null;
  const spelled = draft.spelledNumber(node);
  if (spelled !== null && typeof leaf.notation === 'string') return [{ ...range, text: inStyleOf(spelled, value) }];
  const terms = alternatives(draft, node);
  const isFlags = typeof leaf.notation !== 'string' && leaf.notation.kind === 'flags';
  if (terms && (isFlags || terms.length > 1)) {
    const edits = termEdits(draft, leaf, terms, value);
    if (edits) return edits;
  }
  return [{ ...range, text: scalarText(leaf.notation, leaf.field, value) }];
}

/** A number in the base, the width and the case of the one that it replaces. */
export function inStyleOf(spelled: string, value: bigint): string {
  const [, prefix = '', digits = '', suffix = ''] = /^(0[xXbB])?([0-9a-fA-F]*?)([uUlL]*)$/.exec(spelled) ?? [];
  const base = prefix === '' ? 10 : prefix[1]!.toLowerCase() === 'x' ? 16 : 2;
  // Octal is nobody's intention; zero has no style.
  if (base === 10 && (spelled === '0' || spelled.startsWith('0'))) return `0x${value.toString(16)}`;
  const plain = value.toString(base);
  const cased = /[A-F]/.test(digits) ? plain.toUpperCase() : plain;
  return prefix + (base === 10 ? cased : cased.padStart(digits.length, '0')) + suffix;
}

interface Term {
  start: number;
  end: number;
  value: bigint;
  text: string;
}

/** The operands of a row of `|`, each with the characters that it comes from. */
function alternatives(draft: Draft, node: InitNode): Term[] | null {
  const terms: Term[] = [];
  let first = node.first;
  let depth = 0;
  for (let at = node.first; at <= node.last + 1; at++) {
    const token = draft.tokens[at]!;
    if (at <= node.last) {
      if ('([{'.includes(token.text) && token.text !== '') depth++;
      if (')]}'.includes(token.text) && token.text !== '') depth--;
      if (token.text !== '|' || depth > 0) continue;
    }
    const range = at > first ? draft.range(first, at - 1) : null;
    if (!range) return null;
    const value = evaluated(draft.tokens.slice(first, at));
    if (value === null) return null;
    terms.push({ ...range, value, text: draft.text.slice(range.start, range.end) });
    first = at + 1;
  }
  return terms;
}

function evaluated(tokens: Token[]): bigint | null {
  try {
    return new ConditionParser(tokens, tokens[0]!).whole();
  } catch {
    return null;
  }
}

/** Takes out the operands that are not wanted any more and appends those that are missing. */
function termEdits(draft: Draft, leaf: Leaf, terms: readonly Term[], value: bigint): Edit[] | null {
  const kept = terms.filter((term) => (term.value & ~value) === 0n && term.value !== 0n);
  if (kept.length === 0) return null;
  const last = kept[kept.length - 1]!;
  const edits: Edit[] = [];
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i]!;
    if (kept.includes(term)) continue;
    // Up to the next kept operand, or from behind the previous one.
    const next = terms.slice(i + 1).find((other) => kept.includes(other));
    const previous = terms.slice(0, i).findLast((other) => kept.includes(other));
    // The side on which no line ends, so that only one line changes.
    if (next && (!previous || !draft.text.slice(term.end, next.start).includes('\n')))
      edits.push({ start: term.start, end: next.start, text: '' });
    else if (previous) edits.push({ start: terms[i - 1]!.end, end: term.end, text: '' });
  }
  const covered = kept.reduce((sum, term) => sum | term.value, 0n);
  const additions = newTerms(leaf, terms, value & ~covered);
  if (additions.length > 0) {
    const column = draft.columnAt(last.end);
    const text = additions.join(' | ');
    const fits = column + 3 + text.length + 1 <= LINE_WIDTH;
    edits.push({
      start: last.end,
      end: last.end,
      text: fits ? ` | ${text}` : ` |\n${indentTo(draft.columnAt(terms[0]!.start))}${text}`,
    });
  }
  return edits;
}

const indentTo = (column: number): string => '\t'.repeat(column >> 3) + ' '.repeat(column & 7);

function newTerms({ notation }: Leaf, terms: readonly Term[], bits: bigint): string[] {
  if (bits === 0n) return [];
  if (typeof notation !== 'string') return namedBits(notation, bits);
  if (!terms.some(({ text }) => text.includes('<<'))) return [`0x${bits.toString(16)}`];
  const shifts: string[] = [];
  for (let bit = 0; bit < 64; bit++)
    if ((bits >> BigInt(bit)) & 1n) shifts.push(`(${bit < 31 ? '1' : '1ULL'} << ${bit})`);
  return shifts;
}

const namedBits = (set: SymbolSet, bits: bigint): string[] => {
  const { names, rest } = flagNames(set, bits);
  return rest === 0n ? names : [...names, `0x${rest.toString(16)}`];
};

// --------------------------------------------------------------------------------------------------------- missing members

/** A field that the braces leave out: put in behind what stands before it. */
function missing(draft: Draft, goal: Config, bytes: Uint8Array, leaf: Leaf, chain: readonly InitNode[]): Edit[] | null {
  const list = chain[chain.length - 1]!;
  if (list.type.kind === 'array') return missingElement(draft, bytes, leaf, list);
  const part = partFor(draft, goal, chain);
  if (!part || !('parts' in part) || list.children.length === 0) return null;
  const present = new Map<string, InitNode>();
  for (const child of list.children) {
    if (child.designator < 0) return null; // in order, without names: written anew as a whole
    present.set(designatorText(draft, child), child);
  }
  const edits: Edit[] = [];
  let sibling: InitNode | null = null;
  let pending: Part[] = [];
  const flush = (): boolean => {
    if (pending.length === 0) return true;
    if (!sibling) return false;
    const text = inserted(draft, sibling, pending);
    edits.push(...text);
    pending = [];
    return text.length > 0;
  };
  for (const inner of part.parts) {
    const child = present.get(inner.designator);
    if (!child) {
      pending.push(inner);
      continue;
    }
    // Members are put behind the one before them, so that the order of the structure is kept.
    if (sibling === null && pending.length > 0) {
      const place = draft.leadStart(child);
      const before = insertedAt(draft, place, child, pending);
      if (!before) return null;
      edits.push(before);
      pending = [];
    }
    if (!flush()) return null;
    sibling = child;
  }
  if (!flush()) return null;
  return edits.length > 0 ? edits : null;
}

function insertedAt(draft: Draft, place: number, child: InitNode, parts: readonly Part[]): Edit | null {
  const own = draft.wholeRange(child);
  if (!own || !draft.beginsLine(own.start)) return null;
  const indent = draft.indentAt(own.start);
  const text = parts.map((part) => `${indent}${rendered(draft, part, own.start)},\n`).join('');
  return { start: place, end: place, text };
}

/** `.name`, or `.outer.inner` where the source designates through. */
function designatorText(draft: Draft, child: InitNode): string {
  let text = '';
  for (let at = child.designator; at < child.first || (child.kind === 'implied' && at <= child.last); at++) {
    const token = draft.tokens[at]!;
    if (token.text === '=' || token.text === '{') break;
    text += token.text;
  }
  return text.endsWith(':') ? `.${text.slice(0, -1)}` : text;
}

/** An element that an array of numbers leaves to be zero. */
function missingElement(draft: Draft, bytes: Uint8Array, leaf: Leaf, list: InitNode): Edit[] | null {
  if (list.type.kind !== 'array' || list.type.element.kind !== 'integer') return null;
  const { element } = list.type;
  const index = Math.floor((leaf.offset - list.offset) / element.size);
  const value = valueOf(bytes, { ...list, offset: list.offset + index * element.size, type: element, bits: null });
  const last = list.children[list.children.length - 1];
  const text = `0x${value.toString(16)}`;
  if (!last) return null;
  const inOrder = list.children.every((child) => child.designator < 0);
  const parts: Part[] =
    inOrder && index >= list.children.length
      ? [...Array.from({ length: index - list.children.length }, () => '0'), text].map((word) => ({
          designator: '',
          value: word,
        }))
      : [{ designator: `[${index}]`, value: text }];
  const place = draft.range(last.last, last.last);
  if (!place) return null;
  const comma = draft.commaBehind(last);
  const words = parts.map((part) => rendered(draft, part, place.start)).join(', ');
  // In the row of the others, behind the comma that may already be there.
  const at = comma ?? place.end;
  return [{ start: at, end: at, text: comma === null ? `, ${words}` : ` ${words},` }];
}

// -------------------------------------------------------------------------------------------------------- enclosing pieces

/** Writes the braces around a field anew: the innermost ones that are exactly a stretch of the text, or `level` further out. */
function enclosing(draft: Draft, goal: Config, chain: readonly InitNode[], level: number): Edit[] {
  let skip = Math.max(0, level - 1);
  for (let depth = chain.length - 1; depth >= 1; depth--) {
    const node = chain[depth]!;
    if (node.kind === 'value' && node.type.kind === 'integer') continue;
    const shared = macroRun(draft, goal, chain[depth - 1]!, node);
    const range = draft.range(node.first, node.last);
    if (!range && !shared) continue;
    if (skip-- > 0) continue;
    if (!range && shared) return [shared];
    const part = partFor(draft, goal, chain.slice(0, depth + 1));
    const text = part ? rendered(draft, { ...part, designator: '', comment: '' }, range!.start) : '{ 0 }';
    return [{ ...range!, text }];
  }
  return [];
}

/** Entries that come from one macro call, such as the four of a network link: the call is replaced by entries written out. */
function macroRun(draft: Draft, goal: Config, array: InitNode, node: InitNode): Edit | null {
  const trailing = TRAILING_ARRAYS.find(
    ({ key }) => draft.arrayMember(key)?.offset === array.offset && key !== 'cpuSet',
  );
  if (!trailing || array.type.kind !== 'array') return null;
  const site = outermost(draft.tokens[node.first]!);
  const run = array.children.filter((child) => {
    const place = outermost(draft.tokens[child.first]!);
    return place.source === site.source && place.start === site.start && draft.tokens[child.first]!.expansion !== null;
  });
  const first = run[0];
  const last = run[run.length - 1];
  const range = first && last && draft.range(first.first, last.last);
  if (!range) return null;
  const from = (first.offset - array.offset) / trailing.entrySize;
  const parts = entryParts(cellOf(goal), trailing.key, from, from + run.length, []);
  const texts = parts.map((part) => rendered(draft, part, range.start));
  return { ...range, text: texts.join(`,\n${draft.indentAt(range.start)}`) };
}

/** What the writer would put where a part of the source stands. */
function partFor(draft: Draft, goal: Config, chain: readonly InitNode[]): Part | null {
  const [, top, ...inner] = chain;
  const { variable } = draft;
  if (!top || !variable) return null;
  const member = variable.members.find(({ offset, type }) => offset === top.offset && type === top.type);
  if (!member) return null;
  const key = TRAILING_ARRAYS.map((array): TrailingKey => array.key).find((k) => draft.arrayMember(k) === member);
  let part: Part | null;
  if (key === undefined) {
    if (member.offset !== 0) return null;
    part = headPart(goal, member.name, memberList(cellOf(goal), new Uint8Array(), draft.names()));
  } else if (inner.length === 0) part = arrayPart(cellOf(goal), key, member.name, []);
  else {
    const entry = inner.shift()!;
    const { entrySize } = TRAILING_ARRAYS.find((array) => array.key === key)!;
    const index = (entry.offset - top.offset) / entrySize;
    part = key === 'cpuSet' ? null : (entryParts(cellOf(goal), key, index, index + 1, [])[0] ?? null);
  }
  let around: InitNode = key === undefined || chain.length < 3 ? top : chain[2]!;
  for (const node of inner) {
    if (!part || !('parts' in part)) return null;
    const parts: readonly Part[] = part.parts;
    if (around.type.kind === 'record') {
      const { type } = around;
      const name = type.members.find((m) => around.offset + m.offset === node.offset && m.type === node.type)?.name;
      if (name === undefined) return null;
      if (name !== '') part = parts.find(({ designator }) => designator === `.${name}`) ?? null;
    } else if (around.type.kind === 'array') {
      const index = (node.offset - around.offset) / around.type.element.size;
      part = parts[index] ?? null;
    }
    around = node;
  }
  return part;
}
