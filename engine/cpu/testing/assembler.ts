// A small assembler over the instruction table: enough to write the oracle's harness, with labels.
import { INSTRUCTION_BY_NAME } from '../aarch64/table/index.ts';
import { insertFields } from '../aarch64/table/pattern.ts';
import { SYSTEM_REGISTERS } from '../aarch64/system/registers.ts';

/** Encodes one instruction by entry name and fields. */
export function encode(name: string, fields: Readonly<Record<string, number>> = {}): number {
  const instruction = INSTRUCTION_BY_NAME.get(name);
  if (!instruction) throw new Error(`the instruction table has no "${name}"`);
  const all: Record<string, number> = {};
  for (const field of instruction.pattern.fields.keys()) all[field] = 0;
  return insertFields(instruction.pattern, { ...all, ...fields });
}

export const SP = 31;
export const XZR = 31;
export const NOP = 0xd503_201f;

const CONDITIONS = { eq: 0, ne: 1, hs: 2, lo: 3 } as const;

export class Assembler {
  readonly words: number[] = [];
  private readonly labels = new Map<string, number>();
  private readonly fixups: {
    at: number;
    label: string;
    field: string;
    name: string;
    fields: Record<string, number>;
  }[] = [];
  /** Address of the first word. */
  readonly base: number;

  constructor(base: number) {
    this.base = base;
  }

  get address(): number {
    return this.base + 4 * this.words.length;
  }

  label(name: string): void {
    this.labels.set(name, this.words.length);
  }

  addressOf(label: string): number {
    const index = this.labels.get(label);
    if (index === undefined) throw new Error(`no label ${label}`);
    return this.base + 4 * index;
  }

  emit(name: string, fields: Readonly<Record<string, number>> = {}): void {
    this.words.push(encode(name, fields));
  }

  word(value: number): void {
    this.words.push(value >>> 0);
  }

  private toLabel(name: string, label: string, field: string, fields: Record<string, number> = {}): void {
    this.fixups.push({ at: this.words.length, label, field, name, fields });
    this.words.push(0);
  }

  b(label: string): void {
    this.toLabel('B', label, 'imm26');
  }
  bl(label: string): void {
    this.toLabel('BL', label, 'imm26');
  }
  bcond(condition: keyof typeof CONDITIONS, label: string): void {
    this.toLabel('B.cond', label, 'imm19', { cond: CONDITIONS[condition] });
  }
  cbnz(register: number, label: string): void {
    this.toLabel('CBNZ', label, 'imm19', { sf: 1, Rt: register });
  }

  /** The address of a label. */
  adr(register: number, label: string): void {
    this.toLabel('ADR', label, 'immhi', { Rd: register });
  }

  /** A 64-bit constant in as many moves as it needs. */
  mov(register: number, value: number | bigint): void {
    const bits = BigInt.asUintN(64, BigInt(value));
    let first = true;
    for (let hw = 0; hw < 4; hw++) {
      const imm16 = Number((bits >> BigInt(16 * hw)) & 0xffffn);
      if (imm16 === 0 && !(first && hw === 3)) continue;
      this.emit(first ? 'MOVZ' : 'MOVK', { sf: 1, hw, imm16, Rd: register });
      first = false;
    }
  }
  ldr(rt: number, rn: number, offset = 0): void {
    this.emit('LDR Xt (unsigned offset)', { Rt: rt, Rn: rn, imm12: offset / 8 });
  }
  str(rt: number, rn: number, offset = 0): void {
    this.emit('STR Xt (unsigned offset)', { Rt: rt, Rn: rn, imm12: offset / 8 });
  }
  ldp(rt: number, rt2: number, rn: number, offset = 0): void {
    this.emit('LDP Xt (offset)', { Rt: rt, Rt2: rt2, Rn: rn, imm7: (offset / 8) & 127 });
  }
  stp(rt: number, rt2: number, rn: number, offset = 0): void {
    this.emit('STP Xt (offset)', { Rt: rt, Rt2: rt2, Rn: rn, imm7: (offset / 8) & 127 });
  }
  ldrq(rt: number, rn: number, offset = 0): void {
    this.emit('LDR Qt (unsigned offset)', { Rt: rt, Rn: rn, imm12: offset / 16 });
  }
  strq(rt: number, rn: number, offset = 0): void {
    this.emit('STR Qt (unsigned offset)', { Rt: rt, Rn: rn, imm12: offset / 16 });
  }
  add(rd: number, rn: number, imm12: number): void {
    this.emit('ADD (immediate)', { sf: 1, Rd: rd, Rn: rn, imm12 });
  }
  sub(rd: number, rn: number, imm12: number): void {
    this.emit('SUB (immediate)', { sf: 1, Rd: rd, Rn: rn, imm12 });
  }
  cmp(rn: number, rm: number): void {
    this.emit('SUBS (shifted register)', { sf: 1, Rd: XZR, Rn: rn, Rm: rm });
  }
  mrs(rt: number, register: string): void {
    this.emit('MRS', { ...systemFields(register), Rt: rt });
  }
  msr(register: string, rt: number): void {
    this.emit('MSR (register)', { ...systemFields(register), Rt: rt });
  }

  /** The code, with all labels filled in. */
  finish(): number[] {
    for (const { at, label, field, name, fields } of this.fixups) {
      const target = this.labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      const width = field === 'imm26' ? 26 : 19;
      this.words[at] = encode(name, { ...fields, [field]: (target - at) & (2 ** width - 1) });
    }
    return this.words;
  }
}

/** Encoding fields of a system register by name. */
export function systemFields(name: string): Record<string, number> {
  const register = SYSTEM_REGISTERS.find((candidate) => candidate.name === name);
  if (!register) throw new Error(`no system register ${name}`);
  const { key } = register;
  return {
    o0: (key >>> 14) & 1,
    op1: (key >>> 11) & 7,
    CRn: (key >>> 7) & 15,
    CRm: (key >>> 3) & 15,
    op2: key & 7,
  };
}
