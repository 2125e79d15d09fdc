// Literals: integer constants with their types (C17 6.4.4.1), characters and strings as bytes (6.4.4.4, 6.4.5).
import { fault, type Place } from './file.ts';
import type { Token } from './lexer.ts';
import { wrap, type IntegerType, type IntegerTypes } from './types.ts';

export interface IntegerLiteral {
  type: IntegerType;
  value: bigint;
}

/** Where to point for a token: itself in the file, or the macro call that produced it. */
export function placeOf(token: Token): Place {
  let expansion = token.expansion;
  if (!expansion || expansion.argument) return token;
  while (expansion.parent) expansion = expansion.parent;
  return expansion;
}

const INTEGER = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)([uU]?(?:l|L|ll|LL)?|(?:l|L|ll|LL)[uU])$/;

/** Literals repeat: each spelling is read once for each set of types. */
const literals = new WeakMap<IntegerTypes, Map<string, IntegerLiteral>>();
const LITERALS_MAX = 4096;

export function integerLiteral(token: Token, types: IntegerTypes): IntegerLiteral {
  let known = literals.get(types);
  if (!known || known.size > LITERALS_MAX) literals.set(types, (known = new Map()));
  let value = known.get(token.text);
  if (!value) known.set(token.text, (value = readInteger(token, types)));
  return value;
}

/** The type of an integer constant: C17 6.4.4.1. */
function readInteger(token: Token, types: IntegerTypes): IntegerLiteral {
  const match = INTEGER.exec(token.text);
  if (!match) {
    const advice = /[.]|^[0-9]+[eE]/.test(token.text)
      ? 'floating-point numbers have no place in a configuration'
      : 'decimal, 0x…, 0b… or octal 0…, with u, l or ll behind it';
    throw fault(placeOf(token), `\`${token.text}\` is not an integer: ${advice}.`);
  }
  const digits = match[1]!;
  const suffix = match[2]!.toLowerCase();
  const octal = digits.length > 1 && digits[0] === '0' && digits[1]! >= '0' && digits[1]! <= '9';
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const decimal = digits[0] !== '0';
  const unsigned = suffix.includes('u');
  const longs = suffix.replace('u', '').length;
  const candidates: IntegerType[] = [];
  if (longs === 0) {
    if (!unsigned) candidates.push(types.int);
    if (unsigned || !decimal) candidates.push(types.uint);
  }
  if (longs <= 1) {
    if (!unsigned) candidates.push(types.long);
    if (unsigned || !decimal) candidates.push(types.ulong);
  }
  if (!unsigned) candidates.push(types.llong);
  if (unsigned || !decimal) candidates.push(types.ullong);
  const type = candidates.find((candidate) => wrap(candidate, value) === value);
  if (type) return { type, value };
  if (value < 1n << 64n) return { type: types.ullong, value }; // gcc: "so large that it is unsigned"
  throw fault(placeOf(token), `\`${token.text}\` does not fit 64 bits.`);
}

const SIMPLE_ESCAPES: Record<string, number> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
  E: 27,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};
const encoder = new TextEncoder();

/** The bytes of a string's or character's inside: escapes resolved, other characters as UTF-8. */
export function characters(token: Token, inside: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < inside.length;) {
    const char = inside[i]!;
    if (char !== '\\') {
      const code = inside.codePointAt(i)!;
      const text = String.fromCodePoint(code);
      // U+F700…U+F7FF stand for bytes that were no UTF-8 in the file: see decodeSource().
      if (code < 0x80) bytes.push(code);
      else if (code >= RAW_BYTE && code <= RAW_BYTE + 0xff) bytes.push(code - RAW_BYTE);
      else bytes.push(...encoder.encode(text));
      i += text.length;
      continue;
    }
    const rest = inside.slice(i + 1, i + 12);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    const hex = /^x[0-9a-fA-F]+/.exec(inside.slice(i + 1))?.[0];
    const universal = /^(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/.exec(rest)?.[0];
    if (octal) {
      bytes.push(parseInt(octal, 8) & 0xff);
      i += 1 + octal.length;
    } else if (hex) {
      bytes.push(parseInt(hex.slice(-2), 16));
      i += 1 + hex.length;
    } else if (universal) {
      const code = parseInt(universal.slice(1), 16);
      if (code > 0x10ffff) throw fault(placeOf(token), `\`\\${universal}\` is no character.`);
      bytes.push(...encoder.encode(String.fromCodePoint(code)));
      i += 1 + universal.length;
    } else {
      const simple = SIMPLE_ESCAPES[rest[0] ?? ''];
      // gcc takes an unknown escape as the character itself, with a warning.
      bytes.push(...(simple === undefined ? encoder.encode(rest[0] ?? '') : [simple]));
      i += 2;
    }
  }
  return bytes;
}

/** First of 256 private-use characters that carry bytes which are no UTF-8. */
export const RAW_BYTE = 0xf700;
