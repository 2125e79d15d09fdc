// Data processing of general registers: Arm ARM DDI 0487, C4.1 "Data Processing -- Immediate" and "-- Register".
import { decodeBitMask } from './bitmask.ts';
import type { Instruction, InstructionEntry } from './instruction.ts';
import { imm64, instruction, pair, signed, small, source, sourceSp, target, targetSp } from './instruction.ts';
import type { FieldCondition } from './pattern.ts';

const d = target('Rd');
const n = source('Rn');
const m = source('Rm');

/** A 32-bit form has no shift amount above 31. */
const WORD_AMOUNT: FieldCondition = { sf: '0', imm6: '1xxxxx' };

const pcRelative: InstructionEntry[] = [
  {
    name: 'ADR',
    bits: '0 immlo:2 10000 immhi:19 Rd:5',
    text: 'adr {x:Rd}, {pc:offset}',
    operands: { d, offset: imm64((f) => pair((signed(f.immhi!, 19) * 4) | f.immlo!)) },
  },
  {
    name: 'ADRP',
    bits: '1 immlo:2 10000 immhi:19 Rd:5',
    text: 'adrp {x:Rd}, {page:offset}',
    operands: {
      d,
      offset: imm64((f) => {
        const pages = (signed(f.immhi!, 19) * 4) | f.immlo!;
        return [pages << 12, pages >> 20];
      }),
    },
  },
];

const ADD_SUB = [
  { name: 'ADD', op: '0', s: '0' },
  { name: 'ADDS', op: '0', s: '1' },
  { name: 'SUB', op: '1', s: '0' },
  { name: 'SUBS', op: '1', s: '1' },
] as const;

const addSub = ADD_SUB.flatMap(({ name, op, s }): InstructionEntry[] => {
  const lower = name.toLowerCase();
  // The forms that set flags write register 31 as the zero register (C6.2, ADDS).
  const dSp = s === '1' ? d : targetSp('Rd');
  const rd = s === '1' ? '{r:Rd}' : '{rsp:Rd}';
  return [
    {
      name: `${name} (immediate)`,
      bits: `sf ${op} ${s} 100010 sh imm12:12 Rn:5 Rd:5`,
      text: `${lower} ${rd}, {rsp:Rn}, {hex:imm12}{lsl12:sh}`,
      statics: ['sf'],
      operands: { d: dSp, n: sourceSp('Rn'), imm: imm64((f) => [f.imm12! << (12 * f.sh!), 0]) },
    },
    {
      name: `${name} (shifted register)`,
      bits: `sf ${op} ${s} 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5`,
      text: `${lower} {r:Rd}, {r:Rn}, {r:Rm}{shift:imm6}`,
      except: [{ shift: '11' }, WORD_AMOUNT],
      statics: ['sf', shiftForm(3)],
      operands: { d, n, m, amount: small((f) => f.imm6!) },
    },
    {
      name: `${name} (extended register)`,
      bits: `sf ${op} ${s} 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5`,
      text: `${lower} ${rd}, {rsp:Rn}, {rext:Rm}{extend:imm3}`,
      except: [{ imm3: '101' }, { imm3: '11x' }],
      statics: ['sf', 'option'],
      operands: { d: dSp, n: sourceSp('Rn'), m, amount: small((f) => f.imm3!) },
    },
  ];
});

/** 0: no shift; otherwise 1 + shift type (LSL, LSR, ASR, ROR), so that the common unshifted form costs nothing. */
function shiftForm(types: 3 | 4) {
  return {
    name: 'shift',
    count: types + 1,
    of: (f: Readonly<Record<string, number>>): number => (f.imm6 === 0 ? 0 : 1 + f.shift!),
  };
}

/** Reserved bit mask immediates: an element of all ones, or no element size (aarch64/instrs/integer/bitmasks/DecodeBitMasks). */
const RESERVED_MASKS: FieldCondition[] = [
  { sf: '0', N: '1' },
  { N: '1', imms: '111111' },
  ...['011111', '101111', '110111', '111011', '111101', '11111x'].map((imms) => ({ N: '0', imms })),
];

