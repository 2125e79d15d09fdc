// A source that is being edited: its text, what it compiled to, and which stretch of the text each part of the initialiser is.
import { cellOf } from '../codec.ts';
import { CELL_LAYOUT, SYSTEM_LAYOUT, TRAILING_ARRAYS, type TrailingKey } from '../layout.ts';
import { TOKEN, type Token } from './lexer.ts';
import type { InitNode } from './parser.ts';
import { outermost } from './preprocessor.ts';
import { nodeAt, type SourceConfig } from './reader.ts';
import type { Names } from './parts.ts';
import type { Member, RecordType } from './types.ts';

/** Replace the characters from start to end. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

export interface TextRange {
  start: number;
  end: number;
}

const TAB = 8;

export class Draft {
  readonly text: string;
  readonly source: SourceConfig;
  readonly newline: string;

  constructor(text: string, source: SourceConfig) {
    this.text = text;
    this.source = source;
    this.newline = text.includes('\r\n') ? '\r\n' : '\n';
  }

  /** The text with the edits made; null when two of them are about the same characters. Contained edits give way. */
  applied(edits: readonly Edit[]): string | null {
    const sorted = [...edits].sort((a, b) => a.start - b.start || b.end - a.end);
    const parts: string[] = [];
    let at = 0;
    let last: Edit | null = null;
    for (const edit of sorted) {
      if (last && edit.start < at) {
        if (edit.end <= last.end && last.end > last.start) continue;
        return null;
      }
      if (
        last &&
        edit.start === last.start &&
        edit.end === last.end &&
        edit.text === last.text &&
        edit.end > edit.start
      )
        continue;
      parts.push(this.text.slice(at, edit.start), edit.text.replaceAll('\n', this.newline));
      at = edit.end;
      last = edit;
    }
    parts.push(this.text.slice(at));
    return parts.join('');
  }

  // -------------------------------------------------------------------------------------------------------------- places

  get tokens(): readonly Token[] {
    return this.source.tokens;
  }

  #isOwn(place: Pick<Token, 'source'>): boolean {
    return place.source === this.source.variable.name.source;
  }

  /** The characters that tokens `first` to `last` come from, if these are exactly the ones that they come from. */
  range(first: number, last: number): TextRange | null {
    const from = this.tokens[first]!;
    const to = this.tokens[last]!;
    const start = outermost(from);
    const end = outermost(to);
    if (!this.#isOwn(start) || !this.#isOwn(end)) return null;
    const before = this.tokens[first - 1];
    const after = this.tokens[last + 1];
    if (from.expansion && before?.expansion && samePlace(outermost(before), start)) return null;
    if (to.expansion && after?.expansion && samePlace(outermost(after), end)) return null;
    return { start: start.start, end: end.end };
  }

  /** The characters of tokens that are spelled in the arguments of a macro call. */
  argumentRange(first: number, last: number): TextRange | null {
    for (let i = first; i <= last; i++) {
      const token = this.tokens[i]!;
      if (!token.expansion?.argument || !this.#isOwn(token)) return null;
    }
    const { start } = this.tokens[first]!;
    const { end } = this.tokens[last]!;
    return end > start ? { start, end } : null;
  }

  /** A part with its designators. */
  wholeRange(node: InitNode): TextRange | null {
    return this.range(node.designator >= 0 ? node.designator : node.first, node.last);
  }

  /** The comma behind a part: its end, or null when none follows. */
  commaBehind(node: InitNode): number | null {
    const next = this.tokens[node.last + 1];
    return next?.text === ',' && next.expansion === null && this.#isOwn(next) ? next.end : null;
  }

  /** Blanks at the beginning of the line of a character. */
  indentAt(offset: number): string {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(lineStart, offset))![0];
  }

  /** Only blanks stand before this character on its line. */
  beginsLine(offset: number): boolean {
    const lineStart = this.text.lastIndexOf('\n', offset - 1) + 1;
    return /^[ \t]*$/.test(this.text.slice(lineStart, offset));
  }

  /** The column (from 0) that an editor shows for a character, tabs being eight wide. */
  columnAt(offset: number): number {
    let column = 0;
    for (let at = this.text.lastIndexOf('\n', offset - 1) + 1; at < offset; at++)
      column = this.text[at] === '\t' ? (Math.floor(column / TAB) + 1) * TAB : column + 1;
    return column;
  }

  /** Behind the rest of a line that holds only blanks and comments, its end included; the offset itself if more stands there. */
  lineRestEnd(offset: number): number {
    const rest = /^[ \t]*(\/\*[^\n]*?\*\/[ \t]*)?(\/\/[^\n]*)?\r?\n/.exec(this.text.slice(offset, offset + 2000));
    return rest ? offset + rest[0].length : offset;
  }

  /** Where what belongs to a part begins: behind the previous part and the rest of its line. Comments above belong to it. */
  leadStart(node: InitNode): number {
    const first = node.designator >= 0 ? node.designator : node.first;
    const before = this.tokens[first - 1]!;
    const end = outermost(before).end;
    const start = outermost(this.tokens[first]!).start;
    const rest = this.lineRestEnd(end);
    return rest <= start ? rest : end;
  }

  // -------------------------------------------------------------------------------------------------------------- names

  get variable(): RecordType | null {
    const { type } = this.source.variable;
    return type.kind === 'record' ? type : null;
  }

  /** Byte offset of each trailing array in the file. */
  arrayOffset(key: TrailingKey): number {
    const cell = cellOf(this.source.config);
    let offset = this.source.config.kind === 'system' ? SYSTEM_LAYOUT.size : CELL_LAYOUT.size;
    for (const array of TRAILING_ARRAYS) {
      if (array.key === key) break;
      offset += cell[array.key].length * array.entrySize;
    }
    return offset;
  }

  /** The member that holds a trailing array, null when it has no entries or none fits. */
  arrayMember(key: TrailingKey): Member | null {
    const cell = cellOf(this.source.config);
    const { entrySize } = TRAILING_ARRAYS.find((array) => array.key === key)!;
    if (cell[key].length === 0) return null;
    const offset = this.arrayOffset(key);
    return (
      this.variable?.members.find(
        (member) =>
          member.offset === offset &&
          member.type.kind === 'array' &&
          (key === 'cpuSet' ? member.type.element.kind === 'integer' : member.type.element.size === entrySize),
      ) ?? null
    );
  }

  /** What this source calls things. */
  names(): Names {
    const arrays: Names['arrays'] = {};
    for (const { key } of TRAILING_ARRAYS) {
      const member = this.arrayMember(key);
      if (member) arrays[key] = member.name;
    }
    return { variable: this.source.variable.name.text, arrays };
  }

  /** The initialiser of the trailing array, if it has one of its own. */
  arrayNode(key: TrailingKey): InitNode | null {
    const member = this.arrayMember(key);
    if (!member) return null;
    return (
      this.source.variable.root.children.findLast(
        (node) => node.offset === member.offset && node.type.kind === 'array' && node.kind === 'list',
      ) ?? null
    );
  }

  nodeAt(offset: number, width: number): { node: InitNode; around: InitNode[] } {
    return nodeAt(this.source.variable.root, offset, width);
  }

  /** Tokens that a person wrote in this file and that are not punctuation of a call. */
  spelledNumber(node: InitNode): string | null {
    const token = this.tokens[node.first]!;
    return node.first === node.last && token.kind === TOKEN.NUMBER && !token.expansion ? token.text : null;
  }
}

type Site = Pick<Token, 'source' | 'start' | 'end'>;
const samePlace = (a: Site, b: Site): boolean => a.source === b.source && a.start === b.start && a.end === b.end;
