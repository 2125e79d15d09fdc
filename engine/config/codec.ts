// `.cell` files: bytes to model and back, exact inverses for every byte of a file. Walks the tables of layout.ts.
// Source: ABI reference, A.0-A.11. All numbers little endian, structures packed, arrays contiguous behind the descriptor.
import { ConfigError } from './errors.ts';
import {
  CELL_LAYOUT,
  CELL_SIZE_MAX,
  FILE_SIZE_MAX,
  IOMMU_AMD_FIELDS,
  IOMMU_LAYOUT,
  IOMMU_PVU_FIELDS,
  MMCONFIG_BUS_SIZE,
  SCALAR_WIDTH,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  platformLayout,
  type Field,
  type Scalar,
  type StructLayout,
  type TrailingKey,
} from './layout.ts';
import {
  ARCHITECTURES,
  CONFIG_REVISION,
  IOMMU_TYPE,
  type Architecture,
  type CellConfig,
  type Config,
  type IommuUnit,
  type Irqchip,
  type SystemConfig,
} from './model.ts';
import { CELL_SIGNATURE, SYSTEM_SIGNATURE } from './symbols.ts';

type ModelObject = Record<string, unknown>;
type Counts = Record<TrailingKey, number>;

export interface Decoded {
  config: Config;
  /** Bytes that descriptor and arrays take: what the driver copies. */
  size: number;
  /** Bytes of the file behind that; harmless, normally none. */
  trailing: Uint8Array;
}

/**
 * Reads a `.cell` file. Never throws: what is wrong comes back as a ConfigError that names it.
 * @param expected refuse the other kind
 * @param name how sentences call the file
 */
export function decode(bytes: Uint8Array, expected?: Config['kind'], name = 'The file'): Decoded | ConfigError {
  const kind = kindOf(bytes);
  const wanted = expected ? SIGNATURE_OF[expected] : 'JHSYS or JHCLL';
  if (kind === undefined || (expected && kind !== expected)) {
    if (bytes.length < 5) return truncated(name, bytes.length, expected === 'system' ? SYSTEM_LAYOUT : CELL_LAYOUT);
    const what = expected ? `not a ${expected} configuration` : 'not a Jailhouse configuration';
    const advice =
      kind === 'cell'
        ? 'It is a cell configuration: give the system configuration here.'
        : kind === 'system'
          ? 'It is a system configuration: give the configuration of a cell here.'
          : 'Give a .cell file that was built from a configuration source.';
    return new ConfigError(
      'signature',
      `${name} is ${what}: it begins with ${quoted(latin1(bytes, 0, 5))}, expected ${wanted}. ${advice}`,
      { offset: 0 },
    );
  }
  const layout = kind === 'system' ? SYSTEM_LAYOUT : CELL_LAYOUT;
  if (bytes.length < 8) return truncated(name, bytes.length, layout);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const revision = view.getUint16(6, true);
  if (revision !== CONFIG_REVISION)
    return new ConfigError(
      'revision',
      `${name} has configuration revision ${revision} at offset 6, expected ${CONFIG_REVISION}. ` +
        'Rebuild it from its source for Jailhouse v0.12.',
      { offset: 6 },
    );
  const architecture = view.getUint8(5);
  if (architecture >= ARCHITECTURES.length)
    return new ConfigError(
      'architecture',
      `${name} has architecture byte ${architecture} at offset 5, expected 0 (x86), 1 (arm) or 2 (arm64). ` +
        'Set .architecture in its source and rebuild it.',
      { offset: 5 },
    );
  if (bytes.length < layout.size) return truncated(name, bytes.length, layout);
  if (bytes.length > FILE_SIZE_MAX)
    return new ConfigError(
      'oversized',
      `${name} has ${bytes.length} bytes; no configuration is larger than ${FILE_SIZE_MAX}. ` +
        'Check that it is the .cell file and not a disk image or an inmate.',
      { offset: FILE_SIZE_MAX },
    );

  const cellAt = kind === 'system' ? SYSTEM_LAYOUT.size - CELL_LAYOUT.size : 0;
  const counts = readCounts(view, cellAt);
  const problem = checkCounts(name, counts, cellAt, bytes.length, kind);
  if (problem) return problem;

  const size = layout.size + trailingSize(counts);
  const config: Config =
    kind === 'system'
      ? { kind, system: readStruct(view, SYSTEM_LAYOUT, 0, counts) as unknown as SystemConfig }
      : { kind, cell: readCell(view, 0, counts) };
  return { config, size, trailing: bytes.slice(size) };
}

