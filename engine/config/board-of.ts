// A board description from a system configuration: what the configuration says of CPUs, memory, interrupt controller, console,
// devices, PCI and IOMMUs. What it does not say gets a cautious value, and `sources` says so. Source: ABI reference, A.11.
import type { BoardDescription, BoardIommu, BoardRange, IommuKind } from '../board/description.ts';
import { ARCHITECTURES } from '../util/architecture.ts';
import { pa } from '../util/units.ts';
import { cpusOf, iommuUnitsOf, mmconfigWindow } from './codec.ts';
import {
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  IOMMU_TYPE,
  type ArmPlatform,
  type MemoryRegion,
  type SystemConfig,
} from './model.ts';
import { isCommRegion, isExecutable, isIo, physRange, type Range } from './region.ts';
import { merged, reservationArguments } from './reservation.ts';

const IOMMU_KINDS: Readonly<Record<number, IommuKind>> = {
  [IOMMU_TYPE.AMD]: 'AMD-Vi',
  [IOMMU_TYPE.INTEL]: 'VT-d',
  [IOMMU_TYPE.SMMUV3]: 'SMMUv3',
  [IOMMU_TYPE.TI_PVU]: 'PVU',
  [IOMMU_TYPE.ARM_MMU500]: 'MMU-500',
};
/** The architecture's recommended PPIs (Arm BSA, B_PPI_00). */
const PPIS = { securePhysical: 29, physical: 30, virtual: 27, hypervisor: 26 };
const TIMER_HZ = 24_000_000;
const PORTS_8250 = 8;
const PAGE = 0x1000n;

export interface BoardOfOptions {
  /** Folder name and title of the new board. */
  name: string;
  /** How `sources` calls the configuration. */
  file: string;
}

/** The board, and one sentence for each thing that a configuration does not say. It names no cells yet. */
export function boardOfSystem(
  system: SystemConfig,
  { name, file }: BoardOfOptions,
): { board: BoardDescription; gaps: string[] } {
  const { rootCell, platform } = system;
  const architecture = ARCHITECTURES[system.architecture] ?? 'arm64';
  const regions = rootCell.memoryRegions.filter((region) => region.size > 0n && !isCommRegion(region));
  const hypervisor: Range = { start: system.hypervisorMemory.physStart, size: system.hypervisorMemory.size };
  // x86 has no JAILHOUSE_MEM_IO: there, what cannot be executed is taken for devices.
  const isRam = (region: MemoryRegion): boolean => isExecutable(region) || (architecture !== 'x86' && !isIo(region));
  const ram = merged([hypervisor, ...regions.filter(isRam).map(physRange)].map(wholePages));
  const devices = regions.filter((region) => !isRam(region)).map(physRange);
  const uarts = uartsOf(system);
  const board: BoardDescription = {
    name,
    title: name,
    architecture,
    cpus: cpusOf(rootCell.cpuSet).map((id) => ({ id, affinity: id, model: 'unknown', cluster: 0 })),
    ram: named('RAM', ram),
    reserved: [],
    ...(platform.kind === 'arm' && {
      gic: gicOf(platform, system),
      timers: { frequencyHz: TIMER_HZ, ppis: PPIS },
      psci: 'smc' as const,
    }),
    ...(platform.kind === 'x86' && {
      x86: {
        ioApics: rootCell.irqchips.map(({ address, id, pinBitmap }) => ({
          base: pa(Number(address)),
          pins: pinsOf(pinBitmap),
          ...(id !== 0 && { requester: id & 0xffff }),
        })),
        pmTimerPort: platform.pmTimerAddress,
      },
    }),
    uarts,
    devices: named('devices', devices).map((window) => ({ ...window, type: 'none' })),
    pci: pciOf(system),
    ...(iommuUnitsOf(system).length > 0 && { iommus: iommusOf(system) }),
    kernelArguments: '',
    rootConfig: `${name}.c`,
    cells: [],
    sources: {},
  };
  board.kernelArguments = reservationArguments(board, [hypervisor]).join(' ');
  const gaps = gapsOf(board);
  const from = (what: string): string => `${file}: ${what}`;
  board.sources = {
    cpus: from('CPU set of the root cell; models and affinities are not in a configuration'),
    ram: from("hypervisor memory and the root cell's memory regions; banks may be larger"),
    uarts: from('debug console; interrupts and clocks are not in a configuration'),
    devices: from("the root cell's device regions, each as one window"),
    ...(board.gic && { gic: from('platform; number of SPIs: as many as irqchips name') }),
    ...(board.timers && { timers: 'usual interrupts; the frequency is not in a configuration' }),
    ...(board.pci.length > 0 && { pci: from('pci_mmconfig_base; address windows are not in a configuration') }),
    ...(board.iommus && { iommus: from('iommu_units') }),
    ...(board.x86 && { x86: from('pm_timer_address and irqchips') }),
    kernelArguments: 'keeps the hypervisor memory free; the cells need theirs, too',
  };
  return { board, gaps };
}

