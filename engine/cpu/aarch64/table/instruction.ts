// What an entry of the instruction table says. The decoder, the disassembler, the encoder of the tests, the interpreter's
// handlers and the random program generator all read these entries; what an instruction does is in ../meaning.
import type { FieldCondition, Fields, Pattern } from './pattern.ts';
import { parsePattern } from './pattern.ts';

/** Extensions that a CPU model may lack (Arm ARM, A2.2 ff.); named as their FEAT_ identifiers without the prefix. */
export type Feature = 'base' | 'FP' | 'SIMD' | 'CRC32' | 'LSE' | 'PAN' | 'RDM' | 'AES' | 'PMULL' | 'SHA1' | 'SHA256';

/** A value that the handler finds in the decoded record. */
export type Operand =
  /**
   * General register: `source` 31 reads zero; `target` 31 is discarded, and reading it back gives no particular value.
   * With `sp`, 31 is the stack pointer. `plus` names the next register of a pair.
   */
  | { readonly kind: 'source' | 'target'; readonly field: string; readonly plus?: number; readonly sp?: true }
  /** SIMD&FP register, or the lane of one that starts at a byte offset; `plus` counts on modulo 32. */
  | {
      readonly kind: 'vector';
      readonly field: string;
      readonly plus?: number;
      readonly lane?: (f: Fields) => number;
    }
  /** Unsigned, 16 bits. */
  | { readonly kind: 'small'; readonly of: (f: Fields) => number }
  /** Signed, 32 bits. */
  | { readonly kind: 'imm32'; readonly of: (f: Fields) => number }
  /** 64 bits: low and high half. */
  | { readonly kind: 'imm64'; readonly of: (f: Fields) => readonly [number, number] }
  /** Branch target: byte distance from the instruction; the field counts words, with a sign. */
  | { readonly kind: 'branch'; readonly field: string; readonly of: (f: Fields) => number };

/**
 * Something that handlers are specialised on: a field as it stands, or a number under `count` made from fields. It may ask of
 * register fields whether they are 31, and of those in `registers` anything.
 */
export type Static =
  | string
  | {
      readonly name: string;
      readonly count: number;
      readonly of: (f: Fields) => number;
      readonly registers?: readonly string[];
    };

const GENERAL: ReadonlySet<Feature> = new Set<Feature>(['base', 'CRC32', 'LSE', 'PAN']);

/** True for instructions that CPACR_EL1.FPEN traps. */
export const usesFp = ({ feature }: Instruction): boolean => !GENERAL.has(feature);

export interface InstructionEntry {
  /** The manual's heading; unique. */
  readonly name: string;
  /** See pattern.ts. */
  readonly bits: string;
  readonly feature?: Feature;
  /** Assembler text; see disassemble.ts for the placeholders. */
  readonly text: string;
  /** Words of the pattern that are unallocated or belong to another entry. */
  readonly except?: readonly FieldCondition[];
  readonly statics?: readonly Static[];
  readonly operands?: Readonly<Record<string, Operand>>;
}

export interface Instruction extends InstructionEntry {
  readonly pattern: Pattern;
  readonly feature: Feature;
  readonly except: readonly FieldCondition[];
  readonly statics: readonly Static[];
  readonly operands: Readonly<Record<string, Operand>>;
}

export function instruction(entry: InstructionEntry): Instruction {
  return { feature: 'base', except: [], statics: [], operands: {}, ...entry, pattern: parsePattern(entry.bits) };
}

export const source = (field: string): Operand => ({ kind: 'source', field });
export const target = (field: string): Operand => ({ kind: 'target', field });
export const sourceSp = (field: string): Operand => ({ kind: 'source', field, sp: true });
export const targetSp = (field: string): Operand => ({ kind: 'target', field, sp: true });
export const vector = (field: string, plus = 0): Operand => ({ kind: 'vector', field, plus });
export const small = (of: (f: Fields) => number): Operand => ({ kind: 'small', of });
export const lane = (field: string, of: (f: Fields) => number): Operand => ({ kind: 'vector', field, lane: of });
export const imm32 = (of: (f: Fields) => number): Operand => ({ kind: 'imm32', of });
export const imm64 = (of: (f: Fields) => readonly [number, number]): Operand => ({ kind: 'imm64', of });
export const branch = (field: string, width: number): Operand => ({
  kind: 'branch',
  field,
  of: (f) => signed(f[field]!, width) * 4,
});

/** Sign-extends the low `width` bits. */
export const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

/** An unsigned 32-bit number or a small negative one as a pair. */
export const pair = (value: number): readonly [number, number] => [
  value | 0,
  value < 0 ? -1 : Math.floor(value / 2 ** 32),
];
