// Assembler text of an instruction word, without aliases: what the table's templates say. A template is text with
// placeholders {kind:name}; `name` is a field or an operand of the entry, `kind` one of FORMATS.
import type { Instruction, Operand } from './table/instruction.ts';
import { findInstruction } from './table/index.ts';
import type { Fields } from './table/pattern.ts';
import { extractFields } from './table/pattern.ts';
import { SYSTEM_REGISTER_BY_KEY, systemKey } from './system/registers.ts';

interface Context {
  readonly fields: Fields;
  /** Virtual address of the instruction. */
  readonly address: bigint;
}

type Format = (value: number, context: Context, high: number) => string;

const general =
  (width: (f: Fields) => boolean, sp = false): Format =>
  (n, { fields }) => {
    const letter = width(fields) ? 'x' : 'w';
    if (n !== 31) return `${letter}${n}`;
    if (!sp) return `${letter}zr`;
    return letter === 'x' ? 'sp' : 'wsp';
  };
const simd =
  (letter: string): Format =>
  (n) =>
    `${letter}${n}`;

const isWide = (f: Fields): boolean => f.sf === 1;
const hexadecimal = (value: number | bigint): string => `0x${value.toString(16)}`;
const target = (context: Context, distance: bigint): string =>
  hexadecimal(BigInt.asUintN(64, context.address + distance));
const whole = (low: number, high: number): bigint => BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));

const CONDITIONS = 'eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv'.split(' ');
const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'];
const EXTENSIONS = 'uxtb uxth uxtw uxtx sxtb sxth sxtw sxtx'.split(' ');
const BARRIERS: Record<number, string> = {
  1: 'oshld',
  2: 'oshst',
  3: 'osh',
  5: 'nshld',
  6: 'nshst',
  7: 'nsh',
  9: 'ishld',
  10: 'ishst',
  11: 'ish',
  13: 'ld',
  14: 'st',
  15: 'sy',
};
const HINTS = ['nop', 'yield', 'wfe', 'wfi', 'sev', 'sevl'];

/** Extension of a register offset; `scale` is the shift that S asks for. */
const indexExtension =
  (scale: number): Format =>
  (shifted, { fields }) => {
    if (fields.option === 3) return shifted ? `, lsl #${scale}` : '';
    return `, ${EXTENSIONS[fields.option!]}${shifted ? ` #${scale}` : ''}`;
  };

/** A vector register with its arrangement; Q = 0 halves the number of lanes. */
const arranged =
  (count: number, letter: string): Format =>
  (n, { fields }) =>
    `v${n}.${fields.Q === 0 ? count / 2 : count}${letter}`;
const arrangementOf = (f: Fields): string => `${(f.Q === 0 ? 8 : 16) >> f.size!}${'bhsd'[f.size!]}`;

const halved = (f: Fields, lanes: number): number => (f.Q === 0 ? lanes / 2 : lanes);

/** A register list: three and more consecutive registers are written as a range. */
function registerList(first: number, count: number, suffix: string): string {
  const names = Array.from({ length: count }, (_, i) => `v${(first + i) & 31}.${suffix}`);
  return count > 2 && first + count <= 32 ? `{${names[0]}-${names.at(-1)}}` : `{${names.join(', ')}}`;
}

const laneIndex = (f: Fields, letter: string): number =>
  letter === 'B'
    ? f.Q! * 8 + f.S! * 4 + f.size!
    : letter === 'H'
      ? f.Q! * 4 + f.S! * 2 + f.size!
      : letter === 'S'
        ? f.Q! * 2 + f.S!
        : f.Q!;

const postIndex =
  (bytes: (f: Fields) => number): Format =>
  (rm, { fields }) =>
    rm === 31 ? `#${bytes(fields)}` : `x${rm}`;

/** Placeholders that come in families: lists of 1 to 4 registers, lanes of each size. */
const FAMILIES: Record<string, Format> = {};
for (const count of [1, 2, 3, 4]) {
  FAMILIES[`list${count}`] = (n, { fields }) => registerList(n, count, arrangementOf(fields));
  FAMILIES[`table${count}`] = (n) => registerList(n, count, '16b');
  FAMILIES[`post${count}`] = postIndex((f) => count * (f.Q === 0 ? 8 : 16));
  FAMILIES[`postrep${count}`] = postIndex((f) => count << f.size!);
  for (const letter of 'BHSD')
    FAMILIES[`lanes${count}${letter}`] = (n, { fields }) =>
      `${registerList(n, count, letter.toLowerCase())}[${laneIndex(fields, letter)}]`;
  for (let scale = 0; scale < 4; scale++) FAMILIES[`postlane${count << scale}`] = postIndex(() => count << scale);
}
for (const letter of 'BHSD') {
  FAMILIES[`vlane${letter}`] = (n, { fields }) => `v${n}.${letter.toLowerCase()}[${fields.lane}]`;
  FAMILIES[`vfrom${letter}`] = (n, { fields }) => `v${n}.${letter.toLowerCase()}[${fields.from}]`;
}