const SIGNATURE_OF = { system: SYSTEM_SIGNATURE, cell: CELL_SIGNATURE } as const;

/** Which kind the first five bytes say the file is. */
export function kindOf(bytes: Uint8Array): Config['kind'] | undefined {
  const signature = bytes.length >= 5 ? latin1(bytes, 0, 5) : '';
  return signature === SYSTEM_SIGNATURE ? 'system' : signature === CELL_SIGNATURE ? 'cell' : undefined;
}

function truncated(name: string, length: number, layout: StructLayout): ConfigError {
  const field = layout.fields.findLast((f) => f.offset <= length);
  const at = field ? `, in or before ${field.c} at offset ${field.offset}` : '';
  return new ConfigError(
    'truncated',
    `${name} ends after ${length} bytes, inside the ${layout.title} of ${layout.size} bytes${at}. ` +
      'It was cut short: copy it again or rebuild it from its source.',
    { offset: length },
  );
}

const COUNT_FIELDS = CELL_LAYOUT.fields.flatMap((field) =>
  field.type.kind === 'count' ? [{ field, of: field.type.of }] : [],
);

function readCounts(view: DataView, cellAt: number): Counts {
  const counts = {} as Counts;
  for (const { field, of } of COUNT_FIELDS) counts[of] = view.getUint32(cellAt + field.offset, true);
  return counts;
}

const trailingSize = (counts: Counts): number =>
  TRAILING_ARRAYS.reduce((sum, { key, entrySize }) => sum + counts[key] * entrySize, 0);

function checkCounts(
  name: string,
  counts: Counts,
  cellAt: number,
  length: number,
  kind: Config['kind'],
): ConfigError | undefined {
  let end = cellAt + CELL_LAYOUT.size;
  for (const { key, entrySize, title } of TRAILING_ARRAYS) {
    const field = COUNT_FIELDS.find(({ of }) => of === key)!.field;
    const start = end;
    end += counts[key] * entrySize;
    if (end > length)
      return new ConfigError(
        'counts',
        `${name} declares ${counts[key]} ${key === 'cpuSet' ? 'bytes of CPU set' : title} (${field.c} at offset ` +
          `${cellAt + field.offset}): they would take bytes ${start} to ${end}, and the file ends at ${length}. ` +
          'It was cut short, or the count is wrong: rebuild it from its source.',
        { offset: cellAt + field.offset },
      );
  }
  if (kind === 'cell' && end > CELL_SIZE_MAX)
    return new ConfigError(
      'cell-too-large',
      `${name} describes a cell of ${end} bytes; the hypervisor reads at most ${CELL_SIZE_MAX} (16 pages). ` +
        'Merge memory regions, or drop PCI capabilities and PIO regions that the cell does not need.',
      { offset: cellAt },
    );
  return undefined;
}

function readCell(view: DataView, at: number, counts: Counts): CellConfig {
  const cell = readStruct(view, CELL_LAYOUT, at, counts);
  let offset = at + CELL_LAYOUT.size;
  for (const { key, entrySize, layout } of TRAILING_ARRAYS) {
    const n = counts[key];
    if (key === 'cpuSet') cell[key] = rawBytes(view, offset, n);
    else if (layout === null) cell[key] = Array.from({ length: n }, (_, i) => view.getUint32(offset + 4 * i, true));
    else cell[key] = Array.from({ length: n }, (_, i) => readStruct(view, layout, offset + entrySize * i, counts));
    offset += n * entrySize;
  }
  return cell as unknown as CellConfig;
}

