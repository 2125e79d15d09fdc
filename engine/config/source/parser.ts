// The configuration variable of a source: its type, the bytes of its initialiser, and which tokens made which bytes.
// Initialisers as in C17 6.7.9 with gcc's range designators, old-style designators and constant compound literals.
import { DeclarationReader } from './declarations.ts';
import { noMember, type Value } from './expression.ts';
import { placeOf } from './literals.ts';
import { fault } from './file.ts';
import { TOKEN, type Token } from './lexer.ts';
import {
  arrayOf,
  isByteArray,
  typeName,
  wrap,
  type ArrayType,
  type CType,
  type Member,
  type RecordType,
} from './types.ts';

/** One part of an initialiser. Token numbers are inclusive. */
export interface InitNode {
  /**
   * `list`: braces. `implied`: a structure or array whose braces are left out or that a longer designator reaches into.
   * `value`: an expression. `text`: string literals for a char array.
   */
  kind: 'list' | 'implied' | 'value' | 'text';
  type: CType;
  /** Bytes from the start of the variable. */
  offset: number;
  bits: Member['bits'];
  first: number;
  last: number;
  /** First token of the designators in front, -1 without. */
  designator: number;
  children: InitNode[];
}

export interface ConfigVariable {
  name: Token;
  type: CType;
  /** As the compiler puts them into the data section. */
  bytes: Uint8Array;
  root: InitNode;
}

const INITIAL_FLEXIBLE = 4096;
/** Parts of one initialiser; a configuration of 64 KiB has some ten thousand. */
const NODES_MAX = 500_000;
const SCRATCH = new DataView(new ArrayBuffer(8));

export class SourceParser extends DeclarationReader {
  #bytes = new Uint8Array();
  /** Bytes in use: more than the type's size when an array without size is initialised. */
  #end = 0;
  /** Bytes of the elements that an array without size was given. */
  #flexibleSize = 0;
  /** While an element range is filled, all but its last element take only the first value: see #range(). */
  #single = false;
  /** Which member of each union object was initialised last. */
  #unionMembers = new Map<RecordType, Map<number, number>>();
  #budget = NODES_MAX;

  /** Reads the whole source. @throws ConfigError */
  parse(): ConfigVariable {
    let variable: ConfigVariable | null = null;
    while (this.token.kind !== TOKEN.END) {
      if (this.pragma() || this.accept(';')) continue;
      if (this.token.text === '_Static_assert') {
        this.#staticAssert();
        continue;
      }
      const { type, typedef, extern } = this.specifiers();
      if (this.accept(';')) continue;
      do {
        const { name, type: declared } = this.declarator(type, 'named');
        this.attributes({ packed: false, aligned: 0 });
        if (typedef) {
          this.typeNames.set(name!.text, declared);
          continue;
        }
        this.variables.set(name!.text, declared);
        if (!this.is('=')) continue;
        if (extern) throw fault(placeOf(name!), 'An extern variable cannot be the configuration: remove `extern`.');
        if (variable)
          throw fault(
            placeOf(name!),
            `A second variable with a value: \`${variable.name.text}\` already is the configuration. A source makes one file from one variable.`,
          );
        this.at++;
        variable = this.#variable(name!, declared);
      } while (this.accept(','));
      this.expect(';', 'behind the declaration');
    }
    if (!variable)
      throw fault(
        placeOf(this.token),
        'There is no configuration here: expected a structure variable with a value, such as ' +
          '`struct { struct jailhouse_cell_desc cell; … } __attribute__((packed)) config = { … };`.',
      );
    return variable;
  }

