// The doors of the C reader: a source to the bytes that a compiler and objcopy would make of it, and to the model, with the
// place in the text of every field.
import { decode } from '../codec.ts';
import { ConfigError } from '../errors.ts';
import type { SourceLocation } from '../location.ts';
import { ARCHITECTURES, type Architecture, type Config } from '../model.ts';
import { fieldRange } from '../path.ts';
import { countWarnings, structureWarnings } from './conventions.ts';
import { RAW_BYTE, placeOf } from './literals.ts';
import { SourceFile } from './file.ts';
import type { Token } from './lexer.ts';
import { SourceParser, type ConfigVariable, type InitNode } from './parser.ts';
import { preprocess, type IncludeResolver, type Warning } from './preprocessor.ts';
import { TARGETS } from './target.ts';

export interface SourceOptions {
  /** What locations call the file. */
  file?: string;
  /** Text of another file of the same folder by the name that the #include gives it; null: there is none. */
  include?: IncludeResolver;
  /** The compiler's target; by default what the configuration's architecture byte says. */
  target?: Architecture;
}

export interface SourceWarning {
  message: string;
  location: SourceLocation;
}

/** A source after compilation: bytes of the data section and what made them. */
export interface CompiledSource {
  bytes: Uint8Array;
  warnings: SourceWarning[];
  variable: ConfigVariable;
  tokens: readonly Token[];
}

export interface SourceConfig extends CompiledSource {
  config: Config;
  /** Bytes that the configuration itself takes; the rest of `bytes` is trailing. */
  size: number;
  trailing: Uint8Array;
}

/** Compiles a configuration source: the bytes of `gcc -c` and `objcopy -O binary`. Never throws. */
export function compileSource(text: string, options: SourceOptions = {}): CompiledSource | ConfigError {
  const file = new SourceFile(options.file ?? 'config.c', text);
  // Widths of types hang on the target, the target on the architecture byte, which is only known afterwards.
  let target: Architecture = options.target ?? (/\bJAILHOUSE_ARM\b/.test(text) ? 'arm' : 'arm64');
  const first = compile(file, target, options.include);
  if (options.target !== undefined || first instanceof ConfigError) return first;
  const stated = ARCHITECTURES[first.bytes[5] ?? -1];
  if (stated === undefined || stated === target) return first;
  target = stated;
  return compile(file, target, options.include);
}

function compile(
  file: SourceFile,
  target: Architecture,
  include: IncludeResolver = () => null,
): CompiledSource | ConfigError {
  try {
    const { tokens, warnings } = preprocess(file, TARGETS[target], include);
    const parser = new SourceParser(tokens, TARGETS[target]);
    const variable = parser.parse();
    return {
      bytes: variable.bytes,
      warnings: [...warnings, ...parser.warnings, ...structureWarnings(variable, tokens)].map(locatedWarning),
      variable,
      tokens,
    };
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

const locatedWarning = ({ message, place }: Warning): SourceWarning => {
  const { source, start, end } = placeOf(place);
  return { message, location: source.locate(start, end) };
};

/** Reads a configuration source into the model. Never throws. */
export function readSource(text: string, options: SourceOptions = {}): SourceConfig | ConfigError {
  const compiled = compileSource(text, options);
  if (compiled instanceof ConfigError) return compiled;
  const decoded = decode(compiled.bytes, undefined, 'The configuration');
  if (decoded instanceof ConfigError) {
    const location = locateOffset(compiled, decoded.offset ?? 0);
    return new ConfigError(decoded.code, decoded.message, {
      ...(decoded.offset !== undefined && { offset: decoded.offset }),
      location,
    });
  }
  const counts = countWarnings(compiled.variable, compiled.tokens, decoded.config);
  return { ...compiled, ...decoded, warnings: [...compiled.warnings, ...counts.map(locatedWarning)] };
}

/**
 * Where a field of the model stands in the source: its value, else the braces around the place where it would stand.
 * @param path as findings use it, e.g. `memoryRegions[3].flags`; fields of the root cell begin with `rootCell.`
 */
export function locateField(source: SourceConfig, path: string): SourceLocation | null {
  const range = fieldRange(source.config, path);
  return range && locateOffset(source, range.offset, range.width);
}

function locateOffset({ variable, tokens }: CompiledSource, offset: number, width = 1): SourceLocation {
  const { node } = nodeAt(variable.root, offset, width);
  const first = tokens[node.designator >= 0 && node.kind !== 'list' ? node.designator : node.first]!;
  const last = tokens[node.kind === 'list' ? node.first : node.last]!;
  const from = placeOf(first);
  const to = placeOf(last);
  return from.source.locate(from.start, to.source === from.source && to.end >= from.end ? to.end : from.end);
}

/** The innermost part of the initialiser that covers the bytes, and the parts around it, outermost first. */
export function nodeAt(root: InitNode, offset: number, width: number): { node: InitNode; around: InitNode[] } {
  const around: InitNode[] = [];
  let node = root;
  for (;;) {
    // The last one that covers the bytes: later values replace earlier ones.
    const child = node.children.findLast(
      (candidate) =>
        offset >= candidate.offset &&
        offset + width <= candidate.offset + Math.max(extent(candidate), candidate.type.size),
    );
    if (!child) return { node, around };
    around.push(node);
    node = child;
  }
}

const extent = (node: InitNode): number =>
  node.bits ? Math.ceil((node.bits.shift + node.bits.width) / 8) : node.type.size;

/**
 * Source text from the bytes of a file: UTF-8, a byte order mark dropped. Bytes that are no UTF-8 become the characters
 * U+F700 to U+F7FF, which strings turn back into the bytes, so that nothing is lost; encodeSource() is the inverse.
 */
export function decodeSource(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!RAW_BYTES.test(text)) return text;
  } catch {
    // Character by character below.
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const length = utf8Length(bytes, i);
    const char = length > 0 ? decoder.decode(bytes.subarray(i, i + length)) : '';
    // The characters that stand for bytes are themselves written as bytes.
    if (length === 0 || RAW_BYTES.test(char))
      for (const byte of bytes.subarray(i, i + Math.max(1, length))) text += String.fromCharCode(RAW_BYTE + byte);
    else text += char;
    i += Math.max(1, length);
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

const RAW_BYTES = /[\uf700-\uf7ff]/;

/** Bytes of the valid UTF-8 character at a place; 0: none is there. */
function utf8Length(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 2) return 0;
  if (length < 3) return length;
  const second = bytes[at + 1]!;
  const overlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const beyond = (first === 0xed && second >= 0xa0) || (first === 0xf4 && second >= 0x90);
  return overlong || beyond ? 0 : length;
}

export function encodeSource(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const parts = text.split(/([\uf700-\uf7ff]+)/);
  return Uint8Array.from(
    parts.flatMap((part, i) =>
      i % 2 === 1 ? [...part].map((char) => char.charCodeAt(0) - RAW_BYTE) : [...encoder.encode(part)],
    ),
  );
}
