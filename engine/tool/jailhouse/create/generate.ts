// A root configuration out of a collected x86 machine. Source: ABI reference, F.4.
import {
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  MEM_FLAG,
  PCI_TYPE,
  SYSTEM_FLAG,
  writeSource,
  type ConsoleDescriptor,
  type PciCapability,
  type PciDevice,
  type SystemConfig,
} from '../../../config/index.ts';
import { ioApicsOf, mcfgOf } from '../machine/acpi.ts';
import { barMasks, pciFunctions, type CapabilityEntry, type PciFunction } from '../machine/pci.ts';
import { parseRanges } from '../machine/ranges.ts';
import { MissingFile, needText, readText, type MachineTree } from '../machine/tree.ts';
import { iommusOf, type Iommus } from './iommus.ts';
import { CreateError, memoryRegions, reserve, type Span } from './memory.ts';
import { pmTimerPort, portRanges, type PortRange } from './ports.ts';

const TABLES = 'sys/firmware/acpi/tables';
const CPUS = 'sys/devices/system/cpu';
const REVISION = 14;
/** Interrupt remapping entries that are kept beside those of the devices. */
const SPARE_INTERRUPTS = 120;
/** The tables do not say how many pins an IOAPIC has: all 120 that the hypervisor handles. */
const ALL_PINS = [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0x00ff_ffff];
const UART_WINDOW = 0x1000;

export interface CreateOptions {
  /** A tty such as ttyS0, or none. */
  console: string;
  hypervisorSize: bigint;
  inmatesSize: bigint;
}

export interface Created {
  system: SystemConfig;
  /** C source, with a head that shows the kernel argument and the ports that stay closed. */
  source: string;
  warnings: string[];
}

/** @throws CreateError, MissingFile, AcpiError, PciError, RangesError */
export function createConfig(tree: MachineTree, options: CreateOptions): Created {
  if (readText(tree, 'sys/devices/jailhouse/enabled')?.trim() === '1')
    throw new CreateError(
      'Jailhouse is enabled on this machine, which hides part of it. Disable it first: jailhouse disable',
    );
  const vendor = /^vendor_id\s*:\s*(\S+)/m.exec(needText(tree, 'proc/cpuinfo'))?.[1];
  if (vendor !== 'GenuineIntel' && vendor !== 'AuthenticAMD')
    throw new CreateError(
      `/proc/cpuinfo names ${vendor ? `the vendor ${vendor}` : 'no x86 vendor'}; expected GenuineIntel or AuthenticAMD.`,
    );
  const iomem = parseRanges(needText(tree, 'proc/iomem'), 'proc/iomem');
  const ioports = parseRanges(needText(tree, 'proc/ioports'), 'proc/ioports');
  const cpus = tree
    .list(CPUS)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => Number(name.slice(3)));
  if (cpus.length === 0) throw new MissingFile(`${CPUS}/cpu0/uevent`);
  const functions = pciFunctions(tree);
  const iommus = iommusOf(tree, vendor, iomem, functions);
  const { hypervisor, inmates, warnings } = reserve(iomem, needText(tree, 'proc/cmdline'), {
    hypervisor: options.hypervisorSize,
    inmates: options.inmatesSize,
  });
  const memory = memoryRegions(iomem, {
    holes: [
      ...functions.flatMap(({ msix }) => (msix ? [span(msix.address, msix.size)] : [])),
      ...iommus.units.map(({ base, size }) => span(base, size)),
      { start: hypervisor.start, end: inmates.end },
    ],
    extraRam: iommus.reserved,
  });
  const ports = portRanges(ioports);
  const { devices, capabilities } = pciPart(functions, iommus);
  const system: SystemConfig = {
    signature: 'JHSYS',
    architecture: 0,
    revision: REVISION,
    flags: SYSTEM_FLAG.VIRTUAL_DEBUG_CONSOLE,
    hypervisorMemory: region(hypervisor, 0n),
    debugConsole: consoleOf(tree, options.console),
    ...mmconfig(tree),
    pciIsVirtual: 0,
    iommuUnits: Array.from(
      { length: 8 },
      (_, n) => iommus.units[n] ?? { type: 0, base: 0n, size: 0, specific: new Uint8Array(12) },
    ),
    platform: {
      kind: 'x86',
      pmTimerAddress: pmTimerPort(ioports),
      apicMode: 0,
      padding: 0,
      vtdInterruptLimit: iommus.isIntel ? interruptLimit(functions) : 0,
      tscKhz: 0,
      apicKhz: 0,
      rest: new Uint8Array(28),
    },
    rootCell: {
      signature: '',
      architecture: 0,
      revision: 0,
      name: 'RootCell',
      id: 0,
      flags: 0,
      cpuSet: cpuSet(cpus),
      memoryRegions: [
        ...memory.regions,
        region(inmates, MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.EXECUTE | MEM_FLAG.DMA, inmates.start),
      ],
      cacheRegions: [],
      irqchips: ioApicsOf(need(tree, `${TABLES}/APIC`)).map(({ id, address }) => ({
        address: BigInt(address),
        id: iommus.ioApicId(id),
        pinBase: 0,
        pinBitmap: [...ALL_PINS],
      })),
      pioRegions: ports.filter(({ open }) => open).map(({ base, length }) => ({ base, length })),
      pciDevices: devices,
      pciCaps: capabilities,
      streamIds: [],
      vpciIrqBase: 0,
      cpuResetAddress: 0n,
      msgReplyTimeout: 0n,
      console: noConsole(),
    },
  };
  const argument = `memmap=0x${(inmates.end - hypervisor.start).toString(16)}$0x${hypervisor.start.toString(16)}`;
  const names = [...memory.names, 'RAM of the cells, lent by root'];
  return { system, source: sourceOf(tree, system, argument, ports, names), warnings };
}

