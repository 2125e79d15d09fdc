// Loads and stores of general and SIMD&FP registers, exclusives and atomics: Arm ARM DDI 0487, C4.1 "Loads and Stores".
// The structure loads and stores (LD1 to ST4) are in structures.ts.
import type { Instruction, InstructionEntry, Operand, Static } from './instruction.ts';
import { imm32, instruction, signed, source, sourceSp, target, vector } from './instruction.ts';
import type { Fields } from './pattern.ts';

/** Whether the base is the stack pointer, whose alignment is checked (D1.7.2). */
const stack: Static = { name: 'stack', count: 2, of: (f) => (f.Rn === 31 ? 1 : 0) };
const n = sourceSp('Rn');

/** One kind of transfer between memory and a register. `scale` is log2 of the bytes. */
export interface Transfer {
  /** Mnemonic without addressing mode: LDR, STRB, LDRSW, … */
  readonly mnemonic: string;
  /** Entry name: two registers sizes may share a mnemonic. */
  readonly name: string;
  readonly size: string;
  readonly vector: boolean;
  readonly opc: string;
  readonly scale: number;
  readonly load: boolean;
  /** Register letter of the assembler. */
  readonly register: 'w' | 'x' | 'b' | 'h' | 's' | 'd' | 'q';
  /** Sign extension to this width, if any. */
  readonly extend?: 32 | 64;
}

const general = (
  mnemonic: string,
  size: string,
  opc: string,
  scale: number,
  register: 'w' | 'x',
  extend?: 32 | 64,
): Transfer => ({
  mnemonic,
  name: `${mnemonic} ${register === 'w' ? 'Wt' : 'Xt'}`,
  size,
  vector: false,
  opc,
  scale,
  load: mnemonic.startsWith('LD'),
  register,
  ...(extend ? { extend } : {}),
});

const simd = (
  mnemonic: 'LDR' | 'STR',
  size: string,
  opc: string,
  scale: number,
  register: Transfer['register'],
): Transfer => ({
  mnemonic,
  name: `${mnemonic} ${register.toUpperCase()}t`,
  size,
  vector: true,
  opc,
  scale,
  load: mnemonic === 'LDR',
  register,
});

export const TRANSFERS: readonly Transfer[] = [
  general('STRB', '00', '00', 0, 'w'),
  general('LDRB', '00', '01', 0, 'w'),
  general('LDRSB', '00', '10', 0, 'x', 64),
  general('LDRSB', '00', '11', 0, 'w', 32),
  general('STRH', '01', '00', 1, 'w'),
  general('LDRH', '01', '01', 1, 'w'),
  general('LDRSH', '01', '10', 1, 'x', 64),
  general('LDRSH', '01', '11', 1, 'w', 32),
  general('STR', '10', '00', 2, 'w'),
  general('LDR', '10', '01', 2, 'w'),
  general('LDRSW', '10', '10', 2, 'x', 64),
  general('STR', '11', '00', 3, 'x'),
  general('LDR', '11', '01', 3, 'x'),
  simd('STR', '00', '00', 0, 'b'),
  simd('LDR', '00', '01', 0, 'b'),
  simd('STR', '00', '10', 4, 'q'),
  simd('LDR', '00', '11', 4, 'q'),
  simd('STR', '01', '00', 1, 'h'),
  simd('LDR', '01', '01', 1, 'h'),
  simd('STR', '10', '00', 2, 's'),
  simd('LDR', '10', '01', 2, 's'),
  simd('STR', '11', '00', 3, 'd'),
  simd('LDR', '11', '01', 3, 'd'),
];

/** The data register as an operand. */
function data(transfer: { vector: boolean; load: boolean }, field: string): Operand {
  if (transfer.vector) return vector(field);
  return transfer.load ? target(field) : source(field);
}

const featureOf = (transfer: { vector: boolean }) => (transfer.vector ? { feature: 'FP' as const } : {});

