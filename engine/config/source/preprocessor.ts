// The C preprocessor: directives, macros, includes; source text to the tokens that the parser reads. C17 6.10 with gcc's
// extensions (named variadic parameters, `, ## args`). Every loop is bounded: see LIMITS.
import { BUILTIN_HEADERS, predefinedMacros } from './builtin.ts';
import { ConditionParser } from './condition.ts';
import { SourceFile, SOURCE_SIZE_MAX, fault } from './file.ts';
import { TOKEN, lex, type Expansion, type Token } from './lexer.ts';
import { macroParameters, spelled, stringized, type Macro } from './macros.ts';
import type { Target } from './target.ts';

export const LIMITS = {
  /** Tokens that all expansions together may produce. */
  tokens: 500_000,
  /** Macro calls in macro arguments. */
  callDepth: 200,
  includeDepth: 60,
  /** Files that one source may read, counting each time. */
  includes: 1000,
} as const;

/** Gives the text of another file of the same folder, or null when there is none. */
export type IncludeResolver = (name: string) => string | null;

export interface Warning {
  message: string;
  place: Token;
}

interface Frame {
  tokens: Token[];
  at: number;
  conditionals: Conditional[];
}
interface Conditional {
  opened: Token;
  /** Some group of this chain has been taken. */
  taken: boolean;
  /** The current group is being skipped. */
  skipping: boolean;
  seenElse: boolean;
}
interface Context {
  tokens: Token[];
  at: number;
  macro: Macro | null;
}

/** Runs the preprocessor over a file. @throws ConfigError with the place of the fault */
export function preprocess(
  file: SourceFile,
  target: Target,
  include: IncludeResolver,
): { tokens: Token[]; warnings: Warning[] } {
  const preprocessor = new Preprocessor(file, target, include);
  return { tokens: preprocessor.run(), warnings: preprocessor.warnings };
}

class Preprocessor {
  readonly warnings: Warning[] = [];
  readonly #macros: Map<string, Macro>;
  readonly #include: IncludeResolver;
  readonly #frames: Frame[] = [];
  readonly #once = new Set<string>();
  #contexts: Context[] = [];
  /** Macros whose expansion is being read: their names are not expanded again. */
  readonly #active = new Set<Macro>();
  /** While an argument is expanded by itself, its end is an end: nothing is read from the file. */
  #isolated = 0;
  #produced = 0;
  #counter = 0;
  #included = 0;

  constructor(file: SourceFile, target: Target, include: IncludeResolver) {
    this.#macros = new Map(predefinedMacros(target));
    this.#include = include;
    this.#frames.push(this.#open(file));
  }

  run(): Token[] {
    const out: Token[] = [];
    for (;;) {
      const token = this.#expanded();
      out.push(token);
      if (token.kind === TOKEN.END) return out;
    }
  }

  // ------------------------------------------------------------------------------------------------------------ macros

  /** The next token with macros replaced. */
  #expanded(): Token {
    for (;;) {
      const token = this.#raw();
      if (token.kind !== TOKEN.NAME || token.painted) return token;
      const macro = this.#macros.get(token.text);
      if (!macro) {
        return token.text.charCodeAt(0) === UNDERSCORE ? this.#dynamic(token) : token;
      }
      if (this.#active.has(macro)) return { ...token, painted: true };
      if (macro.parameters === null && macro.body.length === 1 && macro.body[0]!.kind !== TOKEN.NAME) {
        this.#spend(1, token);
        return derived(macro.body[0]!, call(macro, token, token), token.spaced);
      }
      if (!this.#enter(macro, token)) return token;
    }
  }

  /** __LINE__, __FILE__ and __COUNTER__. */
  #dynamic(token: Token): Token {
    const site = outermost(token);
    if (token.text === '__LINE__')
      return { ...token, kind: TOKEN.NUMBER, text: String(site.source.locate(site.start, site.end).line) };
    if (token.text === '__FILE__') return { ...token, kind: TOKEN.STRING, text: JSON.stringify(token.source.name) };
    if (token.text === '__COUNTER__') return { ...token, kind: TOKEN.NUMBER, text: String(this.#counter++) };
    return token;
  }

  /** Puts a macro's expansion in front of what follows. False: a function-like macro's name without a call. */
  #enter(macro: Macro, name: Token): boolean {
    let body: Token[];
    if (macro.parameters === null) {
      const expansion = call(macro, name, name);
      body = macro.body.some(({ text }) => text === '##')
        ? this.#substitute(macro, [], expansion)
        : macro.body.map((token) => derived(token, expansion, token.spaced));
    } else {
      if (!this.#nextIsParenthesis()) return false;
      const { args, close } = this.#arguments(macro, name);
      body = this.#substitute(macro, args, call(macro, name, close));
    }
    this.#spend(body.length, name);
    if (body.length > 0) {
      body[0] = { ...body[0]!, spaced: name.spaced };
      this.#push(body, macro);
    }
    return true;
  }

  #spend(tokens: number, place: Token): void {
    this.#produced += tokens + 1;
    if (this.#produced > LIMITS.tokens)
      throw fault(
        outermost(place),
        `Macros expand to more than ${LIMITS.tokens} tokens here: do the definitions double each other? ` +
          'Write the result out, or shorten the chain.',
      );
  }

  #push(tokens: Token[], macro: Macro | null): void {
    this.#contexts.push({ tokens, at: 0, macro });
    if (macro) this.#active.add(macro);
  }

  #pop(): void {
    const { macro } = this.#contexts.pop()!;
    if (macro) this.#active.delete(macro);
  }

