// Handler numbers: every instruction form (entry and values of its statics) has one. Those that run inside the main loop
// come first, so that the loop's br_table sends all others to their outlined functions.
import type { FormPattern } from './fusions.ts';
import { FUSED_PAIRS, parseFormPattern } from './fusions.ts';
import { isInline } from './hot.ts';
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

/** How statics make up one number, least significant first. */
interface FormSpace {
  readonly instruction: Instruction;
  readonly radices: readonly { readonly name: string; readonly count: number; readonly of: (f: Fields) => number }[];
  /** Handler by statics number, times two plus `far` where there is a branch operand. */
  readonly handlers: Int32Array;
  readonly branches: boolean;
}

function spaceOf(instruction: Instruction): Omit<FormSpace, 'handlers'> & { size: number } {
  const radices = instruction.statics.map((item) => {
    if (typeof item !== 'string') return item;
    const { width } = instruction.pattern.fields.get(item)!;
    return { name: item, count: 2 ** width, of: (f: Fields): number => f[item]! };
  });
  const branches = Object.values(instruction.operands).some(({ kind }) => kind === 'branch');
  const size = radices.reduce((product, { count }) => product * count, branches ? 2 : 1);
  return { instruction, radices, branches, size };
}

/** What a handler executes: one form, or two of which only the second may branch. */
export interface Handler {
  readonly number: number;
  readonly parts: readonly [Form] | readonly [Form, Form];
}

function listForms(): { forms: Omit<Form, 'handler'>[]; spaces: Map<Instruction, FormSpace> } {
  const spaces = new Map<Instruction, FormSpace>();
  const forms: Omit<Form, 'handler'>[] = [];
  for (const instruction of INSTRUCTIONS) {
    const { size, ...space } = spaceOf(instruction);
    spaces.set(instruction, { ...space, handlers: new Int32Array(size).fill(-1) });
    for (let number = 0; number < size; number++) {
      let rest = space.branches ? number >> 1 : number;
      const statics: Record<string, number> = {};
      for (const { name, count } of space.radices) {
        statics[name] = rest % count;
        rest = Math.floor(rest / count);
      }
      forms.push({ instruction, statics, near: !space.branches || number % 2 === 0 });
    }
  }
  return { forms, spaces };
}

/** Whether a form is one that a pattern of fusions.ts names. */
function matcher(pattern: FormPattern): (form: Form) => boolean {
  const { name, statics, near } = parseFormPattern(pattern);
  return (form) =>
    form.instruction.name === name &&
    (near === undefined || form.near === near) &&
    statics.every(([key, value]) => form.statics[key] === value);
}

function numberHandlers() {
  const { forms, spaces } = listForms();
  const handlers: (Handler | undefined)[] = new Array<undefined>(SPECIAL_COUNT).fill(undefined);
  const add = (form: Omit<Form, 'handler'>): Form => {
    const numbered = { ...form, handler: handlers.length };
    handlers.push({ number: numbered.handler, parts: [numbered] });
    const space = spaces.get(form.instruction)!;
    space.handlers[formNumber(space, form.statics, form.near)] = numbered.handler;
    return numbered;
  };
  const inline = forms.filter(isInline).map(add);
  const pairs = new Map<number, number>();
  const matching = new Map<FormPattern, Form[]>();
  const formsLike = (pattern: FormPattern): Form[] => {
    let found = matching.get(pattern);
    if (!found) {
      found = inline.filter(matcher(pattern));
      if (found.length === 0) throw new Error(`fusions.ts names no inline form by "${pattern}"`);
      matching.set(pattern, found);
    }
    return found;
  };
  for (const [first, second] of FUSED_PAIRS)
    for (const a of formsLike(first))
      for (const b of formsLike(second)) {
        const key = pairKey(a.handler, b.handler);
        if (pairs.has(key)) continue;
        pairs.set(key, handlers.length);
        handlers.push({ number: handlers.length, parts: [a, b] });
      }
  const inlineEnd = handlers.length;
  forms.filter((form) => !isInline(form)).forEach(add);
  return { handlers, spaces, pairs, inlineEnd };
}

const pairKey = (first: number, second: number): number => first * 0x10000 + second;

function formNumber(space: Omit<FormSpace, 'handlers'>, statics: Statics, near: boolean): number {
  let number = 0;
  for (let i = space.radices.length - 1; i >= 0; i--) {
    const { name, count } = space.radices[i]!;
    number = number * count + statics[name]!;
  }
  return space.branches ? number * 2 + (near ? 0 : 1) : number;
}

const numbered = numberHandlers();

/** Handlers by number; nothing for the special ones. */
export const HANDLERS: readonly (Handler | undefined)[] = numbered.handlers;
/** For each handler the one of its first instruction by itself. */
export const SINGLE_HANDLERS: Int32Array = Int32Array.from(HANDLERS, (handler, i) => handler?.parts[0].handler ?? i);
/** Handlers below this run inside the main loop. */
export const INLINE_END = numbered.inlineEnd;
export const HANDLER_COUNT = numbered.handlers.length;

/** The handler that executes two records in one go, or nothing. Both are handlers of single forms. */
export function fusedHandler(first: number, second: number): number | undefined {
  return numbered.pairs.get(pairKey(first, second));
}

/** The form that a handler executes first. */
export function firstForm(handler: number): Form {
  const found = HANDLERS[handler];
  if (!found) throw new Error(`handler ${handler} stands for no instruction form`);
  return found.parts[0];
}

/** Handler of a decoded instruction. */
export function handlerOf(instruction: Instruction, fields: Fields, near: boolean): number {
  const space = numbered.spaces.get(instruction)!;
  let number = 0;
  for (let i = space.radices.length - 1; i >= 0; i--) {
    const { count, of } = space.radices[i]!;
    number = number * count + of(fields);
  }
  return space.handlers[space.branches ? number * 2 + (near ? 0 : 1) : number]!;
}
