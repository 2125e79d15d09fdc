// Advanced SIMD floating point: the FP parts of Arm ARM DDI 0487, C4.1 "Advanced SIMD three same", "two-register
// miscellaneous", "across lanes", "vector x indexed element", "shift by immediate" and their scalar forms. The static `sz`
// chooses single (0) or double precision.
import type { Instruction, InstructionEntry } from './instruction.ts';
import { instruction, lane } from './instruction.ts';
import { ELEMENTS } from './simd-different.ts';
import { d, m, n, simd } from './simd-shapes.ts';
import { SHIFT_SIZES, shiftAmount } from './simd-shifts.ts';

/** A vector of one double is no vector. */
const NO_1D = [{ Q: '0', sz: '1' }];

/** Name, U, upper bit of size, opcode, whether there is a scalar form. */
type Row = readonly [name: string, u: 0 | 1, upper: 0 | 1, opcode: string, scalar?: 'scalar'];

const THREE_SAME: readonly Row[] = [
  ['FMAXNM', 0, 0, '11000'],
  ['FMLA', 0, 0, '11001'],
  ['FADD', 0, 0, '11010'],
  ['FMULX', 0, 0, '11011', 'scalar'],
  ['FCMEQ', 0, 0, '11100', 'scalar'],
  ['FMAX', 0, 0, '11110'],
  ['FRECPS', 0, 0, '11111', 'scalar'],
  ['FMINNM', 0, 1, '11000'],
  ['FMLS', 0, 1, '11001'],
  ['FSUB', 0, 1, '11010'],
  ['FMIN', 0, 1, '11110'],
  ['FRSQRTS', 0, 1, '11111', 'scalar'],
  ['FMAXNMP', 1, 0, '11000'],
  ['FADDP', 1, 0, '11010'],
  ['FMUL', 1, 0, '11011'],
  ['FCMGE', 1, 0, '11100', 'scalar'],
  ['FACGE', 1, 0, '11101', 'scalar'],
  ['FMAXP', 1, 0, '11110'],
  ['FDIV', 1, 0, '11111'],
  ['FMINNMP', 1, 1, '11000'],
  ['FABD', 1, 1, '11010', 'scalar'],
  ['FCMGT', 1, 1, '11100', 'scalar'],
  ['FACGT', 1, 1, '11101', 'scalar'],
  ['FMINP', 1, 1, '11110'],
];

const threeSame = THREE_SAME.flatMap(([name, u, upper, opcode, scalar]): InstructionEntry[] => {
  const list = [
    simd({
      name: `${name} (vector)`,
      bits: `0 Q ${u} 01110 ${upper} sz 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {varrf:Rd}, {varrf:Rn}, {varrf:Rm}`,
      except: NO_1D,
      statics: ['Q', 'sz'],
      operands: { d, n, m },
    }),
  ];
  if (scalar)
    list.push(
      simd({
        name: `${name} (scalar)`,
        bits: `01 ${u} 11110 ${upper} sz 1 Rm:5 ${opcode} 1 Rn:5 Rd:5`,
        text: `${name.toLowerCase()} {vscf:Rd}, {vscf:Rn}, {vscf:Rm}`,
        statics: ['sz'],
        operands: { d, n, m },
      }),
    );
  return list;
});