const LOGICAL = [
  { opc: '00', immediate: 'AND', plain: 'AND', inverted: 'BIC' },
  { opc: '01', immediate: 'ORR', plain: 'ORR', inverted: 'ORN' },
  { opc: '10', immediate: 'EOR', plain: 'EOR', inverted: 'EON' },
  { opc: '11', immediate: 'ANDS', plain: 'ANDS', inverted: 'BICS' },
] as const;

const logical = LOGICAL.flatMap(({ opc, immediate, plain, inverted }): InstructionEntry[] => [
  {
    name: `${immediate} (immediate)`,
    bits: `sf ${opc} 100100 N immr:6 imms:6 Rn:5 Rd:5`,
    text: `${immediate.toLowerCase()} ${opc === '11' ? '{r:Rd}' : '{rsp:Rd}'}, {r:Rn}, {mask:imm}`,
    except: RESERVED_MASKS,
    statics: ['sf'],
    operands: {
      d: opc === '11' ? d : targetSp('Rd'),
      n,
      imm: imm64((f) => {
        const [lo, hi] = decodeBitMask(f.N!, f.imms!, f.immr!);
        return f.sf === 1 ? [lo, hi] : [lo, 0];
      }),
    },
  },
  ...[
    { name: plain, invert: '0' },
    { name: inverted, invert: '1' },
  ].map(({ name, invert }): InstructionEntry => ({
    name: `${name} (shifted register)`,
    bits: `sf ${opc} 01010 shift:2 ${invert} Rm:5 imm6:6 Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {r:Rd}, {r:Rn}, {r:Rm}{shift:imm6}`,
    except: [WORD_AMOUNT],
    statics: ['sf', shiftForm(4)],
    operands: { d, n, m, amount: small((f) => f.imm6!) },
  })),
]);

const moveWide = [
  { name: 'MOVN', opc: '00' },
  { name: 'MOVZ', opc: '10' },
  { name: 'MOVK', opc: '11' },
].map(({ name, opc }): InstructionEntry => ({
  name,
  bits: `sf ${opc} 100101 hw:2 imm16:16 Rd:5`,
  text: `${name.toLowerCase()} {r:Rd}, {hex:imm16}{hw:hw}`,
  except: [{ sf: '0', hw: '1x' }],
  ...(name === 'MOVK'
    ? {
        // The other three quarters of the target stay.
        operands: {
          d,
          imm: imm64((f) => (f.hw! < 2 ? [f.imm16! << (16 * f.hw!), 0] : [0, f.imm16! << (16 * (f.hw! - 2))])),
        },
        statics: ['sf', 'hw'],
      }
    : {
        operands: {
          d,
          imm: imm64((f): [number, number] => {
            const lo = f.hw! < 2 ? f.imm16! << (16 * f.hw!) : 0;
            const hi = f.hw! < 2 ? 0 : f.imm16! << (16 * (f.hw! - 2));
            if (name === 'MOVZ') return [lo, hi];
            return f.sf === 1 ? [~lo, ~hi] : [~lo, 0];
          }),
        },
      }),
}));

/** N equals sf, and 32-bit forms have 5-bit positions. */
const WORD_BITFIELD: FieldCondition[] = [
  { sf: '0', N: '1' },
  { sf: '1', N: '0' },
  { sf: '0', immr: '1xxxxx' },
  { sf: '0', imms: '1xxxxx' },
];

