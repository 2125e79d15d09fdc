// Cryptographic extension: Arm ARM DDI 0487, C4.1 "Cryptographic AES", "Cryptographic two-register SHA", "Cryptographic
// three-register SHA", and the products of 64-bit polynomials.
import type { Feature, Instruction, InstructionEntry } from './instruction.ts';
import { instruction } from './instruction.ts';
import { d, m, n } from './simd-shapes.ts';

const aes = ['AESE', 'AESD', 'AESMC', 'AESIMC'].map((name, i): InstructionEntry => ({
  name,
  bits: `01001110 00 10100 ${(4 + i).toString(2).padStart(5, '0')} 10 Rn:5 Rd:5`,
  feature: 'AES',
  text: `${name.toLowerCase()} {v16bfull:Rd}, {v16bfull:Rn}`,
  operands: { d, n },
}));

const sha3 = (
  [
    ['SHA1C', 'SHA1', '{q:Rd}, {s:Rn}, {v4sfull:Rm}'],
    ['SHA1P', 'SHA1', '{q:Rd}, {s:Rn}, {v4sfull:Rm}'],
    ['SHA1M', 'SHA1', '{q:Rd}, {s:Rn}, {v4sfull:Rm}'],
    ['SHA1SU0', 'SHA1', '{v4sfull:Rd}, {v4sfull:Rn}, {v4sfull:Rm}'],
    ['SHA256H', 'SHA256', '{q:Rd}, {q:Rn}, {v4sfull:Rm}'],
    ['SHA256H2', 'SHA256', '{q:Rd}, {q:Rn}, {v4sfull:Rm}'],
    ['SHA256SU1', 'SHA256', '{v4sfull:Rd}, {v4sfull:Rn}, {v4sfull:Rm}'],
  ] as const
).map(([name, feature, text], i): InstructionEntry => ({
  name,
  bits: `01011110 00 0 Rm:5 0 ${i.toString(2).padStart(3, '0')} 00 Rn:5 Rd:5`,
  feature: feature satisfies Feature,
  text: `${name.toLowerCase()} ${text}`,
  operands: { d, n, m },
}));

const sha2 = (
  [
    ['SHA1H', 'SHA1', '{s:Rd}, {s:Rn}'],
    ['SHA1SU1', 'SHA1', '{v4sfull:Rd}, {v4sfull:Rn}'],
    ['SHA256SU0', 'SHA256', '{v4sfull:Rd}, {v4sfull:Rn}'],
  ] as const
).map(([name, feature, text], i): InstructionEntry => ({
  name,
  bits: `01011110 00 10100 ${i.toString(2).padStart(5, '0')} 10 Rn:5 Rd:5`,
  feature: feature satisfies Feature,
  text: `${name.toLowerCase()} ${text}`,
  operands: { d, n },
}));

const polynomial: InstructionEntry = {
  name: 'PMULL (64-bit)',
  bits: '0 Q 0 01110 11 1 Rm:5 1110 00 Rn:5 Rd:5',
  feature: 'PMULL',
  text: 'pmull{two:Q} {v1q:Rd}, {v1d:Rn}, {v1d:Rm}',
  statics: ['Q'],
  operands: { d, n, m },
};

export const CRYPTO: readonly Instruction[] = [...aes, ...sha3, ...sha2, polynomial].map(instruction);
