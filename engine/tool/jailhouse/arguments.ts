// Arguments as the C tool reads them: cell ids, addresses, images. Source: ABI reference, F.1; strtoll(3).
import { MAX_NAME, USE_NAME, type CellId } from '../../driver/index.ts';

/** C's integer with base 0, if the whole text is one: decimal, 0x hex, leading 0 octal, optional sign. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (!match) return undefined;
  const digits = match[2]!;
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return match[1] === '-' ? -value : value;
}

/** `{ ID | [--name] NAME }` at the front of the arguments, and what follows it. Undefined: wrong usage. */
export function parseCellId(args: readonly string[]): { cell: CellId; rest: readonly string[] } | undefined {
  const [first, second] = args;
  if (first === undefined) return undefined;
  if (first === '--name') return second === undefined ? undefined : { cell: named(second), rest: args.slice(2) };
  const id = parseInteger(first);
  const cell = id !== undefined && id >= 0n ? { id: Number(BigInt.asIntN(32, id)), name: '' } : named(first);
  return { cell, rest: args.slice(1) };
}

const named = (name: string): CellId => ({ id: USE_NAME, name: name.slice(0, MAX_NAME) });

export type ImageArgument =
  { kind: 'file'; path: string; address: bigint } | { kind: 'string'; text: string; address: bigint };

/** `{ IMAGE | { -s | --string } "STRING" } [-a | --address ADDRESS] ...`, at least one. Undefined: wrong usage. */
export function parseImages(args: readonly string[]): ImageArgument[] | undefined {
  const images: ImageArgument[] = [];
  let at = 0;
  while (at < args.length) {
    const word = args[at++]!;
    const isString = word === '-s' || word === '--string';
    const content = isString ? args[at++] : word;
    if (content === undefined) return undefined;
    let address = 0n;
    if (args[at] === '-a' || args[at] === '--address') {
      const value = args[at + 1] === undefined ? undefined : parseInteger(args[at + 1]!);
      if (value === undefined) return undefined;
      address = BigInt.asUintN(64, value);
      at += 2;
    }
    images.push(isString ? { kind: 'string', text: content, address } : { kind: 'file', path: content, address });
  }
  return images.length > 0 ? images : undefined;
}