const wholePages = ({ start, size }: Range): Range => {
  const first = start & ~(PAGE - 1n);
  const end = (start + size + PAGE - 1n) & ~(PAGE - 1n);
  return { start: first, size: end - first };
};

const named = (name: string, ranges: readonly Range[]): BoardRange[] =>
  ranges.map(({ start, size }, n, { length }) => ({
    name: length > 1 ? `${name}${n}` : name,
    base: pa(Number(start)),
    size: Number(size),
  }));

/** One more than the highest pin that is handed out. */
function pinsOf(bitmap: readonly number[]): number {
  const words = bitmap.map((word, index) => (word === 0 ? 0 : 32 * index + 32 - Math.clz32(word)));
  return Math.max(1, ...words);
}

const address = (value: bigint) => (value === 0n ? undefined : pa(Number(value)));

function gicOf(platform: ArmPlatform, system: SystemConfig): NonNullable<BoardDescription['gic']> {
  const last = system.rootCell.irqchips.map(({ pinBase, pinBitmap }) => pinBase + pinsOf(pinBitmap));
  const version = platform.gicVersion === 2 ? 2 : 3;
  const optional = {
    redistributor: address(platform.gicrBase),
    cpuInterface: address(platform.giccBase),
    hypervisorInterface: address(platform.gichBase),
    virtualCpuInterface: address(platform.gicvBase),
  };
  return {
    version,
    distributor: pa(Number(platform.gicdBase)),
    ...(Object.fromEntries(Object.entries(optional).filter(([, base]) => base !== undefined)) as Partial<
      typeof optional
    >),
    spis: Math.min(988, Math.max(32, Math.ceil((Math.max(32, ...last) - 32) / 32) * 32)),
    maintenanceIrq: platform.maintenanceIrq,
  } as NonNullable<BoardDescription['gic']>;
}

function uartsOf({ debugConsole: uart }: SystemConfig): BoardDescription['uarts'] {
  const type = Object.entries(CONSOLE_TYPE).find(([, value]) => value === uart.type)?.[0];
  if (uart.type === CONSOLE_TYPE.NONE || uart.type === CONSOLE_TYPE.EFIFB || type === undefined) return [];
  const mapped = (uart.flags & CONSOLE_FLAG.MMIO) !== 0;
  return [
    {
      name: 'uart0',
      type,
      base: pa(Number(uart.address)),
      size: mapped ? Math.max(uart.size, 1) : PORTS_8250,
      stride: (uart.flags & CONSOLE_FLAG.REGDIST_4) !== 0 ? 4 : 1,
      ...(!mapped && { space: 'ports' as const }),
    },
  ];
}

/** A virtual host has nothing behind it and takes no place on the board. */
function pciOf(system: SystemConfig): BoardDescription['pci'] {
  const window = mmconfigWindow(system);
  if (!window || system.pciIsVirtual !== 0) return [];
  return [
    {
      ecam: pa(Number(window.base)),
      ecamSize: Number(window.size),
      buses: system.pciMmconfigEndBus + 1,
      domain: system.pciDomain,
      virtual: false,
      windows: [],
    },
  ];
}

function iommusOf(system: SystemConfig): BoardIommu[] {
  return iommuUnitsOf(system).map(({ type, base, size, specific }, n) => {
    const view = new DataView(specific.buffer, specific.byteOffset, specific.byteLength);
    return {
      name: `iommu${n}`,
      type: IOMMU_KINDS[type] ?? 'SMMUv3',
      base: pa(Number(base)),
      size: Math.max(size, 1),
      ...(type === IOMMU_TYPE.TI_PVU && {
        tlb: { base: pa(Number(view.getBigUint64(0, true))), size: Math.max(view.getUint32(8, true), 1) },
      }),
      ...(type === IOMMU_TYPE.AMD && { bdf: view.getUint16(0, true) }),
    };
  });
}

function gapsOf({ architecture, gic, uarts, x86 }: BoardDescription): string[] {
  return [
    'cpus: models, affinities and clusters are not in a configuration; affinities are the CPU numbers for now.',
    'ram: only what the hypervisor and the root cell use; the banks may be larger.',
    'devices: windows by the names devices0, …; say what they are.',
    ...(gic
      ? ['gic.spis: as many as the irqchips name.', `timers.frequencyHz: ${TIMER_HZ} for now; the firmware sets it.`]
      : []),
    ...(uarts.length > 0
      ? ['uarts: only the debug console, without interrupt and clock.']
      : [
          `uarts: the configuration names no console that ${architecture === 'x86' ? 'is a serial port' : 'is known'}.`,
        ]),
    ...(x86 ? ['x86.hpet: not in a configuration.', 'pci: address windows are not in a configuration.'] : []),
    'kernelArguments: keeps the hypervisor memory free; add what the cells need.',
  ];
}
