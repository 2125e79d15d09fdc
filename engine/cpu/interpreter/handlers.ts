// Handler numbers: every instruction form (entry and values of its statics) has one. Those that run inside the main loop
// come first, so that the loop's br_table sends all others to their outlined functions.
import { isInline } from './hot.ts';
import { INSTRUCTIONS } from '../aarch64/table/index.ts';
import type { Feature, Instruction } from '../aarch64/table/instruction.ts';
import type { Fields } from '../aarch64/table/pattern.ts';
import type { Statics } from '../aarch64/meaning/operations.ts';

/** Handlers that stand for no instruction. DECODE is what an empty record says. */
export const SPECIAL = { DECODE: 0, RESOLVE: 1, PAGE_END: 2, UNDEFINED: 3, UNIMPLEMENTED: 4 } as const;
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

function numberForms(): { forms: Form[]; spaces: Map<Instruction, FormSpace>; inlineCount: number } {
  const spaces = new Map<Instruction, FormSpace>();
  const listed: Omit<Form, 'handler'>[] = [];
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
      listed.push({ instruction, statics, near: !space.branches || number % 2 === 0 });
    }
  }
  const inline = listed.filter(isInline);
  const outlined = listed.filter((form) => !isInline(form));
  const forms = [...inline, ...outlined].map((form, i): Form => ({ ...form, handler: SPECIAL_COUNT + i }));
  for (const { instruction, statics, near, handler } of forms) {
    const space = spaces.get(instruction)!;
    space.handlers[formNumber(space, statics, near)] = handler;
  }
  return { forms, spaces, inlineCount: inline.length };
}

function formNumber(space: Omit<FormSpace, 'handlers'>, statics: Statics, near: boolean): number {
  let number = 0;
  for (let i = space.radices.length - 1; i >= 0; i--) {
    const { name, count } = space.radices[i]!;
    number = number * count + statics[name]!;
  }
  return space.branches ? number * 2 + (near ? 0 : 1) : number;
}

const numbered = numberForms();

export const FORMS: readonly Form[] = numbered.forms;
/** Handlers below this run inside the main loop. */
export const INLINE_END = SPECIAL_COUNT + numbered.inlineCount;
export const HANDLER_COUNT = SPECIAL_COUNT + numbered.forms.length;

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

const GENERAL: ReadonlySet<Feature> = new Set<Feature>(['base', 'CRC32', 'LSE', 'PAN']);

/** True for instructions that CPACR_EL1.FPEN traps. */
export const usesFp = (instruction: Instruction): boolean => !GENERAL.has(instruction.feature);