  #staticAssert(): void {
    const keyword = this.token;
    this.at++;
    this.expect('(', 'behind _Static_assert');
    const value = this.constant('The condition');
    const message =
      this.accept(',') && this.token.kind === TOKEN.STRING ? new TextDecoder().decode(this.string().slice(0, -1)) : '';
    this.expect(')', 'behind the condition');
    this.expect(';', 'behind _Static_assert');
    if (value === 0n) throw fault(placeOf(keyword), `A static assertion fails${message && `: ${message}`}.`);
  }

  #variable(name: Token, type: CType): ConfigVariable {
    if (type.kind === 'record' && !type.complete)
      throw fault(placeOf(name), `\`${name.text}\` has type ${typeName(type)}, which is not defined here.`);
    this.#bytes = new Uint8Array(type.size);
    this.#end = type.size;
    const root = this.#initializer(type, 0, null);
    // gcc makes the object as large as the structure, padding included, plus the elements of the flexible array.
    this.#reserve(type.size + this.#flexibleSize);
    return { name, type, bytes: this.#bytes.slice(0, this.#end), root };
  }

  protected override compoundLiteral(type: CType): Value {
    const outer = [this.#bytes, this.#end, this.#unionMembers, this.#flexibleSize] as const;
    this.#bytes = new Uint8Array(type.size);
    this.#end = type.size;
    this.#unionMembers = new Map();
    this.nested(() => this.#initializer(type, 0, null));
    const object = this.#bytes.slice(0, this.#end);
    [this.#bytes, this.#end, this.#unionMembers, this.#flexibleSize] = outer;
    const open = type.kind === 'array' && type.count === null;
    const complete = open ? arrayOf(type.element, object.length / type.element.size) : type;
    const value = type.kind === 'integer' ? wrap(type, littleEndian(object)) : null;
    return { type: complete, value, address: null, object };
  }

  // --------------------------------------------------------------------------------------------------------- initialisers

  #node(kind: InitNode['kind'], type: CType, offset: number, bits: Member['bits']): InitNode {
    if (--this.#budget < 0)
      throw fault(
        placeOf(this.token),
        `The initialiser has more than ${NODES_MAX} parts: no configuration has that many.`,
      );
    return { kind, type, offset, bits, first: this.at, last: this.at, designator: -1, children: [] };
  }

  /** Whatever initialises an object of this type from here on, up to but without the next comma. */
  #initializer(type: CType, offset: number, bits: Member['bits']): InitNode {
    if (type.kind === 'integer' || type.kind === 'pointer') return this.#scalar(type, offset, bits);
    if (type.kind === 'void') throw this.unexpected('a structure, an array or a number');
    if (isByteArray(type)) {
      const text = this.#text(type, offset);
      if (text) return text;
    }
    if (this.is('{')) return this.nested(() => this.#list(type, offset));
    if (this.is('(')) {
      const whole = this.#object(type, offset);
      if (whole) return whole;
    }
    return this.nested(() => {
      const node = this.#node('implied', type, offset, null);
      if (type.kind === 'record') this.#impliedMembers(type, offset, node, 0, false);
      else this.#impliedElements(type, offset, node, 0, false);
      node.last = this.at - 1;
      return node;
    });
  }

  /** A compound literal of the type itself. */
  #object(type: CType, offset: number): InitNode | null {
    const start = this.at;
    const node = this.#node('value', type, offset, null);
    this.at++;
    const literal = this.typeNameHere();
    this.at = start;
    if (!literal || literal.kind !== type.kind) return null;
    const { object, type: given } = this.conditional();
    if (!object || (given.kind === 'record' && given !== type))
      throw fault(placeOf(this.tokens[start]!), `Expected a ${typeName(type)} here.`);
    this.#reserve(offset + object.length);
    this.#bytes.set(type.kind === 'array' && type.count !== null ? object.subarray(0, type.size) : object, offset);
    node.last = this.at - 1;
    return node;
  }

  #scalar(type: CType, offset: number, bits: Member['bits']): InitNode {
    const node = this.#node('value', type, offset, bits);
    if (this.is('{')) {
      this.at++;
      if (!this.is('}')) {
        this.nested(() => this.#scalar(type, offset, bits));
        this.#excess(type);
      }
      this.expect('}', 'behind the value');
      node.last = this.at - 1;
      return node;
    }
    const start = this.token;
    const value = this.#value();
    node.last = this.at - 1;
    if (value.text || value.type.kind === 'record' || value.value === null)
      throw fault(
        placeOf(start),
        value.text
          ? `A string cannot initialise a ${typeName(type)}: expected a number.`
          : 'Expected a constant number; this is only known at run time.',
      );
    this.#store(type, offset, bits, value.value);
    return node;
  }

  /** An expression; most are a single number. */
  #value(): Value {
    const { token } = this;
    if (token.kind === TOKEN.NUMBER) {
      const { text } = this.tokens[this.at + 1]!;
      if (text === ',' || text === '}') return this.number();
    }
    return this.conditional();
  }

  #store(type: CType, offset: number, bits: Member['bits'], value: bigint): void {
    this.#reserve(offset + (bits ? Math.ceil((bits.shift + bits.width) / 8) : type.size));
    const stored = type.kind === 'integer' && type.rank === 0 ? wrap(type, value) : value;
    if (bits) {
      let rest = stored;
      for (let { shift, width } = bits, at = offset; width > 0; at++, shift = 0) {
        const count = Math.min(8 - shift, width);
        const mask = ((1 << count) - 1) << shift;
        this.#bytes[at] = (this.#bytes[at]! & ~mask) | ((Number(BigInt.asUintN(8, rest)) << shift) & mask);
        rest >>= BigInt(count);
        width -= count;
      }
      return;
    }
    if (type.size === 8) {
      SCRATCH.setBigUint64(0, stored, true);
      for (let i = 0; i < 8; i++) this.#bytes[offset + i] = SCRATCH.getUint8(i);
      return;
    }
    const low = Number(BigInt.asUintN(32, stored));
    for (let i = 0; i < type.size; i++) this.#bytes[offset + i] = low >>> (8 * i);
  }

  /** Makes room; only a flexible array member ever needs more than the type's size. */
  #reserve(end: number): void {
    if (end > this.#bytes.length) {
      if (end > 16 * 1024 * 1024)
        throw fault(placeOf(this.token), 'The variable grows beyond 16 MiB: no configuration is that large.');
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2, INITIAL_FLEXIBLE));
      grown.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = grown;
    }
    if (end > this.#end) this.#end = end;
  }

  /** String literals for a char array, also in braces. */
  #text(type: ArrayType, offset: number): InitNode | null {
    const start = this.at;
    const node = this.#node('text', type, offset, null);
    let braces = 0;
    while (this.tokens[start + braces]!.text === '{') braces++;
    if (this.tokens[start + braces]!.kind !== TOKEN.STRING) return null;
    this.at += braces;
    let text = this.string();
    for (let i = 0; i < braces; i++) {
      this.accept(',');
      this.expect('}', 'behind the string');
    }
    if (type.count !== null) {
      if (text.length - 1 > type.count)
        this.warn(
          `The string has ${text.length - 1} bytes; only ${type.count} fit and the rest is cut off.`,
          this.tokens[start]!,
        );
      text = text.subarray(0, type.count);
    }
    if (type.count === null) this.#grow(text.length);
    this.#clear(offset, type.size);
    this.#reserve(offset + text.length);
    this.#bytes.set(text, offset);
    node.last = this.at - 1;
    return node;
  }

  #grow(size: number): void {
    this.#flexibleSize = Math.max(this.#flexibleSize, size);
  }

  #clear(offset: number, size: number): void {
    this.#bytes.fill(0, offset, offset + size);
  }

  #list(type: RecordType | ArrayType, offset: number): InitNode {
    const node = this.#node('list', type, offset, null);
    const open = this.token;
    const single = this.#single;
    this.#single = false;
    this.at++;
    this.#clear(offset, type.size);
    const designated = new Set<number>();
    const size = type.kind === 'record' ? (type.union ? 1 : type.members.length) : (type.count ?? Infinity);
    let next = 0;
    while (!this.is('}')) {
      if (this.token.kind === TOKEN.END) throw fault(placeOf(open), 'This `{` is never closed: expected `}`.');
      if (this.#atDesignator()) {
        const name = this.token;
        next = this.#designated(type, offset, node) + 1;
        const child = node.children[node.children.length - 1]!;
        if (type.kind === 'record' && !type.union && child.kind !== 'implied') {
          const place = child.offset * 8 + (child.bits?.shift ?? 0);
          if (designated.has(place)) this.warn('This member is given a value twice: only the last one counts.', name);
          designated.add(place);
        }
        // Behind a designated union member there is nothing more to initialise in order.
        if (type.kind === 'record' && type.union) next = size;
      } else {
        if (type.kind === 'record') while (next < size && isPadding(type.members[next]!)) next++;
        if (next < size) this.#position(type, offset, node, next++);
        else this.#excess(type);
      }
      if (!this.accept(',')) break;
    }
    this.expect('}', `to close the ${type.kind === 'array' ? 'array' : typeName(type)}, or \`,\` and a further value`);
    this.#single = single;
    node.last = this.at - 1;
    return node;
  }

  /** Initialises the member or element of the given number. */
  #position(type: RecordType | ArrayType, offset: number, node: InitNode, index: number): void {
    if (type.kind === 'array')
      node.children.push(this.#initializer(type.element, offset + index * type.element.size, null));
    else {
      const { type: memberType, offset: at, bits } = type.members[index]!;
      this.#enterUnion(type, offset, index);
      node.children.push(this.#initializer(memberType, offset + at, bits));
    }
  }

  /** Another member of a union takes its place: what an earlier one left there is gone. */
  #enterUnion(type: RecordType, offset: number, index: number): void {
    if (!type.union) return;
    let objects = this.#unionMembers.get(type);
    if (!objects) this.#unionMembers.set(type, (objects = new Map()));
    const before = objects.get(offset);
    if (before !== undefined && before !== index) this.#clear(offset, type.size);
    objects.set(offset, index);
  }

  #atDesignator(): boolean {
    const { token } = this;
    if (token.kind === TOKEN.PUNCTUATOR) return token.text === '.' || token.text === '[';
    return token.kind === TOKEN.NAME && this.tokens[this.at + 1]?.text === ':';
  }

  /** Reads designators and their value into a new child of the node. Returns the number of the member or element. */
  #designated(type: RecordType | ArrayType, offset: number, node: InitNode): number {
    const start = this.at;
    if (type.kind === 'array') return this.#range(type, offset, node, start);
    const oldStyle = this.token.kind === TOKEN.NAME;
    if (!oldStyle) this.at++;
    const name = this.token;
    const index = type.members.findIndex((member) => member.name === name.text || holds(member, name.text));
    const member = type.members[index];
    if (name.kind !== TOKEN.NAME || !member) throw noMember(name, type);
    this.#enterUnion(type, offset, index);
    if (member.name === '' && member.type.kind === 'record') {
      this.at = start;
      const inner = this.#node('implied', member.type, offset + member.offset, null);
      inner.designator = start;
      node.children.push(inner);
      const at = this.#designated(member.type, offset + member.offset, inner);
      this.#impliedMembers(member.type, offset + member.offset, inner, at + 1, true);
      inner.last = this.at - 1;
      return index;
    }
    this.at++;
    if (oldStyle) this.at++; // the colon
    this.#designee(member.type, offset + member.offset, member.bits, node, start, oldStyle);
    return index;
  }

  /**
   * `[n]` or `[a ... b]`: every element of the range takes the designated value; where braces are left out, further values go
   * to the last element alone.
   */
  #range(type: ArrayType, offset: number, node: InitNode, start: number): number {
    const [low, high] = this.#index(type);
    if (type.count === null) this.#grow((high + 1) * type.element.size);
    const from = this.at;
    const { size } = type.element;
    const whole = this.token.text === '=' && (type.element.kind === 'integer' || this.tokens[from + 1]?.text === '{');
    if (whole) {
      this.#element(type, offset, node, low, start);
      this.#reserve(offset + (high + 1) * size);
      for (let index = low + 1; index <= high; index++)
        this.#bytes.copyWithin(offset + index * size, offset + low * size, offset + (low + 1) * size);
      return high;
    }
    const single = this.#single;
    this.#single = true;
    for (let index = low; index < high; index++) {
      this.at = from;
      this.#element(type, offset, node, index, start);
    }
    this.#single = single;
    this.at = from;
    this.#element(type, offset, node, high, start);
    return high;
  }

  #element(type: ArrayType, offset: number, node: InitNode, index: number, start: number): void {
    // gcc: the `=` behind an array designator may be left out.
    this.#designee(type.element, offset + index * type.element.size, null, node, start, true);
  }

  #isDesignatorAt(at: number): boolean {
    const { text } = this.tokens[at]!;
    return text === '.' || text === '[';
  }

  /** What a designator leads to: a further designator, or `=` and the value. */
  #designee(
    type: CType,
    offset: number,
    bits: Member['bits'],
    node: InitNode,
    start: number,
    equalsOptional: boolean,
  ): void {
    if (this.#isDesignatorAt(this.at)) {
      if (type.kind !== 'record' && type.kind !== 'array')
        throw fault(placeOf(this.token), `${typeName(type)} has no members: expected \`=\` and a value.`);
      this.nested(() => {
        const inner = this.#node('implied', type, offset, null);
        inner.designator = start;
        node.children.push(inner);
        const at = this.#designated(type, offset, inner);
        if (type.kind === 'array') this.#impliedElements(type, offset, inner, at + 1, true);
        else if (!type.union) this.#impliedMembers(type, offset, inner, at + 1, true);
        inner.last = this.at - 1;
      });
      return;
    }
    if (!this.accept('=') && !equalsOptional) throw this.unexpected('`=` behind the designator');
    const child = this.#initializer(type, offset, bits);
    child.designator = start;
    node.children.push(child);
  }

  /** `[n]` or `[a ... b]`. */
  #index(type: ArrayType): [number, number] {
    const open = this.token;
    this.at++;
    const low = Number(this.constant('An array index'));
    const high = this.accept('...') ? Number(this.constant('An array index')) : low;
    this.expect(']', 'behind the index');
    if (low < 0 || high < low || high >= (type.count ?? 1 << 20))
      throw fault(
        placeOf(open),
        `Index ${high === low ? low : `${low} ... ${high}`} lies outside an array of ${type.count ?? 'a million'} elements.`,
      );
    return [low, high];
  }

  /** Members in order without braces; `behind`: the first one still needs its comma. */
  #impliedMembers(type: RecordType, offset: number, node: InitNode, from: number, behind: boolean): void {
    let needsComma = behind;
    if (behind && this.#single) return;
    const end = type.union ? 1 : type.members.length;
    for (let index = from; index < end; index++) {
      if (isPadding(type.members[index]!)) continue;
      if (needsComma && !this.#commaAndValue()) return;
      this.#position(type, offset, node, index);
      if (this.#single) return;
      needsComma = true;
    }
  }

  #impliedElements(type: ArrayType, offset: number, node: InitNode, from: number, behind: boolean): void {
    let needsComma = behind;
    if (behind && this.#single) return;
    for (let index = from; index < (type.count ?? Infinity); index++) {
      if (needsComma && !this.#commaAndValue()) return;
      this.#position(type, offset, node, index);
      if (this.#single) return;
      needsComma = true;
    }
  }

  /** Steps over a comma if a further value without designator follows it. */
  #commaAndValue(): boolean {
    if (!this.is(',')) return false;
    this.at++;
    if (!this.is('}') && this.token.kind !== TOKEN.END && !this.#atDesignator()) return true;
    this.at--;
    return false;
  }

  /** Values beyond the last member or element: the compiler warns and drops them. */
  #excess(type: CType): void {
    if (type.kind === 'integer' || type.kind === 'pointer') {
      if (!this.accept(',') || this.is('}')) return;
    }
    const start = this.token;
    this.warn(
      type.kind === 'array'
        ? `More values than the ${type.count} elements of the array: this one is dropped. Enlarge the array.`
        : `More values than ${typeName(type)} has room for: this one is dropped.`,
      start,
    );
    while (!this.is(',') && !this.is('}') && this.token.kind !== TOKEN.END) {
      if (this.is('{') || this.is('(') || this.is('[')) this.skipBalanced();
      else this.at++;
    }
  }
}

const littleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** An unnamed bit-field takes no value. */
const isPadding = (member: Member): boolean => member.name === '' && member.bits !== null;

const holds = (member: Member, name: string): boolean =>
  member.name === '' &&
  member.type.kind === 'record' &&
  member.type.members.some((inner) => inner.name === name || holds(inner, name));