const MISCELLANEOUS: readonly Row[] = [
  ['FRINTN', 0, 0, '11000'],
  ['FRINTM', 0, 0, '11001'],
  ['FCVTNS', 0, 0, '11010', 'scalar'],
  ['FCVTMS', 0, 0, '11011', 'scalar'],
  ['FCVTAS', 0, 0, '11100', 'scalar'],
  ['SCVTF', 0, 0, '11101', 'scalar'],
  ['FABS', 0, 1, '01111'],
  ['FRINTP', 0, 1, '11000'],
  ['FRINTZ', 0, 1, '11001'],
  ['FCVTPS', 0, 1, '11010', 'scalar'],
  ['FCVTZS', 0, 1, '11011', 'scalar'],
  ['FRECPE', 0, 1, '11101', 'scalar'],
  ['FRINTA', 1, 0, '11000'],
  ['FRINTX', 1, 0, '11001'],
  ['FCVTNU', 1, 0, '11010', 'scalar'],
  ['FCVTMU', 1, 0, '11011', 'scalar'],
  ['FCVTAU', 1, 0, '11100', 'scalar'],
  ['UCVTF', 1, 0, '11101', 'scalar'],
  ['FNEG', 1, 1, '01111'],
  ['FRINTI', 1, 1, '11001'],
  ['FCVTPU', 1, 1, '11010', 'scalar'],
  ['FCVTZU', 1, 1, '11011', 'scalar'],
  ['FRSQRTE', 1, 1, '11101', 'scalar'],
  ['FSQRT', 1, 1, '11111'],
];
const WITH_ZERO: readonly Row[] = [
  ['FCMGT', 0, 1, '01100', 'scalar'],
  ['FCMEQ', 0, 1, '01101', 'scalar'],
  ['FCMLT', 0, 1, '01110', 'scalar'],
  ['FCMGE', 1, 1, '01100', 'scalar'],
  ['FCMLE', 1, 1, '01101', 'scalar'],
];

const twoRegisters = (title: string, zero: string) =>
  function forms([name, u, upper, opcode, scalar]: Row): InstructionEntry[] {
    const list = [
      simd({
        name: `${name} (vector${title})`,
        bits: `0 Q ${u} 01110 ${upper} sz 10000 ${opcode} 10 Rn:5 Rd:5`,
        text: `${name.toLowerCase()} {varrf:Rd}, {varrf:Rn}${zero}`,
        except: NO_1D,
        statics: ['Q', 'sz'],
        operands: { d, n },
      }),
    ];
    if (scalar)
      list.push(
        simd({
          name: `${name} (scalar${title})`,
          bits: `01 ${u} 11110 ${upper} sz 10000 ${opcode} 10 Rn:5 Rd:5`,
          text: `${name.toLowerCase()} {vscf:Rd}, {vscf:Rn}${zero}`,
          statics: ['sz'],
          operands: { d, n },
        }),
      );
    return list;
  };

const conversions: InstructionEntry[] = [
  simd({
    name: 'FRECPX',
    bits: '01 0 11110 1 sz 10000 11111 10 Rn:5 Rd:5',
    text: 'frecpx {vscf:Rd}, {vscf:Rn}',
    statics: ['sz'],
    operands: { d, n },
  }),
  simd({
    name: 'FCVTN',
    bits: '0 Q 0 01110 0 sz 10000 10110 10 Rn:5 Rd:5',
    text: 'fcvtn{two:Q} {vnarrowf:Rd}, {vwidef:Rn}',
    statics: ['Q', 'sz'],
    operands: { d, n },
  }),
  simd({
    name: 'FCVTL',
    bits: '0 Q 0 01110 0 sz 10000 10111 10 Rn:5 Rd:5',
    text: 'fcvtl{two:Q} {vwidef:Rd}, {vnarrowf:Rn}',
    statics: ['Q', 'sz'],
    operands: { d, n },
  }),
  simd({
    name: 'FCVTXN (vector)',
    bits: '0 Q 1 01110 01 10000 10110 10 Rn:5 Rd:5',
    text: 'fcvtxn{two:Q} {v4s:Rd}, {v2dfull:Rn}',
    statics: ['Q'],
    operands: { d, n },
  }),
  simd({
    name: 'FCVTXN (scalar)',
    bits: '01 1 11110 01 10000 10110 10 Rn:5 Rd:5',
    text: 'fcvtxn {s:Rd}, {d:Rn}',
    operands: { d, n },
  }),
];

