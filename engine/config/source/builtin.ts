// What <jailhouse/types.h> and <jailhouse/cell-config.h> define, as facts: macros with their values, structures from the
// layout table, type names. Everything is there from the start; a file's own definitions take precedence.
import {
  ARM_PLATFORM_LAYOUT,
  CELL_NAME_SIZE,
  IOMMU_AMD_FIELDS,
  IOMMU_LAYOUT,
  IOMMU_PVU_FIELDS,
  MAX_IOMMU_UNITS,
  STRUCTURES,
  X86_PLATFORM_LAYOUT,
  type Field,
  type StructLayout,
} from '../layout.ts';
import { CONFIG_REVISION } from '../model.ts';
import {
  APIC_MODE_SYMBOLS,
  ARCHITECTURE_SYMBOLS,
  CACHE_FLAG_SYMBOLS,
  CACHE_TYPE_SYMBOLS,
  CELL_FLAG_SYMBOLS,
  CELL_SIGNATURE,
  CONSOLE_FLAG_SYMBOLS,
  CONSOLE_TYPE_SYMBOLS,
  IOMMU_TYPE_SYMBOLS,
  MEM_FLAG_SYMBOLS,
  PCI_CAP_FLAG_SYMBOLS,
  PCI_CAP_SYMBOLS,
  PCI_EXT_CAP,
  PCI_TYPE_SYMBOLS,
  SHMEM_PROTOCOL_SYMBOLS,
  SYSTEM_FLAG_SYMBOLS,
  SYSTEM_SIGNATURE,
  VIRTIO_DEVICE_SYMBOLS,
  type SymbolSet,
} from '../symbols.ts';
import { SourceFile } from './file.ts';
import { TOKEN, lex, type Token } from './lexer.ts';
import type { Macro } from './macros.ts';
import type { Target } from './target.ts';
import {
  arrayOf,
  integersOf,
  type CType,
  type IntegerType,
  type IntegerTypes,
  type Member,
  type RecordType,
} from './types.ts';

/** Headers that need not be found: what they define is here, or is not used by configurations. */
export const BUILTIN_HEADERS: readonly RegExp[] = [
  /(^|\/)jailhouse\/[\w.-]+\.h$/,
  /^(linux|asm|asm-generic|sys|bits)\/[\w./-]+\.h$/,
  /^(stdint|stddef|stdbool|inttypes|limits)\.h$/,
];

// ---------------------------------------------------------------------------------------------------------------- macros

const SETS: readonly SymbolSet[] = [
  ARCHITECTURE_SYMBOLS,
  SYSTEM_FLAG_SYMBOLS,
  CELL_FLAG_SYMBOLS,
  MEM_FLAG_SYMBOLS,
  CONSOLE_TYPE_SYMBOLS,
  CONSOLE_FLAG_SYMBOLS,
  IOMMU_TYPE_SYMBOLS,
  APIC_MODE_SYMBOLS,
  PCI_TYPE_SYMBOLS,
  CACHE_TYPE_SYMBOLS,
  CACHE_FLAG_SYMBOLS,
  PCI_CAP_FLAG_SYMBOLS,
  PCI_CAP_SYMBOLS,
  SHMEM_PROTOCOL_SYMBOLS,
  VIRTIO_DEVICE_SYMBOLS,
];

const barMask = (...masks: number[]): string =>
  `{ ${Array.from({ length: 6 }, (_, i) => `0x${(masks[i] ?? 0).toString(16).padStart(8, '0')}`).join(', ')} }`;

const netRegion = (offset: number, size: number, writer: number | null): string =>
  `{ .phys_start = (start) + ${offset}, .virt_start = (start) + ${offset}, .size = ${size}, .flags = ` +
  `JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED${writer === null ? '' : ` | (((dev_id) == ${writer}) ? JAILHOUSE_MEM_WRITE : 0)`} }`;