'bhsd'.split('').forEach((letter, size) => {
  const wide = 'bhsd'[size + 1];
  /** Elements of a size that the entry stands for, or twice as wide ones. */
  FAMILIES[`vshift${letter}`] = (n, { fields }) => `v${n}.${halved(fields, 16 >> size)}${letter}`;
  if (wide) FAMILIES[`vshiftwide${letter}`] = (n) => `v${n}.${8 >> size}${wide}`;
  FAMILIES[`velement${letter}`] = (n, { fields }) => `v${n}.${letter}[${elementIndex(fields, letter)}]`;
});
const elementIndex = (f: Fields, letter: string): number =>
  letter === 'h' ? f.H! * 4 + f.L! * 2 + f.M! : letter === 's' ? f.H! * 2 + f.L! : f.H!;

/** An 8-bit FP immediate as objdump writes it. */
function floatText(imm8: number): string {
  const exponent = ((imm8 >> 4) & 7) ^ 4;
  const value = (1 + (imm8 & 15) / 16) * 2 ** (exponent - 3) * (imm8 & 0x80 ? -1 : 1);
  const [mantissa, power] = value.toExponential(18).split('e') as [string, string];
  return `#${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

const FORMATS: Readonly<Record<string, Format>> = {
  x: general(() => true),
  w: general(() => false),
  xsp: general(() => true, true),
  r: general(isWide),
  rsp: general(isWide, true),
  /** The register of an extended operand: X only for UXTX and SXTX. */
  rext: general((f) => f.sf === 1 && (f.option! & 3) === 3),
  /** Test-bit register: X for bit numbers above 31. */
  tb: general((f) => f.b5 === 1),
  /** By the two-bit size, or by sz, of exclusives and atomics. */
  wx: general((f) => f.size === 3),
  szr: general((f) => f.sz === 1),
  index: general((f) => (f.option! & 1) === 1),
  b: simd('b'),
  h: simd('h'),
  s: simd('s'),
  d: simd('d'),
  q: simd('q'),
  /** By the precision of scalar FP instructions. */
  fp: (n, { fields }) => `${fields.t === 1 ? 'd' : 's'}${n}`,
  hex: (value) => `#${hexadecimal(value)}`,
  hash: (value) => `#${value}`,
  dec: (value) => `#${value}`,
  dec0: (value) => `${value}`,
  mask: (low, { fields }, high) =>
    `#${hexadecimal(fields.sf === 0 ? low >>> 0 : BigInt.asUintN(64, whole(low, high)))}`,
  lsl12: (sh) => (sh ? ', lsl #12' : ''),
  hw: (hw) => (hw ? `, lsl #${16 * hw}` : ''),
  shift: (amount, { fields }) => (amount === 0 && fields.shift === 0 ? '' : `, ${SHIFTS[fields.shift!]} #${amount}`),
  extend: (amount, { fields }) => {
    const sp = fields.Rn === 31 || (fields.Rd === 31 && fields.S !== 1);
    const native = fields.sf === 1 ? 3 : 2;
    if (sp && fields.option === native) return amount ? `, lsl #${amount}` : '';
    return `, ${EXTENSIONS[fields.option!]}${amount ? ` #${amount}` : ''}`;
  },
  indexext0: indexExtension(0),
  indexext1: indexExtension(1),
  indexext2: indexExtension(2),
  indexext3: indexExtension(3),
  indexext4: indexExtension(4),
  ...FAMILIES,
  v16b: arranged(16, 'b'),
  v8h: arranged(8, 'h'),
  v4s: arranged(4, 's'),
  v2d: arranged(2, 'd'),
  varr: (n, { fields }) => `v${n}.${arrangementOf(fields)}`,
  /** Scalar of the element size, and of the next larger one. */
  vsc: (n, { fields }) => `${'bhsd'[fields.size!]}${n}`,
  vscwide: (n, { fields }) => `${'bhsd'[fields.size! + 1]}${n}`,
  /** Half as many elements, twice as wide; of the whole register whatever Q says; the suffix that says the upper half. */
  varrlong: (n, { fields }) => `v${n}.${halved(fields, 8 >> fields.size!)}${'bhsd'[fields.size! + 1]}`,
  vwide: (n, { fields }) => `v${n}.${8 >> fields.size!}${'bhsd'[fields.size! + 1]}`,
  two: (q) => (q ? '2' : ''),
  elementbits: (size) => `#${8 << size}`,
  /** By the precision of vector FP instructions: whole or half vectors, scalars, pairs; and of conversions between two. */
  varrf: (n, { fields }) => `v${n}.${fields.sz === 1 ? '2d' : `${halved(fields, 4)}s`}`,
  vscf: (n, { fields }) => `${fields.sz === 1 ? 'd' : 's'}${n}`,
  vpairf: (n, { fields }) => `v${n}.2${fields.sz === 1 ? 'd' : 's'}`,
  vnarrowf: (n, { fields }) => `v${n}.${fields.sz === 1 ? `${halved(fields, 4)}s` : `${halved(fields, 8)}h`}`,
  vwidef: (n, { fields }) => `v${n}.${fields.sz === 1 ? '2d' : '4s'}`,
  v16bfull: (n) => `v${n}.16b`,
  v1q: (n) => `v${n}.1q`,
  v1d: (n, { fields }) => `v${n}.${fields.Q === 1 ? 2 : 1}d`,
  v4sfull: (n) => `v${n}.4s`,
  v2dfull: (n) => `v${n}.2d`,
  vdor2d: (n, { fields }) => (fields.Q === 1 ? `v${n}.2d` : `d${n}`),
  vhigh: (n) => `v${n}.d[1]`,
  xbyq: general((f) => f.Q === 1),
  hex8: (value) => `#0x${value.toString(16)}`,
  hex64: (low, _, high) => `#${hexadecimal(BigInt.asUintN(64, whole(low, high)))}`,
  lslcm: (cm) => (cm ? `, lsl #${8 * cm}` : ''),
  mslcm: (cm) => `msl #${8 * (cm + 1)}`,
  float8: (imm8) => floatText(imm8),
  cond: (code) => CONDITIONS[code]!,
  offset: (value) => (value === 0 ? '' : `, #${value}`),
  pc: (low, context, high) => target(context, whole(low, high)),
  page: (low, context, high) => hexadecimal(BigInt.asUintN(64, (context.address & ~0xfffn) + whole(low, high))),
  label: (distance, context) => target(context, BigInt(distance)),
  sizesuffix: (size) => ['b', 'h', '', ''][size]!,
  szpair: (n, { fields }) => {
    const letter = fields.sz === 1 ? 'x' : 'w';
    const name = (r: number): string => (r === 31 ? `${letter}zr` : `${letter}${r}`);
    return `${name(n)}, ${name(n + 1)}`;
  },
  prfop: (operation) => {
    const type = operation >> 3;
    const level = (operation >> 1) & 3;
    if (type > 2 || level > 2) return `#0x${operation.toString(16).padStart(2, '0')}`;
    return `${['pld', 'pli', 'pst'][type]}l${level + 1}${operation & 1 ? 'strm' : 'keep'}`;
  },
  hint: (_, { fields }) => {
    const number = fields.CRm! * 8 + fields.op2!;
    return HINTS[number] ?? `hint #${hexadecimal(number)}`;
  },
  optionalnibble: (crm) => (crm === 15 ? '' : ` #${hexadecimal(crm)}`),
  barrier: (crm) => BARRIERS[crm] ?? `#0x${crm.toString(16).padStart(2, '0')}`,
  optional: (value) => (value ? ` #${hexadecimal(value)}` : ''),
  sysrt: (rt) => (rt === 31 ? '' : `, x${rt}`),
  sysreg: (o0, { fields }) => {
    const { op1, CRn, CRm, op2 } = fields;
    const register = SYSTEM_REGISTER_BY_KEY.get(systemKey(2 + o0, op1!, CRn!, CRm!, op2!));
    return (register?.name ?? `s${2 + o0}_${op1}_c${CRn}_c${CRm}_${op2}`).toLowerCase();
  },
};

/** Text of an instruction at an address, or undefined for an unallocated word. */
export function disassemble(word: number, address = 0n): string | undefined {
  const instruction = findInstruction(word);
  return instruction && describe(instruction, extractFields(instruction.pattern, word), address);
}

export function describe(instruction: Instruction, fields: Fields, address = 0n): string {
  const context: Context = { fields, address };
  return instruction.text.replace(/\{(\w+):(\w+)\}/g, (_, kind: string, name: string) => {
    const format = FORMATS[kind];
    if (!format) throw new Error(`${instruction.name}: no placeholder kind ${kind}`);
    const operand = instruction.operands[name];
    const [low, high] = operand && !(name in fields) ? operandValue(operand, fields) : [fields[name]!, 0];
    if (low === undefined) throw new Error(`${instruction.name}: no field or operand ${name}`);
    return format(low, context, high);
  });
}

function operandValue(operand: Operand, fields: Fields): readonly [number, number] {
  switch (operand.kind) {
    case 'imm64':
      return operand.of(fields);
    case 'small':
    case 'imm32':
    case 'branch': {
      const value = operand.of(fields);
      return [value, value < 0 ? -1 : 0];
    }
    default:
      return [fields[operand.field]!, 0];
  }
}
