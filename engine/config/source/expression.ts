// Constant expressions: C17 6.5 and 6.6 over integers, with sizeof, casts and the offset-of idioms. Values are exact: every
// operation happens in the C type that the language gives it, so that results wrap and shift as the compiler's do.
import { fault } from './file.ts';
import { characters, integerLiteral, placeOf } from './literals.ts';
import { TOKEN, badToken, type Token } from './lexer.ts';
import type { Warning } from './preprocessor.ts';
import {
  arrayOf,
  findMember,
  pointerTo,
  typeName,
  wrap,
  type CType,
  type IntegerType,
  type IntegerTypes,
} from './types.ts';
import type { Target } from './target.ts';

export interface Value {
  type: CType;
  /** Null where the value is only known at run time; its type still is known, so sizeof works. */
  value: bigint | null;
  /** For an object reached through an address: that address, if known. */
  address?: bigint | null;
  /** For a string literal: its bytes with the NUL. */
  text?: Uint8Array;
  /** For a compound literal: the bytes of the object. */
  object?: Uint8Array;
}

const NESTING_MAX = 256;

/** Binary operators and how tightly they bind. */
const PRECEDENCE: Record<string, number> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** Reads expressions from a list of tokens. Declarations are the business of the parser, which extends this. */
export abstract class ExpressionReader {
  readonly warnings: Warning[] = [];
  protected at = 0;
  protected readonly tokens: readonly Token[];
  protected readonly integers: IntegerTypes;
  protected readonly target: Target;
  #depth = 0;
  /** Inside an operand that is not evaluated: faults of arithmetic do not count there. */
  #unevaluated = 0;

  constructor(tokens: readonly Token[], integers: IntegerTypes, target: Target) {
    this.tokens = tokens;
    this.integers = integers;
    this.target = target;
  }

  /** The value of a name, or null when it is none. */
  protected abstract named(token: Token): Value | null;
  /** Reads a type name if one stands here; null (and nothing read) otherwise. */
  protected abstract typeNameHere(): CType | null;
  /** The initialised object of a compound literal `(type){…}` is read by the parser. */
  protected abstract compoundLiteral(type: CType): Value;

  // ------------------------------------------------------------------------------------------------------------- tokens

