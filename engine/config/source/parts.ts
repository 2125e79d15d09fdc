// A model as the parts of an initialiser: which fields are written, in which form. Used to write whole files and to put single
// pieces into an existing source.
import { GIC_SPI_BASE, cpuList, cpusOf, encode, pinsOf } from '../codec.ts';
import {
  ARM_PLATFORM_LAYOUT,
  CACHE_LAYOUT,
  CELL_LAYOUT,
  IOMMU_AMD_FIELDS,
  IOMMU_PVU_FIELDS,
  IRQCHIP_LAYOUT,
  MEMORY_LAYOUT,
  PCI_CAP_LAYOUT,
  PCI_DEVICE_LAYOUT,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  platformLayout,
  type Field,
  type Notation,
  type StructLayout,
  type Trailing,
  type TrailingKey,
} from '../layout.ts';
import {
  IOMMU_TYPE,
  PCI_TYPE,
  type CellConfig,
  type Config,
  type ConsoleDescriptor,
  type IommuUnit,
  type Irqchip,
  type MemoryRegion,
  type PciCapability,
  type PciDevice,
  type PioRegion,
  type SystemConfig,
} from '../model.ts';
import { deviceTitle, regionPurpose } from '../purpose.ts';
import { isPlaceholder } from '../region.ts';
import {
  CELL_SIGNATURE,
  PCI_CAP_SYMBOLS,
  PCI_EXT_CAP,
  SHMEM_PROTOCOL,
  SHMEM_PROTOCOL_SYMBOLS,
  SYSTEM_SIGNATURE,
  VIRTIO_DEVICE_SYMBOLS,
  enumName,
  flagNames,
} from '../symbols.ts';
import { netRegions } from './net-regions.ts';

import type { Braces, Part } from './text.ts';

type ModelObject = Record<string, unknown>;

// --------------------------------------------------------------------------------------------------------------- members

export interface ArrayMember {
  key: TrailingKey | null;
  c: string;
  declaration: string;
  /** Written as plain bytes: a value that the C structure has no name for. */
  raw?: Uint8Array;
  /** The count of the descriptor as an expression. */
  count: string;
}

const TYPES: Partial<Record<TrailingKey, string>> = { streamIds: 'union jailhouse_stream_id' };

/** What the source calls its variable and the arrays in it. */
export interface Names {
  variable: string;
  arrays: Partial<Record<TrailingKey, string>>;
}
export const CUSTOMARY_NAMES: Names = { variable: 'config', arrays: {} };

/** The members behind the descriptor, in file order. */
export function memberList(cell: CellConfig, trailing: Uint8Array, { variable, arrays }: Names): ArrayMember[] {
  const members: ArrayMember[] = [];
  for (const array of TRAILING_ARRAYS) {
    const { key, layout } = array;
    const c = arrays[key] ?? array.c;
    const { length } = cell[key];
    if (length === 0) continue;
    if (key === 'cpuSet') {
      const words = length % 8 === 0;
      const declaration = words ? `__u64 ${c}[${length / 8}];` : `__u8 ${c}[${length}];`;
      members.push({ key, c, declaration, count: `sizeof(${variable}.${c})` });
    } else if (hasUnnamedBits(cell, key)) {
      const raw = entryBytes(cell, array);
      members.push({ key, c, declaration: `__u8 ${c}[${raw.length}];`, raw, count: String(length) });
    } else {
      const type = TYPES[key] ?? `struct ${layout!.c}`;
      members.push({ key, c, declaration: `${type} ${c}[${length}];`, count: `ARRAY_SIZE(${variable}.${c})` });
    }
  }
  if (trailing.length > 0)
    members.push({
      key: null,
      c: 'trailing',
      declaration: `__u8 trailing[${trailing.length}];`,
      raw: trailing,
      count: '',
    });
  return members;
}

/** Only two bits of a PCI device's MSI byte have names. */
const hasUnnamedBits = (cell: CellConfig, key: TrailingKey): boolean =>
  key === 'pciDevices' && cell.pciDevices.some(({ msiBits }) => msiBits > 3);

function entryBytes(cell: CellConfig, { key }: Trailing): Uint8Array {
  const alone: CellConfig = { ...cell };
  for (const other of TRAILING_ARRAYS)
    if (other.key !== key) Object.assign(alone, { [other.key]: other.key === 'cpuSet' ? new Uint8Array() : [] });
  return encode({ kind: 'cell', cell: alone }).slice(CELL_LAYOUT.size);
}