const span = (base: bigint, size: number): Span => ({ start: base, end: base + BigInt(size) });
const region = ({ start, end }: Span, flags: bigint, virtStart = 0n) => ({
  physStart: start,
  virtStart,
  size: end - start,
  flags,
});

function need(tree: MachineTree, path: string): Uint8Array {
  const bytes = tree.read(path);
  if (!bytes) throw new MissingFile(path);
  return bytes;
}

/** Whole 64-bit words. */
function cpuSet(cpus: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * Math.ceil((Math.max(...cpus) + 1) / 64));
  for (const cpu of cpus) bytes[cpu >> 3]! |= 1 << (cpu & 7);
  return bytes;
}

function mmconfig(tree: MachineTree): Pick<SystemConfig, 'pciMmconfigBase' | 'pciMmconfigEndBus' | 'pciDomain'> {
  const entries = mcfgOf(need(tree, `${TABLES}/MCFG`));
  if (entries.length > 1) throw new CreateError('Multiple MMCONFIG regions found!');
  const [entry] = entries;
  if (!entry) throw new CreateError('The MCFG table names no MMCONFIG region.');
  return { pciMmconfigBase: entry.base, pciMmconfigEndBus: entry.endBus, pciDomain: entry.segment };
}

const noConsole = (): ConsoleDescriptor => ({
  address: 0n,
  size: 0,
  type: 0,
  flags: 0,
  divider: 0,
  gateNr: 0,
  clockReg: 0n,
});

/** io_type of Linux's serial core: 0 is ports, 2 and 3 are memory. Without these files: the customary ports. */
function consoleOf(tree: MachineTree, name: string): ConsoleDescriptor {
  if (name === 'none') return noConsole();
  const value = (file: string): number | undefined => {
    const text = readText(tree, `sys/class/tty/${name}/${file}`)?.trim();
    return text === undefined || text === '' ? undefined : Number(text);
  };
  const memoryMapped = (value('io_type') ?? 0) >= 2;
  if (memoryMapped)
    return {
      ...noConsole(),
      type: CONSOLE_TYPE['8250'],
      address: BigInt(value('iomem_base') ?? 0),
      size: UART_WINDOW,
      flags: CONSOLE_FLAG.MMIO | (value('iomem_reg_shift') === 2 ? CONSOLE_FLAG.REGDIST_4 : 0),
    };
  const customary: Readonly<Record<string, number>> = { ttyS0: 0x3f8, ttyS1: 0x2f8, ttyS2: 0x3e8, ttyS3: 0x2e8 };
  const port = value('port') || customary[name];
  if (port === undefined)
    throw new CreateError(
      `Nothing is known of ${name}: /sys/class/tty/${name}/port is missing. Give another one with -c, or -c none.`,
    );
  return { ...noConsole(), type: CONSOLE_TYPE['8250'], address: BigInt(port) };
}

