// What a configuration source promises beside its values: a packed structure, the descriptor first, the arrays in the order in
// which they are read, each counted by its own number. The compiler checks none of it; bytes that do not fit are read as
// something else. ABI reference, A.0, A.1, H (uncounted arrays).
import { CELL_LAYOUT, SYSTEM_LAYOUT, TRAILING_ARRAYS, type Trailing } from '../layout.ts';
import { cellOf } from '../codec.ts';
import type { Config } from '../model.ts';
import type { Token } from './lexer.ts';
import type { ConfigVariable } from './parser.ts';
import type { Warning } from './preprocessor.ts';
import type { CType, Member, RecordType } from './types.ts';

/** Which trailing array a member is meant to be, by its type; null for others. Numbers are the CPU set only right behind the descriptor. */
function arrayOfMember({ type, offset }: Member, head: CType): Trailing | null {
  if (type.kind !== 'array') return null;
  const { element } = type;
  if (element.kind === 'integer') return offset - head.size < element.align ? TRAILING_ARRAYS[0]! : null;
  if (element.kind !== 'record') return null;
  if (element.tag === 'jailhouse_stream_id') return TRAILING_ARRAYS.at(-1)!;
  return TRAILING_ARRAYS.find(({ layout }) => layout?.c === element.tag) ?? null;
}

const headOf = (type: CType): RecordType | null =>
  type.kind === 'record' &&
  !type.union &&
  type.members[0]?.type.kind === 'record' &&
  [SYSTEM_LAYOUT.c, CELL_LAYOUT.c].includes(type.members[0].type.tag)
    ? type
    : null;

/** Warnings about the structure of the variable, whatever its values. */
export function structureWarnings({ name, type }: ConfigVariable, tokens: readonly Token[]): Warning[] {
  const record = headOf(type);
  if (!record) return [];
  const warnings: Warning[] = [];
  let end = 0;
  let last: { member: Member; order: number } | null = null;
  for (const member of record.members) {
    const place = (member.tokens && tokens[member.tokens.first]) ?? name;
    if (member.offset > end)
      warnings.push({
        message:
          `The compiler puts ${member.offset - end} bytes of padding in front of \`${member.name}\`, which nothing reads over: ` +
          'write __attribute__((packed)) behind the structure.',
        place,
      });
    end = member.offset + member.type.size;
    const array = arrayOfMember(member, record.members[0]!.type);
    if (!array) continue;
    const order = TRAILING_ARRAYS.indexOf(array);
    if (last && order < last.order)
      warnings.push({
        message:
          `\`${member.name}\` (${array.title}) stands behind \`${last.member.name}\`, but it is read before it: the order is ` +
          `${TRAILING_ARRAYS.map(({ title }) => title).join(', ')}; move it.`,
        place,
      });
    last = { member, order };
  }
  return warnings;
}

/** Warnings about arrays that lie elsewhere than the counts say. */
export function countWarnings({ type, name }: ConfigVariable, tokens: readonly Token[], config: Config): Warning[] {
  const record = headOf(type);
  if (!record || structureWarnings({ name, type } as ConfigVariable, tokens).length > 0) return [];
  const cell = cellOf(config);
  const warnings: Warning[] = [];
  let offset = record.members[0]!.type.size;
  for (const { key, entrySize, title } of TRAILING_ARRAYS) {
    const member = record.members.find((candidate) => arrayOfMember(candidate, record.members[0]!.type)?.key === key);
    const count = cell[key].length;
    const size = count * entrySize;
    if (member && member.offset !== offset && count > 0) {
      const place = (member.tokens && tokens[member.tokens.first]) ?? name;
      warnings.push({
        message:
          `\`${member.name}\` begins at byte ${member.offset}, but the counts of the arrays in front of it say that the ${title} begin ` +
          `at ${offset}: count every array with ARRAY_SIZE (the CPU set with sizeof).`,
        place,
      });
      return warnings;
    }
    offset += size;
  }
  return warnings;
}
