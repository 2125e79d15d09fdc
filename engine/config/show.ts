// A configuration decoded for people (`config show`) and for programs (`config show --json`), from the layout table.
import {
  GIC_SPI_BASE,
  architectureOf,
  bdfText,
  cellName,
  cellOf,
  configSize,
  cpuList,
  cpusOf,
  iommuUnitsOf,
  iommuSpecific,
  mmconfigWindow,
  pinsOf,
} from './codec.ts';
import {
  CELL_LAYOUT,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  platformLayout,
  type Field,
  type Notation,
  type StructLayout,
} from './layout.ts';
import {
  CONSOLE_TYPE,
  PCI_TYPE,
  type CellConfig,
  type Config,
  type ConsoleDescriptor,
  type SystemConfig,
} from './model.ts';
import { deviceTitle, regionPurpose } from './purpose.ts';
import {
  CACHE_FLAG_SYMBOLS,
  CACHE_TYPE_SYMBOLS,
  CELL_FLAG_SYMBOLS,
  CONSOLE_FLAG_SYMBOLS,
  CONSOLE_TYPE_SYMBOLS,
  IOMMU_TYPE_SYMBOLS,
  MEM_FLAG_SYMBOLS,
  PCI_CAP_FLAG_SYMBOLS,
  PCI_CAP_SYMBOLS,
  SHMEM_PROTOCOL_SYMBOLS,
  SYSTEM_FLAG_SYMBOLS,
  enumName,
  flagNames,
  type SymbolSet,
} from './symbols.ts';

type ModelObject = Record<string, unknown>;
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const short = (set: SymbolSet, name: string): string => name.slice(set.prefix.length);

/** Names of set bits without their common prefix; what no name covers in hex; `0` for none. */
export function flagsText(set: SymbolSet, value: number | bigint): string {
  const { names, rest } = flagNames(set, BigInt(value));
  const parts = names.map((name) => short(set, name));
  if (rest !== 0n || parts.length === 0) parts.push(rest === 0n ? '0' : hex(rest));
  return parts.join(' | ');
}

const enumText = (set: SymbolSet, value: number | bigint): string => {
  const name = enumName(set, BigInt(value));
  return name ? short(set, name) : String(value);
};

/** `64 KiB`, `1 GiB`; bytes when no unit divides evenly. */
export function sizeText(size: bigint): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (unit < units.length - 1 && size !== 0n && size % 1024n === 0n) {
    size /= 1024n;
    unit++;
  }
  return `${size} ${units[unit]}`;
}

/** `0x7fa00000-0x7fa0ffff`, or `empty`. */
export const rangeText = (start: bigint, size: bigint): string =>
  size === 0n ? `${hex(start)} (empty)` : `${hex(start)}-${hex(start + size - 1n)}`;

// ------------------------------------------------------------------------------------------------------------------ text

/** The whole configuration as text with aligned columns, one fact a line. */
export function showText(config: Config, trailing = 0): string {
  const cell = cellOf(config);
  const architecture = config.kind === 'system' ? config.system.architecture : cell.architecture;
  const name = architectureOf(architecture) ?? `architecture ${architecture}`;
  const revision = config.kind === 'system' ? config.system.revision : cell.revision;
  const lines = [
    `${config.kind === 'system' ? 'System' : 'Cell'} configuration, ${name}, revision ${revision}, ${configSize(config)} bytes`,
  ];
  if (trailing > 0) lines.push(`  and ${trailing} trailing bytes that nothing counts`);
  if (config.kind === 'system') lines.push(...systemLines(config.system), '', `Root cell "${cellName(cell)}"`);
  else lines.push(`Cell "${cellName(cell)}"`);
  const consoles = config.kind === 'system' ? [config.system.debugConsole] : [];
  lines.push(...cellLines(cell, consoles));
  return `${lines.join('\n')}\n`;
}

const fact = (name: string, value: string): string => `  ${name.padEnd(20)}${value}`;