/** Of all four lanes; and of a pair of lanes. */
const reductions = (
  [
    ['FMAXNM', 0, '01100'],
    ['FMINNM', 1, '01100'],
    ['FADD', 0, '01101'],
    ['FMAX', 0, '01111'],
    ['FMIN', 1, '01111'],
  ] as const
).flatMap(([name, upper, opcode]): InstructionEntry[] => {
  const pair = simd({
    name: `${name}P (scalar)`,
    bits: `01 1 11110 ${upper} sz 11000 ${opcode} 10 Rn:5 Rd:5`,
    text: `${name.toLowerCase()}p {vscf:Rd}, {vpairf:Rn}`,
    statics: ['sz'],
    operands: { d, n },
  });
  if (name === 'FADD') return [pair];
  const across = simd({
    name: `${name}V`,
    bits: `0 1 1 01110 ${upper} 0 11000 ${opcode} 10 Rn:5 Rd:5`,
    text: `${name.toLowerCase()}v {s:Rd}, {v4sfull:Rn}`,
    operands: { d, n },
  });
  return [pair, across];
});

const byElement = (
  [
    ['FMLA', 0, '0001'],
    ['FMLS', 0, '0101'],
    ['FMUL', 0, '1001'],
    ['FMULX', 1, '1001'],
  ] as const
).flatMap(([name, u, opcode]) =>
  (['s', 'd'] as const).flatMap((letter): InstructionEntry[] => {
    const { code, middle, offset } = ELEMENTS[letter];
    const operands = { d, n, m: lane('Rm', offset) };
    return [
      simd({
        name: `${name} (element ${letter.toUpperCase()})`,
        bits: `0 Q ${u} 01111 ${code} ${middle} ${opcode} H 0 Rn:5 Rd:5`,
        text: `${name.toLowerCase()} {vshift${letter}:Rd}, {vshift${letter}:Rn}, {velement${letter}:Rm}`,
        except: letter === 'd' ? [{ Q: '0' }] : [],
        statics: ['Q'],
        operands,
      }),
      simd({
        name: `${name} (scalar element ${letter.toUpperCase()})`,
        bits: `01 ${u} 11111 ${code} ${middle} ${opcode} H 0 Rn:5 Rd:5`,
        text: `${name.toLowerCase()} {${letter}:Rd}, {${letter}:Rn}, {velement${letter}:Rm}`,
        operands,
      }),
    ];
  }),
);

const fixedPoint = (
  [
    ['SCVTF', 0, '11100'],
    ['FCVTZS', 0, '11111'],
    ['UCVTF', 1, '11100'],
    ['FCVTZU', 1, '11111'],
  ] as const
).flatMap(([name, u, opcode]) =>
  SHIFT_SIZES.slice(2).flatMap(({ letter, bits, immediate }): InstructionEntry[] => {
    const operands = { d, n, shift: shiftAmount('right', bits) };
    return [
      simd({
        name: `${name} (vector, fixed-point ${letter.toUpperCase()})`,
        bits: `0 Q ${u} 011110 ${immediate} ${opcode} 1 Rn:5 Rd:5`,
        text: `${name.toLowerCase()} {vshift${letter}:Rd}, {vshift${letter}:Rn}, {hash:shift}`,
        except: letter === 'd' ? [{ Q: '0' }] : [],
        statics: ['Q'],
        operands,
      }),
      simd({
        name: `${name} (scalar, fixed-point ${letter.toUpperCase()})`,
        bits: `01 ${u} 111110 ${immediate} ${opcode} 1 Rn:5 Rd:5`,
        text: `${name.toLowerCase()} {${letter}:Rd}, {${letter}:Rn}, {hash:shift}`,
        operands,
      }),
    ];
  }),
);

export const SIMD_FP: readonly Instruction[] = [
  ...threeSame,
  ...MISCELLANEOUS.flatMap(twoRegisters('', '')),
  ...WITH_ZERO.flatMap(twoRegisters(', zero', ', #0.0')),
  ...conversions,
  ...reductions,
  ...byElement,
  ...fixedPoint,
].map(instruction);
