// Advanced SIMD and FP instructions that only move and combine bits: immediates, lanes, permutations, bitwise logic, FMOV
// (Arm ARM DDI 0487, C4.1 "Data Processing -- Scalar Floating-Point and Advanced SIMD").
import type { Instruction, InstructionEntry } from './instruction.ts';
import { imm64, instruction, lane, small, source, target, vector } from './instruction.ts';
import type { Fields } from './pattern.ts';

const d = vector('Rd');
const n = vector('Rn');
const m = vector('Rm');

const imm8 = (f: Fields): number => (f.abc! << 5) | f.defgh!;
const both = (word: number): [number, number] => [word | 0, word | 0];

/** AdvSIMDExpandImm (J1.3) before inversion: cmode with its low bit (which chooses MOVI or ORR in the shifted forms). */
function expandImmediate(cmode: number, value: number, doubleword: boolean): [number, number] {
  if (cmode < 8) return both(value << (8 * (cmode >> 1)));
  const half = cmode < 10 ? value : value << 8;
  if (cmode < 12) return both((half << 16) | half);
  if (cmode === 12) return both((value << 8) | 0xff);
  if (cmode === 13) return both((value << 16) | 0xffff);
  if (!doubleword) return both(value * 0x0101_0101);
  // Each bit of the immediate becomes a byte.
  const bytes = (nibble: number): number =>
    [0, 1, 2, 3].reduce((word, i) => word | ((nibble >> i) & 1 ? 0xff << (8 * i) : 0), 0);
  return [bytes(value & 15), bytes(value >> 4)];
}

/** VFPExpandImm (J1.3) as bits of a half, single or double: sign, exponent, top four bits of the fraction. */
export function expandFloat(value: number, bits: 16 | 32 | 64): [number, number] {
  const sign = value >> 7;
  const b = (value >> 6) & 1;
  const low = value & 0x3f;
  if (bits === 16) return [(sign << 15) | ((b ^ 1) << 14) | ((b ? 3 : 0) << 12) | (low << 6), 0];
  if (bits === 32) return [(sign << 31) | ((b ^ 1) << 30) | ((b ? 0x1f : 0) << 25) | (low << 19), 0];
  return [0, (sign << 31) | ((b ^ 1) << 30) | ((b ? 0xff : 0) << 22) | (low << 16)];
}

const MODIFIED = '0 Q OP 0111100000 abc:3 CMODE 01 defgh:5 Rd:5';
const modified = (op: string, cmode: string): string => MODIFIED.replace('OP', op).replace('CMODE', cmode);
const inverted = ([lo, hi]: [number, number]): [number, number] => [~lo, ~hi];

/** Forms by cmode pattern: shifted 32-bit (0xx), 16-bit (10x), shifted ones (110x), bytes (1110). */
const immediates: InstructionEntry[] = [
  ...['MOVI', 'MVNI'].flatMap((name, op): InstructionEntry[] => {
    const forms: [string, string, string, (f: Fields) => number][] = [
      ['32-bit shifted', '0 cm:2 0', '{v4s:Rd}, {hex8:imm8}{lslcm:cm}', (f) => f.cm! * 2],
      ['16-bit shifted', '10 cm 0', '{v8h:Rd}, {hex8:imm8}{lslcm:cm}', (f) => 8 + f.cm! * 2],
      ['32-bit shifting ones', '110 cm', '{v4s:Rd}, {hex8:imm8}, {mslcm:cm}', (f) => 12 + f.cm!],
    ];
    return forms.map(([title, cmode, text, number]) => ({
      name: `${name} (${title})`,
      bits: modified(String(op), cmode),
      feature: 'SIMD',
      text: `${name.toLowerCase()} ${text}`,
      statics: ['Q'],
      operands: {
        d,
        imm8: small(imm8),
        imm: imm64((f) => {
          const value = expandImmediate(number(f), imm8(f), false);
          return op === 1 ? inverted(value) : value;
        }),
      },
    }));
  }),
  {
    name: 'MOVI (8-bit)',
    bits: modified('0', '1110'),
    feature: 'SIMD',
    text: 'movi {v16b:Rd}, {hex8:imm8}',
    statics: ['Q'],
    operands: { d, imm8: small(imm8), imm: imm64((f) => expandImmediate(14, imm8(f), false)) },
  },
  {
    name: 'MOVI (64-bit)',
    bits: modified('1', '1110'),
    feature: 'SIMD',
    text: 'movi {vdor2d:Rd}, {hex64:imm}',
    statics: ['Q'],
    operands: { d, imm: imm64((f) => expandImmediate(14, imm8(f), true)) },
  },
  ...['ORR', 'BIC'].flatMap((name, op): InstructionEntry[] =>
    (
      [
        ['32-bit', '0 cm:2 1', '{v4s:Rd}', (f: Fields) => f.cm! * 2],
        ['16-bit', '10 cm 1', '{v8h:Rd}', (f: Fields) => 8 + f.cm! * 2],
      ] as const
    ).map(([title, cmode, register, number]) => ({
      name: `${name} (vector, immediate, ${title})`,
      bits: modified(String(op), cmode),
      feature: 'SIMD',
      text: `${name.toLowerCase()} ${register}, {hex8:imm8}{lslcm:cm}`,
      statics: ['Q'],
      operands: { d, imm8: small(imm8), imm: imm64((f) => expandImmediate(number(f), imm8(f), false)) },
    })),
  ),
  {
    name: 'FMOV (vector, immediate, single)',
    bits: modified('0', '1111'),
    feature: 'SIMD',
    text: 'fmov {v4s:Rd}, {float8:imm8}',
    statics: ['Q'],
    operands: { d, imm8: small(imm8), imm: imm64((f) => both(expandFloat(imm8(f), 32)[0])) },
  },
  {
    name: 'FMOV (vector, immediate, double)',
    bits: modified('1', '1111').replace('0 Q', '0 1'),
    feature: 'SIMD',
    text: 'fmov {v2d:Rd}, {float8:imm8}',
    operands: { d, imm8: small(imm8), imm: imm64((f) => expandFloat(imm8(f), 64)) },
  },
];

