// A command line into words: quotes, backslashes, `$?`, comments, and the operators `;`, `&&`, `||`, `!`, `>`.
// Source: POSIX.1-2017, Shell Command Language, 2.2 (quoting), 2.3 (tokens); what is left out is named in errors.

export type Operator = ';' | '&&' | '||' | '>' | '>>';

export type Word = { kind: 'word'; text: string; quoted: boolean } | { kind: 'operator'; text: Operator };

/** A line that cannot be read: what and why. */
export class SyntaxProblem extends Error {}

/** Stands for `$?` in a word until the command runs. */
const STATUS_MARK = '\ue000';

/** The word with the exit status of the command before. */
export const withStatus = (word: string, status: number): string => word.replaceAll(STATUS_MARK, String(status));

const SPACE = /[ \t]/;
const OPERATORS: readonly string[] = ['&&', '||', '>>', ';', '>'];
const UNSUPPORTED: Readonly<Record<string, string>> = {
  '|': 'pipes are not supported',
  '&': 'background jobs are not supported',
  '<': 'input redirection is not supported',
  '`': 'command substitution is not supported',
};
/** What a backslash outside quotes takes its meaning from; before anything else it stays, so that regular expressions survive. */
const ESCAPABLE = /[\s"'\\$#;&|<>!`]/;

/** @throws SyntaxProblem */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (SPACE.test(line[at]!)) {
      at++;
    } else if (line[at] === '#') {
      break;
    } else {
      const operator = OPERATORS.find((text) => line.startsWith(text, at)) as Operator | undefined;
      if (operator) {
        words.push({ kind: 'operator', text: operator });
        at += operator.length;
      } else {
        at = readWord(line, at, words);
      }
    }
  }
  return words;
}

function readWord(line: string, start: number, words: Word[]): number {
  let text = '';
  let quoted = false;
  let at = start;
  while (at < line.length && !SPACE.test(line[at]!) && !OPERATORS.some((operator) => line.startsWith(operator, at))) {
    const character = line[at]!;
    const reason = UNSUPPORTED[character];
    if (reason) throw new SyntaxProblem(`syntax error near \`${character}': ${reason}`);
    if (character === "'" || character === '"') {
      const end = closing(line, at);
      text += character === "'" ? line.slice(at + 1, end) : unescapeDouble(line.slice(at + 1, end));
      quoted = true;
      at = end + 1;
    } else if (character === '\\') {
      const next = line[at + 1];
      if (next === undefined) throw new SyntaxProblem('syntax error: nothing after the last backslash');
      text += ESCAPABLE.test(next) ? next : `\\${next}`;
      quoted = true;
      at += 2;
    } else if (line.startsWith('$?', at)) {
      text += STATUS_MARK;
      at += 2;
    } else {
      text += character;
      at++;
    }
  }
  words.push({ kind: 'word', text, quoted });
  return at;
}

/** Index of the quote that ends the one at `start`. */
function closing(line: string, start: number): number {
  const quote = line[start]!;
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === quote) return at;
    if (quote === '"' && line[at] === '\\') at++;
  }
  throw new SyntaxProblem(`syntax error: no closing ${quote} for the one at column ${start + 1}`);
}

/** Inside double quotes a backslash escapes only `"`, `\`, `$` and a backquote. */
const unescapeDouble = (text: string): string =>
  text.replace(/\\(["\\$`])|\$\?/g, (_whole, escaped?: string) => escaped ?? STATUS_MARK);

/** A command with how it hangs on the one before, and where its output goes. */
export interface SimpleCommand {
  readonly words: readonly string[];
  /** `&&`: only after success; `||`: only after failure; `;`: always. */
  readonly after: ';' | '&&' | '||';
  /** `! command`: success and failure change places. */
  readonly negated: boolean;
  readonly redirect?: { readonly path: string; readonly append: boolean };
}

/** @throws SyntaxProblem */
export function parseLine(line: string): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let after: SimpleCommand['after'] = ';';
  let words: string[] = [];
  let negated = false;
  let redirect: SimpleCommand['redirect'];
  let pendingRedirect: boolean | undefined;
  const finish = (next: SimpleCommand['after']): void => {
    if (pendingRedirect !== undefined) throw new SyntaxProblem('syntax error: no file after `>`');
    if (words.length > 0) commands.push({ words, after, negated, ...(redirect && { redirect }) });
    else if (negated || next !== ';' || after !== ';')
      throw new SyntaxProblem(`syntax error near \`${next}': no command`);
    [after, words, negated, redirect] = [next, [], false, undefined];
  };
  for (const word of splitWords(line)) {
    if (word.kind === 'operator') {
      if (word.text === '>' || word.text === '>>') pendingRedirect = word.text === '>>';
      else finish(word.text);
    } else if (pendingRedirect !== undefined) {
      redirect = { path: word.text, append: pendingRedirect };
      pendingRedirect = undefined;
    } else if (words.length === 0 && !word.quoted && word.text === '!') negated = !negated;
    else words.push(word.text);
  }
  const hanging = after;
  if (words.length === 0 && hanging !== ';') throw new SyntaxProblem(`syntax error: no command after \`${hanging}'`);
  finish(';');
  return commands;
}
