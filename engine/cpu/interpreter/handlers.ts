// Handler numbers: every instruction form (entry and values of its statics) has one. Those that run inside the main loop
// come first, so that the loop's br_table sends all others to their outlined functions.
import type { FormPattern } from './fusions.ts';
import { FUSED_PAIRS, parseFormPattern } from './fusions.ts';
import { isInline, mayBeInline } from './hot.ts';
import { INSTRUCTIONS } from '../aarch64/table/index.ts';
import type { Instruction } from '../aarch64/table/instruction.ts';
import type { Fields } from '../aarch64/table/pattern.ts';
import type { Statics } from '../aarch64/meaning/operations.ts';

/** Handlers that stand for no instruction. DECODE is what an empty record says; BREAKPOINT: one may lie here. */
export const SPECIAL = { DECODE: 0, RESOLVE: 1, PAGE_END: 2, UNDEFINED: 3, UNIMPLEMENTED: 4, BREAKPOINT: 5 } as const;
export const SPECIAL_COUNT = Object.keys(SPECIAL).length;

export interface Form {
  readonly instruction: Instruction;
  readonly statics: Statics;
  /** Branch target within the code page; true where there is none. */
  readonly near: boolean;
  readonly handler: number;
}

/** A form while handlers are numbered. */
type Numbered = Form & { handler: number };

/** How statics make up one number, least significant first, times two plus `far` where there is a branch operand. */
interface FormSpace {
  readonly instruction: Instruction;
  readonly radices: readonly { readonly name: string; readonly count: number; readonly of: (f: Fields) => number }[];
  readonly branches: boolean;
  readonly size: number;
  /** Handlers by that number; where none of them is inline they follow `first`, and forms are made when asked for. */
  handlers: Int32Array | undefined;
  first: number;
}

function spaceOf(instruction: Instruction): FormSpace {
  const radices = instruction.statics.map((item) => {
    if (typeof item !== 'string') return item;
    const { width } = instruction.pattern.fields.get(item)!;
    return { name: item, count: 2 ** width, of: (f: Fields): number => f[item]! };
  });
  const branches = Object.values(instruction.operands).some(({ kind }) => kind === 'branch');
  const size = radices.reduce((product, { count }) => product * count, branches ? 2 : 1);
  return { instruction, radices, branches, size, handlers: undefined, first: 0 };
}

/** What a handler executes: one form, or two of which only the second may branch. */
export type HandlerParts = readonly [Form] | readonly [Form, Form];

/** The form with a number, of which the handler is to be said or known. */
function formAt({ instruction, radices, branches }: FormSpace, number: number, handler = -1): Numbered {
  let rest = branches ? number >> 1 : number;
  const statics: Record<string, number> = {};
  for (const { name, count } of radices) {
    statics[name] = rest % count;
    rest = Math.floor(rest / count);
  }
  return { instruction, statics, near: !branches || number % 2 === 0, handler };
}

/** The forms that a pattern of fusions.ts names. */
function formsLike(pattern: FormPattern, byName: ReadonlyMap<string, readonly Form[]>): Form[] {
  const { name, statics, near } = parseFormPattern(pattern);
  const found = (byName.get(name) ?? []).filter(
    (form) =>
      (near === undefined || form.near === near) && statics.every(([key, value]) => form.statics[key] === value),
  );
  if (found.length === 0) throw new Error(`fusions.ts names no inline form by "${pattern}"`);
  return found;
}

function numberHandlers() {
  const spaces = new Map(INSTRUCTIONS.map((instruction) => [instruction, spaceOf(instruction)]));
  const parts: (HandlerParts | undefined)[] = new Array<undefined>(SPECIAL_COUNT).fill(undefined);
  const add = (form: Numbered, handlers: Int32Array, number: number): void => {
    form.handler = handlers[number] = parts.length;
    parts.push([form]);
  };
  const inline: Form[] = [];
  const others: Parameters<typeof add>[] = [];
  for (const space of spaces.values()) {
    if (!mayBeInline(space.instruction)) continue;
    const handlers = (space.handlers = new Int32Array(space.size));
    for (let number = 0; number < space.size; number++) {
      const form = formAt(space, number);
      if (isInline(form)) {
        add(form, handlers, number);
        inline.push(form);
      } else others.push([form, handlers, number]);
    }
  }
  const pairs = addPairs(inline, parts);
  const inlineEnd = parts.length;
  const ranges: FormSpace[] = [];
  for (const space of spaces.values()) {
    if (space.handlers) {
      for (; others[0]?.[1] === space.handlers; others.shift()) add(...others[0]);
      continue;
    }
    space.first = parts.length;
    for (let number = 0; number < space.size; number++) parts.push(undefined);
    ranges.push(space);
  }
  return { parts, spaces, pairs, inlineEnd, ranges };
}

/** Adds the handlers of fusions.ts; returns them by pairKey. */
function addPairs(inline: readonly Form[], parts: (HandlerParts | undefined)[]): Map<number, number> {
  const pairs = new Map<number, number>();
  const byName = Map.groupBy(inline, ({ instruction }) => instruction.name);
  const patterns = [...new Set(FUSED_PAIRS.flat())];
  const matching = new Map(patterns.map((pattern) => [pattern, formsLike(pattern, byName)]));
  for (const [first, second] of FUSED_PAIRS)
    for (const a of matching.get(first)!)
      for (const b of matching.get(second)!) {
        const key = pairKey(a.handler, b.handler);
        if (pairs.has(key)) continue;
        pairs.set(key, parts.length);
        parts.push([a, b]);
      }
  return pairs;
}

const pairKey = (first: number, second: number): number => first * 0x10000 + second;

const numbered = numberHandlers();

/** Handlers below this run inside the main loop. */
export const INLINE_END = numbered.inlineEnd;
export const HANDLER_COUNT = numbered.parts.length;
/** For each of these the handler of its first instruction by itself. */
export const SINGLE_HANDLERS: Int32Array = Int32Array.from(
  { length: INLINE_END },
  (_, i) => numbered.parts[i]?.[0].handler ?? i,
);

/** What a handler executes; nothing for the special ones. Always the same object. */
export function partsOf(handler: number): HandlerParts | undefined {
  const { parts, ranges } = numbered;
  if (handler < SPECIAL_COUNT || handler >= HANDLER_COUNT) return undefined;
  const known = parts[handler];
  if (known) return known;
  const space = ranges.findLast(({ first }) => first <= handler)!;
  return (parts[handler] = [formAt(space, handler - space.first, handler)]);
}

/** The handler that executes two records in one go, or nothing. Both are handlers of single forms. */
export function fusedHandler(first: number, second: number): number | undefined {
  return numbered.pairs.get(pairKey(first, second));
}

/** The form that a handler executes first. */
export function firstForm(handler: number): Form {
  const found = partsOf(handler);
  if (!found) throw new Error(`handler ${handler} stands for no instruction form`);
  return found[0];
}

/** Handler of a decoded instruction. */
export function handlerOf(instruction: Instruction, fields: Fields, near: boolean): number {
  const { radices, branches, handlers, first } = numbered.spaces.get(instruction)!;
  let number = 0;
  for (let i = radices.length - 1; i >= 0; i--) {
    const { count, of } = radices[i]!;
    number = number * count + of(fields);
  }
  if (branches) number = number * 2 + (near ? 0 : 1);
  return handlers ? handlers[number]! : first + number;
}