  protected get token(): Token {
    return this.tokens[this.at]!;
  }
  protected is(text: string): boolean {
    const token = this.tokens[this.at]!;
    return token.text === text && token.kind === TOKEN.PUNCTUATOR;
  }
  protected accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }
  protected expect(text: string, why: string): Token {
    if (!this.is(text)) throw this.unexpected(`\`${text}\` ${why}`);
    return this.tokens[this.at++]!;
  }
  protected unexpected(expected: string, token = this.token): Error {
    if (token.kind === TOKEN.BAD) return badToken(token);
    const found = token.kind === TOKEN.END ? 'the file ends here' : `found \`${token.text}\``;
    const from = token.expansion && !token.expansion.argument ? ` (from macro ${token.expansion.macro})` : '';
    return fault(placeOf(token), `Expected ${expected}; ${found}${from}.`);
  }
  protected warn(message: string, token: Token): void {
    if (this.#unevaluated === 0) this.warnings.push({ message, place: token });
  }
  /** Runs a nested construct; refuses nests that no person writes. */
  protected nested<T>(read: () => T): T {
    if (++this.#depth > NESTING_MAX) throw fault(placeOf(this.token), `Nested more than ${NESTING_MAX} deep here.`);
    const result = read();
    this.#depth--;
    return result;
  }

  // -------------------------------------------------------------------------------------------------------- expressions

  /** An integer constant expression, without the comma operator. */
  constant(what: string): bigint {
    const start = this.token;
    return this.constantOf(this.conditional(), what, start);
  }

  protected constantOf({ type, value }: Value, what: string, start: Token): bigint {
    if (value === null || (type.kind !== 'integer' && type.kind !== 'pointer'))
      throw fault(
        placeOf(start),
        `${what} must be a constant number; this is a ${typeName(type)} without a constant value.`,
      );
    return value;
  }

  protected conditional(): Value {
    const condition = this.binary(1);
    const question = this.token;
    if (!this.accept('?')) return condition;
    const test = this.#number(condition, question);
    const whole = (): Value => this.nested(() => this.#comma());
    // gcc: `a ?: b` is a ? a : b.
    const whenTrue = this.is(':') ? condition : this.#evaluatedIf(test !== 0n, whole);
    this.expect(':', 'of the conditional `?`');
    const whenFalse = this.#evaluatedIf(test === 0n, () => this.nested(() => this.conditional()));
    const chosen = test !== 0n ? whenTrue : whenFalse;
    if (whenTrue.type.kind !== 'integer' || whenFalse.type.kind !== 'integer') return chosen;
    return this.#converted(chosen, this.#common(whenTrue.type, whenFalse.type));
  }

  #comma(): Value {
    let value = this.conditional();
    // A comma operator has a type, but no constant value (6.6).
    while (this.accept(',')) value = { type: this.conditional().type, value: null };
    return value;
  }

  #evaluatedIf(evaluated: boolean, read: () => Value): Value {
    if (!evaluated) this.#unevaluated++;
    const value = read();
    if (!evaluated) this.#unevaluated--;
    return value;
  }

  protected binary(least: number): Value {
    let left = this.#unary();
    for (;;) {
      const operator = this.token;
      const precedence = operator.kind === TOKEN.PUNCTUATOR ? (PRECEDENCE[operator.text] ?? 0) : 0;
      if (precedence < least || precedence === 0) return left;
      this.at++;
      if (operator.text === '&&' || operator.text === '||') {
        const test = this.#number(left, operator) !== 0n;
        const decided = test === (operator.text === '||');
        const right = this.#evaluatedIf(!decided, () => this.binary(precedence + 1));
        const result = decided ? test : this.#number(right, operator) !== 0n;
        left = this.#int(result ? 1n : 0n);
        continue;
      }
      left = this.#operation(operator, left, this.binary(precedence + 1));
    }
  }

  #operation(operator: Token, left: Value, right: Value): Value {
    const a = this.#number(left, operator);
    const b = this.#number(right, operator);
    const { text } = operator;
    if (text === '<<' || text === '>>') {
      const type = this.#promoted(this.#integerType(left, operator));
      const bits = BigInt(type.size * 8);
      if (b < 0n && this.#unevaluated === 0)
        throw fault(placeOf(operator), `Shift by ${b}: the count cannot be negative.`);
      if (b < 0n || b >= bits) {
        this.warn(
          `Shift by ${b} of the ${bits}-bit number ${a}: all bits are lost. Write the number with the suffix ULL.`,
          operator,
        );
        return { type, value: shiftedOut(text, type, a, b) };
      }
      return { type, value: wrap(type, text === '<<' ? a << b : a >> b) };
    }
    const type = this.#common(this.#integerType(left, operator), this.#integerType(right, operator));
    const x = wrap(type, a);
    const y = wrap(type, b);
    switch (text) {
      case '==':
        return this.#int(x === y ? 1n : 0n);
      case '!=':
        return this.#int(x !== y ? 1n : 0n);
      case '<':
        return this.#int(x < y ? 1n : 0n);
      case '>':
        return this.#int(x > y ? 1n : 0n);
      case '<=':
        return this.#int(x <= y ? 1n : 0n);
      case '>=':
        return this.#int(x >= y ? 1n : 0n);
      case '/':
      case '%':
        if (y === 0n) {
          if (this.#unevaluated > 0) return { type, value: 0n };
          throw fault(placeOf(operator), 'Division by zero.');
        }
        return { type, value: wrap(type, text === '/' ? x / y : x % y) };
    }
    const exact =
      text === '+'
        ? x + y
        : text === '-'
          ? x - y
          : text === '*'
            ? x * y
            : text === '&'
              ? x & y
              : text === '|'
                ? x | y
                : x ^ y;
    const value = wrap(type, exact);
    if (value !== exact && type.signed)
      this.warn(`The result ${exact} does not fit ${type.name}: it wraps to ${value}. Write a suffix (ULL).`, operator);
    return { type, value };
  }

  #unary(): Value {
    const { token } = this;
    if (token.kind === TOKEN.PUNCTUATOR) {
      switch (token.text) {
        case '+':
        case '-':
        case '~': {
          this.at++;
          const operand = this.nested(() => this.#unary());
          const type = this.#promoted(this.#integerType(operand, token));
          const value = this.#number(operand, token);
          return { type, value: wrap(type, token.text === '-' ? -value : token.text === '~' ? ~value : value) };
        }
        case '!': {
          this.at++;
          const operand = this.nested(() => this.#unary());
          return this.#int(this.#number(operand, token) === 0n ? 1n : 0n);
        }
        case '&': {
          this.at++;
          const { type, address } = this.nested(() => this.#unary());
          return { type: pointerTo(type, this.target), value: address ?? null };
        }
        case '*': {
          this.at++;
          const { type, value } = this.nested(() => this.#unary());
          if (type.kind !== 'pointer' && type.kind !== 'array')
            throw fault(placeOf(token), `\`*\` needs a pointer, not ${typeName(type)}.`);
          return { type: type.kind === 'pointer' ? type.to : type.element, value: null, address: value };
        }
        case '(': {
          this.at++;
          const type = this.typeNameHere();
          if (!type) {
            this.at--;
            break;
          }
          this.expect(')', 'behind the type');
          if (this.is('{')) return this.#postfix(this.compoundLiteral(type));
          return this.#cast(
            type,
            token,
            this.nested(() => this.#unary()),
          );
        }
      }
    } else if (token.kind === TOKEN.NAME) {
      if (token.text === 'sizeof' || /^(_Alignof|__alignof__|__alignof)$/.test(token.text)) return this.#sizeof(token);
      if (token.text === '__extension__') {
        this.at++;
        return this.nested(() => this.#unary());
      }
    }
    return this.#postfix(this.#primary());
  }

  #sizeof(keyword: Token): Value {
    this.at++;
    let type: CType | null = null;
    if (this.is('(')) {
      this.at++;
      type = this.typeNameHere();
      if (type) this.expect(')', 'behind the type');
      else this.at--;
    }
    if (type && this.is('{')) type = this.#postfix(this.compoundLiteral(type)).type;
    type ??= this.#evaluatedIf(false, () => this.nested(() => this.#unary())).type;
    if ((type.kind === 'record' && !type.complete) || (type.kind === 'array' && type.count === null))
      throw fault(placeOf(keyword), `sizeof of ${typeName(type)}, whose size is not known here.`);
    return this.#size(BigInt(keyword.text === 'sizeof' ? type.size : type.align));
  }

  #size(value: bigint): Value {
    return { type: this.target.wordSize === 8 ? this.integers.ulong : this.integers.uint, value };
  }

  #cast(type: CType, place: Token, operand: Value): Value {
    if (type.kind === 'integer')
      return { type, value: operand.value === null ? null : wrap(type, operand.value), address: null };
    if (type.kind === 'pointer') return { type, value: operand.value ?? operand.address ?? null };
    if (type.kind === operand.type.kind) return { ...operand, type };
    throw fault(placeOf(place), `A value cannot be cast to ${typeName(type)} here.`);
  }

  #primary(): Value {
    const { token } = this;
    switch (token.kind) {
      case TOKEN.NUMBER:
        return this.number();
      case TOKEN.CHARACTER:
        this.at++;
        return this.#int(this.#character(token));
      case TOKEN.STRING: {
        const text = this.string();
        return { type: arrayOf(this.integers.char, text.length), value: null, text };
      }
      case TOKEN.NAME: {
        if (token.text === 'offsetof' || token.text === '__builtin_offsetof') return this.#offsetOf();
        const value = this.named(token);
        if (!value)
          throw fault(
            placeOf(token),
            `\`${token.text}\` is not defined: expected a number, or a macro of <jailhouse/cell-config.h> or of this file` +
              `${this.suggestion(token.text)}.`,
          );
        this.at++;
        return value;
      }
    }
    if (this.accept('(')) {
      const value = this.nested(() => this.#comma());
      this.expect(')', 'to close the parenthesis');
      return value;
    }
    throw this.unexpected('a number');
  }

  /** The integer literal that stands here. */
  protected number(): Value {
    return integerLiteral(this.tokens[this.at++]!, this.integers);
  }

  /** ` (did you mean X?)` or nothing. */
  protected suggestion(_name: string): string {
    return '';
  }

  #postfix(value: Value): Value {
    for (;;) {
      const operator = this.token;
      if (this.accept('.') || this.accept('->')) {
        let { type, address } = value;
        if (operator.text === '->') {
          if (type.kind !== 'pointer') throw fault(placeOf(operator), `\`->\` needs a pointer, not ${typeName(type)}.`);
          type = type.to;
          address = value.value;
        }
        const name = this.token;
        if (type.kind !== 'record') throw fault(placeOf(operator), `${typeName(type)} has no members.`);
        const found = findMember(type, name.text);
        if (!found) throw noMember(name, type);
        this.at++;
        value = { type: found.member.type, value: null, address: plus(address, found.offset) };
      } else if (this.accept('[')) {
        const index = this.nested(() => this.constant('An index'));
        this.expect(']', 'behind the index');
        const { type } = value;
        if (type.kind !== 'array' && type.kind !== 'pointer')
          throw fault(placeOf(operator), `${typeName(type)} has no elements.`);
        const element = type.kind === 'array' ? type.element : type.to;
        const base = type.kind === 'array' ? value.address : value.value;
        value = { type: element, value: null, address: plus(base, Number(index) * element.size) };
      } else return value;
    }
  }

  #offsetOf(): Value {
    const keyword = this.token;
    this.at++;
    this.expect('(', 'behind offsetof');
    let type = this.typeNameHere();
    if (!type) throw this.unexpected('a type');
    this.expect(',', 'between type and member');
    let offset = 0;
    for (let first = true; ; first = false) {
      if (!first && this.accept('[')) {
        const index = Number(this.constant('An index'));
        this.expect(']', 'behind the index');
        if (type.kind !== 'array') throw fault(placeOf(keyword), `${typeName(type)} has no elements.`);
        type = type.element;
        offset += index * type.size;
        continue;
      }
      if (!first && !this.accept('.')) break;
      const name = this.token;
      const found: ReturnType<typeof findMember> = type.kind === 'record' ? findMember(type, name.text) : null;
      if (!found) throw noMember(name, type);
      this.at++;
      type = found.member.type;
      offset += found.offset;
    }
    this.expect(')', 'behind the member');
    return this.#size(BigInt(offset));
  }

  // ------------------------------------------------------------------------------------------------- literals and types

  /** Adjacent string literals, joined, with the NUL. */
  protected string(): Uint8Array {
    const bytes: number[] = [];
    while (this.token.kind === TOKEN.STRING) {
      const { token } = this;
      if (/^[uUL]"/.test(token.text))
        throw fault(placeOf(token), 'A wide string has no place here: remove the prefix.');
      for (const byte of characters(token, token.text.replace(/^u8/, '').slice(1, -1))) bytes.push(byte);
      this.at++;
    }
    bytes.push(0);
    return Uint8Array.from(bytes);
  }

  #character(token: Token): bigint {
    if (token.text[0] !== "'") throw fault(placeOf(token), 'A wide character has no place here: remove the prefix.');
    const bytes = characters(token, token.text.slice(1, -1));
    if (bytes.length === 0)
      throw fault(placeOf(token), 'An empty character constant: expected a character between the quotes.');
    if (bytes.length === 1) return wrap(this.integers.char, BigInt(bytes[0]!));
    // gcc: several characters make an int, the first one highest.
    return BigInt.asIntN(
      32,
      bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
    );
  }

  #int(value: bigint): Value {
    return { type: this.integers.int, value };
  }

  #number({ type, value }: Value, place: Token): bigint {
    if (value === null) {
      if (this.#unevaluated > 0) return 0n;
      throw fault(
        placeOf(place),
        `\`${place.text}\` needs constant numbers; one side is a ${typeName(type)} without a constant value.`,
      );
    }
    return value;
  }

  #integerType({ type }: Value, place: Token): IntegerType {
    if (type.kind === 'integer') return type;
    if (type.kind === 'pointer') return this.integers.ulong;
    if (this.#unevaluated > 0) return this.integers.int;
    throw fault(placeOf(place), `\`${place.text}\` needs numbers; one side is a ${typeName(type)}.`);
  }

  /** Integer promotions: 6.3.1.1. */
  #promoted(type: IntegerType): IntegerType {
    return type.rank < this.integers.int.rank ? this.integers.int : type;
  }

  /** Usual arithmetic conversions: 6.3.1.8. */
  #common(left: IntegerType, right: IntegerType): IntegerType {
    const a = this.#promoted(left);
    const b = this.#promoted(right);
    if (a.signed === b.signed) return a.rank >= b.rank ? a : b;
    const [signed, unsigned] = a.signed ? [a, b] : [b, a];
    if (unsigned.rank >= signed.rank) return unsigned;
    if (signed.size > unsigned.size) return signed;
    return signed.rank === 5 ? this.integers.ullong : this.integers.ulong;
  }

  #converted(value: Value, type: IntegerType): Value {
    return value.value === null ? value : { type, value: wrap(type, value.value) };
  }
}

const plus = (address: bigint | null | undefined, offset: number): bigint | null =>
  address === null || address === undefined ? null : address + BigInt(offset);

export const noMember = (name: Token, type: CType): Error =>
  fault(
    placeOf(name),
    `${typeName(type)} has no member \`${name.text}\`` +
      (type.kind === 'record'
        ? `: expected one of ${type.members.map((member) => member.name || '…').join(', ')}.`
        : ': it is no structure.'),
  );

/** Shifts by the width or more, as gcc folds them for constants. */
const shiftedOut = (operator: string, type: IntegerType, value: bigint, count: bigint): bigint => {
  if (operator === '>>') return type.signed && value < 0n && count > 0n ? -1n : 0n;
  return 0n;
};