const bitfield: InstructionEntry[] = [
  ...[
    { name: 'SBFM', opc: '00' },
    { name: 'UBFM', opc: '10' },
  ].map(({ name, opc }): InstructionEntry => ({
    name,
    bits: `sf ${opc} 100110 N immr:6 imms:6 Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {r:Rd}, {r:Rn}, {dec:immr}, {dec:imms}`,
    except: WORD_BITFIELD,
    statics: ['sf', { name: 'form', count: 3, of: bitfieldForm }],
    operands: {
      d,
      n,
      // Shift up so that the field's top bit is the sign, then down to its place.
      up: small((f) => 31 + 32 * f.sf! - f.imms!),
      down: small((f) => {
        const top = 31 + 32 * f.sf!;
        return f.imms! >= f.immr! ? top - f.imms! + f.immr! : f.immr! - f.imms! - 1;
      }),
    },
  })),
  {
    name: 'BFM',
    bits: 'sf 01 100110 N immr:6 imms:6 Rn:5 Rd:5',
    text: 'bfm {r:Rd}, {r:Rn}, {dec:immr}, {dec:imms}',
    except: WORD_BITFIELD,
    statics: ['sf'],
    operands: {
      d,
      n,
      rotate: small((f) => f.immr!),
      // Bits of the result that come from the source: the lowest one, and how many are not.
      low: small((f) => (f.imms! >= f.immr! ? 0 : 32 + 32 * f.sf! - f.immr!)),
      drop: small((f) => 31 + 32 * f.sf! - f.imms! + (f.imms! >= f.immr! ? f.immr! : 0)),
    },
  },
  {
    name: 'EXTR',
    bits: 'sf 00 100111 N 0 Rm:5 imms:6 Rn:5 Rd:5',
    text: 'extr {r:Rd}, {r:Rn}, {r:Rm}, {dec:imms}',
    except: [
      { sf: '0', N: '1' },
      { sf: '1', N: '0' },
      { sf: '0', imms: '1xxxxx' },
    ],
    statics: [
      'sf',
      {
        name: 'form',
        count: 3,
        of: (f) => (f.imms === 0 ? 0 : f.Rn === f.Rm ? 1 : 2),
        registers: ['Rn', 'Rm'],
      },
    ],
    operands: { d, n, m, amount: small((f) => f.imms!) },
  },
];

/** 0: only a shift down (LSR, ASR); 1: only a shift up (LSL); 2: a field. */
function bitfieldForm(f: Readonly<Record<string, number>>): number {
  const top = 31 + 32 * f.sf!;
  if (f.imms === top) return 0;
  return f.imms! + 1 === f.immr ? 1 : 2;
}

const withCarry = ADD_SUB.map(({ op, s }): InstructionEntry => {
  const name = (op === '0' ? 'ADC' : 'SBC') + (s === '1' ? 'S' : '');
  return {
    name,
    bits: `sf ${op} ${s} 11010000 Rm:5 000000 Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {r:Rd}, {r:Rn}, {r:Rm}`,
    statics: ['sf'],
    operands: { d, n, m },
  };
});

const conditional: InstructionEntry[] = [
  ...[
    { name: 'CCMN', op: '0' },
    { name: 'CCMP', op: '1' },
  ].flatMap(({ name, op }): InstructionEntry[] => [
    {
      name: `${name} (register)`,
      bits: `sf ${op} 1 11010010 Rm:5 cond:4 0 0 Rn:5 0 nzcv:4`,
      text: `${name.toLowerCase()} {r:Rn}, {r:Rm}, {hex:nzcv}, {cond:cond}`,
      statics: ['sf', 'cond'],
      operands: { n, m, nzcv: small((f) => f.nzcv!) },
    },
    {
      name: `${name} (immediate)`,
      bits: `sf ${op} 1 11010010 imm5:5 cond:4 1 0 Rn:5 0 nzcv:4`,
      text: `${name.toLowerCase()} {r:Rn}, {hex:imm5}, {hex:nzcv}, {cond:cond}`,
      statics: ['sf', 'cond'],
      operands: { n, imm: small((f) => f.imm5!), nzcv: small((f) => f.nzcv!) },
    },
  ]),
  ...[
    { name: 'CSEL', op: '0', o2: '0' },
    { name: 'CSINC', op: '0', o2: '1' },
    { name: 'CSINV', op: '1', o2: '0' },
    { name: 'CSNEG', op: '1', o2: '1' },
  ].map(({ name, op, o2 }): InstructionEntry => ({
    name,
    bits: `sf ${op} 0 11010100 Rm:5 cond:4 0 ${o2} Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {r:Rd}, {r:Rn}, {r:Rm}, {cond:cond}`,
    statics: ['sf', 'cond'],
    operands: { d, n, m },
  })),
];