/** `NAME` or `NAME(parameters)`, and the text that it stands for. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['JAILHOUSE_CONFIG_REVISION', String(CONFIG_REVISION)],
  ['JAILHOUSE_SYSTEM_SIGNATURE', `"${SYSTEM_SIGNATURE}"`],
  ['JAILHOUSE_CELL_DESC_SIGNATURE', `"${CELL_SIGNATURE}"`],
  ['JAILHOUSE_CELL_NAME_MAXLEN', String(CELL_NAME_SIZE - 1)],
  ['JAILHOUSE_MAX_IOMMU_UNITS', String(MAX_IOMMU_UNITS)],
  ['JAILHOUSE_MEM_IO_WIDTH_SHIFT', '16'],
  ['JAILHOUSE_CON_ACCESS_PIO', '0x0000'],
  ['JAILHOUSE_CON_REGDIST_1', '0x0000'],
  ['JAILHOUSE_CON_FB_1024x768', '0x0000'],
  ['JAILHOUSE_PCI_EXT_CAP', `0x${PCI_EXT_CAP.toString(16)}`],
  ['JAILHOUSE_IOMMU_TI_PVU', 'JAILHOUSE_IOMMU_PVU'],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_INTX', barMask(0xfffff000)],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_MSIX', barMask(0xfffff000, 0xfffff000)],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_INTX_64K', barMask(0xffff0000)],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_MSIX_64K', barMask(0xffff0000, 0xffff0000)],
  [
    'JAILHOUSE_SHMEM_NET_REGIONS(start, dev_id)',
    [netRegion(0, 0x1000, null), '{ 0 }', netRegion(0x1000, 0x7f000, 0), netRegion(0x80000, 0x7f000, 1)].join(', '),
  ],
  ['PIO_RANGE(first, number)', '{ .base = first, .length = number }'],
  ['ARRAY_SIZE(array)', 'sizeof(array) / sizeof((array)[0])'],
  ['NULL', '((void *)0)'],
  ['true', '1'],
  ['false', '0'],
];

const HEADER = '<jailhouse/cell-config.h>';

/** A macro whose body is cut into tokens when it is first used. */
function macroFrom(header: string, definition: string, replacement: string): Macro {
  const [, name, parameters] = /^(\w+)(?:\((.*)\))?$/.exec(definition)!;
  let body: Token[] | undefined;
  return {
    name: name!,
    parameters: parameters === undefined ? null : parameters.split(', '),
    variadic: false,
    get body() {
      return (body ??= lex(new SourceFile(header, replacement)).filter(({ kind }) => kind !== TOKEN.END));
    },
  };
}

/** Every macro of the headers: `NAME` or `NAME(parameters)`, and its replacement. */
export const BUILTIN_DEFINITIONS: readonly (readonly [string, string])[] = [
  ...SETS.flatMap(({ symbols }) => symbols.map(([name, value]) => [name, `0x${value.toString(16)}`] as const)),
  ...OTHERS,
];

const predefined = new Map<Target, ReadonlyMap<string, Macro>>();
/** What is defined before the first line: by the compiler for the target, and by the headers. */
export function predefinedMacros(target: Target): ReadonlyMap<string, Macro> {
  let macros = predefined.get(target);
  if (!macros) {
    const all = [
      ...BUILTIN_DEFINITIONS.map(([definition, replacement]) => macroFrom(HEADER, definition, replacement)),
      ...Object.entries(target.macros).map(([name, value]) => macroFrom('<compiler>', name, value)),
    ];
    predefined.set(target, (macros = new Map(all.map((macro) => [macro.name, macro]))));
  }
  return macros;
}

// ----------------------------------------------------------------------------------------------------------------- types

/** Type names of <jailhouse/types.h>, <linux/types.h> and <stdint.h>. */
export function builtinTypeNames(types: IntegerTypes): Map<string, CType> {
  const widths: [number, IntegerType, IntegerType][] = [
    [8, types.uchar, types.schar],
    [16, types.ushort, types.short],
    [32, types.uint, types.int],
    [64, types.ullong, types.llong],
  ];
  const names = new Map<string, CType>();
  for (const [bits, unsigned, signed] of widths) {
    for (const name of [`u${bits}`, `__u${bits}`, `uint${bits}_t`, `__le${bits}`]) names.set(name, unsigned);
    for (const name of [`s${bits}`, `__s${bits}`, `int${bits}_t`]) names.set(name, signed);
  }
  for (const name of ['size_t', 'uintptr_t']) names.set(name, types.ulong);
  for (const name of ['ssize_t', 'intptr_t', 'ptrdiff_t']) names.set(name, types.long);
  names.set('bool', types.bool);
  return names;
}

