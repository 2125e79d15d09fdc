// Advanced SIMD two-register instructions, integer: Arm ARM DDI 0487, C4.1 "Advanced SIMD two-register miscellaneous",
// "Advanced SIMD across lanes", "Advanced SIMD table lookup" and the scalar forms.
import type { Instruction, InstructionEntry } from './instruction.ts';
import { instruction, vector } from './instruction.ts';
import type { Sizes } from './simd-shapes.ts';
import { d, m, n, otherSizes, otherVectors, simd } from './simd-shapes.ts';

/** Name, U, opcode, sizes of the vector form, sizes of the scalar form. */
const MISCELLANEOUS: readonly (readonly [string, 0 | 1, string, Sizes, Sizes])[] = [
  ['REV64', 0, '00000', 'bhs', ''],
  ['REV16', 0, '00001', 'b', ''],
  ['SUQADD', 0, '00011', 'bhsd', 'bhsd'],
  ['CLS', 0, '00100', 'bhs', ''],
  ['CNT', 0, '00101', 'b', ''],
  ['SQABS', 0, '00111', 'bhsd', 'bhsd'],
  ['ABS', 0, '01011', 'bhsd', 'd'],
  ['REV32', 1, '00000', 'bh', ''],
  ['USQADD', 1, '00011', 'bhsd', 'bhsd'],
  ['CLZ', 1, '00100', 'bhs', ''],
  ['SQNEG', 1, '00111', 'bhsd', 'bhsd'],
  ['NEG', 1, '01011', 'bhsd', 'd'],
];

/** Comparisons with zero. */
const WITH_ZERO: readonly (readonly [string, 0 | 1, string])[] = [
  ['CMGT', 0, '01000'],
  ['CMEQ', 0, '01001'],
  ['CMLT', 0, '01010'],
  ['CMGE', 1, '01000'],
  ['CMLE', 1, '01001'],
];

const vectorBits = (u: number, opcode: string): string => `0 Q ${u} 01110 size:2 10000 ${opcode} 10 Rn:5 Rd:5`;
const scalarBits = (u: number, opcode: string): string => `01 ${u} 11110 size:2 10000 ${opcode} 10 Rn:5 Rd:5`;

function forms(
  name: string,
  title: string,
  u: number,
  opcode: string,
  sizes: Sizes,
  scalarSizes: Sizes,
  zero: string,
): InstructionEntry[] {
  const mnemonic = name.toLowerCase();
  const list = [
    simd({
      name: `${name} (vector${title})`,
      bits: vectorBits(u, opcode),
      text: `${mnemonic} {varr:Rd}, {varr:Rn}${zero}`,
      except: otherVectors(sizes),
      statics: ['Q', 'size'],
      operands: { d, n },
    }),
  ];
  if (scalarSizes)
    list.push(
      simd({
        name: `${name} (scalar${title})`,
        bits: scalarBits(u, opcode),
        text: `${mnemonic} {vsc:Rd}, {vsc:Rn}${zero}`,
        except: otherSizes(scalarSizes),
        statics: ['size'],
        operands: { d, n },
      }),
    );
  return list;
}

const miscellaneous = [
  ...MISCELLANEOUS.flatMap(([name, u, opcode, sizes, scalar]) => forms(name, '', u, opcode, sizes, scalar, '')),
  ...WITH_ZERO.flatMap(([name, u, opcode]) => forms(name, ', zero', u, opcode, 'bhsd', 'd', ', #0')),
  simd({
    name: 'RBIT (vector)',
    bits: vectorBits(1, '00101').replace('size:2', '01'),
    text: 'rbit {v16b:Rd}, {v16b:Rn}',
    statics: ['Q'],
    operands: { d, n },
  }),
];

