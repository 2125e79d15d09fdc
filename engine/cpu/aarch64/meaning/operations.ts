// The operations that the meanings of instructions are written in. A meaning is run once per generated piece of code, with
// a backend that writes WebAssembly: the interpreter's backend takes operands from the decoded record at run time, a
// translator's backend puts the decoded instruction's constants there. Values are expression trees; `keep` one before
// using it twice. Registers are read when asked, so read them before writing any.
import type { FloatService } from '../../float/services.ts';
import type { Expression, In32, In64, X32, X64, XF32, XF64, XV } from '../../wasm/expression.ts';
import type { FlagSetter } from './flags.ts';

/** Numbers that the meaning is specialised on: the entry's statics. */
export type Statics = Readonly<Record<string, number>>;

/** A 32- or 64-bit value; which of the two is up to the Width at hand. */
export type Word = Expression;

/** Arithmetic of one register width, so that a meaning is written once for W and X forms. */
export interface Width {
  readonly bits: 32 | 64;
  /** Reads a register operand. */
  read(operand: string): Word;
  /** Writes a register operand; 32-bit values are zero-extended. */
  write(operand: string, value: Word): void;
  /** An immediate operand in this width. */
  immediate(operand: string): Word;
  const(value: number | bigint): Word;
  add(a: Word, b: Word): Word;
  sub(a: Word, b: Word): Word;
  mul(a: Word, b: Word): Word;
  divS(a: Word, b: Word): Word;
  divU(a: Word, b: Word): Word;
  and(a: Word, b: Word): Word;
  or(a: Word, b: Word): Word;
  xor(a: Word, b: Word): Word;
  not(a: Word): Word;
  /** Shift amounts are taken modulo the width. */
  shl(a: Word, amount: Word): Word;
  shrS(a: Word, amount: Word): Word;
  shrU(a: Word, amount: Word): Word;
  rotr(a: Word, amount: Word): Word;
  clz(a: Word): Word;
  eqz(a: Word): X32;
  eq(a: Word, b: Word): X32;
  ltS(a: Word, b: Word): X32;
  ltU(a: Word, b: Word): X32;
  geU(a: Word, b: Word): X32;
  select(condition: X32, a: Word, b: Word): Word;
  /** Sign-extends to 64 bits. */
  extendS(a: Word): X64;
  /** Widens a 0/1 condition. */
  fromBool(a: X32): Word;
}

/** What kind of access a load or store is; generated code and fault reports depend on it. */
export interface Access {
  /** log2 of the bytes, 0 to 3. */
  readonly scale: number;
  /** Loads: sign extension to 32 or 64 bits (the result is then zero-extended to 64). */
  readonly extend?: 32 | 64;
  /** As EL0 would do it (LDTR, STTR). */
  readonly unprivileged?: true;
  /** Acquire, release, exclusive or atomic: must be aligned. */
  readonly ordered?: true;
  /** First half of an exclusive or atomic pair: must be aligned to both halves. */
  readonly pair?: boolean;
  /** A block that DC ZVA clears. */
  readonly block?: true;
  /** log2 of the bytes of the elements that the access has several of: it is aligned if they are. */
  readonly element?: number;
  /** The stage 2 syndrome is valid: one general register, no writeback, not exclusive (D17.2.37 ISV). */
  readonly syndrome?: true;
  /** The register is 64 bits wide (ISS.SF). */
  readonly wide?: boolean;
}

/** Memory of a structure access; offsets are from its start. What is moved at once may be several elements. */
export interface Elements {
  load(offset: number, scale: number, element: number): X64;
  store(offset: number, scale: number, value: X64, element: number): void;
}

/** A condition that is looked at only where something cheaper, nonzero for true, does not settle it. */
export interface Otherwise {
  readonly unless: X32;
  readonly holds: () => X32;
}
export type Condition = X32 | Otherwise;

export interface Operations {
  readonly w: Width;
  readonly x: Width;
  /** Width by the `sf` field. */
  width(sf: number): Width;

  /** Evaluates an expression now, once. */
  keep<E extends Expression>(value: E): E;
  /** A register as a memory base; `stack`: it is SP and must be 16-byte aligned where that is checked. */
  base(operand: string, stack: number | undefined): X64;
  immediate32(operand: string): X32;
  immediate64(operand: string): X64;