function readStruct(view: DataView, layout: StructLayout, base: number, counts: Counts): ModelObject {
  const object: ModelObject = {};
  for (const field of layout.fields) {
    const at = base + field.offset;
    const { type } = field;
    switch (type.kind) {
      case 'scalar':
        object[field.key] = readScalar(view, at, type.scalar);
        break;
      case 'scalars':
        object[field.key] = Array.from({ length: type.count }, (_, i) =>
          readScalar(view, at + i * SCALAR_WIDTH[type.scalar], type.scalar),
        );
        break;
      case 'text':
        object[field.key] = readText(view, at, type.length);
        break;
      case 'bytes':
        object[field.key] = rawBytes(view, at, type.length);
        break;
      case 'struct':
        object[field.key] =
          type.layout === CELL_LAYOUT ? readCell(view, at, counts) : readStruct(view, type.layout, at, counts);
        break;
      case 'structs':
        object[field.key] = Array.from({ length: type.count }, (_, i) =>
          readStruct(view, type.layout, at + i * type.layout.size, counts),
        );
        break;
      case 'platform': {
        const architecture = object['architecture'] as number;
        const platform = readStruct(view, platformLayout(architecture), at, counts);
        object[field.key] = { kind: architecture === 0 ? 'x86' : 'arm', ...platform };
        break;
      }
      case 'count':
        break;
    }
  }
  return object;
}

function readScalar(view: DataView, at: number, scalar: Scalar): number | bigint {
  switch (scalar) {
    case 'u8':
      return view.getUint8(at);
    case 'u16':
      return view.getUint16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 'u64':
      return view.getBigUint64(at, true);
  }
}

const rawBytes = (view: DataView, at: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + at, length).slice();