/** imm5 names size and lane: the lowest set bit is the size. `x` bits are the lane. */
const LANES = [
  { letter: 'B', imm5: 'lane:4 1' },
  { letter: 'H', imm5: 'lane:3 10' },
  { letter: 'S', imm5: 'lane:2 100' },
  { letter: 'D', imm5: 'lane 1000' },
] as const;

const lanes = LANES.flatMap(({ letter, imm5 }, scale): InstructionEntry[] => {
  const at = (field: string) => lane(field, (f) => f.lane! << scale);
  const general = scale === 3 ? 'x' : 'w';
  // DUP and INS from general registers do not look at the lane bits.
  const ignored = imm5.replace(/lane(:(\d))?/, (_, __, width?: string) => `(${'0'.repeat(Number(width ?? 1))})`);
  const whole = scale === 3 ? [{ Q: '0' }] : [];
  const arrangement = ['16b', '8h', '4s', '2d'][scale]!;
  const entries: InstructionEntry[] = [
    {
      name: `DUP (element ${letter})`,
      bits: `0 Q 0 01110000 ${imm5} 0 0000 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `dup {v${arrangement}:Rd}, {vlane${letter}:Rn}`,
      except: whole,
      statics: ['Q'],
      operands: { d, n: at('Rn') },
    },
    {
      name: `DUP (scalar ${letter})`,
      bits: `01 0 11110000 ${imm5} 0 0000 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `dup {${letter.toLowerCase()}:Rd}, {vlane${letter}:Rn}`,
      operands: { d, n: at('Rn') },
    },
    {
      name: `DUP (general ${letter})`,
      bits: `0 Q 0 01110000 ${ignored} 0 0001 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `dup {v${arrangement}:Rd}, {${general}:Rn}`,
      except: whole,
      statics: ['Q'],
      operands: { d, n: source('Rn') },
    },
    {
      name: `INS (general ${letter})`,
      bits: `0 1 0 01110000 ${imm5} 0 0011 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `ins {vlane${letter}:Rd}, {${general}:Rn}`,
      operands: { d: at('Rd'), n: source('Rn') },
    },
    {
      name: `INS (element ${letter})`,
      // imm4 holds the source lane above ignored bits.
      bits: `0 1 1 01110000 ${imm5} 0 from:${4 - scale}${scale ? ` (${'0'.repeat(scale)})` : ''} 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `ins {vlane${letter}:Rd}, {vfrom${letter}:Rn}`,
      operands: { d: at('Rd'), n: lane('Rn', (f) => f.from! << scale) },
    },
    {
      name: `UMOV (${letter})`,
      bits: `0 ${scale === 3 ? 1 : 0} 0 01110000 ${imm5} 0 0111 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `umov {${general}:Rd}, {vlane${letter}:Rn}`,
      operands: { d: target('Rd'), n: at('Rn') },
    },
  ];
  if (scale < 3)
    entries.push({
      name: `SMOV (${letter})`,
      bits: `0 Q 0 01110000 ${imm5} 0 0101 1 Rn:5 Rd:5`,
      feature: 'SIMD',
      text: `smov {xbyq:Rd}, {vlane${letter}:Rn}`,
      except: scale === 2 ? [{ Q: '0' }] : [],
      statics: ['Q'],
      operands: { d: target('Rd'), n: at('Rn') },
    });
  return entries;
});

