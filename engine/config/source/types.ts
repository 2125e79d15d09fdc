// C types as far as configurations need them: integers, arrays, structures and unions with bit-fields, pointers for offset
// tricks. Sizes and placement as gcc does them for the targets (System V ABI, AAPCS: "PCC" bit-fields).
import type { Target } from './target.ts';

export interface IntegerType {
  kind: 'integer';
  name: string;
  /** Bytes. */
  size: 1 | 2 | 4 | 8;
  align: number;
  signed: boolean;
  /** Conversion rank (C17 6.3.1.1): 0 bool, 1 char, 2 short, 3 int, 4 long, 5 long long. */
  rank: number;
}
export interface PointerType {
  kind: 'pointer';
  to: CType;
  size: number;
  align: number;
}
export interface ArrayType {
  kind: 'array';
  element: CType;
  /** Null: a flexible array member, or `[]`. */
  count: number | null;
  size: number;
  align: number;
}
export interface RecordType {
  kind: 'record';
  union: boolean;
  /** Empty for anonymous ones. */
  tag: string;
  members: Member[];
  size: number;
  align: number;
  complete: boolean;
}
export interface VoidType {
  kind: 'void';
  size: 1;
  align: 1;
}
export type CType = IntegerType | PointerType | ArrayType | RecordType | VoidType;

export interface Member {
  /** Empty for an anonymous structure or union, and for padding bit-fields. */
  name: string;
  type: CType;
  /** Bytes from the start of the record. */
  offset: number;
  /** Bits from `offset` on, little endian. */
  bits: { shift: number; width: number } | null;
  /** Where the source declares it: first token of the declaration, and the `;` or `,` behind it. */
  tokens?: { first: number; last: number };
}

export const VOID: VoidType = { kind: 'void', size: 1, align: 1 };

const integer = (name: string, size: IntegerType['size'], signed: boolean, rank: number): IntegerType => ({
  kind: 'integer',
  name,
  size,
  align: size,
  signed,
  rank,
});

export interface IntegerTypes {
  bool: IntegerType;
  char: IntegerType;
  schar: IntegerType;
  uchar: IntegerType;
  short: IntegerType;
  ushort: IntegerType;
  int: IntegerType;
  uint: IntegerType;
  long: IntegerType;
  ulong: IntegerType;
  llong: IntegerType;
  ullong: IntegerType;
}

const integerTypes = ({ wordSize, charSigned }: Pick<Target, 'wordSize' | 'charSigned'>): IntegerTypes => ({
  bool: integer('_Bool', 1, false, 0),
  char: integer('char', 1, charSigned, 1),
  schar: integer('signed char', 1, true, 1),
  uchar: integer('unsigned char', 1, false, 1),
  short: integer('short', 2, true, 2),
  ushort: integer('unsigned short', 2, false, 2),
  int: integer('int', 4, true, 3),
  uint: integer('unsigned int', 4, false, 3),
  long: integer('long', wordSize, true, 4),
  ulong: integer('unsigned long', wordSize, false, 4),
  llong: integer('long long', 8, true, 5),
  ullong: integer('unsigned long long', 8, false, 5),
});
const perTarget = new Map<string, IntegerTypes>();
export function integersOf(target: Target): IntegerTypes {
  const key = `${target.wordSize}${target.charSigned}`;
  let types = perTarget.get(key);
  if (!types) perTarget.set(key, (types = integerTypes(target)));
  return types;
}

export const pointerTo = (to: CType, target: Target): PointerType => ({
  kind: 'pointer',
  to,
  size: target.wordSize,
  align: target.wordSize,
});

export const arrayOf = (element: CType, count: number | null): ArrayType => ({
  kind: 'array',
  element,
  count,
  size: element.size * (count ?? 0),
  align: element.align,
});

/** Keeps the low bits that a type has room for, and its sign. */
export const wrap = (type: IntegerType, value: bigint): bigint =>
  type.name === '_Bool'
    ? value === 0n
      ? 0n
      : 1n
    : type.signed
      ? BigInt.asIntN(type.size * 8, value)
      : BigInt.asUintN(type.size * 8, value);

/** What a declaration says of a member, before it has a place. */
export interface MemberDeclaration {
  name: string;
  type: CType;
  bitWidth: number | null;
  packed: boolean;
  /** From an aligned attribute; 0: none. */
  aligned: number;
  tokens?: { first: number; last: number };
}

export interface RecordAttributes {
  packed: boolean;
  aligned: number;
  /** From #pragma pack; 0: none. */
  pack: number;
}

const alignUp = (value: number, align: number): number => Math.ceil(value / align) * align;

/** Places the members of a record (gcc's rules) and completes it. */
export function layOut(
  record: RecordType,
  declarations: readonly MemberDeclaration[],
  attributes: RecordAttributes,
): void {
  let end = 0; // in bits
  let largest = 0;
  let align = 1;
  record.members = [];
  for (const { name, type, bitWidth, packed: memberPacked, aligned, tokens } of declarations) {
    const declared = tokens ? { tokens } : {};
    const packed = attributes.packed || memberPacked;
    let natural = packed ? 1 : type.align;
    if (attributes.pack > 0) natural = Math.min(natural, attributes.pack);
    natural = Math.max(natural, aligned);
    const from = record.union ? 0 : end;
    let start: number;
    if (bitWidth === null) {
      start = alignUp(from, natural * 8);
      record.members.push({ name, type, offset: start / 8, bits: null, ...declared });
      end = start + type.size * 8;
      align = Math.max(align, natural);
    } else if (bitWidth === 0) {
      end = alignUp(from, type.align * 8);
      continue;
    } else {
      const unit = type.size * 8;
      const crosses = Math.floor(from / unit) !== Math.floor((from + bitWidth - 1) / unit);
      start = aligned > 0 || (!packed && crosses) ? alignUp(from, natural * 8) : from;
      record.members.push({ name, type, offset: start >> 3, bits: { shift: start & 7, width: bitWidth }, ...declared });
      end = start + bitWidth;
      if (name !== '') align = Math.max(align, natural);
    }
    largest = Math.max(largest, end);
  }
  record.align = Math.max(align, attributes.aligned);
  record.size = alignUp(Math.ceil((record.union ? largest : end) / 8), record.align);
  record.complete = true;
}

/** A member by name, also through anonymous records; the offset is from the outer record's start. */
export function findMember(record: RecordType, name: string): { member: Member; offset: number } | null {
  for (const member of record.members) {
    if (member.name === name) return { member, offset: member.offset };
    if (member.name === '' && member.type.kind === 'record') {
      const inner = findMember(member.type, name);
      if (inner) return { member: inner.member, offset: member.offset + inner.offset };
    }
  }
  return null;
}

export function typeName(type: CType): string {
  switch (type.kind) {
    case 'integer':
      return type.name;
    case 'void':
      return 'void';
    case 'pointer':
      return `${typeName(type.to)} *`;
    case 'array':
      return `${typeName(type.element)}[${type.count ?? ''}]`;
    case 'record':
      return `${type.union ? 'union' : 'struct'}${type.tag && ` ${type.tag}`}`;
  }
}

export const isByteArray = (type: CType): type is ArrayType =>
  type.kind === 'array' && type.element.kind === 'integer' && type.element.rank === 1;