export const rawPart = (c: string, bytes: Uint8Array): Part => {
  const rows: Part[] = [];
  for (let i = 0; i < bytes.length; i += 12)
    rows.push({ designator: '', value: [...bytes.subarray(i, i + 12)].map((byte) => hex(byte)).join(', ') });
  return { designator: `.${c}`, parts: rows };
};

// ----------------------------------------------------------------------------------------------------------- descriptors

/** The descriptor in front of the arrays, named `designator`. */
export const headPart = (config: Config, designator: string, members: readonly ArrayMember[]): Part =>
  config.kind === 'system'
    ? systemPart(config.system, designator, members)
    : cellPart(config.cell, designator, members, true);

function systemPart(system: SystemConfig, designator: string, members: readonly ArrayMember[]): Part {
  const parts = structParts(SYSTEM_LAYOUT, system as unknown as ModelObject, ['signature', 'architecture', 'revision']);
  parts.push(cellPart(system.rootCell, 'root_cell', members, false));
  return { designator: `.${designator}`, parts };
}

function cellPart(cell: CellConfig, designator: string, members: readonly ArrayMember[], own: boolean): Part {
  const keep = own ? ['signature', 'architecture', 'revision', 'name'] : ['name'];
  const parts: Part[] = [];
  let gap = false;
  for (const field of CELL_LAYOUT.fields) {
    if (field.type.kind === 'count') {
      const { of } = field.type;
      const member = members.find(({ key }) => key === of);
      if (member) parts.push({ designator: `.${field.c}`, value: member.count, gap: !gap });
      gap ||= member !== undefined;
      continue;
    }
    const before = parts.length;
    parts.push(...structParts({ ...CELL_LAYOUT, fields: [field] }, cell as unknown as ModelObject, keep));
    if (gap && parts.length > before && (field.key === 'vpciIrqBase' || field.key === 'console'))
      parts[before]!.gap = true;
  }
  return { designator: `.${designator}`, parts };
}

/** The fields of a structure that are not zero, or that are named in `keep`; nested members become nested braces. */
function structParts(layout: StructLayout, object: ModelObject, keep: readonly string[] = []): Part[] {
  const parts: Part[] = [];
  const add = (path: string[], part: Part): void => {
    let into = parts;
    for (const step of path) {
      let inner = into.find((other) => other.designator === step && 'parts' in other) as Braces | undefined;
      if (!inner) into.push((inner = { designator: step, parts: [] }));
      into = inner.parts;
    }
    into.push(part);
  };
  for (const field of layout.fields) {
    const value = object[field.key];
    const steps = field.c.split('.');
    const designator = `.${steps.pop()!}`;
    const path = steps.map((step) => `.${step}`);
    const wanted = keep.includes(field.key);
    switch (field.type.kind) {
      case 'scalar': {
        if (!wanted && BigInt(value as number) === 0n) break;
        const { bits } = field.type;
        if (bits) {
          for (const { c, shift, width } of bits) {
            const bit = ((value as number) >> shift) & ((1 << width) - 1);
            if (bit !== 0) add(path, { designator: `.${c}`, value: String(bit) });
          }
        } else add(path, { designator, value: scalarText(field.type.notation, field, value as number | bigint) });
        break;
      }
      case 'scalars': {
        const numbers = value as number[];
        if (wanted || numbers.some((number) => number !== 0)) add(path, scalarsPart(designator, numbers));
        break;
      }
      case 'text':
        if (wanted || value !== '') add(path, { designator, value: textValue(field, value as string) });
        break;
      case 'bytes': {
        const bytes = value as Uint8Array;
        if (bytes.some((byte) => byte !== 0))
          add(path, { designator, value: `{ ${[...bytes].map((byte) => hex(byte)).join(', ')} }` });
        break;
      }
      case 'struct': {
        if (field.type.layout === CELL_LAYOUT) break;
        const inner = structParts(field.type.layout, value as ModelObject);
        if (inner.length > 0) add(path, { designator, parts: inner });
        break;
      }
      case 'structs': {
        const inner = iommuParts(value as IommuUnit[]);
        if (inner.length > 0) add(path, { designator, parts: inner });
        break;
      }
      case 'platform': {
        const inner = platformPart(object);
        if (inner) add([designator], inner);
        break;
      }
      case 'count':
        break;
    }
  }
  return parts;
}

