// Pairs of instructions that one handler executes: one dispatch less. Chosen by how often they follow each other in
// compiled code (engine/bench/kernels and others).

/**
 * An instruction form as text: entry name, then statics as `name=value`, then `near` or `far` for where a branch goes;
 * what is left out may be anything.
 */
export type FormPattern = string;

export interface ParsedPattern {
  readonly name: string;
  readonly statics: readonly (readonly [string, number])[];
  /** Whether the branch target lies in the same code page; undefined for either. */
  readonly near: boolean | undefined;
}

export function parseFormPattern(pattern: FormPattern): ParsedPattern {
  const words = pattern.split(' ');
  const statics = words.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]);
  const place = words.find((word) => word === 'near' || word === 'far');
  return {
    name: words.filter((word) => !word.includes('=') && word !== place).join(' '),
    statics: statics.map(([key, value]) => [key, Number(value)]),
    near: place === undefined ? undefined : place === 'near',
  };
}

const ALU = [
  'ADD (immediate) sf=1',
  'SUB (immediate) sf=1',
  'ADD (shifted register) sf=1 shift=0',
  'ORR (shifted register) sf=1 shift=0',
  'ORR (shifted register) sf=0 shift=0',
  'ADD (shifted register) sf=0 shift=0',
  'ADD (immediate) sf=0',
  'UBFM sf=1 form=1',
  'AND (immediate) sf=1',
  'MOVZ',
];
const COMPARE = ['SUBS (immediate)', 'SUBS (shifted register) shift=0'];
const LOAD = [
  'LDR Xt (unsigned offset)',
  'LDR Wt (unsigned offset)',
  'LDRB Wt (unsigned offset)',
  'LDR Xt (register) option=3 S=1',
  'LDRB Wt (post-index) stack=0',
  'LDR Wt (post-index) stack=0',
];
const STORE = ['STR Xt (unsigned offset)', 'STR Wt (unsigned offset)'];
const LOGIC32 = [
  'EOR (shifted register) sf=0 shift=0',
  'EOR (shifted register) sf=0 shift=4',
  'EXTR sf=0 form=1',
  'BIC (shifted register) sf=0 shift=0',
  'AND (shifted register) sf=0 shift=0',
  'ADD (shifted register) sf=0 shift=0',
  'ORR (shifted register) sf=0 shift=0',
];

const every = (firsts: readonly FormPattern[], seconds: readonly FormPattern[]): [FormPattern, FormPattern][] =>
  firsts.flatMap((first) => seconds.map((second): [FormPattern, FormPattern] => [first, second]));

export const FUSED_PAIRS: readonly (readonly [FormPattern, FormPattern])[] = [
  ...every(COMPARE, ['B.cond near']),
  ...every(ALU, ['SUBS (immediate)', 'SUBS (shifted register) shift=0']),
  ...every(ALU, ALU),
  ...every(ALU, [...LOAD, ...STORE]),
  ...every(LOAD, ALU),
  ...every(STORE, ALU.slice(0, 5)),
  ...every(LOGIC32, LOGIC32),
  ...every(['LDP Xt (offset) stack=1'], ['LDP Xt (offset) stack=1', 'LDP Xt (post-index) stack=1', 'RET']),
  ...every(['LDP Xt (post-index) stack=1'], ['RET']),
  ...every(
    ['STP Xt (pre-index) stack=1'],
    ['ADD (immediate) sf=1', 'STP Xt (offset) stack=1', 'ORR (shifted register) sf=1 shift=0'],
  ),
  ...every(['STP Xt (offset) stack=1'], ['STP Xt (offset) stack=1', 'ORR (shifted register) sf=1 shift=0']),
  ...every(LOAD, ['CBZ near', 'CBNZ near', 'SUBS (immediate)', 'SUBS (shifted register) shift=0', 'BR']),
  ...every(STORE, ['BR', ...STORE]),
  ...every(['ADRP'], ['ADD (immediate) sf=1', 'LDR Xt (unsigned offset)']),
  ...every(['ORR (shifted register) sf=1 shift=0', 'SUB (immediate) sf=1', 'MOVZ'], ['BL far', 'BL near', 'B near']),
  ...every(
    ['ADD (immediate) sf=1', 'SUB (immediate) sf=1', 'ORR (shifted register) sf=1 shift=0'],
    ['CBZ near', 'CBNZ near'],
  ),
];