/** Pairs of neighbours into elements twice as wide. */
const pairwiseLong = [
  ['SADDLP', 0, '00010'],
  ['UADDLP', 1, '00010'],
  ['SADALP', 0, '00110'],
  ['UADALP', 1, '00110'],
].map(([name, u, opcode]) =>
  simd({
    name: String(name),
    bits: vectorBits(Number(u), String(opcode)),
    text: `${String(name).toLowerCase()} {varrlong:Rd}, {varr:Rn}`,
    except: otherVectors('bhs'),
    statics: ['Q', 'size'],
    operands: { d, n },
  }),
);

/** Into elements half as wide; `size` is that of the result. */
const narrow = (
  [
    ['XTN', 0, '10010', ''],
    ['SQXTN', 0, '10100', 'bhs'],
    ['SQXTUN', 1, '10010', 'bhs'],
    ['UQXTN', 1, '10100', 'bhs'],
  ] as const
).flatMap(([name, u, opcode, scalarSizes]): InstructionEntry[] => {
  const mnemonic = name.toLowerCase();
  const list = [
    simd({
      name: `${name} (vector)`,
      bits: vectorBits(u, opcode),
      text: `${mnemonic}{two:Q} {varr:Rd}, {vwide:Rn}`,
      except: otherSizes('bhs'),
      statics: ['Q', 'size'],
      operands: { d, n },
    }),
  ];
  if (scalarSizes)
    list.push(
      simd({
        name: `${name} (scalar)`,
        bits: scalarBits(u, opcode),
        text: `${mnemonic} {vsc:Rd}, {vscwide:Rn}`,
        except: otherSizes(scalarSizes),
        statics: ['size'],
        operands: { d, n },
      }),
    );
  return list;
});

const shiftLong = simd({
  name: 'SHLL',
  bits: vectorBits(1, '10011'),
  text: 'shll{two:Q} {vwide:Rd}, {varr:Rn}, {elementbits:size}',
  except: otherSizes('bhs'),
  statics: ['Q', 'size'],
  operands: { d, n },
});

const estimates = [
  ['URECPE', 0],
  ['URSQRTE', 1],
].map(([name, u]) =>
  simd({
    name: String(name),
    bits: vectorBits(Number(u), '11100').replace('size:2', '10'),
    text: `${String(name).toLowerCase()} {v4s:Rd}, {v4s:Rn}`,
    statics: ['Q'],
    operands: { d, n },
  }),
);

const across = (
  [
    ['SADDLV', 0, '00011', 'vscwide'],
    ['SMAXV', 0, '01010', 'vsc'],
    ['SMINV', 0, '11010', 'vsc'],
    ['ADDV', 0, '11011', 'vsc'],
    ['UADDLV', 1, '00011', 'vscwide'],
    ['UMAXV', 1, '01010', 'vsc'],
    ['UMINV', 1, '11010', 'vsc'],
  ] as const
).map(([name, u, opcode, result]) =>
  simd({
    name,
    bits: `0 Q ${u} 01110 size:2 11000 ${opcode} 10 Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {${result}:Rd}, {varr:Rn}`,
    except: [...otherSizes('bhs'), { Q: '0', size: '10' }],
    statics: ['Q', 'size'],
    operands: { d, n },
  }),
);

const pairwiseScalar = simd({
  name: 'ADDP (scalar)',
  bits: '01 0 11110 11 11000 11011 10 Rn:5 Rd:5',
  text: 'addp {d:Rd}, {v2dfull:Rn}',
  operands: { d, n },
});

const lookup = ['TBL', 'TBX'].flatMap((name, op) =>
  [1, 2, 3, 4].map((count) =>
    simd({
      name: `${name} (${count} registers)`,
      bits: `0 Q 001110 000 Rm:5 0 ${(count - 1).toString(2).padStart(2, '0')} ${op} 00 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {v16b:Rd}, {table${count}:Rn}, {v16b:Rm}`,
      statics: ['Q'],
      operands: {
        d,
        m,
        ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, vector('Rn', i)])),
      },
    }),
  ),
);

export const SIMD_MISC: readonly Instruction[] = [
  ...miscellaneous,
  ...pairwiseLong,
  ...narrow,
  shiftLong,
  ...estimates,
  ...across,
  pairwiseScalar,
  ...lookup,
].map(instruction);