const single = TRANSFERS.flatMap((transfer): InstructionEntry[] => {
  const { mnemonic, name, size, opc, scale, register } = transfer;
  const v = transfer.vector ? '1' : '0';
  const lower = mnemonic.toLowerCase();
  const t = data(transfer, 'Rt');
  const unscaled = lower.replace(/^(ld|st)r/, '$1ur');
  const offset9 = imm32((f) => signed(f.imm9!, 9));
  const entries: InstructionEntry[] = [
    {
      name: `${name} (unsigned offset)`,
      bits: `${size} 111 ${v} 01 ${opc} imm12:12 Rn:5 Rt:5`,
      ...featureOf(transfer),
      text: `${lower} {${register}:Rt}, [{xsp:Rn}{offset:offset}]`,
      statics: [stack],
      operands: { t, n, offset: imm32((f) => f.imm12! << scale) },
    },
    {
      name: `${name} (unscaled)`,
      bits: `${size} 111 ${v} 00 ${opc} 0 imm9:9 00 Rn:5 Rt:5`,
      ...featureOf(transfer),
      text: `${unscaled} {${register}:Rt}, [{xsp:Rn}{offset:offset}]`,
      statics: [stack],
      operands: { t, n, offset: offset9 },
    },
    {
      name: `${name} (post-index)`,
      bits: `${size} 111 ${v} 00 ${opc} 0 imm9:9 01 Rn:5 Rt:5`,
      ...featureOf(transfer),
      text: `${lower} {${register}:Rt}, [{xsp:Rn}], {hash:offset}`,
      statics: [stack],
      operands: { t, n, offset: offset9 },
    },
    {
      name: `${name} (pre-index)`,
      bits: `${size} 111 ${v} 00 ${opc} 0 imm9:9 11 Rn:5 Rt:5`,
      ...featureOf(transfer),
      text: `${lower} {${register}:Rt}, [{xsp:Rn}, {hash:offset}]!`,
      statics: [stack],
      operands: { t, n, offset: offset9 },
    },
    {
      name: `${name} (register)`,
      bits: `${size} 111 ${v} 00 ${opc} 1 Rm:5 option:3 S 10 Rn:5 Rt:5`,
      ...featureOf(transfer),
      text: `${lower} {${register}:Rt}, [{xsp:Rn}, {index:Rm}{indexext${scale}:S}]`,
      except: [{ option: 'x0x' }],
      statics: ['option', 'S', stack],
      operands: { t, n, m: source('Rm') },
    },
  ];
  if (!transfer.vector)
    entries.push({
      name: `${name} (unprivileged)`,
      bits: `${size} 111 0 00 ${opc} 0 imm9:9 10 Rn:5 Rt:5`,
      text: `${lower.replace(/^(ld|st)r/, '$1tr')} {${register}:Rt}, [{xsp:Rn}{offset:offset}]`,
      statics: [stack],
      operands: { t, n, offset: offset9 },
    });
  return entries;
});

const prefetch: InstructionEntry[] = [
  {
    name: 'PRFM (unsigned offset)',
    bits: '11 111 0 01 10 imm12:12 Rn:5 Rt:5',
    text: 'prfm {prfop:Rt}, [{xsp:Rn}{offset:offset}]',
    operands: { offset: imm32((f) => f.imm12! << 3) },
  },
  {
    name: 'PRFUM',
    bits: '11 111 0 00 10 0 imm9:9 00 Rn:5 Rt:5',
    text: 'prfum {prfop:Rt}, [{xsp:Rn}{offset:offset}]',
    operands: { offset: imm32((f) => signed(f.imm9!, 9)) },
  },
  {
    name: 'PRFM (register)',
    bits: '11 111 0 00 10 1 Rm:5 option:3 S 10 Rn:5 Rt:5',
    text: 'prfm {prfop:Rt}, [{xsp:Rn}, {index:Rm}{indexext3:S}]',
    except: [{ option: 'x0x' }],
  },
  {
    name: 'PRFM (literal)',
    bits: '11 011 0 00 imm19:19 Rt:5',
    text: 'prfm {prfop:Rt}, {pc:offset}',
    operands: { offset: imm32((f) => signed(f.imm19!, 19) * 4) },
  },
];

/** PC-relative loads. */
export const LITERALS = [
  { name: 'LDR Wt (literal)', opc: '00', vector: false, scale: 2, register: 'w' },
  { name: 'LDR Xt (literal)', opc: '01', vector: false, scale: 3, register: 'x' },
  { name: 'LDRSW Xt (literal)', opc: '10', vector: false, scale: 2, register: 'x', extend: 64 },
  { name: 'LDR St (literal)', opc: '00', vector: true, scale: 2, register: 's' },
  { name: 'LDR Dt (literal)', opc: '01', vector: true, scale: 3, register: 'd' },
  { name: 'LDR Qt (literal)', opc: '10', vector: true, scale: 4, register: 'q' },
] as const;

const literal = LITERALS.map(({ name, opc, vector: isVector, register }): InstructionEntry => ({
  name,
  bits: `${opc} 011 ${isVector ? 1 : 0} 00 imm19:19 Rt:5`,
  ...featureOf({ vector: isVector }),
  text: `${name.split(' ')[0]!.toLowerCase()} {${register}:Rt}, {pc:offset}`,
  operands: { t: data({ vector: isVector, load: true }, 'Rt'), offset: imm32((f) => signed(f.imm19!, 19) * 4) },
}));

