// C source text to preprocessing tokens with their places. C17 (ISO/IEC 9899:2018) 5.1.1.2 phases 2 and 3, 6.4, as gcc does
// them: backslash-newline joins lines anywhere, also with blanks between; a comment is a blank.
import { fault, type SourceFile } from './file.ts';

export const TOKEN = { END: 0, NAME: 1, NUMBER: 2, STRING: 3, CHARACTER: 4, PUNCTUATOR: 5, BAD: 6, PRAGMA: 7 } as const;
export type TokenKind = (typeof TOKEN)[keyof typeof TOKEN];

/** Where a token came from when it is not simply spelled in a file: the macro call that produced it. */
export interface Expansion {
  macro: string;
  /** The call in the file where it stands: name, or name and arguments. */
  source: SourceFile;
  start: number;
  end: number;
  /** The expansion in whose result this call stood. */
  parent: Expansion | null;
  /** The token is an argument of the call: its own place is where it was spelled. */
  argument: boolean;
}

export interface Token {
  kind: TokenKind;
  text: string;
  /** Where it is spelled. */
  source: SourceFile;
  start: number;
  end: number;
  /** First on its line. */
  lineStart: boolean;
  /** A blank, a comment or a line's end stands before it. */
  spaced: boolean;
  expansion: Expansion | null;
  /** A macro's name met inside its own expansion: never expanded again (6.10.3.4). */
  painted: boolean;
}

const LETTER = 1;
const DIGIT = 2;
const BLANK = 4;
const classes = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  const char = String.fromCharCode(c);
  if (/[A-Za-z_$]/.test(char) || c >= 0x80) classes[c] = LETTER;
  else if (/[0-9]/.test(char)) classes[c] = DIGIT;
  else if (/[ \t\v\f\r\0]/.test(char)) classes[c] = BLANK;
}
const classOf = (code: number): number => (code < 256 ? classes[code]! : LETTER);

/** Longest first, by first character. */
const PUNCTUATORS = new Map<string, string[]>();
for (const text of (
  '%:%: <<= >>= ... -> ++ -- << >> <= >= == != && || *= /= %= += -= &= ^= |= ## <: :> <% %> %: ' +
  '[ ] ( ) { } . & * + - ~ ! / % < > ^ | ? : ; = , #'
).split(' ')) {
  const list = PUNCTUATORS.get(text[0]!) ?? [];
  list.push(text);
  PUNCTUATORS.set(text[0]!, list);
}
const DIGRAPHS: Record<string, string> = { '<:': '[', ':>': ']', '<%': '{', '%>': '}', '%:': '#', '%:%:': '##' };

const NEWLINE = 10;
const SLASH = 47;
const STAR = 42;
const QUOTE = 34;
const APOSTROPHE = 39;
const BACKSLASH = 92;
const DOT = 46;

/** Joined lines, and where each cut was, so that places still refer to the text as it is written. */
interface Spliced {
  text: string;
  /** Offsets in the joined text from which on `shift` characters have been taken out. */
  cuts: { at: number; shift: number }[];
}

function splice(text: string): Spliced {
  if (!text.includes('\\')) return { text, cuts: [] };
  const cuts: Spliced['cuts'] = [];
  let shift = 0;
  const joined = text.replace(/\\[ \t\v\f\r]*\n/g, (match, at: number) => {
    const start = at - shift;
    shift += match.length;
    cuts.push({ at: start, shift });
    return '';
  });
  return { text: joined, cuts };
}

