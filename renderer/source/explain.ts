// What a word of a source means, for the hover: a macro of the headers, a member of a structure, a number with who owns the address.
import { ARRAY_GLOSSARY, MACRO_GLOSSARY } from '../../engine/config/index.ts';
import { hex, sizeText } from '../format/address.ts';
import { memberAt, membersAt, placeAt } from './structure.ts';

export interface Explanation {
  start: number;
  end: number;
  title: string;
  /** Beside the title: a value. */
  detail: string;
  lines: string[];
}

export interface AddressFacts {
  /** What the board has there. */
  there: readonly string[];
  /** Who reaches it: `greeter: RAM`. */
  reached: readonly string[];
}

const WORD = /[A-Za-z0-9_]+/g;

function wordAt(text: string, offset: number): { start: number; end: number; word: string } | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  for (const match of line.matchAll(WORD)) {
    const start = lineStart + match.index;
    if (start <= offset && offset <= start + match[0].length)
      return { start, end: start + match[0].length, word: match[0] };
  }
  return undefined;
}

/** Fields that hold addresses of the board rather than of a cell, sizes or counts. */
const isPhysical = (c: string): boolean =>
  /(^|[._])(phys_start|address|base|\w*_base|clock_reg)$/.test(c) && c !== 'pin_base';
const isSize = (c: string): boolean => /(^|_)size$/.test(c);

/** Null: there is nothing to say about it. */
export function explain(text: string, offset: number, facts: (address: bigint) => AddressFacts): Explanation | null {
  const found = wordAt(text, offset);
  if (!found) return null;
  const { word, ...range } = found;
  const macro = MACRO_GLOSSARY.get(word);
  if (macro)
    return {
      ...range,
      title: word + macro.parameters,
      detail: macro.replacement,
      lines: macro.meaning ? [macro.meaning] : [],
    };
  const place = placeAt(text, range.start);
  if (!place) return null;
  if (text[range.start - 1] === '.') {
    const member = membersAt(place).find(({ name }) => name === word);
    const array = ARRAY_GLOSSARY.find(({ c }) => c === word);
    if (member) return { ...range, title: word, detail: place.tag ?? '', lines: [member.entry.meaning] };
    if (array && place.tag === undefined) return { ...range, title: word, detail: '', lines: [array.meaning] };
    return null;
  }
  if (!/^(0x[0-9a-f]+|0b[01]+|\d+)[ul]*$/i.test(word)) return null;
  const value = BigInt(word.replace(/[ul]+$/i, ''));
  const member = memberAt(place);
  const c = member?.c ?? '';
  const lines = member?.meaning ? [member.meaning] : [];
  if (isPhysical(c)) {
    const { there, reached } = facts(value);
    lines.push(`On the board: ${there.join(', ') || 'nothing'}.`, `Reached by ${reached.join(', ') || 'no cell'}.`);
  }
  const detail = isSize(c)
    ? sizeText(value)
    : isPhysical(c)
      ? hex(value)
      : value > 9n
        ? `${hex(value, 1)} = ${value}`
        : `${value}`;
  return { ...range, title: c || 'number', detail, lines };
}
