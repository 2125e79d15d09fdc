// Random C for comparing the reader with a compiler: constant expressions, and variables of random types with random
// initialisers. Deterministic in the seed.

class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed ^ 0x5bd1e995;
    for (let i = 0; i < 4; i++) this.below(2);
  }
  /** 0 to n - 1: xorshift32. */
  below(n: number): number {
    let x = this.#state || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

// ----------------------------------------------------------------------------------------------------------- expressions

const INTEGERS = [
  '__u8',
  '__s8',
  '__u16',
  '__s16',
  '__u32',
  '__s32',
  '__u64',
  '__s64',
  'long',
  'unsigned long',
  'char',
  '_Bool',
];

function literal(random: Random): string {
  const suffix = random.pick(['', '', '', 'u', 'l', 'ul', 'll', 'ULL']);
  switch (random.below(6)) {
    case 0:
      return `0x${random.below(0x7fffffff).toString(16)}${suffix}`;
    case 1:
      return `0x${random.pick(['ffffffff', '80000000', '7fffffff', 'ffffffffff', '8000000000000000', 'ffffffffffffffff'])}${suffix}`;
    case 2:
      return `0${random.below(512).toString(8)}${suffix}`;
    case 3:
      return `0b${random.below(256).toString(2)}${suffix}`;
    case 4:
      return random.pick(["'a'", "'\\n'", "'\\x80'", "'\\377'", "'ab'"]);
    default:
      return `${random.below(random.pick([4, 70000, 0x7fffffff]))}${suffix}`;
  }
}

function expression(random: Random, depth: number): string {
  if (depth === 0 || random.chance(15)) return literal(random);
  const inner = () => expression(random, depth - 1);
  switch (random.below(9)) {
    case 0:
      return `${random.pick(['-', '~', '!', '+'])}(${inner()})`;
    case 1:
      return `(${random.pick(INTEGERS)})(${inner()})`;
    case 2:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    case 3:
      // Shift counts stay below the width: beyond it the language gives no answer.
      return `((${inner()}) ${random.pick(['<<', '>>'])} ${random.below(31)})`;
    case 4:
      return `((${inner()}) ${random.pick(['/', '%'])} ${1 + random.below(1000)})`;
    case 5:
      return `sizeof(${random.chance(50) ? random.pick(INTEGERS) : inner()})`;
    case 6:
      return `(${inner()} ${random.pick(['<', '>', '<=', '>=', '==', '!=', '&&', '||'])} ${inner()})`;
    default:
      return `(${inner()} ${random.pick(['+', '-', '*', '|', '&', '^'])} ${inner()})`;
  }
}

/** A source whose variable holds the values of that many expressions. */
export function randomExpressions(seed: number, count: number): string {
  const random = new Random(seed);
  const values = Array.from({ length: count }, () => `\t\t${expression(random, 4)},`);
  return `#include <jailhouse/types.h>\nstruct { __u64 v[${count}]; } config = {\n\t.v = {\n${values.join('\n')}\n\t},\n};\n`;
}

// ------------------------------------------------------------------------------------------------- types and initialisers

type Type =
  | { kind: 'integer'; c: string }
  | { kind: 'text'; length: number }
  | { kind: 'array'; element: Type; count: number }
  | { kind: 'record'; union: boolean; members: { name: string; type: Type; bits: number | null }[]; packed: boolean };

function randomType(random: Random, depth: number): Type {
  const roll = random.below(10);
  if (depth === 0 || roll < 4) return { kind: 'integer', c: random.pick(INTEGERS.filter((c) => c !== '_Bool')) };
  if (roll === 4) return { kind: 'text', length: 1 + random.below(9) };
  if (roll < 7) return { kind: 'array', element: randomType(random, depth - 1), count: 1 + random.below(4) };
  return randomRecord(random, depth);
}

function randomRecord(random: Random, depth: number): Type {
  const members = Array.from({ length: 1 + random.below(5) }, (_, i) => {
    if (random.chance(15)) {
      const c = random.pick(['__u8', '__u16', '__u32', '__u64', '__s32']);
      const width = { __u8: 8, __u16: 16, __u32: 32, __u64: 64, __s32: 32 }[c]!;
      return { name: `m${i}`, type: { kind: 'integer' as const, c }, bits: 1 + random.below(width) };
    }
    return { name: `m${i}`, type: randomType(random, depth - 1), bits: null };
  });
  return { kind: 'record', union: random.chance(20), members, packed: random.chance(70) };
}

/** A declaration of `name` with the type. */
function declare(type: Type, name: string): string {
  switch (type.kind) {
    case 'integer':
      return `${type.c} ${name}`;
    case 'text':
      return `char ${name}[${type.length}]`;
    case 'array':
      return declare(type.element, `${name}[${type.count}]`);
    case 'record': {
      const members = type.members.map(
        ({ name: m, type: t, bits }) => `${declare(t, m)}${bits === null ? '' : `:${bits}`};`,
      );
      return `${type.union ? 'union' : 'struct'} { ${members.join(' ')} }${type.packed ? ' __attribute__((packed))' : ''} ${name}`;
    }
  }
}

const number = (random: Random): string =>
  random.pick([
    String(random.below(300)),
    `0x${random.below(0x7fffffff).toString(16)}`,
    '-1',
    '~0ull',
    `1ull << ${random.below(64)}`,
  ]);

const TEXTS = ['"a"', '"abc"', '"two" " parts"', '"\\x41\\0z"', '""'];

/** Something that initialises an object of the type; without braces where C allows to leave them out. */
function initialiser(random: Random, type: Type, depth: number): string {
  switch (type.kind) {
    case 'integer':
      return random.chance(5) ? `{ ${number(random)} }` : number(random);
    case 'text':
      return random.chance(70) ? random.pick(TEXTS) : `{ ${random.pick(['1, 2', "'x'", '"in braces"'])} }`;
    default:
      return `{ ${list(random, type, depth)} }`;
  }
}

/** The inside of braces: positional, designated, nested designators, ranges, left-out braces. */
function list(random: Random, type: Extract<Type, { kind: 'array' | 'record' }>, depth: number): string {
  const parts: string[] = [];
  const size = type.kind === 'array' ? type.count : type.union ? 1 : type.members.length;
  let next = 0;
  /** Behind a nested designator the next value goes into that inner object: only a number fits everywhere there. */
  let inside = false;
  for (let i = random.below(size + 2); i >= 0; i--) {
    if (random.chance(45) || (next >= size && !inside)) {
      const { text, index, nested } = designated(random, type, depth);
      parts.push(text);
      next = type.kind === 'record' && type.union ? size : index + 1;
      inside = nested;
    } else if (inside) parts.push(number(random));
    else {
      const inner = type.kind === 'array' ? type.element : type.members[next]!.type;
      const flat = random.chance(20) ? flattened(random, inner) : null;
      parts.push(flat ?? initialiser(random, inner, depth + 1));
      next++;
    }
  }
  return parts.join(', ') + (random.chance(30) ? ',' : '');
}

/** All scalars of an aggregate in a row: its braces left out. Null where that is not possible. */
function flattened(random: Random, type: Type): string | null {
  switch (type.kind) {
    case 'integer':
      return number(random);
    case 'text':
      return random.pick(TEXTS);
    case 'array': {
      const parts = Array.from({ length: type.count }, () => flattened(random, type.element));
      return parts.includes(null) ? null : parts.join(', ');
    }
    case 'record': {
      const members = type.union ? type.members.slice(0, 1) : type.members;
      const parts = members.map((member) => flattened(random, member.type));
      return parts.includes(null) ? null : parts.join(', ');
    }
  }
}

function designated(
  random: Random,
  type: Extract<Type, { kind: 'array' | 'record' }>,
  depth: number,
): { text: string; index: number; nested: boolean } {
  let text = '';
  let index = 0;
  let inner: Type;
  if (type.kind === 'array') {
    index = random.below(type.count);
    const from = random.chance(30) ? random.below(index + 1) : index;
    text = from < index ? `[${from} ... ${index}]` : `[${index}]`;
    inner = type.element;
  } else {
    index = random.below(type.members.length);
    const member = type.members[index]!;
    text = `.${member.name}`;
    inner = member.type;
  }
  if ((inner.kind === 'array' || inner.kind === 'record') && random.chance(30))
    return { text: text + designated(random, inner, depth + 1).text, index, nested: true };
  const flat = random.chance(15) ? flattened(random, inner) : null;
  return {
    text: `${text} = ${flat ?? initialiser(random, inner, depth + 1)}`,
    index,
    nested: flat !== null && inner.kind !== 'integer',
  };
}

/** A source with one variable of a random structure type. */
export function randomVariable(seed: number): string {
  const random = new Random(seed);
  const members = Array.from({ length: 3 + random.below(5) }, (_, i) => ({
    name: `m${i}`,
    type: randomType(random, 3),
    bits: null,
  }));
  const type: Type = { kind: 'record', union: false, members, packed: random.chance(70) };
  return `#include <jailhouse/types.h>\n${declare(type, 'config')} = ${initialiser(random, type, 0)};\n`;
}
