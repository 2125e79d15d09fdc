// C declarations as configurations use them: structures, unions, enumerations, typedefs, attributes, declarators.
// C17 6.7 with gcc's attributes `packed` and `aligned`, `typeof` and #pragma pack.
import { builtinTypes } from './builtin.ts';
import { ExpressionReader, type Value } from './expression.ts';
import { placeOf } from './literals.ts';
import { fault } from './file.ts';
import { TOKEN, type Token } from './lexer.ts';
import type { Target } from './target.ts';
import {
  VOID,
  arrayOf,
  integersOf,
  layOut,
  pointerTo,
  typeName,
  wrap,
  type CType,
  type IntegerType,
  type MemberDeclaration,
  type RecordType,
} from './types.ts';

/** No configuration is larger: see FILE_SIZE_MAX. */
const OBJECT_SIZE_MAX = 16 * 1024 * 1024;

const QUALIFIERS = new Set(
  'const __const volatile __volatile__ restrict __restrict register auto inline __inline__ static extern typedef __extension__ _Thread_local'.split(
    ' ',
  ),
);
const INTEGER_WORDS = new Set('_Bool char short int long signed __signed__ __signed unsigned'.split(' '));
const ATTRIBUTE = new Set(['__attribute__', '__attribute']);
const TYPEOF = new Set(['typeof', '__typeof__', '__typeof']);

interface Attributes {
  packed: boolean;
  aligned: number;
}

export interface Specifiers extends Attributes {
  type: CType;
  typedef: boolean;
  extern: boolean;
}

export interface Declarator {
  name: Token | null;
  type: CType;
}

export abstract class DeclarationReader extends ExpressionReader {
  protected readonly typeNames = new Map<string, CType>();
  protected readonly tags = new Map<string, RecordType>();
  protected readonly constants = new Map<string, Value>();
  /** Variables declared so far; only their types are known to expressions. */
  protected readonly variables = new Map<string, CType>();
  readonly #builtin;
  #pack: number[] = [0];

  constructor(tokens: readonly Token[], target: Target) {
    super(tokens, integersOf(target), target);
    this.#builtin = builtinTypes(target);
  }

  protected override named({ text }: Token): Value | null {
    const constant = this.constants.get(text);
    if (constant) return constant;
    const type = this.variables.get(text);
    return type ? { type, value: null, address: null } : null;
  }