function systemLines(system: SystemConfig): string[] {
  const { hypervisorMemory: memory, platform } = system;
  const window = mmconfigWindow(system);
  const lines = [
    fact('flags', flagsText(SYSTEM_FLAG_SYMBOLS, system.flags)),
    fact('hypervisor memory', `${rangeText(memory.physStart, memory.size)}  ${sizeText(memory.size)}`),
    fact('debug console', consoleText(system.debugConsole)),
    fact(
      'PCI configuration',
      window
        ? `${rangeText(window.base, window.size)}, buses 0-${system.pciMmconfigEndBus}, domain ` +
            `${system.pciDomain === 0xffff ? 'automatic' : system.pciDomain}${system.pciIsVirtual ? ', virtual' : ''}`
        : 'none',
    ),
  ];
  if (platform.kind === 'arm') {
    const bases = Object.entries({
      D: platform.gicdBase,
      C: platform.giccBase,
      H: platform.gichBase,
      V: platform.gicvBase,
      R: platform.gicrBase,
    })
      .filter(([, base]) => base !== 0n)
      .map(([letter, base]) => `GIC${letter} ${hex(base)}`);
    lines.push(
      fact(
        'GIC',
        `v${platform.gicVersion}, ${[...bases, `maintenance interrupt ${platform.maintenanceIrq}`].join(', ')}`,
      ),
    );
  } else {
    const { pmTimerAddress, apicMode, vtdInterruptLimit, tscKhz, apicKhz } = platform;
    lines.push(
      fact(
        'x86 platform',
        `PM timer ${hex(pmTimerAddress)}, APIC mode ${apicMode}, VT-d interrupt limit ${vtdInterruptLimit}, TSC ${tscKhz} kHz, APIC ${apicKhz} kHz`,
      ),
    );
  }
  iommuUnitsOf(system).forEach((unit, index) => {
    const specific = iommuSpecific(unit);
    const more =
      specific.kind === 'amd'
        ? `, ${bdfText(specific.bdf)}, features ${hex(specific.features)}`
        : specific.kind === 'pvu'
          ? `, TLBs at ${rangeText(specific.tlbBase, BigInt(specific.tlbSize))}`
          : '';
    lines.push(
      fact(
        `IOMMU ${index}`,
        `${enumText(IOMMU_TYPE_SYMBOLS, unit.type)} ${rangeText(unit.base, BigInt(unit.size))}${more}`,
      ),
    );
  });
  return lines;
}

function consoleText({ type, address, size, flags, divider, clockReg, gateNr }: ConsoleDescriptor): string {
  if (type === CONSOLE_TYPE.NONE) return 'none';
  const clock = clockReg === 0n ? '' : `, clock gate ${gateNr} in ${hex(clockReg)}`;
  return `${enumText(CONSOLE_TYPE_SYMBOLS, type)} at ${rangeText(address, BigInt(size))}, ${flagsText(CONSOLE_FLAG_SYMBOLS, flags)}, divider ${divider}${clock}`;
}

function cellLines(cell: CellConfig, consoles: readonly ConsoleDescriptor[]): string[] {
  const lines = [
    fact('CPUs', `${cpuList(cpusOf(cell.cpuSet)) || 'none'} (${cell.cpuSet.length} bytes)`),
    fact('flags', flagsText(CELL_FLAG_SYMBOLS, cell.flags)),
    fact('reset address', hex(cell.cpuResetAddress)),
    fact('reply timeout', cell.msgReplyTimeout === 0n ? 'waits for ever' : `${cell.msgReplyTimeout} polls`),
    fact('vPCI interrupts', `SPIs ${cell.vpciIrqBase}-${cell.vpciIrqBase + 3}`),
    fact('console', consoleText(cell.console)),
  ];
  if (cell.id !== 0) lines.push(fact('id', String(cell.id)));
  const tables: [string, string[], string[][]][] = [
    [
      'Memory regions',
      ['#', 'physical', 'guest', 'size', 'flags', 'purpose'],
      cell.memoryRegions.map(({ physStart, virtStart, size, flags }, i) => [
        String(i),
        hex(physStart),
        hex(virtStart),
        sizeText(size),
        flagsText(MEM_FLAG_SYMBOLS, flags),
        regionPurpose(cell, i, consoles),
      ]),
    ],
    [
      'Cache regions',
      ['#', 'start', 'size', 'type', 'flags'],
      cell.cacheRegions.map(({ start, size, type, flags }, i) => [
        String(i),
        String(start),
        String(size),
        enumText(CACHE_TYPE_SYMBOLS, type),
        flagsText(CACHE_FLAG_SYMBOLS, flags),
      ]),
    ],
    [
      'Irqchips',
      ['#', 'address', 'id', 'base', 'pins'],
      cell.irqchips.map((chip, i) => [
        String(i),
        hex(chip.address),
        hex(chip.id),
        String(chip.pinBase),
        pinsText(chip),
      ]),
    ],
    [
      'PIO regions',
      ['#', 'ports'],
      cell.pioRegions.map(({ base, length }, i) => [String(i), rangeText(BigInt(base), BigInt(length))]),
    ],
    [
      'PCI devices',
      ['#', 'device', 'domain', 'IOMMU', 'BAR masks', 'capabilities', 'MSI', 'MSI-X', 'shared memory'],
      cell.pciDevices.map((device, i) => [
        String(i),
        deviceTitle(device),
        String(device.domain),
        String(device.iommu),
        device.barMask.map((mask) => (mask === 0 ? '0' : hex(mask))).join(' '),
        device.numCaps === 0 ? '-' : `${device.capsStart}-${device.capsStart + device.numCaps - 1}`,
        device.numMsiVectors === 0 ? '-' : String(device.numMsiVectors),
        device.numMsixVectors === 0 ? '-' : `${device.numMsixVectors} at ${hex(device.msixAddress)}`,
        device.type === PCI_TYPE.IVSHMEM
          ? `peer ${device.shmemDevId} of ${device.shmemPeers}, regions from ${device.shmemRegionsStart}, ${enumText(SHMEM_PROTOCOL_SYMBOLS, device.shmemProtocol)}`
          : '-',
      ]),
    ],
    [
      'PCI capabilities',
      ['#', 'id', 'start', 'length', 'flags'],
      cell.pciCaps.map(({ id, start, len, flags }, i) => [
        String(i),
        enumText(PCI_CAP_SYMBOLS, id),
        hex(start),
        String(len),
        flagsText(PCI_CAP_FLAG_SYMBOLS, flags),
      ]),
    ],
    ['Stream ids', ['#', 'id'], cell.streamIds.map((id, i) => [String(i), hex(id)])],
  ];
  for (const [title, head, rows] of tables)
    if (rows.length > 0) lines.push('', `  ${title} (${rows.length})`, ...columns([head, ...rows]));
  return lines;
}

