// Advanced SIMD three registers of one type, integer: Arm ARM DDI 0487, C4.1 "Advanced SIMD three same", "Advanced SIMD
// three same extra" and their scalar forms.
import type { Feature, Instruction, InstructionEntry } from './instruction.ts';
import { instruction } from './instruction.ts';
import type { Sizes } from './simd-shapes.ts';
import { d, m, n, otherSizes, otherVectors, simd } from './simd-shapes.ts';

/** Name, U, opcode, sizes of the vector form, sizes of the scalar form. */
const THREE_SAME: readonly (readonly [string, 0 | 1, string, Sizes, Sizes])[] = [
  ['SHADD', 0, '00000', 'bhs', ''],
  ['SQADD', 0, '00001', 'bhsd', 'bhsd'],
  ['SRHADD', 0, '00010', 'bhs', ''],
  ['SHSUB', 0, '00100', 'bhs', ''],
  ['SQSUB', 0, '00101', 'bhsd', 'bhsd'],
  ['CMGT', 0, '00110', 'bhsd', 'd'],
  ['CMGE', 0, '00111', 'bhsd', 'd'],
  ['SSHL', 0, '01000', 'bhsd', 'd'],
  ['SQSHL', 0, '01001', 'bhsd', 'bhsd'],
  ['SRSHL', 0, '01010', 'bhsd', 'd'],
  ['SQRSHL', 0, '01011', 'bhsd', 'bhsd'],
  ['SMAX', 0, '01100', 'bhs', ''],
  ['SMIN', 0, '01101', 'bhs', ''],
  ['SABD', 0, '01110', 'bhs', ''],
  ['SABA', 0, '01111', 'bhs', ''],
  ['ADD', 0, '10000', 'bhsd', 'd'],
  ['CMTST', 0, '10001', 'bhsd', 'd'],
  ['MLA', 0, '10010', 'bhs', ''],
  ['MUL', 0, '10011', 'bhs', ''],
  ['SMAXP', 0, '10100', 'bhs', ''],
  ['SMINP', 0, '10101', 'bhs', ''],
  ['SQDMULH', 0, '10110', 'hs', 'hs'],
  ['ADDP', 0, '10111', 'bhsd', ''],
  ['UHADD', 1, '00000', 'bhs', ''],
  ['UQADD', 1, '00001', 'bhsd', 'bhsd'],
  ['URHADD', 1, '00010', 'bhs', ''],
  ['UHSUB', 1, '00100', 'bhs', ''],
  ['UQSUB', 1, '00101', 'bhsd', 'bhsd'],
  ['CMHI', 1, '00110', 'bhsd', 'd'],
  ['CMHS', 1, '00111', 'bhsd', 'd'],
  ['USHL', 1, '01000', 'bhsd', 'd'],
  ['UQSHL', 1, '01001', 'bhsd', 'bhsd'],
  ['URSHL', 1, '01010', 'bhsd', 'd'],
  ['UQRSHL', 1, '01011', 'bhsd', 'bhsd'],
  ['UMAX', 1, '01100', 'bhs', ''],
  ['UMIN', 1, '01101', 'bhs', ''],
  ['UABD', 1, '01110', 'bhs', ''],
  ['UABA', 1, '01111', 'bhs', ''],
  ['SUB', 1, '10000', 'bhsd', 'd'],
  ['CMEQ', 1, '10001', 'bhsd', 'd'],
  ['MLS', 1, '10010', 'bhs', ''],
  ['PMUL', 1, '10011', 'b', ''],
  ['UMAXP', 1, '10100', 'bhs', ''],
  ['UMINP', 1, '10101', 'bhs', ''],
  ['SQRDMULH', 1, '10110', 'hs', 'hs'],
];

/** Opcode with the bit behind it: 1 for "three same". */
function entries(
  name: string,
  u: 0 | 1,
  second: (size: string) => string,
  sizes: Sizes,
  scalarSizes: Sizes,
  feature: Feature = 'SIMD',
): InstructionEntry[] {
  const mnemonic = name.toLowerCase();
  const list: InstructionEntry[] = [];
  if (sizes)
    list.push(
      simd({
        name: `${name} (vector)`,
        bits: `0 Q ${u} 01110 ${second('size:2')} Rn:5 Rd:5`,
        feature,
        text: `${mnemonic} {varr:Rd}, {varr:Rn}, {varr:Rm}`,
        except: otherVectors(sizes),
        statics: ['Q', 'size'],
        operands: { d, n, m },
      }),
    );
  if (scalarSizes)
    list.push(
      simd({
        name: `${name} (scalar)`,
        bits: `01 ${u} 11110 ${second('size:2')} Rn:5 Rd:5`,
        feature,
        text: `${mnemonic} {vsc:Rd}, {vsc:Rn}, {vsc:Rm}`,
        except: otherSizes(scalarSizes),
        statics: ['size'],
        operands: { d, n, m },
      }),
    );
  return list;
}

const threeSame = THREE_SAME.flatMap(([name, u, opcode, sizes, scalar]) =>
  entries(name, u, (size) => `${size} 1 Rm:5 ${opcode} 1`, sizes, scalar),
);
const extra = [
  ['SQRDMLAH', '0000'],
  ['SQRDMLSH', '0001'],
].flatMap(([name, opcode]) => entries(name!, 1, (size) => `${size} 0 Rm:5 1 ${opcode} 1`, 'hs', 'hs', 'RDM'));

export const SIMD_SAME: readonly Instruction[] = [...threeSame, ...extra].map(instruction);