export interface PairTransfer {
  readonly mnemonic: string;
  readonly name: string;
  readonly opc: string;
  readonly vector: boolean;
  readonly load: boolean;
  /** log2 of the bytes of each register. */
  readonly scale: number;
  readonly register: Transfer['register'];
  readonly extend?: 64;
}

export const PAIRS: readonly PairTransfer[] = [
  { mnemonic: 'STP', name: 'STP Wt', opc: '00', vector: false, load: false, scale: 2, register: 'w' },
  { mnemonic: 'LDP', name: 'LDP Wt', opc: '00', vector: false, load: true, scale: 2, register: 'w' },
  { mnemonic: 'LDPSW', name: 'LDPSW Xt', opc: '01', vector: false, load: true, scale: 2, register: 'x', extend: 64 },
  { mnemonic: 'STP', name: 'STP Xt', opc: '10', vector: false, load: false, scale: 3, register: 'x' },
  { mnemonic: 'LDP', name: 'LDP Xt', opc: '10', vector: false, load: true, scale: 3, register: 'x' },
  { mnemonic: 'STP', name: 'STP St', opc: '00', vector: true, load: false, scale: 2, register: 's' },
  { mnemonic: 'LDP', name: 'LDP St', opc: '00', vector: true, load: true, scale: 2, register: 's' },
  { mnemonic: 'STP', name: 'STP Dt', opc: '01', vector: true, load: false, scale: 3, register: 'd' },
  { mnemonic: 'LDP', name: 'LDP Dt', opc: '01', vector: true, load: true, scale: 3, register: 'd' },
  { mnemonic: 'STP', name: 'STP Qt', opc: '10', vector: true, load: false, scale: 4, register: 'q' },
  { mnemonic: 'LDP', name: 'LDP Qt', opc: '10', vector: true, load: true, scale: 4, register: 'q' },
];

const pairs = PAIRS.flatMap((transfer): InstructionEntry[] => {
  const { mnemonic, name, opc, scale, register } = transfer;
  const operands = {
    t: data(transfer, 'Rt'),
    t2: data(transfer, 'Rt2'),
    n,
    offset: imm32((f: Fields) => signed(f.imm7!, 7) << scale),
  };
  const mode = (bits: string, title: string, address: string, lower = mnemonic.toLowerCase()): InstructionEntry => ({
    name: `${name} (${title})`,
    bits: `${opc} 101 ${transfer.vector ? 1 : 0} 0 ${bits} ${transfer.load ? 1 : 0} imm7:7 Rt2:5 Rn:5 Rt:5`,
    ...featureOf(transfer),
    text: `${lower} {${register}:Rt}, {${register}:Rt2}, ${address}`,
    statics: [stack],
    operands,
  });
  return [
    mode('01', 'post-index', '[{xsp:Rn}], {hash:offset}'),
    mode('10', 'offset', '[{xsp:Rn}{offset:offset}]'),
    mode('11', 'pre-index', '[{xsp:Rn}, {hash:offset}]!'),
    ...(mnemonic === 'LDPSW'
      ? []
      : [mode('00', 'no-allocate', '[{xsp:Rn}{offset:offset}]', mnemonic === 'STP' ? 'stnp' : 'ldnp')]),
  ];
});