function pinsText(chip: Parameters<typeof pinsOf>[0]): string {
  const pins = pinsOf(chip);
  if (pins.length === 0) return 'none';
  return chip.pinBase >= GIC_SPI_BASE ? `SPIs ${cpuList(pins.map((pin) => pin - GIC_SPI_BASE))}` : cpuList(pins);
}

/** Rows with every column as wide as its widest entry. */
function columns(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(
    (row) =>
      `    ${row
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()}`,
  );
}

// ------------------------------------------------------------------------------------------------------------------ JSON

/**
 * The configuration as plain JSON: keys as in the model, addresses and masks as hex strings, flags as lists of names, 64-bit
 * numbers as strings where a double would lose them.
 */
export function showJson(config: Config, trailing: Uint8Array = new Uint8Array()): Json {
  const cell = cellOf(config);
  const object = (config.kind === 'system' ? config.system : cell) as unknown as ModelObject;
  const body =
    config.kind === 'system' ? { ...structJson(SYSTEM_LAYOUT, object), rootCell: cellJson(cell) } : cellJson(cell);
  const architecture = object['architecture'] as number;
  return {
    kind: config.kind,
    ...body,
    architecture: architectureOf(architecture) ?? architecture,
    size: configSize(config),
    trailing: bytesJson(trailing),
  };
}

const cellJson = (cell: CellConfig): { [key: string]: Json } => {
  const json = structJson(CELL_LAYOUT, cell as unknown as ModelObject);
  for (const { key, layout } of TRAILING_ARRAYS) {
    if (key === 'cpuSet') {
      json['cpus'] = cpusOf(cell.cpuSet);
      json['cpuSetSize'] = cell.cpuSet.length;
    } else if (layout) json[key] = (cell[key] as unknown as ModelObject[]).map((entry) => structJson(layout, entry));
    else json[key] = (cell[key] as number[]).map(hex);
  }
  return json;
};

function structJson(layout: StructLayout, object: ModelObject): { [key: string]: Json } {
  const json: { [key: string]: Json } = {};
  for (const field of layout.fields) {
    if (field.type.kind === 'count' || (field.type.kind === 'struct' && field.type.layout === CELL_LAYOUT)) continue;
    json[field.key] = fieldJson(field, object[field.key], object);
  }
  return json;
}

function fieldJson({ type }: Field, value: unknown, object: ModelObject): Json {
  switch (type.kind) {
    case 'scalar':
      return scalarJson(type.notation, value as number | bigint);
    case 'scalars':
      return (value as number[]).map((number) => scalarJson(type.notation, number));
    case 'text':
      return value as string;
    case 'bytes':
      return bytesJson(value as Uint8Array);
    case 'struct':
      return structJson(type.layout, value as ModelObject);
    case 'structs':
      return (value as ModelObject[]).map((entry) => structJson(type.layout, entry));
    case 'platform':
      return {
        kind: (value as { kind: string }).kind,
        ...structJson(platformLayout(object['architecture'] as number), value as ModelObject),
      };
    case 'count':
      return null;
  }
}

function scalarJson(notation: Notation, value: number | bigint): Json {
  if (notation === 'hex') return hex(value);
  if (notation === 'decimal') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (notation.kind === 'enum') {
    const name = enumName(notation, BigInt(value));
    return name ? short(notation, name) : Number(value);
  }
  const { names, rest } = flagNames(notation, BigInt(value));
  return [...names.map((name) => short(notation, name)), ...(rest === 0n ? [] : [hex(rest)])];
}

const bytesJson = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