  #typeNamed(name: string): CType | undefined {
    if (this.variables.has(name) || this.constants.has(name)) return undefined;
    return this.typeNames.get(name) ?? this.#builtin.names.get(name);
  }

  #startsType(token: Token): boolean {
    if (token.kind !== TOKEN.NAME) return false;
    const { text } = token;
    return (
      text === 'struct' ||
      text === 'union' ||
      text === 'enum' ||
      text === 'void' ||
      QUALIFIERS.has(text) ||
      INTEGER_WORDS.has(text) ||
      ATTRIBUTE.has(text) ||
      TYPEOF.has(text) ||
      text === '_Alignas' ||
      this.#typeNamed(text) !== undefined
    );
  }

  protected override typeNameHere(): CType | null {
    // `__extension__` also begins expressions.
    if (!this.#startsType(this.token) || this.token.text === '__extension__') return null;
    return this.nested(() => {
      const { type } = this.specifiers();
      return this.declarator(type, 'abstract').type;
    });
  }

  // ---------------------------------------------------------------------------------------------------------- specifiers

  protected specifiers(): Specifiers {
    const start = this.token;
    const result: Specifiers = { type: VOID, typedef: false, extern: false, packed: false, aligned: 0 };
    const words: string[] = [];
    let type: CType | null = null;
    for (;;) {
      const { token } = this;
      if (token.kind !== TOKEN.NAME) break;
      const { text } = token;
      if (QUALIFIERS.has(text)) {
        result.typedef ||= text === 'typedef';
        result.extern ||= text === 'extern';
        this.at++;
      } else if (ATTRIBUTE.has(text)) this.attributes(result);
      else if (text === '_Alignas') {
        this.at++;
        this.expect('(', 'behind _Alignas');
        const named = this.typeNameHere();
        result.aligned = Math.max(result.aligned, named ? named.align : Number(this.constant('An alignment')));
        this.expect(')', 'behind the alignment');
      } else if (INTEGER_WORDS.has(text)) {
        words.push(text.replaceAll('_', '').replace('Bool', '_Bool'));
        this.at++;
      } else if (type || words.length > 0) break;
      else if (text === 'struct' || text === 'union') type = this.nested(() => this.#record());
      else if (text === 'enum') type = this.#enumeration();
      else if (text === 'void') {
        type = VOID;
        this.at++;
      } else if (TYPEOF.has(text)) type = this.#typeof();
      else if (text === 'float' || text === 'double')
        throw fault(
          placeOf(token),
          'Floating-point types have no place in a configuration: use an integer type such as __u64.',
        );
      else {
        const named = this.#typeNamed(text);
        if (!named) break;
        type = named;
        this.at++;
      }
    }
    if (words.length > 0) type = this.#integerOf(words, start);
    if (!type) throw this.unexpected('a type such as `struct` or `__u64`', start);
    return { ...result, type };
  }

  #integerOf(words: readonly string[], place: Token): IntegerType {
    const count = (word: string) => words.filter((other) => other === word).length;
    const unsigned = count('unsigned') > 0;
    const { integers } = this;
    if (count('_Bool') > 0) return integers.bool;
    if (count('char') > 0) return unsigned ? integers.uchar : count('signed') > 0 ? integers.schar : integers.char;
    if (count('short') > 0) return unsigned ? integers.ushort : integers.short;
    if (count('long') > 2) throw fault(placeOf(place), '`long long long` is too long: expected `long` or `long long`.');
    if (count('long') === 2) return unsigned ? integers.ullong : integers.llong;
    if (count('long') === 1) return unsigned ? integers.ulong : integers.long;
    return unsigned ? integers.uint : integers.int;
  }

  #typeof(): CType {
    this.at++;
    this.expect('(', 'behind typeof');
    const type = this.typeNameHere() ?? this.conditional().type;
    this.expect(')', 'behind the operand of typeof');
    return type;
  }

  protected attributes(into: Attributes): void {
    while (ATTRIBUTE.has(this.token.text)) {
      this.at++;
      this.expect('(', 'behind __attribute__');
      this.expect('(', 'behind __attribute__(');
      while (!this.is(')')) {
        const name = this.token;
        const plain = name.text.replace(/^__|__$/g, '');
        this.at++;
        if (plain === 'packed') into.packed = true;
        if (plain === 'aligned' && this.accept('(')) {
          into.aligned = Math.max(into.aligned, Number(this.constant('An alignment')));
          this.expect(')', 'behind the alignment');
        } else if (plain === 'aligned') into.aligned = 16;
        else if (this.is('(')) this.skipBalanced();
        if (!this.accept(',') && !this.is(')')) throw this.unexpected('`)` to close the attributes');
      }
      this.at++;
      this.expect(')', 'to close __attribute__');
    }
  }

  /** From an opening bracket to behind its partner. */
  protected skipBalanced(): void {
    const open = this.token;
    let depth = 0;
    do {
      const { token } = this;
      if (token.kind === TOKEN.END) throw fault(placeOf(open), `\`${open.text}\` is never closed.`);
      if (token.kind === TOKEN.PUNCTUATOR) {
        if ('([{'.includes(token.text)) depth++;
        else if (')]}'.includes(token.text)) depth--;
      }
      this.at++;
    } while (depth > 0);
  }

  #record(): RecordType {
    const union = this.token.text === 'union';
    const keyword = this.token;
    this.at++;
    const attributes: Attributes = { packed: false, aligned: 0 };
    this.attributes(attributes);
    const tag = this.token.kind === TOKEN.NAME ? this.token : null;
    if (tag) this.at++;
    const key = `${keyword.text} ${tag?.text ?? ''}`;
    this.attributes(attributes);
    if (!this.is('{')) {
      if (!tag) throw this.unexpected(`a name or \`{\` behind ${keyword.text}`);
      const known = this.tags.get(key) ?? this.#builtin.records.get(key);
      if (known) return known;
      return this.#declareTag(key, union, tag.text);
    }
    const known = this.tags.get(key);
    if (tag && known?.complete) throw fault(placeOf(tag), `${key} is defined twice: remove one definition.`);
    const record = tag ? (known ?? this.#declareTag(key, union, tag.text)) : emptyRecord(union, '');
    this.at++;
    const members: MemberDeclaration[] = [];
    while (!this.accept('}')) {
      if (this.#pragma() || this.accept(';')) continue;
      if (this.token.kind === TOKEN.END)
        throw fault(placeOf(keyword), `This ${keyword.text} is never closed: expected \`}\`.`);
      this.#members(members);
    }
    this.attributes(attributes);
    layOut(record, members, { ...attributes, pack: this.#pack[this.#pack.length - 1]! });
    if (record.size > OBJECT_SIZE_MAX)
      throw fault(
        placeOf(keyword),
        `This ${keyword.text} has ${record.size} bytes; no configuration is larger than ${OBJECT_SIZE_MAX}.`,
      );
    return record;
  }

  #declareTag(key: string, union: boolean, tag: string): RecordType {
    const record = emptyRecord(union, tag);
    this.tags.set(key, record);
    return record;
  }

  #members(into: MemberDeclaration[]): void {
    const first = this.at;
    const { type, packed, aligned } = this.specifiers();
    if (this.is(';')) {
      if (type.kind !== 'record' || type.tag !== '') throw this.unexpected('the name of the member');
      into.push({ name: '', type, bitWidth: null, packed, aligned });
    }
    while (!this.accept(';')) {
      const unnamed = this.is(':');
      const { name, type: memberType } = unnamed ? { name: null, type } : this.declarator(type, 'named');
      let bitWidth: number | null = null;
      if (this.accept(':')) {
        const place = this.token;
        bitWidth = Number(this.constant('The width of a bit-field'));
        if (memberType.kind !== 'integer' || bitWidth < 0 || bitWidth > memberType.size * 8)
          throw fault(placeOf(place), `A bit-field of ${bitWidth} bits does not fit ${typeName(memberType)}.`);
      }
      const own: Attributes = { packed, aligned };
      this.attributes(own);
      if (memberType.kind === 'void' || (memberType.kind === 'record' && !memberType.complete))
        throw fault(
          placeOf(name ?? this.token),
          `The member has type ${typeName(memberType)}, which is not defined here.`,
        );
      if (name && into.some((other) => other.name === name.text))
        throw fault(placeOf(name), `There are two members \`${name.text}\`: rename one.`);
      into.push({ name: name?.text ?? '', type: memberType, bitWidth, ...own, tokens: { first, last: this.at } });
      if (!this.accept(',') && !this.is(';')) throw this.unexpected('`;` behind the member');
    }
  }

  #enumeration(): CType {
    this.at++;
    const attributes: Attributes = { packed: false, aligned: 0 };
    this.attributes(attributes);
    if (this.token.kind === TOKEN.NAME) this.at++;
    if (!this.accept('{')) return this.integers.uint;
    let next = 0n;
    while (!this.accept('}')) {
      const name = this.token;
      if (name.kind !== TOKEN.NAME) throw this.unexpected('the name of an enumeration constant');
      this.at++;
      this.attributes(attributes);
      if (this.accept('=')) next = this.constant('An enumeration constant');
      const { int, uint, long } = this.integers;
      const type = wrap(int, next) === next ? int : wrap(uint, next) === next ? uint : long;
      this.constants.set(name.text, { type, value: next });
      next++;
      if (!this.accept(',') && !this.is('}')) throw this.unexpected('`,` or `}` behind the constant');
    }
    this.attributes(attributes);
    return this.integers.uint;
  }

  // ---------------------------------------------------------------------------------------------------------- declarators

  protected declarator(base: CType, form: 'named' | 'abstract'): Declarator {
    let type = base;
    while (this.accept('*')) {
      type = pointerTo(type, this.target);
      while (QUALIFIERS.has(this.token.text) || ATTRIBUTE.has(this.token.text)) {
        if (ATTRIBUTE.has(this.token.text)) this.attributes({ packed: false, aligned: 0 });
        else this.at++;
      }
    }
    let name: Token | null = null;
    if (form === 'named') {
      if (this.token.kind !== TOKEN.NAME) throw this.unexpected('a name');
      name = this.token;
      this.at++;
      if (this.is('(')) throw fault(placeOf(name), `\`${name.text}\` is a function: a configuration has only data.`);
    }
    return { name, type: this.#dimensions(type) };
  }

  #dimensions(element: CType): CType {
    const open = this.token;
    if (!this.accept('[')) return element;
    let count: number | null = null;
    if (!this.is(']')) {
      const value = this.constant('The number of elements');
      if (value < 0n || value > BigInt(OBJECT_SIZE_MAX))
        throw fault(placeOf(open), `An array cannot have ${value} elements here: expected 0 to ${OBJECT_SIZE_MAX}.`);
      count = Number(value);
    }
    this.expect(']', 'behind the number of elements');
    const inner = this.nested(() => this.#dimensions(element));
    const array = arrayOf(inner, count);
    if (array.size > OBJECT_SIZE_MAX)
      throw fault(
        placeOf(open),
        `This array has ${array.size} bytes; no configuration is larger than ${OBJECT_SIZE_MAX}.`,
      );
    return array;
  }

  // -------------------------------------------------------------------------------------------------------- #pragma pack

  /** Carries out a #pragma pack that stands here. */
  protected pragma(): boolean {
    return this.#pragma();
  }

  #pragma(): boolean {
    const { token } = this;
    if (token.kind !== TOKEN.PRAGMA) return false;
    this.at++;
    const words = /^pack *\(([^)]*)\)$/
      .exec(token.text)?.[1]
      ?.split(',')
      .map((word) => word.trim());
    if (!words) throw fault(placeOf(token), '#pragma pack needs (), (n), (push), (push, n) or (pop).');
    for (const word of words) {
      if (word === 'push') this.#pack.push(this.#pack[this.#pack.length - 1]!);
      else if (word === 'pop') {
        if (this.#pack.length > 1) this.#pack.pop();
      } else if (word === '') this.#pack[this.#pack.length - 1] = 0;
      else if (/^(1|2|4|8|16)$/.test(word)) this.#pack[this.#pack.length - 1] = Number(word);
      else throw fault(placeOf(token), `#pragma pack cannot take \`${word}\`: expected 1, 2, 4, 8 or 16.`);
    }
    return true;
  }
}

const emptyRecord = (union: boolean, tag: string): RecordType => ({
  kind: 'record',
  union,
  tag,
  members: [],
  size: 0,
  align: 1,
  complete: false,
});