/** Devices with their capabilities; identical lists are there once. */
function pciPart(
  functions: readonly PciFunction[],
  iommus: Iommus,
): { devices: PciDevice[]; capabilities: PciCapability[] } {
  const capabilities: PciCapability[] = [];
  const starts = new Map<string, number>();
  const startOf = (list: readonly CapabilityEntry[]): number => {
    if (list.length === 0) return 0;
    const key = JSON.stringify(list);
    const known = starts.get(key);
    if (known !== undefined) return known;
    const start = capabilities.length;
    starts.set(key, start);
    capabilities.push(
      ...list.map(({ id, start: at, length, writable }) => ({ id, start: at, len: length, flags: writable ? 1 : 0 })),
    );
    return start;
  };
  const devices = functions.map((one): PciDevice => ({
    type: one.isBridge ? PCI_TYPE.BRIDGE : PCI_TYPE.DEVICE,
    iommu: iommus.unitOf(one),
    domain: one.domain,
    bdf: one.bdf,
    barMask: barMasks(one),
    capsStart: startOf(one.capabilities),
    numCaps: one.capabilities.length,
    numMsiVectors: one.msi?.vectors ?? 0,
    msiBits: (one.msi?.wide ? 1 : 0) | (one.msi?.maskable ? 2 : 0),
    numMsixVectors: one.msix?.vectors ?? 0,
    msixRegionSize: one.msix?.size ?? 0,
    msixAddress: one.msix?.address ?? 0n,
    shmemRegionsStart: 0,
    shmemDevId: 0,
    shmemPeers: 0,
    shmemProtocol: 0,
  }));
  return { devices, capabilities };
}

/** A power of two. */
function interruptLimit(functions: readonly PciFunction[]): number {
  const needed = functions.reduce(
    (sum, { msi, msix }) => sum + Math.max(msi?.vectors ?? 0, msix?.vectors ?? 0),
    SPARE_INTERRUPTS,
  );
  return 2 ** Math.ceil(Math.log2(needed));
}

const line = (text: string | undefined): string => (text ?? '').trim().replaceAll('*/', '* /');

function sourceOf(
  tree: MachineTree,
  system: SystemConfig,
  argument: string,
  ports: readonly PortRange[],
  names: readonly string[],
): string {
  const product = [
    line(readText(tree, 'sys/class/dmi/id/sys_vendor')),
    line(readText(tree, 'sys/class/dmi/id/product_name')),
  ]
    .filter((part) => part !== '')
    .join(' ');
  const head = [
    '/*',
    ` * Root configuration${product ? ` for ${product}` : ''}, made by "jailhouse config create".`,
    ' *',
    ' * Linux must be started with this argument, which keeps the memory of the hypervisor and the cells free:',
    ` *   ${argument}`,
    ' */',
  ].join('\n');
  const closed = ports.filter(({ open }) => !open);
  return writeSource({ kind: 'system', system })
    .replace(/^\/\*[^]*?\*\//, () => head)
    .replace(
      /^\t\.pio_regions = \{\n/m,
      (start) => start + closed.map((port) => `\t\t/* closed: ${portText(port)} */\n`).join(''),
    )
    .replace(/(\n\t\.mem_regions = \{\n)([^]*?)(\n\t\},\n)/, (_all, before: string, body: string, after: string) => {
      let index = 0;
      return (
        before +
        body.replace(/^\t\t\/\* .* \*\/ \{$/gm, (comment) =>
          names[index] === undefined ? comment : `\t\t/* ${line(names[index++])} */ {`,
        ) +
        after
      );
    });
}

const portText = ({ base, length, name }: PortRange): string =>
  `PIO_RANGE(0x${base.toString(16)}, 0x${length.toString(16)}) ${line(name)}`;
