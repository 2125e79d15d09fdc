// A board description as the text of a board.json: addresses and sizes in hex, short objects on one line.
import type { BoardDescription } from './description.ts';

/** Members whose numbers are addresses or sizes; all other numbers are counts, identifiers and frequencies. */
const HEX = new Set([
  'affinity',
  'base',
  'size',
  'distributor',
  'redistributor',
  'cpuInterface',
  'hypervisorInterface',
  'virtualCpuInterface',
  'ecam',
  'ecamSize',
  'hpet',
]);
const WIDTH = 116;

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** Text that parseBoard() reads as the same board. The name is the folder's and not part of it. */
export function boardText(board: BoardDescription): string {
  return `${layOut({ ...board, name: undefined } as unknown as Json, '', '')}\n`;
}

function scalar(key: string, value: string | number | boolean): string {
  return JSON.stringify(typeof value === 'number' && HEX.has(key) ? `0x${value.toString(16)}` : value);
}

const members = (value: Json): [string, Json][] =>
  Object.entries(value as Record<string, Json | undefined>).filter(
    (member): member is [string, Json] => member[1] !== undefined,
  );

function oneLine(value: Json, key: string): string {
  if (typeof value !== 'object') return scalar(key, value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => oneLine(item, key)).join(', ')}]`;
  return `{ ${members(value)
    .map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item, name)}`)
    .join(', ')} }`;
}

function layOut(value: Json, key: string, indent: string): string {
  if (typeof value !== 'object') return scalar(key, value);
  const inner = `${indent}  `;
  const nested = (item: Json): boolean => typeof item === 'object';
  const line = oneLine(value, key);
  if (Array.isArray(value)) {
    if (value.length === 0 || (!value.some(nested) && indent.length + line.length <= WIDTH)) return line;
    return `[\n${value.map((item: Json) => inner + layOut(item, key, inner)).join(',\n')}\n${indent}]`;
  }
  if (indent !== '' && indent.length + line.length <= WIDTH) return line;
  const body = members(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${layOut(item, name, inner)}`);
  return `{\n${body.join(',\n')}\n${indent}}`;
}
