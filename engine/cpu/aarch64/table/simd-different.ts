// Advanced SIMD instructions whose operands differ in width, and those with one element as an operand, integer: Arm ARM
// DDI 0487, C4.1 "Advanced SIMD three different", "Advanced SIMD vector x indexed element" and their scalar forms.
import type { Feature, Instruction, InstructionEntry } from './instruction.ts';
import { instruction, lane } from './instruction.ts';
import type { Fields } from './pattern.ts';
import type { Sizes } from './simd-shapes.ts';
import { d, m, n, otherSizes, simd } from './simd-shapes.ts';

type Kind = 'long' | 'wide' | 'narrow';
const REGISTERS: Record<Kind, readonly [string, string, string]> = {
  long: ['vwide', 'varr', 'varr'],
  wide: ['vwide', 'vwide', 'varr'],
  narrow: ['varr', 'vwide', 'vwide'],
};

/** Name, U, opcode, kind, sizes of the narrow elements, sizes of the scalar form. */
const THREE_DIFFERENT: readonly (readonly [string, 0 | 1, string, Kind, Sizes, Sizes])[] = [
  ['SADDL', 0, '0000', 'long', 'bhs', ''],
  ['SADDW', 0, '0001', 'wide', 'bhs', ''],
  ['SSUBL', 0, '0010', 'long', 'bhs', ''],
  ['SSUBW', 0, '0011', 'wide', 'bhs', ''],
  ['ADDHN', 0, '0100', 'narrow', 'bhs', ''],
  ['SABAL', 0, '0101', 'long', 'bhs', ''],
  ['SUBHN', 0, '0110', 'narrow', 'bhs', ''],
  ['SABDL', 0, '0111', 'long', 'bhs', ''],
  ['SMLAL', 0, '1000', 'long', 'bhs', ''],
  ['SQDMLAL', 0, '1001', 'long', 'hs', 'hs'],
  ['SMLSL', 0, '1010', 'long', 'bhs', ''],
  ['SQDMLSL', 0, '1011', 'long', 'hs', 'hs'],
  ['SMULL', 0, '1100', 'long', 'bhs', ''],
  ['SQDMULL', 0, '1101', 'long', 'hs', 'hs'],
  ['PMULL', 0, '1110', 'long', 'b', ''],
  ['UADDL', 1, '0000', 'long', 'bhs', ''],
  ['UADDW', 1, '0001', 'wide', 'bhs', ''],
  ['USUBL', 1, '0010', 'long', 'bhs', ''],
  ['USUBW', 1, '0011', 'wide', 'bhs', ''],
  ['RADDHN', 1, '0100', 'narrow', 'bhs', ''],
  ['UABAL', 1, '0101', 'long', 'bhs', ''],
  ['RSUBHN', 1, '0110', 'narrow', 'bhs', ''],
  ['UABDL', 1, '0111', 'long', 'bhs', ''],
  ['UMLAL', 1, '1000', 'long', 'bhs', ''],
  ['UMLSL', 1, '1010', 'long', 'bhs', ''],
  ['UMULL', 1, '1100', 'long', 'bhs', ''],
];

const different = THREE_DIFFERENT.flatMap(([name, u, opcode, kind, sizes, scalarSizes]): InstructionEntry[] => {
  const mnemonic = name.toLowerCase();
  const [result, first, second] = REGISTERS[kind];
  const list = [
    simd({
      name: `${name} (vector)`,
      bits: `0 Q ${u} 01110 size:2 1 Rm:5 ${opcode} 00 Rn:5 Rd:5`,
      text: `${mnemonic}{two:Q} {${result}:Rd}, {${first}:Rn}, {${second}:Rm}`,
      except: otherSizes(sizes),
      statics: ['Q', 'size'],
      operands: { d, n, m },
    }),
  ];
  if (scalarSizes)
    list.push(
      simd({
        name: `${name} (scalar)`,
        bits: `01 ${u} 11110 size:2 1 Rm:5 ${opcode} 00 Rn:5 Rd:5`,
        text: `${mnemonic} {vscwide:Rd}, {vsc:Rn}, {vsc:Rm}`,
        except: otherSizes(scalarSizes),
        statics: ['size'],
        operands: { d, n, m },
      }),
    );
  return list;
});

/** The element's register and byte: halfwords lie in V0 to V15, and M is part of the index. */
export const ELEMENTS = {
  h: { code: '01', middle: 'L M Rm:4', size: 1, offset: (f: Fields) => (f.H! * 4 + f.L! * 2 + f.M!) * 2 },
  s: { code: '10', middle: 'L Rm:5', size: 2, offset: (f: Fields) => (f.H! * 2 + f.L!) * 4 },
  d: { code: '11', middle: '0 Rm:5', size: 3, offset: (f: Fields) => f.H! * 8 },
} as const;

/** Name, U, opcode, whether the result is wide, whether there is a scalar form. */
const BY_ELEMENT: readonly (readonly [string, 0 | 1, string, boolean, boolean, Feature?])[] = [
  ['SMLAL', 0, '0010', true, false],
  ['SQDMLAL', 0, '0011', true, true],
  ['SMLSL', 0, '0110', true, false],
  ['SQDMLSL', 0, '0111', true, true],
  ['MUL', 0, '1000', false, false],
  ['SMULL', 0, '1010', true, false],
  ['SQDMULL', 0, '1011', true, true],
  ['SQDMULH', 0, '1100', false, true],
  ['SQRDMULH', 0, '1101', false, true],
  ['MLA', 1, '0000', false, false],
  ['UMLAL', 1, '0010', true, false],
  ['MLS', 1, '0100', false, false],
  ['UMLSL', 1, '0110', true, false],
  ['UMULL', 1, '1010', true, false],
  ['SQRDMLAH', 1, '1101', false, true, 'RDM'],
  ['SQRDMLSH', 1, '1111', false, true, 'RDM'],
];

const byElement = BY_ELEMENT.flatMap(([name, u, opcode, wide, scalar, feature = 'SIMD']): InstructionEntry[] =>
  (['h', 's'] as const).flatMap((letter) => {
    const { code, middle, size, offset } = ELEMENTS[letter];
    const mnemonic = name.toLowerCase();
    const operands = { d, n, m: lane('Rm', offset) };
    const element = `{velement${letter}:Rm}`;
    const list = [
      simd({
        name: `${name} (element ${letter.toUpperCase()})`,
        bits: `0 Q ${u} 01111 ${code} ${middle} ${opcode} H 0 Rn:5 Rd:5`,
        feature,
        text: `${mnemonic}${wide ? '{two:Q}' : ''} {${wide ? 'vshiftwide' : 'vshift'}${letter}:Rd}, {vshift${letter}:Rn}, ${element}`,
        statics: ['Q'],
        operands,
      }),
    ];
    if (scalar)
      list.push(
        simd({
          name: `${name} (scalar element ${letter.toUpperCase()})`,
          bits: `01 ${u} 11111 ${code} ${middle} ${opcode} H 0 Rn:5 Rd:5`,
          feature,
          text: `${mnemonic} {${wide ? 'bhsd'[size + 1] : letter}:Rd}, {${letter}:Rn}, ${element}`,
          operands,
        }),
      );
    return list;
  }),
);

export const SIMD_DIFFERENT: readonly Instruction[] = [...different, ...byElement].map(instruction);
