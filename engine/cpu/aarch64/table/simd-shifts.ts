// Advanced SIMD shifts by an immediate, integer: Arm ARM DDI 0487, C4.1 "Advanced SIMD shift by immediate" and its scalar
// form. The highest set bit of immh is the element size; what is behind it counts up from no shift to the left, or down
// from the element's width to the right.
import type { Instruction, InstructionEntry } from './instruction.ts';
import { instruction, small } from './instruction.ts';
import type { Fields } from './pattern.ts';
import type { Sizes } from './simd-shapes.ts';
import { d, n, simd } from './simd-shapes.ts';

type Kind = 'left' | 'right' | 'narrow' | 'long';

/** Name, U, opcode, what it does, sizes of the vector form, sizes of the scalar form. */
const SHIFTS: readonly (readonly [string, 0 | 1, string, Kind, Sizes, Sizes])[] = [
  ['SSHR', 0, '00000', 'right', 'bhsd', 'd'],
  ['SSRA', 0, '00010', 'right', 'bhsd', 'd'],
  ['SRSHR', 0, '00100', 'right', 'bhsd', 'd'],
  ['SRSRA', 0, '00110', 'right', 'bhsd', 'd'],
  ['SHL', 0, '01010', 'left', 'bhsd', 'd'],
  ['SQSHL', 0, '01110', 'left', 'bhsd', 'bhsd'],
  ['SHRN', 0, '10000', 'narrow', 'bhs', ''],
  ['RSHRN', 0, '10001', 'narrow', 'bhs', ''],
  ['SQSHRN', 0, '10010', 'narrow', 'bhs', 'bhs'],
  ['SQRSHRN', 0, '10011', 'narrow', 'bhs', 'bhs'],
  ['SSHLL', 0, '10100', 'long', 'bhs', ''],
  ['USHR', 1, '00000', 'right', 'bhsd', 'd'],
  ['USRA', 1, '00010', 'right', 'bhsd', 'd'],
  ['URSHR', 1, '00100', 'right', 'bhsd', 'd'],
  ['URSRA', 1, '00110', 'right', 'bhsd', 'd'],
  ['SRI', 1, '01000', 'right', 'bhsd', 'd'],
  ['SLI', 1, '01010', 'left', 'bhsd', 'd'],
  ['SQSHLU', 1, '01100', 'left', 'bhsd', 'bhsd'],
  ['UQSHL', 1, '01110', 'left', 'bhsd', 'bhsd'],
  ['SQSHRUN', 1, '10000', 'narrow', 'bhs', 'bhs'],
  ['SQRSHRUN', 1, '10001', 'narrow', 'bhs', 'bhs'],
  ['UQSHRN', 1, '10010', 'narrow', 'bhs', 'bhs'],
  ['UQRSHRN', 1, '10011', 'narrow', 'bhs', 'bhs'],
  ['USHLL', 1, '10100', 'long', 'bhs', ''],
];

/** Sizes in the order of their codes: immh:immb as a pattern, and its value behind the size bit. */
export const SHIFT_SIZES = ['b', 'h', 's', 'd'].map((letter, size) => ({
  letter,
  size,
  bits: 8 << size,
  immediate: `${'0'.repeat(3 - size)}1 imm:${3 + size}`,
}));

/** Registers of each kind: result and source. */
const REGISTERS: Record<Kind, readonly [string, string]> = {
  left: ['vshift', 'vshift'],
  right: ['vshift', 'vshift'],
  narrow: ['vshift', 'vshiftwide'],
  long: ['vshiftwide', 'vshift'],
};

export const shiftAmount = (kind: 'left' | 'right', bits: number) =>
  small((f: Fields) => (kind === 'left' ? f.imm! : bits - f.imm!));

const entries = SHIFTS.flatMap(([name, u, opcode, kind, sizes, scalarSizes]): InstructionEntry[] =>
  SHIFT_SIZES.flatMap(({ letter, size, bits, immediate }) => {
    const mnemonic = name.toLowerCase();
    const two = kind === 'narrow' || kind === 'long' ? '{two:Q}' : '';
    const [result, from] = REGISTERS[kind];
    const shift = shiftAmount(kind === 'right' || kind === 'narrow' ? 'right' : 'left', bits);
    const list: InstructionEntry[] = [];
    if (sizes.includes(letter))
      list.push(
        simd({
          name: `${name} (vector, immediate ${letter.toUpperCase()})`,
          bits: `0 Q ${u} 011110 ${immediate} ${opcode} 1 Rn:5 Rd:5`,
          text: `${mnemonic}${two} {${result}${letter}:Rd}, {${from}${letter}:Rn}, {hash:shift}`,
          except: letter === 'd' ? [{ Q: '0' }] : [],
          statics: ['Q'],
          operands: { d, n, shift },
        }),
      );
    if (scalarSizes.includes(letter)) {
      const wide = 'bhsd'[size + 1]!;
      list.push(
        simd({
          name: `${name} (scalar, immediate ${letter.toUpperCase()})`,
          bits: `01 ${u} 111110 ${immediate} ${opcode} 1 Rn:5 Rd:5`,
          text: `${mnemonic} {${letter}:Rd}, {${kind === 'narrow' ? wide : letter}:Rn}, {hash:shift}`,
          operands: { d, n, shift },
        }),
      );
    }
    return list;
  }),
);

export const SIMD_SHIFTS: readonly Instruction[] = entries.map(instruction);