function platformPart(system: ModelObject): Part | null {
  const platform = system['platform'] as ModelObject;
  let layout = platformLayout(system['architecture'] as number);
  let object = platform;
  const rest = platform['rest'] as Uint8Array | undefined;
  if (rest?.some((byte) => byte !== 0)) {
    // The x86 view has no names for these bytes, the Arm view has.
    const bytes = encode({ kind: 'system', system: system as never });
    const field = SYSTEM_LAYOUT.fields.find(({ key }) => key === 'platform')!;
    layout = ARM_PLATFORM_LAYOUT;
    object = readFields(layout.fields, bytes.subarray(field.offset), 0);
    object['padding'] = bytes.subarray(field.offset + 2, field.offset + 4);
  }
  const parts = structParts(layout, object);
  return parts.length > 0 ? { designator: `.${layout.c}`, parts } : null;
}

function iommuParts(units: readonly IommuUnit[]): Part[] {
  const last = units.findLastIndex(({ type, base, size, specific }) => type || base || size || specific.some(Boolean));
  return units.slice(0, last + 1).map((unit) => {
    const parts = structParts(
      { ...SYSTEM_IOMMU, fields: SYSTEM_IOMMU.fields.filter(({ key }) => key !== 'specific') },
      unit as unknown as ModelObject,
    );
    const asAmd = unit.type === IOMMU_TYPE.AMD && unit.specific.subarray(8).every((byte) => byte === 0);
    const fields = asAmd ? IOMMU_AMD_FIELDS : IOMMU_PVU_FIELDS;
    const specific = structParts({ ...SYSTEM_IOMMU, fields }, readFields(fields, unit.specific, 16));
    for (const group of specific)
      if ('parts' in group)
        for (const part of group.parts) parts.push({ ...part, designator: group.designator + part.designator });
    return { designator: '', parts };
  });
}
const SYSTEM_IOMMU = (() => {
  const { type } = SYSTEM_LAYOUT.fields.find(({ key }) => key === 'iommuUnits')!;
  if (type.kind !== 'structs') throw new Error('layout');
  return type.layout;
})();

function readFields(fields: readonly Field[], bytes: Uint8Array, base: number): ModelObject {
  const object: ModelObject = {};
  for (const { key, offset, width, type } of fields) {
    if (type.kind !== 'scalar') continue;
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset - base + i]!);
    object[key] = type.scalar === 'u64' ? value : Number(value);
  }
  return object;
}

// ---------------------------------------------------------------------------------------------------------------- arrays

/** A trailing array as the member `c`. */
export function arrayPart(cell: CellConfig, key: TrailingKey, c: string, consoles: readonly ConsoleDescriptor[]): Part {
  if (key === 'cpuSet') {
    const set = cell.cpuSet;
    const cpus = cpusOf(set);
    const title = cpus.length === 0 ? 'no CPU' : `CPU${cpus.length > 1 ? 's' : ''} ${cpuList(cpus)}`;
    return { designator: `.${c}`, parts: cpuWords(set).map((value) => ({ designator: '', value })), comment: title };
  }
  if (key === 'streamIds') {
    const parts = cell.streamIds.map((id) => ({ designator: '', value: `{ ${hex(id)} }` }));
    return { designator: `.${c}`, parts };
  }
  return { designator: `.${c}`, parts: entryParts(cell, key, 0, cell[key].length, consoles) };
}

/** Entries `from` to `to` (exclusive) of a trailing array; a call of the network macro stands for four memory regions. */
export function entryParts(
  cell: CellConfig,
  key: TrailingKey,
  from: number,
  to: number,
  consoles: readonly ConsoleDescriptor[],
): Part[] {
  const parts: Part[] = [];
  for (let i = from; i < to; i++) {
    const net = key === 'memoryRegions' && i + 4 <= to ? netRegionsAt(cell, i) : null;
    if (net) {
      const device = cell.pciDevices.find(({ shmemRegionsStart }) => shmemRegionsStart === i)!;
      parts.push({ designator: '', comment: deviceTitle(device), value: net });
      i += 3;
    } else parts.push(entryPart(cell, key, i, consoles));
  }
  return parts;
}

/** The pins that a bitmap gives, by the numbers that people know: SPIs of a GIC, pins of an IOAPIC. */
function pinsComment(chip: Irqchip): string {
  const pins = pinsOf(chip).map((pin) => (chip.pinBase >= GIC_SPI_BASE ? pin - GIC_SPI_BASE : pin));
  if (pins.length === 0) return 'no interrupts';
  return `${chip.pinBase >= GIC_SPI_BASE ? 'SPI' : 'pin'}${pins.length > 1 ? 's' : ''} ${cpuList(pins)}`;
}