function readText(view: DataView, at: number, length: number): string {
  let end = length;
  while (end > 0 && view.getUint8(at + end - 1) === 0) end--;
  let text = '';
  for (let i = 0; i < end; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}

/** In quotes, everything that is not printable ASCII as an escape. */
const quoted = (text: string): string =>
  `"${text.replace(/[^ -~]|["\\]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

// --------------------------------------------------------------------------------------------------------------- encode

/**
 * Writes a configuration as the bytes of its `.cell` file; the inverse of decode().
 * @throws ConfigError with code `value` when a field of the model does not fit its place; the message names it
 */
export function encode(config: Config, trailing: Uint8Array = new Uint8Array()): Uint8Array {
  const size = configSize(config);
  const bytes = new Uint8Array(size + trailing.length);
  const view = new DataView(bytes.buffer);
  if (config.kind === 'system') writeStruct(view, SYSTEM_LAYOUT, 0, config.system as unknown as ModelObject, '');
  else writeCell(view, 0, config.cell as unknown as ModelObject, '');
  bytes.set(trailing, size);
  return bytes;
}

function writeCell(view: DataView, at: number, cell: ModelObject, path: string): void {
  writeStruct(view, CELL_LAYOUT, at, cell, path);
  let offset = at + CELL_LAYOUT.size;
  for (const { key, entrySize, layout } of TRAILING_ARRAYS) {
    const entries = cell[key] as ArrayLike<unknown>;
    for (let i = 0; i < entries.length; i++) {
      const entryPath = `${path}${key}[${i}]`;
      if (layout) writeStruct(view, layout, offset, entries[i] as ModelObject, `${entryPath}.`);
      else writeScalar(view, offset, key === 'cpuSet' ? 'u8' : 'u32', entries[i], entryPath);
      offset += entrySize;
    }
  }
}

function writeStruct(view: DataView, layout: StructLayout, base: number, object: ModelObject, path: string): void {
  for (const field of layout.fields) {
    const at = base + field.offset;
    const value = object[field.key];
    const here = path + field.key;
    const { type } = field;
    switch (type.kind) {
      case 'scalar':
        writeScalar(view, at, type.scalar, value, here);
        break;
      case 'scalars':
        requireLength(value as ArrayLike<unknown>, type.count, here);
        for (let i = 0; i < type.count; i++)
          writeScalar(view, at + i * SCALAR_WIDTH[type.scalar], type.scalar, (value as number[])[i], `${here}[${i}]`);
        break;
      case 'text':
        writeText(view, at, type.length, value as string, here);
        break;
      case 'bytes':
        requireLength(value as Uint8Array, type.length, here);
        (value as Uint8Array).forEach((byte, i) => view.setUint8(at + i, byte));
        break;
      case 'struct':
        if (type.layout === CELL_LAYOUT) writeCell(view, at, value as ModelObject, `${here}.`);
        else writeStruct(view, type.layout, at, value as ModelObject, `${here}.`);
        break;
      case 'structs':
        requireLength(value as ModelObject[], type.count, here);
        (value as ModelObject[]).forEach((entry, i) =>
          writeStruct(view, type.layout, at + i * type.layout.size, entry, `${here}[${i}].`),
        );
        break;
      case 'platform':
        writePlatform(view, field, at, object);
        break;
      case 'count':
        writeScalar(view, at, 'u32', (value as ArrayLike<unknown>).length, here);
        break;
    }
  }
}

function writePlatform(view: DataView, field: Field, at: number, system: ModelObject): void {
  const platform = system[field.key] as ModelObject;
  const architecture = system['architecture'] as number;
  const kind = architecture === 0 ? 'x86' : 'arm';
  if (platform['kind'] !== kind)
    throw new ConfigError(
      'value',
      `The platform part is that of ${String(platform['kind'])}, but architecture byte ${architecture} asks for that of ` +
        `${kind}. Change both together.`,
      { offset: at },
    );
  writeStruct(view, platformLayout(architecture), at, platform, `${field.key}.`);
}

const SCALAR_MAX: Record<Scalar, bigint> = { u8: 0xffn, u16: 0xffffn, u32: 0xffffffffn, u64: 0xffffffffffffffffn };

function writeScalar(view: DataView, at: number, scalar: Scalar, value: unknown, path: string): void {
  if (scalar === 'u64') {
    if (typeof value !== 'bigint' || value < 0n || value > SCALAR_MAX.u64) throw unfit(path, value, scalar, at);
    view.setBigUint64(at, value, true);
    return;
  }
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > Number(SCALAR_MAX[scalar]))
    throw unfit(path, value, scalar, at);
  if (scalar === 'u8') view.setUint8(at, value as number);
  else if (scalar === 'u16') view.setUint16(at, value as number, true);
  else view.setUint32(at, value as number, true);
}

const unfit = (path: string, value: unknown, scalar: Scalar, offset: number): ConfigError =>
  new ConfigError(
    'value',
    `${path} is ${String(value)}; expected a whole number from 0 to 0x${SCALAR_MAX[scalar].toString(16)} (${scalar}).`,
    { offset },
  );

function requireLength(value: ArrayLike<unknown>, length: number, path: string): void {
  if (value.length !== length)
    throw new ConfigError('value', `${path} has ${value.length} entries; expected exactly ${length}.`);
}

function writeText(view: DataView, at: number, length: number, text: string, path: string): void {
  if (text.length > length)
    throw new ConfigError(
      'value',
      `${path} ${quoted(text)} has ${text.length} characters; there is room for ${length}. Shorten it.`,
      { offset: at },
    );
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff)
      throw new ConfigError(
        'value',
        `${path} ${quoted(text)} has a character outside Latin-1 at position ${i + 1}. Use plain ASCII.`,
        { offset: at + i },
      );
    view.setUint8(at + i, code);
  }
}

// -------------------------------------------------------------------------------------------------------------- readings

/** The cell descriptor of either kind: a cell's own, or the root cell of a system. */
export const cellOf = (config: Config): CellConfig => (config.kind === 'system' ? config.system.rootCell : config.cell);

/** Bytes that a cell's descriptor and arrays take. */
export const cellSize = (cell: CellConfig): number =>
  TRAILING_ARRAYS.reduce((sum, { key, entrySize }) => sum + cell[key].length * entrySize, CELL_LAYOUT.size);

/** Bytes of the `.cell` file. */
export const configSize = (config: Config): number =>
  config.kind === 'system'
    ? SYSTEM_LAYOUT.size - CELL_LAYOUT.size + cellSize(config.system.rootCell)
    : cellSize(config.cell);

/** Logical CPU numbers of a CPU set, ascending. Bit n of the little-endian bitmap is CPU n. */
export function cpusOf(set: Uint8Array): number[] {
  const cpus: number[] = [];
  set.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) cpus.push(index * 8 + bit);
  });
  return cpus;
}

/** A CPU set of the given length in bytes, or the smallest multiple of 8 bytes that holds the CPUs. */
export function cpuSetOf(cpus: Iterable<number>, length?: number): Uint8Array {
  const list = [...cpus];
  const highest = list.reduce((max, cpu) => Math.max(max, cpu), 0);
  const set = new Uint8Array(length ?? Math.ceil((highest + 1) / 64) * 8);
  for (const cpu of list) {
    const index = cpu >> 3;
    if (index >= set.length)
      throw new ConfigError('value', `CPU ${cpu} does not fit a CPU set of ${set.length} bytes. Enlarge the set.`);
    set[index]! |= 1 << (cpu & 7);
  }
  return set;
}

/** `0-1,3`: CPUs as ranges, as the kernel's cpulists show them; empty for none. */
export function cpuList(cpus: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < cpus.length; i++) {
    const first = cpus[i]!;
    while (cpus[i + 1] === cpus[i]! + 1) i++;
    ranges.push(cpus[i] === first ? `${first}` : `${first}-${cpus[i]}`);
  }
  return ranges.join(',');
}

/** The name as C reads it: up to the first NUL, at most 31 characters (the driver forces byte 31 to NUL). */
export function cellName(cell: Pick<CellConfig, 'name'>): string {
  const end = cell.name.indexOf('\0');
  return (end < 0 ? cell.name : cell.name.slice(0, end)).slice(0, 31);
}

/** The architecture that the byte stands for; undefined for bytes above 2. */
export const architectureOf = (byte: number): Architecture | undefined => ARCHITECTURES[byte];

/** Shared peripheral interrupt n is interrupt id n + 32 (GIC architecture specification, interrupt types). */
export const GIC_SPI_BASE = 32;

/** Interrupt ids (GIC) or pins (IOAPIC) that an irqchip entry names, ascending. */
export function pinsOf(chip: Pick<Irqchip, 'pinBase' | 'pinBitmap'>): number[] {
  const pins: number[] = [];
  chip.pinBitmap.forEach((word, index) => {
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) pins.push(chip.pinBase + 32 * index + bit);
  });
  return pins;
}

/** The guest-physical window of PCI configuration space, (end bus + 1) MiB, or null when the system has none. */
export const mmconfigWindow = (system: SystemConfig): { base: bigint; size: bigint } | null =>
  system.pciMmconfigBase === 0n
    ? null
    : { base: system.pciMmconfigBase, size: BigInt(system.pciMmconfigEndBus + 1) * MMCONFIG_BUS_SIZE };

/** The IOMMU units in use: those before the first with base 0. */
export function iommuUnitsOf(system: SystemConfig) {
  const end = system.iommuUnits.findIndex(({ base }) => base === 0n);
  return end < 0 ? system.iommuUnits : system.iommuUnits.slice(0, end);
}

export type IommuSpecific =
  | { kind: 'amd'; bdf: number; baseCap: number; msiCap: number; features: number }
  | { kind: 'pvu'; tlbBase: bigint; tlbSize: number }
  | { kind: 'raw' };

/** The 12-byte union of an IOMMU unit as its type reads it. */
export function iommuSpecific(unit: Pick<IommuUnit, 'type' | 'specific'>): IommuSpecific {
  const view = new DataView(unit.specific.buffer, unit.specific.byteOffset, unit.specific.byteLength);
  const read = (fields: readonly Field[]): ModelObject => {
    const start = IOMMU_LAYOUT.size - unit.specific.length;
    const entries = fields.map(({ key, offset, type }) =>
      type.kind === 'scalar' ? [key, readScalar(view, offset - start, type.scalar)] : [],
    );
    return Object.fromEntries(entries);
  };
  if (unit.type === IOMMU_TYPE.AMD) return { kind: 'amd', ...read(IOMMU_AMD_FIELDS) } as IommuSpecific;
  if (unit.type === IOMMU_TYPE.TI_PVU) return { kind: 'pvu', ...read(IOMMU_PVU_FIELDS) } as IommuSpecific;
  return { kind: 'raw' };
}

/** `00:0e.0`: bus, device and function as every message shows them. */
export function bdfText(bdf: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${hex(bdf >> 8)}:${hex((bdf >> 3) & 31)}.${bdf & 7}`;
}