const oneSource = [
  { name: 'RBIT', sf: 'sf', opcode: '000000', text: 'rbit' },
  { name: 'REV16', sf: 'sf', opcode: '000001', text: 'rev16' },
  { name: 'REV (32-bit)', sf: '0', opcode: '000010', text: 'rev' },
  { name: 'REV32', sf: '1', opcode: '000010', text: 'rev32' },
  { name: 'REV (64-bit)', sf: '1', opcode: '000011', text: 'rev' },
  { name: 'CLZ', sf: 'sf', opcode: '000100', text: 'clz' },
  { name: 'CLS', sf: 'sf', opcode: '000101', text: 'cls' },
].map(({ name, sf, opcode, text }): InstructionEntry => {
  const register = sf === 'sf' ? 'r' : sf === '1' ? 'x' : 'w';
  return {
    name,
    bits: `${sf} 1 0 11010110 00000 ${opcode} Rn:5 Rd:5`,
    text: `${text} {${register}:Rd}, {${register}:Rn}`,
    statics: sf === 'sf' ? ['sf'] : [],
    operands: { d, n },
  };
});

const twoSource = [
  { name: 'UDIV', opcode: '000010' },
  { name: 'SDIV', opcode: '000011' },
  { name: 'LSLV', opcode: '001000' },
  { name: 'LSRV', opcode: '001001' },
  { name: 'ASRV', opcode: '001010' },
  { name: 'RORV', opcode: '001011' },
].map(({ name, opcode }): InstructionEntry => ({
  name,
  bits: `sf 0 0 11010110 Rm:5 ${opcode} Rn:5 Rd:5`,
  text: `${name.toLowerCase()} {r:Rd}, {r:Rn}, {r:Rm}`,
  statics: ['sf'],
  operands: { d, n, m },
}));

const crc = ['0', '1'].flatMap((castagnoli) =>
  ['b', 'h', 'w', 'x'].map((letter, sz): InstructionEntry => {
    const mnemonic = `crc32${castagnoli === '1' ? 'c' : ''}${letter}`;
    return {
      name: mnemonic.toUpperCase(),
      bits: `${sz === 3 ? '1' : '0'} 0 0 11010110 Rm:5 010 ${castagnoli} ${sz.toString(2).padStart(2, '0')} Rn:5 Rd:5`,
      feature: 'CRC32',
      text: `${mnemonic} {w:Rd}, {w:Rn}, {${sz === 3 ? 'x' : 'w'}:Rm}`,
      operands: { d, n, m },
    };
  }),
);

const a = source('Ra');
const threeSource: InstructionEntry[] = [
  ...[
    { name: 'MADD', o0: '0' },
    { name: 'MSUB', o0: '1' },
  ].map(({ name, o0 }): InstructionEntry => ({
    name,
    bits: `sf 00 11011 000 Rm:5 ${o0} Ra:5 Rn:5 Rd:5`,
    text: `${name.toLowerCase()} {r:Rd}, {r:Rn}, {r:Rm}, {r:Ra}`,
    statics: ['sf'],
    operands: { d, n, m, a },
  })),
  ...['S', 'U'].flatMap((sign): InstructionEntry[] => {
    const u = sign === 'U' ? '1' : '0';
    const long = (name: string, o0: string): InstructionEntry => ({
      name,
      bits: `1 00 11011 ${u} 01 Rm:5 ${o0} Ra:5 Rn:5 Rd:5`,
      text: `${name.toLowerCase()} {x:Rd}, {w:Rn}, {w:Rm}, {x:Ra}`,
      operands: { d, n, m, a },
    });
    return [
      long(`${sign}MADDL`, '0'),
      long(`${sign}MSUBL`, '1'),
      {
        name: `${sign}MULH`,
        bits: `1 00 11011 ${u} 10 Rm:5 0 (11111) Rn:5 Rd:5`,
        text: `${sign.toLowerCase()}mulh {x:Rd}, {x:Rn}, {x:Rm}`,
        operands: { d, n, m },
      },
    ];
  }),
];

export const INTEGER: readonly Instruction[] = [
  ...pcRelative,
  ...addSub,
  ...logical,
  ...moveWide,
  ...bitfield,
  ...withCarry,
  ...conditional,
  ...oneSource,
  ...twoSource,
  ...crc,
  ...threeSource,
].map(instruction);