  /** The next token as it stands. */
  #raw(): Token {
    for (;;) {
      const context = this.#contexts[this.#contexts.length - 1];
      if (!context) break;
      if (context.at < context.tokens.length) return context.tokens[context.at++]!;
      this.#pop();
    }
    if (this.#isolated > 0) return END_OF_ARGUMENT;
    return this.#fromFile();
  }

  #nextIsParenthesis(): boolean {
    for (;;) {
      const context = this.#contexts[this.#contexts.length - 1];
      if (!context) break;
      if (context.at < context.tokens.length) return context.tokens[context.at]!.text === '(';
      this.#pop();
    }
    if (this.#isolated > 0) return false;
    const token = this.#fromFile();
    if (token.kind !== TOKEN.END) this.#frames[this.#frames.length - 1]!.at--;
    return token.text === '(' && token.kind === TOKEN.PUNCTUATOR;
  }

  /** Reads a call's arguments unexpanded, from behind the name to the closing parenthesis. */
  #arguments(macro: Macro, name: Token): { args: Token[][]; close: Token } {
    const parameters = macro.parameters!;
    const args: Token[][] = [[]];
    this.#raw(); // the opening parenthesis
    for (let depth = 0; ;) {
      const token = this.#raw();
      if (token.kind === TOKEN.END)
        throw fault(outermost(name), `The call of ${macro.name}() is never closed: expected \`)\`.`);
      this.#spend(0, name);
      if (token.kind === TOKEN.PUNCTUATOR) {
        if (token.text === '(') depth++;
        else if (token.text === ')' && depth-- === 0) {
          const given = args.length === 1 && args[0]!.length === 0 ? 0 : args.length;
          const least = macro.variadic ? parameters.length - 1 : parameters.length;
          if (given === 0 && parameters.length === 0) return { args: [], close: token };
          if (args.length < least || (!macro.variadic && args.length > parameters.length))
            throw fault(
              outermost(name),
              `${macro.name}() takes ${least}${macro.variadic ? ' or more' : ''} argument${least === 1 ? '' : 's'}, ` +
                `${given} given. It is defined with (${parameters.join(', ')}).`,
            );
          if (args.length < parameters.length) args.push([]);
          return { args, close: token };
        } else if (token.text === ',' && depth === 0 && !(macro.variadic && args.length === parameters.length)) {
          args.push([]);
          continue;
        }
      }
      args[args.length - 1]!.push(token);
    }
  }

  /** Replaces parameters in a macro's body (6.10.3.1 to 6.10.3.3). */
  #substitute(macro: Macro, args: Token[][], expansion: Expansion): Token[] {
    const { body } = macro;
    const parameterAt = (index: number): number =>
      body[index]?.kind === TOKEN.NAME ? (macro.parameters?.indexOf(body[index].text) ?? -1) : -1;
    const asArgument: Expansion = { ...expansion, argument: true };
    const origin = (token: Token): Expansion =>
      token.expansion === null || token.expansion.argument ? asArgument : expansion;
    const expandedArgs: (Token[] | undefined)[] = [];
    const result: Token[] = [];
    const copy = (tokens: Token[], like: Token): void =>
      tokens.forEach((token, i) => result.push(derived(token, origin(token), i === 0 ? like.spaced : token.spaced)));

    for (let i = 0; i < body.length; i++) {
      const token = body[i]!;
      const parameter = parameterAt(i);
      const pastes = body[i + 1]?.text === '##' && i + 1 < body.length - 1;
      if (token.text === '#' && macro.parameters !== null && parameterAt(i + 1) >= 0) {
        result.push({ ...token, kind: TOKEN.STRING, text: stringized(args[parameterAt(i + 1)]!), expansion });
        i++;
      } else if (token.text === '##' && i > 0 && i < body.length - 1) {
        i++;
        const right = body[i]!;
        const rightParameter = parameterAt(i);
        const rest = rightParameter >= 0 ? [...args[rightParameter]!] : [right];
        const isRest = macro.variadic && rightParameter === macro.parameters!.length - 1;
        if (isRest && body[i - 2]?.text === ',') {
          // gcc: `, ## args` drops the comma when there are no further arguments.
          if (rest.length === 0) result.pop();
          else copy(this.#argument(args, rightParameter, expandedArgs, token), right);
        } else if (rest.length > 0) {
          const left = result.pop();
          if (left && left !== PLACEMARKER) result.push(this.#pasted(left, rest.shift()!, token, expansion));
          copy(rest, right);
        }
      } else if (parameter >= 0) {
        const raw = args[parameter]!;
        if (pastes && raw.length === 0) result.push(PLACEMARKER);
        else copy(pastes ? raw : this.#argument(args, parameter, expandedArgs, token), token);
      } else result.push(derived(token, expansion, token.spaced));
      this.#spend(0, token);
    }
    return result.filter((token) => token !== PLACEMARKER);
  }

  /** An argument with its own macros replaced, done once per call. */
  #argument(args: Token[][], index: number, done: (Token[] | undefined)[], place: Token): Token[] {
    const known = done[index];
    if (known) return known;
    if (this.#isolated >= LIMITS.callDepth)
      throw fault(
        outermost(args[index]![0] ?? place),
        `Macro calls are nested more than ${LIMITS.callDepth} deep here.`,
      );
    const outer = this.#contexts;
    this.#contexts = [{ tokens: args[index]!, at: 0, macro: null }];
    this.#isolated++;
    const tokens: Token[] = [];
    for (let token = this.#expanded(); token !== END_OF_ARGUMENT; token = this.#expanded()) tokens.push(token);
    this.#isolated--;
    this.#contexts = outer;
    this.#spend(tokens.length, place);
    done[index] = tokens;
    return tokens;
  }

  #pasted(left: Token, right: Token, operator: Token, expansion: Expansion): Token {
    const text = left.text + right.text;
    const tokens = lex(new SourceFile(left.source.name, text));
    if (tokens.length !== 2 || tokens[0]!.kind === TOKEN.BAD || tokens[0]!.text !== text)
      throw fault(
        { source: expansion.source, start: expansion.start, end: expansion.end },
        `\`##\` in ${expansion.macro} joins ${left.text} and ${right.text} to ${text}, which is not one token.`,
      );
    return {
      ...tokens[0]!,
      source: operator.source,
      start: operator.start,
      end: operator.end,
      expansion,
      spaced: left.spaced,
    };
  }

  // -------------------------------------------------------------------------------------------------------- directives

  #open(file: SourceFile): Frame {
    if (file.text.length > SOURCE_SIZE_MAX)
      throw fault(
        { source: file, start: 0, end: 0 },
        `The source has ${file.text.length} characters; at most ${SOURCE_SIZE_MAX} are read. Is it a configuration?`,
      );
    return { tokens: lex(file), at: 0, conditionals: [] };
  }

  /** The next token of the files, behind all directives. Stays at the END of the outermost file. */
  #fromFile(): Token {
    for (;;) {
      const frame = this.#frames[this.#frames.length - 1]!;
      const token = frame.tokens[frame.at]!;
      const conditional = frame.conditionals[frame.conditionals.length - 1];
      if (token.kind === TOKEN.END) {
        if (conditional) throw fault(conditional.opened, 'This conditional is never closed: expected #endif.');
        if (this.#frames.length === 1) return token;
        this.#frames.pop();
        continue;
      }
      frame.at++;
      if (token.lineStart && token.text === '#') {
        const pragma = this.#directive(frame, token);
        if (pragma) return pragma;
        continue;
      }
      if (conditional?.skipping) {
        this.#skipLine(frame);
        continue;
      }
      return token;
    }
  }

  #skipLine(frame: Frame): void {
    while (!frame.tokens[frame.at]!.lineStart) frame.at++;
  }

  #line(frame: Frame): Token[] {
    const start = frame.at;
    this.#skipLine(frame);
    return frame.tokens.slice(start, frame.at);
  }

  /** Carries out one directive. Returns a token only for `#pragma pack`, which the parser must see in its place. */
  #directive(frame: Frame, hash: Token): Token | null {
    const line = this.#line(frame);
    const name = line[0];
    if (!name) return null; // a lone # does nothing
    const skipping = frame.conditionals.some((conditional) => conditional.skipping);
    const rest = line.slice(1);
    switch (name.text) {
      case 'if':
      case 'ifdef':
      case 'ifndef': {
        let taken = false;
        if (!skipping) {
          if (name.text === 'if') taken = this.#condition(name, rest);
          else taken = this.#isDefined(name, rest) === (name.text === 'ifdef');
        }
        frame.conditionals.push({ opened: hash, taken: taken || skipping, skipping: !taken, seenElse: false });
        return null;
      }
      case 'elif':
      case 'else': {
        const conditional = frame.conditionals[frame.conditionals.length - 1];
        if (!conditional || conditional.seenElse)
          throw fault(name, `#${name.text} ${conditional ? 'behind #else' : 'without #if'}: remove it.`);
        conditional.seenElse = name.text === 'else';
        conditional.skipping = conditional.taken || (name.text === 'elif' && !this.#condition(name, rest));
        conditional.taken ||= !conditional.skipping;
        return null;
      }
      case 'endif':
        if (!frame.conditionals.pop()) throw fault(name, '#endif without #if: remove it.');
        return null;
    }
    if (skipping) return null;
    switch (name.text) {
      case 'define':
        this.#define(name, rest);
        return null;
      case 'undef':
        this.#macros.delete(this.#macroName(name, rest).text);
        return null;
      case 'include':
        this.#includeFile(name, rest);
        return null;
      case 'error':
        throw fault(name, `#error ${spelled(rest)}`);
      case 'warning':
        this.warnings.push({ message: `#warning ${spelled(rest)}`, place: name });
        return null;
      case 'pragma':
        if (rest[0]?.text === 'once') this.#once.add(name.source.name);
        return rest[0]?.text === 'pack' ? { ...name, kind: TOKEN.PRAGMA, text: spelled(rest) } : null;
      case 'line':
      case 'ident':
        return null;
      default:
        // `# 12 "file"`, as a preprocessed file has it.
        if (name.kind === TOKEN.NUMBER) return null;
        throw fault(
          name,
          `#${name.text} is no directive: expected #define, #undef, #include, #if, #ifdef, #ifndef, #elif, #else or #endif.`,
        );
    }
  }

  #macroName(directive: Token, rest: Token[]): Token {
    const name = rest[0];
    if (name?.kind !== TOKEN.NAME || name.text === 'defined')
      throw fault(name ?? directive, `#${directive.text} needs the name of a macro.`);
    return name;
  }

  #isDefined(directive: Token, rest: Token[]): boolean {
    const { text } = this.#macroName(directive, rest);
    return this.#macros.has(text) || ['__LINE__', '__FILE__', '__COUNTER__'].includes(text);
  }

  #define(directive: Token, rest: Token[]): void {
    const name = this.#macroName(directive, rest);
    const isFunction = rest[1]?.text === '(' && !rest[1].spaced;
    let body = rest.slice(1);
    let parameters: string[] | null = null;
    let variadic = false;
    if (isFunction) {
      const close = rest.findIndex(({ text }) => text === ')');
      if (close < 0) throw fault(rest[1]!, `The parameters of ${name.text} are not closed: expected \`)\`.`);
      ({ parameters, variadic } = macroParameters(name, rest.slice(2, close)));
      body = rest.slice(close + 1);
    }
    const edge = [body[0], body[body.length - 1]].find((token) => token?.text === '##');
    if (edge) throw fault(edge, '`##` needs a token on both sides.');
    this.#macros.set(name.text, { name: name.text, parameters, variadic, body });
  }

  #includeFile(directive: Token, rest: Token[]): void {
    // A macro may stand for the name.
    const tokens = rest[0]?.kind === TOKEN.NAME ? this.#argument([rest], 0, [], directive) : rest;
    const [first] = tokens;
    let name = '';
    let quoted = false;
    if (first?.kind === TOKEN.STRING) {
      name = first.text.slice(1, -1);
      quoted = true;
    } else if (first?.text === '<') {
      const end = tokens.findIndex(({ text }) => text === '>');
      if (end > 0)
        name = tokens
          .slice(1, end)
          .map(({ text }) => text)
          .join('');
    }
    if (name === '') throw fault(first ?? directive, '#include needs "file" or <header>.');
    if (BUILTIN_HEADERS.some((pattern) => pattern.test(name))) return;
    const place = first!;
    if (!quoted)
      throw fault(
        place,
        `<${name}> is not known here: only <jailhouse/types.h>, <jailhouse/cell-config.h> and the headers of <linux/…>, ` +
          '<asm/…> and C types are built in. Give a file of this folder as "file".',
      );
    if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(name))
      throw fault(
        place,
        `"${name}" lies outside the folder of this configuration: copy it here and include it by its name.`,
      );
    if (this.#frames.length >= LIMITS.includeDepth)
      throw fault(
        place,
        `Files include each other more than ${LIMITS.includeDepth} deep: does "${name}" include itself?`,
      );
    if (this.#once.has(name)) return;
    const text = this.#include(name);
    if (text === null) throw fault(place, `"${name}" is not in the folder of this configuration.`);
    if (++this.#included > LIMITS.includes)
      throw fault(place, `More than ${LIMITS.includes} files are included: do they include each other?`);
    this.#frames.push(this.#open(new SourceFile(name, text)));
  }

  #condition(directive: Token, rest: Token[]): boolean {
    // `defined` is resolved before macros are replaced.
    const tokens: Token[] = [];
    for (let i = 0; i < rest.length; i++) {
      const token = rest[i]!;
      if (token.text !== 'defined' || token.kind !== TOKEN.NAME) {
        tokens.push(token);
        continue;
      }
      const parenthesis = rest[i + 1]?.text === '(';
      const name = rest[i + (parenthesis ? 2 : 1)];
      if (name?.kind !== TOKEN.NAME || (parenthesis && rest[i + 3]?.text !== ')'))
        throw fault(token, '`defined` needs the name of a macro, as in defined(NAME).');
      tokens.push({ ...token, kind: TOKEN.NUMBER, text: this.#isDefined(directive, [name]) ? '1' : '0' });
      i += parenthesis ? 3 : 1;
    }
    if (tokens.length === 0) throw fault(directive, `#${directive.text} needs a condition.`);
    const expanded = this.#argument([tokens], 0, [], directive);
    return new ConditionParser(expanded, directive).value();
  }
}

const UNDERSCORE = 95;

/** A token as it stands in the result of an expansion. */
const derived = (token: Token, expansion: Expansion, spaced: boolean): Token => ({
  kind: token.kind,
  text: token.text,
  source: token.source,
  start: token.start,
  end: token.end,
  lineStart: false,
  spaced,
  expansion,
  painted: token.painted,
});

const call = (macro: Macro, name: Token, close: Token): Expansion => {
  const end = outermost(close);
  const parent = name.expansion;
  // The call's own place: in the file if both ends stand there, else where the outermost call stands.
  if (parent || close.expansion) {
    const site = outermost(name);
    return { macro: macro.name, source: site.source, start: site.start, end: site.end, parent, argument: false };
  }
  return { macro: macro.name, source: name.source, start: name.start, end: end.end, parent, argument: false };
};

/** Where a person sees the cause of a token: its own place, or the outermost macro call that produced it. */
export function outermost(token: Token): Pick<Token, 'source' | 'start' | 'end'> {
  let expansion = token.expansion;
  if (!expansion) return token;
  while (expansion.parent) expansion = expansion.parent;
  return expansion;
}

/** The end of an argument that is being expanded by itself; equal to no token of any file. */
const END_OF_ARGUMENT: Token = {
  kind: TOKEN.END,
  text: '',
  source: new SourceFile('', ''),
  start: 0,
  end: 0,
  lineStart: true,
  spaced: false,
  expansion: null,
  painted: false,
};
/** An empty argument beside `##`. */
const PLACEMARKER: Token = { ...END_OF_ARGUMENT };
