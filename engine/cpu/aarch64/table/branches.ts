// Branches, exception generation and system instructions: Arm ARM DDI 0487, C4.1 "Branches, Exception Generating and
// System instructions".
import type { Instruction, InstructionEntry } from './instruction.ts';
import { branch, imm64, instruction, small, source, target } from './instruction.ts';
import type { Fields } from './pattern.ts';
import type { SystemRegister } from '../system/registers.ts';
import { READ_EFFECTS, REGISTER_KIND, SYSTEM_REGISTER_BY_KEY, systemKey } from '../system/registers.ts';

/** C5.3: the block zeroing instruction stores; all other SYS do not. */
const DC_ZVA = systemKey(1, 3, 7, 4, 1);

const t = source('Rt');
const n = source('Rn');

const jumps: InstructionEntry[] = [
  {
    name: 'B.cond',
    bits: '0101010 0 imm19:19 0 cond:4',
    text: 'b.{cond:cond} {label:target}',
    statics: ['cond'],
    operands: { target: branch('imm19', 19) },
  },
  ...[
    { name: 'B', op: '0' },
    { name: 'BL', op: '1' },
  ].map(({ name, op }): InstructionEntry => ({
    name,
    bits: `${op} 00101 imm26:26`,
    text: `${name.toLowerCase()} {label:target}`,
    operands: { target: branch('imm26', 26) },
  })),
  ...[
    { name: 'CBZ', op: '0' },
    { name: 'CBNZ', op: '1' },
  ].map(({ name, op }): InstructionEntry => ({
    name,
    bits: `sf 011010 ${op} imm19:19 Rt:5`,
    text: `${name.toLowerCase()} {r:Rt}, {label:target}`,
    statics: ['sf'],
    operands: { t, target: branch('imm19', 19) },
  })),
  ...[
    { name: 'TBZ', op: '0' },
    { name: 'TBNZ', op: '1' },
  ].map(({ name, op }): InstructionEntry => ({
    name,
    bits: `b5 011011 ${op} b40:5 imm14:14 Rt:5`,
    text: `${name.toLowerCase()} {tb:Rt}, {hash:bit}, {label:target}`,
    operands: {
      t,
      bit: small((f) => f.b5! * 32 + f.b40!),
      target: branch('imm14', 14),
    },
  })),
  ...[
    { name: 'BR', opc: '0000' },
    { name: 'BLR', opc: '0001' },
    { name: 'RET', opc: '0010' },
  ].map(({ name, opc }): InstructionEntry => ({
    name,
    bits: `1101011 ${opc} 11111 000000 Rn:5 00000`,
    text: `${name.toLowerCase()} {x:Rn}`,
    operands: { n },
  })),
  { name: 'ERET', bits: '1101011 0100 11111 000000 11111 00000', text: 'eret' },
  { name: 'DRPS', bits: '1101011 0101 11111 000000 11111 00000', text: 'drps' },
];

const immediate = small((f) => f.imm16!);

const exceptions: InstructionEntry[] = [
  { name: 'SVC', bits: '11010100 000 imm16:16 000 01', text: 'svc {hex:imm16}', operands: { immediate } },
  { name: 'HVC', bits: '11010100 000 imm16:16 000 10', text: 'hvc {hex:imm16}', operands: { immediate } },
  { name: 'SMC', bits: '11010100 000 imm16:16 000 11', text: 'smc {hex:imm16}', operands: { immediate } },
  { name: 'BRK', bits: '11010100 001 imm16:16 000 00', text: 'brk {hex:imm16}', operands: { immediate } },
  // HLT and DCPS are UNDEFINED without a halting debugger (C6.2 HLT, DCPS1).
  { name: 'HLT', bits: '11010100 010 imm16:16 000 00', text: 'hlt {hex:imm16}' },
  {
    name: 'DCPS',
    bits: '11010100 101 imm16:16 000 LL:2',
    text: 'dcps{dec0:LL}{optional:imm16}',
    except: [{ LL: '00' }],
  },
  { name: 'UDF', bits: '0000000000000000 imm16:16', text: 'udf {hash:imm16}' },
];

