// Scalar floating point: Arm ARM DDI 0487, C4.1 "Data Processing -- Scalar Floating-Point and Advanced SIMD". The static
// `t` chooses single (0) or double precision; half precision is only converted to and from.
import type { Instruction, InstructionEntry, Static } from './instruction.ts';
import { instruction, small, source, target, vector } from './instruction.ts';

const d = vector('Rd');
const n = vector('Rn');
const m = vector('Rm');
const a = vector('Ra');
const t: Static = 't';

const fp = (entry: Omit<InstructionEntry, 'feature'>): InstructionEntry => ({ feature: 'FP', ...entry });

const oneSource = [
  ['FABS', '000001'],
  ['FNEG', '000010'],
  ['FSQRT', '000011'],
  ['FRINTN', '001000'],
  ['FRINTP', '001001'],
  ['FRINTM', '001010'],
  ['FRINTZ', '001011'],
  ['FRINTA', '001100'],
  ['FRINTX', '001110'],
  ['FRINTI', '001111'],
].map(([name, opcode]) =>
  fp({
    name: `${name} (scalar)`,
    bits: `00011110 0 t 1 ${opcode} 10000 Rn:5 Rd:5`,
    text: `${name!.toLowerCase()} {fp:Rd}, {fp:Rn}`,
    statics: [t],
    operands: { d, n },
  }),
);

/** Formats by the letters of their registers: `type` in the instruction. */
const FORMAT_LETTERS = [
  { letter: 'H', type: '11', bits: 16 },
  { letter: 'S', type: '00', bits: 32 },
  { letter: 'D', type: '01', bits: 64 },
] as const;

const conversions = FORMAT_LETTERS.flatMap((from) =>
  FORMAT_LETTERS.filter((to) => to !== from).map((to) =>
    fp({
      name: `FCVT (${from.letter} to ${to.letter})`,
      bits: `00011110 ${from.type} 1 0001 ${to.type} 10000 Rn:5 Rd:5`,
      text: `fcvt {${to.letter.toLowerCase()}:Rd}, {${from.letter.toLowerCase()}:Rn}`,
      operands: { d, n },
    }),
  ),
);

const twoSource = ['FMUL', 'FDIV', 'FADD', 'FSUB', 'FMAX', 'FMIN', 'FMAXNM', 'FMINNM', 'FNMUL'].map((name, i) =>
  fp({
    name: `${name} (scalar)`,
    bits: `00011110 0 t 1 Rm:5 ${i.toString(2).padStart(4, '0')} 10 Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {fp:Rd}, {fp:Rn}, {fp:Rm}`,
    statics: [t],
    operands: { d, n, m },
  }),
);

const threeSource = [
  ['FMADD', '0', '0'],
  ['FMSUB', '0', '1'],
  ['FNMADD', '1', '0'],
  ['FNMSUB', '1', '1'],
].map(([name, o1, o0]) =>
  fp({
    name: name!,
    bits: `00011111 0 t ${o1} Rm:5 ${o0} Ra:5 Rn:5 Rd:5`,
    text: `${name!.toLowerCase()} {fp:Rd}, {fp:Rn}, {fp:Rm}, {fp:Ra}`,
    statics: [t],
    operands: { d, n, m, a },
  }),
);

const compare = ['FCMP', 'FCMPE'].flatMap((name, e): InstructionEntry[] => [
  fp({
    name: `${name} (register)`,
    bits: `00011110 0 t 1 Rm:5 00 1000 Rn:5 ${e}0000`,
    text: `${name.toLowerCase()} {fp:Rn}, {fp:Rm}`,
    statics: [t],
    operands: { n, m },
  }),
  fp({
    name: `${name} (zero)`,
    bits: `00011110 0 t 1 (00000) 00 1000 Rn:5 ${e}1000`,
    text: `${name.toLowerCase()} {fp:Rn}, #0.0`,
    statics: [t],
    operands: { n },
  }),
  fp({
    name: name.replace('FC', 'FCC'),
    bits: `00011110 0 t 1 Rm:5 cond:4 01 Rn:5 ${e} nzcv:4`,
    text: `${name.replace('FC', 'FCC').toLowerCase()} {fp:Rn}, {fp:Rm}, {hex:nzcv}, {cond:cond}`,
    statics: [t, 'cond'],
    operands: { n, m, nzcv: small((f) => f.nzcv!) },
  }),
]);

const select = fp({
  name: 'FCSEL',
  bits: '00011110 0 t 1 Rm:5 cond:4 11 Rn:5 Rd:5',
  text: 'fcsel {fp:Rd}, {fp:Rn}, {fp:Rm}, {cond:cond}',
  statics: [t, 'cond'],
  operands: { d, n, m },
});

/** Conversions between general registers and FP registers: name, rounding field, opcode. */
const TO_INTEGER = [
  ['FCVTNS', '00', '000'],
  ['FCVTNU', '00', '001'],
  ['FCVTAS', '00', '100'],
  ['FCVTAU', '00', '101'],
  ['FCVTPS', '01', '000'],
  ['FCVTPU', '01', '001'],
  ['FCVTMS', '10', '000'],
  ['FCVTMU', '10', '001'],
  ['FCVTZS', '11', '000'],
  ['FCVTZU', '11', '001'],
] as const;
const FROM_INTEGER = [
  ['SCVTF', '00', '010'],
  ['UCVTF', '00', '011'],
] as const;

/** A word has no more than 32 fraction bits. */
const NARROW_SCALE = [{ sf: '0', scale: '0xxxxx' }];
const fbits = small((f) => 64 - f.scale!);

const integer: InstructionEntry[] = [
  ...TO_INTEGER.map(([name, rmode, opcode]) =>
    fp({
      name: `${name} (general)`,
      bits: `sf 0011110 0 t 1 ${rmode} ${opcode} 000000 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {r:Rd}, {fp:Rn}`,
      statics: ['sf', t],
      operands: { d: target('Rd'), n },
    }),
  ),
  ...TO_INTEGER.slice(-2).map(([name, rmode, opcode]) =>
    fp({
      name: `${name} (general, fixed-point)`,
      bits: `sf 0011110 0 t 0 ${rmode} ${opcode} scale:6 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {r:Rd}, {fp:Rn}, {hash:fbits}`,
      except: NARROW_SCALE,
      statics: ['sf', t],
      operands: { d: target('Rd'), n, fbits },
    }),
  ),
  ...FROM_INTEGER.map(([name, rmode, opcode]) =>
    fp({
      name: `${name} (general)`,
      bits: `sf 0011110 0 t 1 ${rmode} ${opcode} 000000 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {fp:Rd}, {r:Rn}`,
      statics: ['sf', t],
      operands: { d, n: source('Rn') },
    }),
  ),
  ...FROM_INTEGER.map(([name, rmode, opcode]) =>
    fp({
      name: `${name} (general, fixed-point)`,
      bits: `sf 0011110 0 t 0 ${rmode} ${opcode} scale:6 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {fp:Rd}, {r:Rn}, {hash:fbits}`,
      except: NARROW_SCALE,
      statics: ['sf', t],
      operands: { d, n: source('Rn'), fbits },
    }),
  ),
];

export const FP: readonly Instruction[] = [
  ...oneSource,
  ...conversions,
  ...twoSource,
  ...threeSource,
  ...compare,
  select,
  ...integer,
].map(instruction);