/** All tokens of a file, ended by one of kind END. Never throws: what is no token becomes one of kind BAD. */
export function lex(source: SourceFile): Token[] {
  const { text, cuts } = splice(source.text);
  const tokens: Token[] = [];
  const length = text.length;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let lineStart = true;
  let spaced = false;
  let cut = 0;
  /** Offset in the written text; only ever asked for ascending offsets. */
  const written = (offset: number): number => {
    while (cut < cuts.length && cuts[cut]!.at <= offset) cut++;
    return cut === 0 ? offset : offset + cuts[cut - 1]!.shift;
  };
  const push = (kind: TokenKind, start: number, end: number, spelled: string): void => {
    const writtenStart = cuts.length === 0 ? start : written(start);
    const writtenEnd = cuts.length === 0 ? end : end > start ? written(end - 1) + 1 : writtenStart;
    tokens.push({
      kind,
      text: spelled,
      source,
      start: writtenStart,
      end: writtenEnd,
      lineStart,
      spaced,
      expansion: null,
      painted: false,
    });
    lineStart = false;
    spaced = false;
  };

  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) {
      at++;
      lineStart = spaced = true;
      continue;
    }
    const kind = classOf(code);
    if (kind === BLANK) {
      at++;
      spaced = true;
      continue;
    }
    const start = at;
    if (kind === LETTER) {
      at++;
      while (at < length && classOf(text.charCodeAt(at)) & (LETTER | DIGIT)) at++;
      const next = text.charCodeAt(at);
      if ((next === QUOTE || next === APOSTROPHE) && /^(u8|u|U|L)$/.test(text.slice(start, at)))
        at = literal(text, at, next, push, start);
      else push(TOKEN.NAME, start, at, text.slice(start, at));
      continue;
    }
    if (kind === DIGIT || (code === DOT && classOf(text.charCodeAt(at + 1)) === DIGIT)) {
      at = numberEnd(text, at);
      push(TOKEN.NUMBER, start, at, text.slice(start, at));
      continue;
    }
    if (code === SLASH) {
      const next = text.charCodeAt(at + 1);
      if (next === SLASH) {
        const end = text.indexOf('\n', at);
        at = end < 0 ? length : end;
        spaced = true;
        continue;
      }
      if (next === STAR) {
        const end = text.indexOf('*/', at + 2);
        if (end < 0) {
          at = length;
          push(TOKEN.BAD, start, start + 2, '/*');
        } else {
          at = end + 2;
          spaced = true;
        }
        continue;
      }
    }
    if (code === QUOTE || code === APOSTROPHE) {
      at = literal(text, at, code, push, start);
      continue;
    }
    const found = PUNCTUATORS.get(text[at]!)?.find((candidate) => text.startsWith(candidate, at));
    at += found?.length ?? 1;
    push(found ? TOKEN.PUNCTUATOR : TOKEN.BAD, start, at, found ? (DIGRAPHS[found] ?? found) : text[start]!);
  }
  lineStart = spaced = true;
  push(TOKEN.END, length, length, '');
  return tokens;
}

/** A pp-number (6.4.8): digits, letters, dots, and signs behind an exponent letter. */
function numberEnd(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (classOf(code) & (LETTER | DIGIT) || code === DOT) continue;
    const before = text[at - 1]!;
    const sign = code === 43 || code === 45;
    // An exponent sign belongs to the number only behind e, E, p, P; 0xe+1 is one (malformed) token in C as well.
    if (!sign || !/[eEpP]/.test(before)) break;
  }
  return at;
}

function literal(
  text: string,
  at: number,
  quote: number,
  push: (kind: TokenKind, start: number, end: number, spelled: string) => void,
  start: number,
): number {
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at++;
      push(quote === QUOTE ? TOKEN.STRING : TOKEN.CHARACTER, start, at, text.slice(start, at));
      return at;
    }
    if (code === NEWLINE) break;
    if (code === BACKSLASH) at++;
  }
  if (at > text.length) at = text.length;
  push(TOKEN.BAD, start, at, text.slice(start, at));
  return at;
}

/** The fault that a token of kind BAD stands for. */
export function badToken(token: Token): Error {
  if (token.text === '/*')
    return fault(token, 'This comment is never closed: expected `*/` before the end of the file.');
  if (/^(u8|u|U|L)?"/.test(token.text))
    return fault(token, 'This string is not closed on its line: expected `"` before the end of the line.');
  if (/^(u8|u|U|L)?'/.test(token.text))
    return fault(token, "This character constant is not closed on its line: expected `'`.");
  return fault(token, `The character ${JSON.stringify(token.text)} has no meaning in C here: remove it.`);
}
