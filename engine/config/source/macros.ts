// Macros as data, and the text side of them: parameter lists, spelling, stringizing (C17 6.10.3).
import { fault } from './file.ts';
import { TOKEN, type Token } from './lexer.ts';

export interface Macro {
  name: string;
  /** Null for object-like macros. */
  parameters: string[] | null;
  variadic: boolean;
  body: Token[];
}

/** The names between the parentheses of a definition. */
export function macroParameters(name: Token, tokens: Token[]): { parameters: string[]; variadic: boolean } {
  const parameters: string[] = [];
  let variadic = false;
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i]!;
    if (token.text === '...') {
      parameters.push('__VA_ARGS__');
      variadic = true;
    } else if (token.kind === TOKEN.NAME && !parameters.includes(token.text)) {
      parameters.push(token.text);
      if (tokens[i + 1]?.text === '...') {
        variadic = true;
        i++;
      }
    } else
      throw fault(token, `The parameters of ${name.text} must be different names: \`${token.text}\` is not possible.`);
    const comma = tokens[i + 1];
    if (comma && (comma.text !== ',' || variadic || i + 2 >= tokens.length))
      throw fault(
        comma,
        `In the parameters of ${name.text}: expected \`)\`${variadic ? ' behind `...`' : ' or `,` and a name'}.`,
      );
  }
  return { parameters, variadic };
}

/** Tokens as a person would write them on one line. */
export const spelled = (tokens: Token[]): string =>
  tokens.map(({ text, spaced }, i) => (spaced && i > 0 ? ` ${text}` : text)).join('');

/** What `#` makes of an argument. */
export const stringized = (tokens: Token[]): string => {
  const text = tokens
    .map((token, i) => {
      const escaped =
        token.kind === TOKEN.STRING || token.kind === TOKEN.CHARACTER
          ? token.text.replace(/["\\]/g, '\\$&')
          : token.text;
      return token.spaced && i > 0 ? ` ${escaped}` : escaped;
    })
    .join('');
  return `"${text}"`;
};
