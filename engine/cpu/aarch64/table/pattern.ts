// Bit patterns of A64 instructions as text in the manual's order (Arm ARM DDI 0487, chapters C4 and C6), parsed once into
// masks and fields. A pattern reads from bit 31 down: literal bits, `name` for one bit, `name:width` for a field, and in
// parentheses bits that should be so but that the processor does not look at.

/** Values of an instruction's fields by name, unsigned. */
export type Fields = Readonly<Record<string, number>>;

export interface FieldPosition {
  readonly shift: number;
  readonly width: number;
}

export interface Pattern {
  /** Bits that are literal, and their values (unsigned 32-bit). */
  readonly mask: number;
  readonly value: number;
  readonly fields: ReadonlyMap<string, FieldPosition>;
  /** The same for going through all of them. */
  readonly list: readonly { readonly name: string; readonly shift: number; readonly mask: number }[];
  /** Values of the bits in parentheses: what an assembler writes there. */
  readonly preferred: number;
}

/** What a token says: bits that are literal, bits that only should be so, or a field by name. */
interface Token {
  readonly width: number;
  readonly literal?: number;
  readonly preferred?: number;
  readonly name?: string;
}

function parseToken(token: string): Token | undefined {
  const bits = /^(\()?([01]+)\)?$/.exec(token);
  if (bits) {
    const [, parenthesis, digits] = bits as unknown as [string, string | undefined, string];
    if (token.length !== digits.length + (parenthesis === undefined ? 0 : 2)) return undefined;
    const value = parseInt(digits, 2);
    return { width: digits.length, ...(parenthesis === undefined ? { literal: value } : { preferred: value }) };
  }
  const [name, width] = token.split(':') as [string, string | undefined];
  const count = width === undefined ? 1 : Number(width);
  return /^[A-Za-z]\w*$/.test(name) && count > 0 ? { width: count, name } : undefined;
}

/** Tokens met so far: a thousand patterns are made of a few hundred. */
const tokens = new Map<string, Token>();

/** Parses a pattern; throws if it does not describe exactly 32 bits. */
export function parsePattern(text: string): Pattern {
  let position = 32;
  let mask = 0;
  let value = 0;
  let preferred = 0;
  const fields = new Map<string, FieldPosition>();
  const list: { name: string; shift: number; mask: number }[] = [];
  for (const word of text.split(' ')) {
    const token = tokens.get(word) ?? parseToken(word);
    if (!token || (token.name !== undefined && fields.has(token.name)))
      throw new Error(`pattern "${text}": bad token "${word}"`);
    tokens.set(word, token);
    const { width, name } = token;
    position -= width;
    if (name !== undefined) {
      fields.set(name, { shift: position, width });
      list.push({ name, shift: position, mask: 2 ** width - 1 });
    } else if (token.literal === undefined) preferred |= token.preferred! << position;
    else {
      mask |= (2 ** width - 1) << position;
      value |= token.literal << position;
    }
  }
  if (position !== 0) throw new Error(`pattern "${text}" describes ${32 - position} bits, not 32`);
  return { mask: mask >>> 0, value: value >>> 0, preferred: preferred >>> 0, fields, list };
}

export function extractFields(pattern: Pattern, word: number): Fields {
  const result: Record<string, number> = {};
  for (const { name, shift, mask } of pattern.list) result[name] = (word >>> shift) & mask;
  return result;
}

/** Puts fields into a pattern. Throws for unknown names and for values that do not fit: tests must not encode by luck. */
export function insertFields(pattern: Pattern, fields: Fields): number {
  let word = pattern.value | pattern.preferred;
  for (const [name, value] of Object.entries(fields)) {
    const field = pattern.fields.get(name);
    if (!field) throw new Error(`no field ${name} in this instruction`);
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** field.width)
      throw new Error(`${name} = ${value} does not fit ${field.width} bits`);
    word |= value << field.shift;
  }
  return word >>> 0;
}

/** A condition on fields: each value is a bit string of the field's width in which `x` stands for either. */
export type FieldCondition = Readonly<Record<string, string>>;

/** A set of instruction words: all that agree with `value` under `mask`. */
export interface Cube {
  readonly mask: number;
  readonly value: number;
}

/** The words of a pattern that meet a condition. */
export function conditionCube(pattern: Pattern, condition: FieldCondition): Cube {
  let { mask, value } = pattern;
  for (const [name, bits] of Object.entries(condition)) {
    const field = pattern.fields.get(name);
    if (!field || bits.length !== field.width) throw new Error(`condition ${name}=${bits} does not match the field`);
    for (let i = 0; i < bits.length; i++) {
      if (bits[i] === 'x') continue;
      const bit = 1 << (field.shift + field.width - 1 - i);
      mask |= bit;
      if (bits[i] === '1') value |= bit;
    }
  }
  return { mask: mask >>> 0, value: value >>> 0 };
}

export const inCube = (cube: Cube, word: number): boolean => (word & cube.mask) >>> 0 === cube.value;

export function intersectCubes(a: Cube, b: Cube): Cube | undefined {
  const both = a.mask & b.mask;
  if ((a.value & both) !== (b.value & both)) return undefined;
  return { mask: (a.mask | b.mask) >>> 0, value: (a.value | b.value) >>> 0 };
}

/** A word of `cube` that lies in none of `holes`, or nothing if they cover it. */
export function wordOutside(cube: Cube, holes: readonly Cube[]): number | undefined {
  const relevant = holes.filter((hole) => intersectCubes(cube, hole));
  if (relevant.length === 0) return cube.value;
  const hole = relevant[0]!;
  const free = hole.mask & ~cube.mask;
  if (free === 0) return undefined;
  // Split on one bit that the hole fixes and the cube does not: one half misses the hole, the other is smaller.
  const bit = (free & -free) >>> 0;
  const mask = (cube.mask | bit) >>> 0;
  return (
    wordOutside({ mask, value: (cube.value | (~hole.value & bit)) >>> 0 }, relevant.slice(1)) ??
    wordOutside({ mask, value: (cube.value | (hole.value & bit)) >>> 0 }, relevant)
  );
}