  /** N and Z from the sign and zeroness of 64-bit values, V from the sign of one, C a 0/1 word. */
  setFlags(n: X64, z: X64, c: In32, v: In64): void;
  /** The result of a + b, a - b or, of a logical operation, a; sets the flags by it. */
  resultWithFlags(setter: FlagSetter, w: Width, a: Word, b: Word): Word;
  /** From the low four bits N:Z:C:V. */
  setFlagsFrom(nzcv: X32): void;
  carry(): X32;
  /** 1 if the condition code (4 bits) holds. */
  condition(code: number): X32;

  /** Address of the instruction. */
  pc(): X64;
  /** X30 = return address. */
  link(): void;
  /** To the instruction's branch operand. */
  branch(operand: string): void;
  branchIf(condition: X32, operand: string): void;
  /** To an address. */
  jump(target: X64): void;

  if(condition: X32, then: () => void, otherwise?: () => void): void;

  /** Faults unless the address may be written, before anything is read or written there. */
  probe(address: X64, access: Access): void;
  /** Zero-extended to 64 bits after the extension that the access asks for. */
  load(address: X64, access: Access): X64;
  store(address: X64, value: X64, access: Access): void;
  /** Two registers side by side, each its own access of the architecture. */
  loadPair(address: X64, access: Access): readonly [X64, X64];
  /**
   * As loadPair for SIMD&FP registers, each written as soon as it is loaded. Scale 4 loads vectors, less the low part.
   */
  loadVectorPair(address: X64, scale: number, targets: readonly [string, string]): void;
  storePair(address: X64, first: X64, second: X64, access: Access): void;
  loadVector(address: X64): XV;
  storeVector(address: X64, value: XV): void;
  storeVectorPair(address: X64, first: XV, second: XV): void;

  /**
   * Runs `body` over `bytes` of memory from an address on, element by element. What it does first must not spoil doing all
   * of it again: where one translation serves the whole range it runs once, else each access is checked by itself.
   */
  structure(address: X64, bytes: number, write: boolean, body: (memory: Elements) => void): void;

  /** Element of a vector register, zero-extended; `offset` is its byte in the register. */
  readLane(operand: string, scale: number, offset?: number): X64;
  writeLane(operand: string, scale: number, value: X64, offset?: number): void;
  /** Writes 16 bytes, or 8 and clears the upper half. */
  writeVectorSized(operand: string, q: number, value: XV): void;
  clearUpper(operand: string): void;
  readVector(operand: string): XV;
  writeVector(operand: string, value: XV): void;
  /** Low 64 bits; writing clears the upper half. */
  readVectorLow(operand: string): X64;
  writeVectorLow(operand: string, value: X64): void;

  /** Low 32 or 64 bits of a vector register as a number; writing clears the rest of the register. */
  readFloat32(operand: string): XF32;
  readFloat64(operand: string): XF64;
  writeFloat32(operand: string, value: XF32): void;
  writeFloat64(operand: string, value: XF64): void;
  /** FPCR and FPSR. */
  fpControl(): X32;
  fpStatus(): X32;
  /** Sets exception bits in FPSR. */
  raiseFp(flags: In32): void;
  /**
   * Runs `fast` if all conditions hold, as they nearly always do; else `slow`, or the whole instruction again somewhere
   * else. Nothing may have been written before.
   */
  prefer(conditions: readonly Condition[], fast: () => void, slow: () => void): void;
  /** Calls a floating-point service: exact for all operands and modes, with all exceptions. Only within `slow`, or cold. */
  callFloat(service: FloatService, ...values: Expression[]): Expression;

  /** UNDEFINED at EL0. */
  requireEl1(): void;
  /** UNDEFINED unless SP_EL1 is in use: SP_EL0 has a name only then. */
  requireOtherStack(): void;
  /** Traps where CPACR_EL1 says so of what uses the SIMD&FP registers; instructions of those need not ask. */
  requireFp(): void;
  /** Traps at EL0 unless SCTLR_EL1.UMA allows the interrupt masks. */
  requireDaif(): void;
  /** Traps at EL0 unless SCTLR_EL1.DZE allows DC ZVA. */
  requireZeroing(): void;
  /** System register held in the state at the byte offset that the operand holds. */
  readSlot(operand: string): X64;
  writeSlot(operand: string, value: X64, mask: X64): void;
  /** As readSlot, but at EL0 by the host side, which knows the enabling bits. */
  readEnabledSlot(operand: string, key: X32): X64;
  /** D, A, I, F in bits 9:6. */
  readDaif(): X32;
  /** Changes bits of PSTATE in their SPSR positions (not NZCV, EL and SP); interrupts may be taken then. */
  changePstate(set: X32, clear: X32): void;

  /** Does nothing more: for hints and barriers. */
  nothing(): void;
}

export type Meaning<O = Operations> = (o: O, s: Statics) => void;
