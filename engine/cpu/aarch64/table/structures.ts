// Loads and stores of SIMD structures, LD1 to LD4 and ST1 to ST4: Arm ARM DDI 0487, C4.1 "Advanced SIMD load/store
// multiple structures" and "… single structure", with and without post-index.
import type { Instruction, InstructionEntry, Operand, Static } from './instruction.ts';
import { instruction, source, sourceSp, vector } from './instruction.ts';
import type { FieldCondition, Fields } from './pattern.ts';

const stack: Static = { name: 'stack', count: 2, of: (f) => (f.Rn === 31 ? 1 : 0) };
const n = sourceSp('Rn');

/** Registers t, t2, t3, t4: consecutive, counted on modulo 32. */
const registers = (count: number, lane?: (f: Fields) => number): Record<string, Operand> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      i === 0 ? 't' : `t${i + 1}`,
      { ...vector('Rt', i), ...(lane ? { lane } : {}) } as Operand,
    ]),
  );

/**
 * The plain and the post-index entry of one form; `P` in the bits tells them apart, `none` is what stands where the second
 * has Rm. Rm = 31 adds the size of what was transferred.
 */
function withPostIndex(plain: InstructionEntry, none: string, amount: string): InstructionEntry[] {
  const rm = none === '000000' ? '0 Rm:5' : 'Rm:5';
  return [
    { ...plain, bits: plain.bits.replace('P', '0'), text: `${plain.text}, [{xsp:Rn}]` },
    {
      ...plain,
      name: `${plain.name} (post-index)`,
      bits: plain.bits.replace('P', '1').replace(` ${none} `, ` ${rm} `),
      text: `${plain.text}, [{xsp:Rn}], {${amount}:Rm}`,
      statics: [...plain.statics!, { name: 'immediate', count: 2, of: (f) => (f.Rm === 31 ? 1 : 0) }],
      operands: { ...plain.operands, m: source('Rm') },
    },
  ];
}

export interface MultipleForm {
  readonly name: string;
  readonly load: boolean;
  /** Registers. */
  readonly count: number;
  /** Elements of a structure: 1 for LD1, else as many as registers. */
  readonly interleave: number;
}

const MULTIPLE = [
  { opcode: '0111', count: 1, interleave: 1 },
  { opcode: '1010', count: 2, interleave: 1 },
  { opcode: '0110', count: 3, interleave: 1 },
  { opcode: '0010', count: 4, interleave: 1 },
  { opcode: '1000', count: 2, interleave: 2 },
  { opcode: '0100', count: 3, interleave: 3 },
  { opcode: '0000', count: 4, interleave: 4 },
] as const;

/** A structure of doublewords needs whole registers. */
const NO_1D: FieldCondition = { Q: '0', size: '11' };

const multiple: (MultipleForm & { entries: InstructionEntry[] })[] = [false, true].flatMap((load) =>
  MULTIPLE.map(({ opcode, count, interleave }) => {
    const mnemonic = `${load ? 'LD' : 'ST'}${interleave}`;
    const name = interleave === 1 ? `${mnemonic} (${count} registers)` : `${mnemonic} (structures)`;
    const plain: InstructionEntry = {
      name,
      bits: `0 Q 001100P ${load ? 1 : 0} 000000 ${opcode} size:2 Rn:5 Rt:5`,
      feature: 'SIMD',
      text: `${mnemonic.toLowerCase()} {list${count}:Rt}`,
      except: interleave === 1 ? [] : [NO_1D],
      statics: ['Q', 'size', stack],
      operands: { ...registers(count), n },
    };
    return { name, load, count, interleave, entries: withPostIndex(plain, '000000', `post${count}`) };
  }),
);

export interface SingleForm {
  readonly name: string;
  readonly load: boolean;
  readonly count: number;
  /** log2 of the element's bytes; undefined for the replicating forms, where the field says. */
  readonly scale: number | undefined;
}

/** Byte offset of the lane, by element size: Q, S and size together are the index. */
const LANES = [
  { letter: 'B', bits: '00 o S size:2', lane: (f: Fields): number => f.Q! * 8 + f.S! * 4 + f.size! },
  { letter: 'H', bits: '01 o S size 0', lane: (f: Fields): number => (f.Q! * 4 + f.S! * 2 + f.size!) * 2 },
  { letter: 'S', bits: '10 o S 00', lane: (f: Fields): number => (f.Q! * 2 + f.S!) * 4 },
  { letter: 'D', bits: '10 o 0 01', lane: (f: Fields): number => f.Q! * 8 },
] as const;

const single: (SingleForm & { entries: InstructionEntry[] })[] = [false, true].flatMap((load) =>
  [1, 2, 3, 4].flatMap((count) => {
    const mnemonic = `${load ? 'LD' : 'ST'}${count}`;
    // R and the opcode's low bit count the registers.
    const start = `0 Q 001101P ${load ? 1 : 0} ${(count - 1) & 1}`;
    const o = String((count - 1) >> 1);
    const lanes = LANES.map(({ letter, bits, lane }, scale) => {
      const name = `${mnemonic} (single ${letter})`;
      const plain: InstructionEntry = {
        name,
        bits: `${start} 00000 ${bits.replace('o', o)} Rn:5 Rt:5`,
        feature: 'SIMD',
        text: `${mnemonic.toLowerCase()} {lanes${count}${letter}:Rt}`,
        statics: [stack],
        operands: { ...registers(count, lane), n },
      };
      const size = count << scale;
      return { name, load, count, scale, entries: withPostIndex(plain, '00000', `postlane${size}`) };
    });
    if (!load) return lanes;
    const name = `${mnemonic}R`;
    const plain: InstructionEntry = {
      name,
      bits: `${start} 00000 11 ${o} 0 size:2 Rn:5 Rt:5`,
      feature: 'SIMD',
      text: `${name.toLowerCase()} {list${count}:Rt}`,
      statics: ['Q', 'size', stack],
      operands: { ...registers(count), n },
    };
    return [
      ...lanes,
      { name, load, count, scale: undefined, entries: withPostIndex(plain, '00000', `postrep${count}`) },
    ];
  }),
);

export const MULTIPLE_FORMS: readonly MultipleForm[] = multiple;
export const SINGLE_FORMS: readonly SingleForm[] = single;

export const STRUCTURES: readonly Instruction[] = [...multiple, ...single].flatMap(({ entries }) =>
  entries.map(instruction),
);