const bitwise = [
  ['AND', '0', '00'],
  ['BIC', '0', '01'],
  ['ORR', '0', '10'],
  ['ORN', '0', '11'],
  ['EOR', '1', '00'],
  ['BSL', '1', '01'],
  ['BIT', '1', '10'],
  ['BIF', '1', '11'],
].map(([name, u, size]): InstructionEntry => ({
  name: `${name} (vector)`,
  bits: `0 Q ${u} 01110 ${size} 1 Rm:5 00011 1 Rn:5 Rd:5`,
  feature: 'SIMD',
  text: `${name!.toLowerCase()} {v16b:Rd}, {v16b:Rn}, {v16b:Rm}`,
  statics: ['Q'],
  operands: { d, n, m },
}));

const permute: InstructionEntry[] = [
  {
    name: 'NOT (vector)',
    bits: '0 Q 1 01110 00 10000 00101 10 Rn:5 Rd:5',
    feature: 'SIMD',
    text: 'not {v16b:Rd}, {v16b:Rn}',
    statics: ['Q'],
    operands: { d, n },
  },
  {
    name: 'EXT',
    bits: '0 Q 1 01110000 Rm:5 0 imm4:4 0 Rn:5 Rd:5',
    feature: 'SIMD',
    text: 'ext {v16b:Rd}, {v16b:Rn}, {v16b:Rm}, {hash:imm4}',
    except: [{ Q: '0', imm4: '1xxx' }],
    statics: ['Q', 'imm4'],
    operands: { d, n, m },
  },
  ...['UZP1', 'TRN1', 'ZIP1', 'UZP2', 'TRN2', 'ZIP2'].map((name, i): InstructionEntry => ({
    name,
    bits: `0 Q 0 01110 size:2 0 Rm:5 0 ${Math.floor(i / 3)}${['01', '10', '11'][i % 3]} 10 Rn:5 Rd:5`,
    feature: 'SIMD',
    text: `${name.toLowerCase()} {varr:Rd}, {varr:Rn}, {varr:Rm}`,
    except: [{ Q: '0', size: '11' }],
    statics: ['Q', 'size'],
    operands: { d, n, m },
  })),
];

/** FMOV between registers, without any change of format. */
const scalarMoves: InstructionEntry[] = [
  ...(
    [
      ['S', '00', 32],
      ['D', '01', 64],
    ] as const
  ).flatMap(([letter, type, bits]): InstructionEntry[] => {
    const lower = letter.toLowerCase();
    return [
      {
        name: `FMOV (register ${letter})`,
        bits: `00011110 ${type} 1 000000 10000 Rn:5 Rd:5`,
        feature: 'FP',
        text: `fmov {${lower}:Rd}, {${lower}:Rn}`,
        operands: { d, n },
      },
      {
        name: `FMOV (immediate ${letter})`,
        bits: `00011110 ${type} 1 imm8:8 100 00000 Rd:5`,
        feature: 'FP',
        text: `fmov {${lower}:Rd}, {float8:imm8}`,
        operands: { d, imm: imm64((f) => expandFloat(f.imm8!, bits)) },
      },
    ];
  }),
  ...(
    [
      ['Wd, Sn', '0', '00', '00', '110', '{w:Rd}, {s:Rn}'],
      ['Xd, Dn', '1', '01', '00', '110', '{x:Rd}, {d:Rn}'],
      ['Xd, Vn.D[1]', '1', '10', '01', '110', '{x:Rd}, {vhigh:Rn}'],
      ['Sd, Wn', '0', '00', '00', '111', '{s:Rd}, {w:Rn}'],
      ['Dd, Xn', '1', '01', '00', '111', '{d:Rd}, {x:Rn}'],
      ['Vd.D[1], Xn', '1', '10', '01', '111', '{vhigh:Rd}, {x:Rn}'],
    ] as const
  ).map(([title, sf, type, rmode, opcode, text]): InstructionEntry => ({
    name: `FMOV (${title})`,
    bits: `${sf} 0011110 ${type} 1 ${rmode} ${opcode} 000000 Rn:5 Rd:5`,
    feature: 'FP',
    text: `fmov ${text}`,
    operands: opcode === '110' ? { d: target('Rd'), n } : { d, n: source('Rn') },
  })),
];

export const SIMD_MOVES: readonly Instruction[] = [...immediates, ...lanes, ...bitwise, ...permute, ...scalarMoves].map(
  instruction,
);