/** Exclusive and ordered accesses of one register; `size` is a field because all four sizes behave alike. */
const exclusive: InstructionEntry[] = [
  ...['0', '1'].flatMap((o0): InstructionEntry[] => [
    {
      name: o0 === '1' ? 'STLXR' : 'STXR',
      bits: `size:2 001000 0 0 0 Rs:5 ${o0} (11111) Rn:5 Rt:5`,
      text: `${o0 === '1' ? 'stlxr' : 'stxr'}{sizesuffix:size} {w:Rs}, {wx:Rt}, [{xsp:Rn}]`,
      statics: ['size', stack],
      operands: { s: target('Rs'), t: source('Rt'), n },
    },
    {
      name: o0 === '1' ? 'STLXP' : 'STXP',
      bits: `1 sz 001000 0 0 1 Rs:5 ${o0} Rt2:5 Rn:5 Rt:5`,
      text: `${o0 === '1' ? 'stlxp' : 'stxp'} {w:Rs}, {szr:Rt}, {szr:Rt2}, [{xsp:Rn}]`,
      statics: ['sz', stack],
      operands: { s: target('Rs'), t: source('Rt'), t2: source('Rt2'), n },
    },
    {
      name: o0 === '1' ? 'LDAXR' : 'LDXR',
      bits: `size:2 001000 0 1 0 (11111) ${o0} (11111) Rn:5 Rt:5`,
      text: `${o0 === '1' ? 'ldaxr' : 'ldxr'}{sizesuffix:size} {wx:Rt}, [{xsp:Rn}]`,
      statics: ['size', stack],
      operands: { t: target('Rt'), n },
    },
    {
      name: o0 === '1' ? 'LDAXP' : 'LDXP',
      bits: `1 sz 001000 0 1 1 (11111) ${o0} Rt2:5 Rn:5 Rt:5`,
      text: `${o0 === '1' ? 'ldaxp' : 'ldxp'} {szr:Rt}, {szr:Rt2}, [{xsp:Rn}]`,
      statics: ['sz', stack],
      operands: { t: target('Rt'), t2: target('Rt2'), n },
    },
  ]),
  {
    name: 'STLR',
    bits: 'size:2 001000 1 0 0 (11111) 1 (11111) Rn:5 Rt:5',
    text: 'stlr{sizesuffix:size} {wx:Rt}, [{xsp:Rn}]',
    statics: ['size', stack],
    operands: { t: source('Rt'), n },
  },
  {
    name: 'LDAR',
    bits: 'size:2 001000 1 1 0 (11111) 1 (11111) Rn:5 Rt:5',
    text: 'ldar{sizesuffix:size} {wx:Rt}, [{xsp:Rn}]',
    statics: ['size', stack],
    operands: { t: target('Rt'), n },
  },
];

const ORDERS = [
  { suffix: '', acquire: '0', release: '0' },
  { suffix: 'A', acquire: '1', release: '0' },
  { suffix: 'L', acquire: '0', release: '1' },
  { suffix: 'AL', acquire: '1', release: '1' },
] as const;

const compareAndSwap = ORDERS.flatMap(({ suffix, acquire, release }): InstructionEntry[] => [
  {
    name: `CAS${suffix}`,
    bits: `size:2 001000 1 ${acquire} 1 Rs:5 ${release} (11111) Rn:5 Rt:5`,
    feature: 'LSE',
    text: `cas${suffix.toLowerCase()}{sizesuffix:size} {wx:Rs}, {wx:Rt}, [{xsp:Rn}]`,
    statics: ['size', stack],
    operands: { s: source('Rs'), d: target('Rs'), t: source('Rt'), n },
  },
  {
    name: `CASP${suffix}`,
    bits: `0 sz 001000 0 ${acquire} 1 Rs:5 ${release} (11111) Rn:5 Rt:5`,
    feature: 'LSE',
    text: `casp${suffix.toLowerCase()} {szpair:Rs}, {szpair:Rt}, [{xsp:Rn}]`,
    // Odd register numbers are UNDEFINED (C6.2 CASP).
    except: [{ Rs: 'xxxx1' }, { Rt: 'xxxx1' }],
    statics: ['sz', stack],
    operands: {
      s: source('Rs'),
      s2: { kind: 'source', field: 'Rs', plus: 1 },
      d2: { kind: 'target', field: 'Rs', plus: 1 },
      t: source('Rt'),
      t2: { kind: 'source', field: 'Rt', plus: 1 },
      n,
    },
  },
]);

export const ATOMICS = ['ADD', 'CLR', 'EOR', 'SET', 'SMAX', 'SMIN', 'UMAX', 'UMIN'] as const;

const atomics = ORDERS.flatMap(({ suffix, acquire, release }): InstructionEntry[] =>
  [...ATOMICS.map((name, opc) => ({ name: `LD${name}`, o3: '0', opc })), { name: 'SWP', o3: '1', opc: 0 }].map(
    ({ name, o3, opc }): InstructionEntry => ({
      name: `${name}${suffix}`,
      bits: `size:2 111 0 00 ${acquire} ${release} 1 Rs:5 ${o3} ${opc.toString(2).padStart(3, '0')} 00 Rn:5 Rt:5`,
      feature: 'LSE',
      text: `${(name + suffix).toLowerCase()}{sizesuffix:size} {wx:Rs}, {wx:Rt}, [{xsp:Rn}]`,
      statics: ['size', stack],
      operands: { s: source('Rs'), t: target('Rt'), n },
    }),
  ),
);

export const MEMORY: readonly Instruction[] = [
  ...single,
  ...prefetch,
  ...literal,
  ...pairs,
  ...exclusive,
  ...compareAndSwap,
  ...atomics,
].map(instruction);