function cpuWords(set: Uint8Array): string[] {
  if (set.length % 8 !== 0) return [[...set].map((byte) => hex(byte)).join(', ')];
  const view = new DataView(set.buffer, set.byteOffset, set.byteLength);
  return Array.from({ length: set.length / 8 }, (_, i) => hex(view.getBigUint64(i * 8, true)));
}

/** The call of JAILHOUSE_SHMEM_NET_REGIONS that gives the four regions from here on, if one does. */
function netRegionsAt(cell: CellConfig, index: number): string | null {
  const device = cell.pciDevices.find(
    ({ shmemRegionsStart, shmemProtocol }) => shmemRegionsStart === index && shmemProtocol === SHMEM_PROTOCOL.VETH,
  );
  const four = cell.memoryRegions.slice(index, index + 4);
  if (!device || four.length < 4) return null;
  const start = four[0]!.physStart;
  const expected = netRegions(start, device.shmemDevId);
  return four.every((region, i) => sameRegion(region, expected[i]!))
    ? `JAILHOUSE_SHMEM_NET_REGIONS(${hex(start)}, ${device.shmemDevId})`
    : null;
}

const sameRegion = (a: MemoryRegion, b: MemoryRegion): boolean =>
  a.physStart === b.physStart && a.virtStart === b.virtStart && a.size === b.size && a.flags === b.flags;

function entryPart(cell: CellConfig, key: TrailingKey, index: number, consoles: readonly ConsoleDescriptor[]): Part {
  const object = cell[key][index] as unknown as ModelObject;
  switch (key) {
    case 'memoryRegions': {
      const comment = commentText(regionPurpose(cell, index, consoles));
      if (isPlaceholder(cell.memoryRegions[index]!))
        return { designator: '', comment, parts: [{ designator: '', value: '0' }] };
      const comm = comment === 'communication region' && cell.memoryRegions[index]!.physStart === 0n;
      const keep = comm ? ['virtStart', 'size', 'flags'] : ['physStart', 'virtStart', 'size', 'flags'];
      return { designator: '', comment, parts: structParts(MEMORY_LAYOUT, object, keep) };
    }
    case 'pciDevices': {
      const device = cell.pciDevices[index]!;
      const shared =
        device.type === PCI_TYPE.IVSHMEM ? ['shmemRegionsStart', 'shmemDevId', 'shmemPeers', 'shmemProtocol'] : [];
      const parts = structParts(PCI_DEVICE_LAYOUT, object, ['type', 'bdf', ...shared]);
      return { designator: '', comment: deviceTitle(device), parts: parts.map((part) => devicePart(part, device)) };
    }
    case 'pciCaps': {
      const owner = cell.pciDevices.find(({ capsStart, numCaps }) => index >= capsStart && index < capsStart + numCaps);
      const keep = ['id', 'start', 'len', 'flags'];
      return {
        designator: '',
        ...(owner && { comment: deviceTitle(owner) }),
        parts: structParts(PCI_CAP_LAYOUT, object, keep).map((part) => capPart(part, cell.pciCaps[index]!)),
      };
    }
    case 'pioRegions': {
      const { base, length } = cell.pioRegions[index] as PioRegion;
      return { designator: '', value: `PIO_RANGE(${hex(base)}, ${hex(length)})` };
    }
    case 'irqchips':
      return {
        designator: '',
        comment: pinsComment(cell.irqchips[index]!),
        parts: structParts(IRQCHIP_LAYOUT, object, ['address', 'pinBase', 'pinBitmap']),
      };
    case 'cacheRegions':
      return { designator: '', parts: structParts(CACHE_LAYOUT, object, ['start', 'size', 'type']) };
    case 'streamIds':
      return { designator: '', value: `{ ${hex(cell.streamIds[index]!)} }` };
    case 'cpuSet':
      return { designator: '', value: hex(cell.cpuSet[index]!) };
  }
}

/** Fields of a PCI device that have a customary form. */
function devicePart(part: Part, device: PciDevice): Part {
  if (part.designator === '.bar_mask') {
    const name = barMaskName(device.barMask);
    if (name) return { designator: part.designator, value: name };
  }
  if (part.designator === '.bdf') return { designator: part.designator, value: bdfExpression(device.bdf) };
  if (part.designator === '.shmem_protocol')
    return { designator: part.designator, value: protocolExpression(device.shmemProtocol) };
  return part;
}