const system: InstructionEntry[] = [
  {
    name: 'HINT',
    bits: '11010101000000110010 CRm:4 op2:3 11111',
    text: '{hint:op2}',
    // NOP, YIELD, WFE, WFI, SEV, SEVL; all others do nothing in Armv8.0.
    statics: [{ name: 'hint', count: 6, of: (f) => (f.CRm === 0 && f.op2! < 6 ? f.op2! : 0) }],
  },
  { name: 'CLREX', bits: '11010101000000110011 CRm:4 010 11111', text: 'clrex{optionalnibble:CRm}' },
  { name: 'DSB', bits: '11010101000000110011 CRm:4 100 11111', text: 'dsb {barrier:CRm}' },
  { name: 'DMB', bits: '11010101000000110011 CRm:4 101 11111', text: 'dmb {barrier:CRm}' },
  { name: 'ISB', bits: '11010101000000110011 CRm:4 110 11111', text: 'isb{optionalnibble:CRm}' },
  ...[
    { field: 1, name: 'SPSel', op1: '000', op2: '101' },
    { field: 2, name: 'DAIFSet', op1: '011', op2: '110' },
    { field: 3, name: 'DAIFClr', op1: '011', op2: '111' },
    { field: 4, name: 'PAN', op1: '000', op2: '100', feature: 'PAN' as const },
  ].map(({ name, op1, op2, ...more }): InstructionEntry => ({
    name: `MSR ${name}`,
    bits: `1101010100000 ${op1} 0100 CRm:4 ${op2} 11111`,
    ...(more.feature ? { feature: more.feature } : {}),
    text: `msr ${name.toLowerCase()}, {hex:CRm}`,
    operands: { imm: small((f) => f.CRm!) },
  })),
  {
    name: 'SYS',
    bits: '1101010100001 op1:3 CRn:4 CRm:4 op2:3 Rt:5',
    text: 'sys #{dec0:op1}, C{dec0:CRn}, C{dec0:CRm}, #{dec0:op2}{sysrt:Rt}',
    statics: [{ name: 'zero', count: 2, of: (f) => (keyOf(1, f) === DC_ZVA ? 1 : 0) }],
    operands: { t, key: small((f) => keyOf(1, f)) },
  },
  {
    name: 'SYSL',
    bits: '1101010100101 op1:3 CRn:4 CRm:4 op2:3 Rt:5',
    text: 'sysl {x:Rt}, #{dec0:op1}, C{dec0:CRn}, C{dec0:CRm}, #{dec0:op2}',
  },
  {
    name: 'MSR (register)',
    bits: '110101010001 o0 op1:3 CRn:4 CRm:4 op2:3 Rt:5',
    text: 'msr {sysreg:o0}, {x:Rt}',
    statics: [{ name: 'kind', count: 8, of: (f) => registerKind(f, true) }],
    operands: {
      t,
      // What a call is told, else where the register lies.
      place: small((f) =>
        registerKind(f, true) === REGISTER_KIND.CALL ? keyOf(2 + f.o0!, f) : (registerOf(f)?.slot ?? 0),
      ),
      mask: imm64((f) => halves(registerOf(f)?.writable ?? 0n)),
    },
  },
  {
    name: 'MRS',
    bits: '110101010011 o0 op1:3 CRn:4 CRm:4 op2:3 Rt:5',
    text: 'mrs {x:Rt}, {sysreg:o0}',
    statics: [{ name: 'kind', count: 8, of: (f) => registerKind(f, false) }],
    operands: {
      t: target('Rt'),
      key: small((f) => keyOf(2 + f.o0!, f)),
      slot: small((f) => registerOf(f)?.slot ?? 0),
    },
  },
];

const keyOf = (op0: number, f: Fields): number => systemKey(op0, f.op1!, f.CRn!, f.CRm!, f.op2!);
const registerOf = (f: Fields): SystemRegister | undefined => SYSTEM_REGISTER_BY_KEY.get(keyOf(2 + f.o0!, f));
const halves = (value: bigint): [number, number] => [
  Number(BigInt.asIntN(32, value)),
  Number(BigInt.asIntN(32, value >> 32n)),
];

/** What MRS or MSR need: the value of a plain slot, or more. */
function registerKind(f: Fields, write: boolean): number {
  const register = registerOf(f);
  const letter = write ? 'w' : 'r';
  if (!register?.el1.includes(letter)) return REGISTER_KIND.CALL;
  if (register.effect === 'daif') return REGISTER_KIND.DAIF;
  if (register.effect === 'nzcv') return REGISTER_KIND.NZCV;
  if (register.effect === 'spEl0') return REGISTER_KIND.BANKED;
  if (register.fp) return REGISTER_KIND.FP;
  const effect = write ? register.effect : READ_EFFECTS.has(register.effect ?? '') ? register.effect : undefined;
  if (effect !== undefined) return REGISTER_KIND.CALL;
  if (register.el0Enable !== undefined) return write ? REGISTER_KIND.CALL : REGISTER_KIND.ENABLED;
  return register.el0.includes(letter) ? REGISTER_KIND.ANY : REGISTER_KIND.PRIVILEGED;
}

export const BRANCHES: readonly Instruction[] = [...jumps, ...exceptions, ...system].map(instruction);