const record = (tag: string, members: Member[], size: number, union = false): RecordType => ({
  kind: 'record',
  union,
  tag,
  members,
  size,
  align: 1,
  complete: true,
});
const member = (name: string, type: CType, offset: number): Member => ({ name, type, offset, bits: null });

/** The structures and unions of the configuration headers, by `struct TAG` or `union TAG`. All are packed. */
export function builtinRecords(types: IntegerTypes): Map<string, RecordType> {
  const records = new Map<string, RecordType>();
  const scalars = { u8: types.uchar, u16: types.ushort, u32: types.uint, u64: types.ullong };

  const fieldType = ({ type, width }: Field): CType => {
    switch (type.kind) {
      case 'scalar':
        return scalars[type.scalar];
      case 'scalars':
        return arrayOf(scalars[type.scalar], type.count);
      case 'text':
        return arrayOf(types.char, type.length);
      case 'bytes':
        return arrayOf(types.uchar, width);
      case 'struct':
        return structOf(type.layout);
      case 'structs':
        return arrayOf(structOf(type.layout), type.count);
      case 'count':
        return types.uint;
      case 'platform':
        return platformUnion();
    }
  };
  /** Members of a layout's fields; names with dots become nested structures, placed where their first member is. */
  const membersOf = (fields: readonly Field[], base: number): Member[] => {
    const members: Member[] = [];
    for (let i = 0; i < fields.length;) {
      const field = fields[i]!;
      const [head, ...rest] = field.c.split('.');
      const group = fields.filter(({ c }) => c.split('.')[0] === head);
      const last = group[group.length - 1]!;
      if (rest.length === 0 && group.length === 1) {
        if (field.type.kind === 'scalar' && field.type.bits)
          for (const { c, shift, width } of field.type.bits)
            members.push({ name: c, type: types.uchar, offset: field.offset - base, bits: { shift, width } });
        else if (field.key === 'specific') members.push(member('', iommuUnion(), field.offset - base));
        else if (field.key !== 'rest') members.push(member(head!, fieldType(field), field.offset - base));
      } else {
        const inner = group.map((f) => ({ ...f, c: f.c.split('.').slice(1).join('.') }));
        members.push(
          member(
            head!,
            record('', membersOf(inner, field.offset), last.offset + last.width - field.offset),
            field.offset - base,
          ),
        );
      }
      i += group.length;
    }
    return members;
  };
  const structOf = (layout: StructLayout): RecordType => {
    const known = records.get(`struct ${layout.c}`);
    if (known) return known;
    const made = record(layout.c, membersOf(layout.fields, 0), layout.size);
    records.set(`struct ${layout.c}`, made);
    return made;
  };
  const platformUnion = (): RecordType =>
    record(
      '',
      [X86_PLATFORM_LAYOUT, ARM_PLATFORM_LAYOUT].map((layout) =>
        member(layout.c, record('', membersOf(layout.fields, 0), layout.size), 0),
      ),
      ARM_PLATFORM_LAYOUT.size,
      true,
    );
  const iommuUnion = (): RecordType => {
    const start = IOMMU_AMD_FIELDS[0]!.offset;
    const parts = [IOMMU_AMD_FIELDS, IOMMU_PVU_FIELDS].flatMap((fields) => membersOf(fields, start));
    return record('', parts, IOMMU_LAYOUT.size - start, true);
  };

  for (const layout of STRUCTURES) structOf(layout);
  const mmu500 = record('', [member('id', types.ushort, 0), member('mask_out', types.ushort, 2)], 4);
  records.set(
    'union jailhouse_stream_id',
    record('jailhouse_stream_id', [member('id', types.uint, 0), member('mmu500', mmu500, 0)], 4, true),
  );
  return records;
}

const cachedRecords = new Map<IntegerTypes, ReadonlyMap<string, RecordType>>();
const cachedNames = new Map<IntegerTypes, ReadonlyMap<string, CType>>();
/** Type names and records for a target, made once. */
export function builtinTypes(target: Target): {
  names: ReadonlyMap<string, CType>;
  records: ReadonlyMap<string, RecordType>;
} {
  const types = integersOf(target);
  let records = cachedRecords.get(types);
  if (!records) cachedRecords.set(types, (records = builtinRecords(types)));
  let names = cachedNames.get(types);
  if (!names) cachedNames.set(types, (names = builtinTypeNames(types)));
  return { names, records };
}