const capPart = (part: Part, { id }: PciCapability): Part => {
  if (part.designator !== '.id') return part;
  const name = enumName(PCI_CAP_SYMBOLS, BigInt(id));
  const base = name ?? hex(id & ~PCI_EXT_CAP);
  return { designator: '.id', value: id & PCI_EXT_CAP ? `${base} | JAILHOUSE_PCI_EXT_CAP` : base };
};

const BAR_MASKS: readonly (readonly [string, number, number])[] = [
  ['JAILHOUSE_IVSHMEM_BAR_MASK_INTX', 0xfffff000, 0],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_MSIX', 0xfffff000, 0xfffff000],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_INTX_64K', 0xffff0000, 0],
  ['JAILHOUSE_IVSHMEM_BAR_MASK_MSIX_64K', 0xffff0000, 0xffff0000],
];
const barMaskName = (mask: readonly number[]): string | undefined =>
  mask.slice(2).some((bits) => bits !== 0)
    ? undefined
    : BAR_MASKS.find(([, first, second]) => mask[0] === first && mask[1] === second)?.[0];

function bdfExpression(bdf: number): string {
  const bus = bdf >> 8 ? [`${hex(bdf >> 8)} << 8`] : [];
  const fn = bdf & 7 ? [String(bdf & 7)] : [];
  const terms = [...bus, `${hex((bdf >> 3) & 31)} << 3`, ...fn];
  return terms.length === 1 ? terms[0]! : terms.map((term) => (term.includes('<<') ? `(${term})` : term)).join(' | ');
}

function protocolExpression(protocol: number): string {
  const name = enumName(SHMEM_PROTOCOL_SYMBOLS, BigInt(protocol));
  if (name) return name;
  const base =
    protocol >= SHMEM_PROTOCOL.VIRTIO_BACK
      ? 'VIRTIO_BACK'
      : protocol >= SHMEM_PROTOCOL.VIRTIO_FRONT
        ? 'VIRTIO_FRONT'
        : 'CUSTOM';
  if (protocol < SHMEM_PROTOCOL.CUSTOM) return hex(protocol);
  const rest = protocol - SHMEM_PROTOCOL[base];
  const device = base === 'CUSTOM' ? undefined : enumName(VIRTIO_DEVICE_SYMBOLS, BigInt(rest));
  return `JAILHOUSE_SHMEM_PROTO_${base} + ${device ?? hex(rest)}`;
}

// --------------------------------------------------------------------------------------------------------------- scalars

const hex = (value: number | bigint): string => (value ? `0x${value.toString(16)}` : '0');

/** A number as the field's notation writes it. */
export function scalarText(notation: Notation, field: Field, value: number | bigint): string {
  if (notation === 'hex') return hex(value);
  if (notation === 'decimal') {
    if (field.key === 'revision' && value === 14) return 'JAILHOUSE_CONFIG_REVISION';
    return value > 0xffffff ? hex(value) : String(value);
  }
  const number = BigInt(value);
  if (notation.kind === 'enum') return enumName(notation, number) ?? String(value);
  const { names, rest } = flagNames(notation, number);
  if (rest !== 0n) names.push(hex(rest));
  return names.length > 0 ? names.join(' | ') : '0';
}

const SIGNATURES: Record<string, string> = {
  [SYSTEM_SIGNATURE]: 'JAILHOUSE_SYSTEM_SIGNATURE',
  [CELL_SIGNATURE]: 'JAILHOUSE_CELL_DESC_SIGNATURE',
};

const textValue = (field: Field, text: string): string =>
  (field.key === 'signature' ? SIGNATURES[text] : undefined) ?? cString(text);

/** Octal escapes end after three digits, whatever follows. */
export const cString = (text: string): string =>
  `"${text.replace(/[^ -~]|["\\?]/g, (char) => (char === '"' || char === '\\' ? `\\${char}` : char === '?' ? '?' : `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`))}"`;

/** Nothing in a comment may end it. */
export const commentText = (text: string): string => text.replace(/[^ -~]/g, '?').replaceAll('*/', '* /');

function scalarsPart(designator: string, numbers: readonly number[]): Part {
  const words = numbers.map((number) => (number === 0 ? '0' : hex(number)));
  const line = `{ ${words.join(', ')} }`;
  if (line.length <= 40) return { designator, value: line };
  return { designator, parts: [{ designator: '', value: words.join(', ') }] };
}
