// Conditions of #if and #elif: C17 6.10.1. All numbers are 64 bits wide, names that are no macros are 0.
import { ExpressionReader, type Value } from './expression.ts';
import { placeOf } from './literals.ts';
import { fault } from './file.ts';
import { TOKEN, type Token } from './lexer.ts';
import { TARGETS } from './target.ts';
import { integersOf, type CType } from './types.ts';

const wide = (() => {
  const types = integersOf(TARGETS.x86);
  const { llong, ullong } = types;
  return {
    ...types,
    int: { ...llong, rank: 3 },
    uint: { ...ullong, rank: 3 },
  };
})();

export class ConditionParser extends ExpressionReader {
  constructor(tokens: readonly Token[], directive: Token) {
    super([...tokens, { ...directive, kind: TOKEN.END, text: '' }], wide, TARGETS.x86);
  }

  value(): boolean {
    return this.whole() !== 0n;
  }

  /** The value of the expression, to the last token. */
  whole(): bigint {
    const value = this.constant('The condition');
    if (this.token.kind !== TOKEN.END)
      throw fault(placeOf(this.token), `Unexpected \`${this.token.text}\` behind the condition.`);
    return value;
  }

  protected override named(): Value {
    return { type: wide.int, value: 0n };
  }
  protected override typeNameHere(): CType | null {
    return null;
  }
  protected override compoundLiteral(): Value {
    throw this.unexpected('a number');
  }
}
