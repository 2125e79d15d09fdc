// A new cell out of what is free: RAM that the root has and nobody took, the debug console's UART shared, a comm region, CPUs as chosen.
// Conventions of addresses and flags: ABI reference, A.3, B.4 (comm region), G.1 (images start at guest address 0).
import {
  architectureOf,
  CELL_FLAG,
  CELL_SIGNATURE,
  CONFIG_REVISION,
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  contains,
  cpuSetOf,
  isCommRegion,
  isLinuxRam,
  MEM_FLAG,
  overlaps,
  physRange,
} from '../../engine/config/index.ts';
import type { CellConfig, MemoryRegion, SystemConfig } from '../../engine/config/index.ts';

export interface NewCell {
  name: string;
  cpus: readonly number[];
  /** Bytes of RAM, a multiple of 4 KiB. */
  ram: bigint;
  /** Gives the cell the hypervisor's UART, shared with everybody. */
  uart: boolean;
}

const PAGE = 0x1000n;
const COMM_ADDRESS = { arm: 0x80000000n, arm64: 0x80000000n, x86: 0x100000n } as const;
const { READ, WRITE, EXECUTE, LOADABLE, IO, ROOTSHARED, COMM_REGION } = MEM_FLAG;

/** The highest free place of this size in the root's RAM, aligned to a page; undefined: there is none. */
export function freeRam(system: SystemConfig, cells: readonly CellConfig[], size: bigint): bigint | undefined {
  const taken = [
    physRange(system.hypervisorMemory),
    ...cells.flatMap((cell) => cell.memoryRegions.filter((region) => !isCommRegion(region)).map(physRange)),
  ];
  const banks = system.rootCell.memoryRegions.filter(isLinuxRam).map(physRange);
  const candidates = [...banks.map(({ start, size: length }) => start + length), ...taken.map(({ start }) => start)]
    .map((end) => ((end - size) / PAGE) * PAGE)
    .filter((start) => start >= 0n)
    .sort((a, b) => (a > b ? -1 : 1));
  return candidates.find((start) => {
    const range = { start, size };
    return banks.some((bank) => contains(bank, range)) && !taken.some((other) => overlaps(other, range));
  });
}

/** The configuration of the cell. Undefined: the root has no free RAM of this size in one piece. */
export function newCell(system: SystemConfig, cells: readonly CellConfig[], wanted: NewCell): CellConfig | undefined {
  const start = freeRam(system, cells, wanted.ram);
  if (start === undefined) return undefined;
  const { debugConsole } = system;
  const mmio = wanted.uart && debugConsole.type !== CONSOLE_TYPE.NONE && (debugConsole.flags & CONSOLE_FLAG.MMIO) !== 0;
  const uart: MemoryRegion[] = mmio
    ? [
        {
          physStart: (debugConsole.address / PAGE) * PAGE,
          virtStart: (debugConsole.address / PAGE) * PAGE,
          size: PAGE,
          flags: READ | WRITE | IO | ROOTSHARED,
        },
      ]
    : [];
  return {
    signature: CELL_SIGNATURE,
    architecture: system.architecture,
    revision: CONFIG_REVISION,
    name: wanted.name,
    id: 0,
    flags: CELL_FLAG.PASSIVE_COMMREG,
    cpuSet: cpuSetOf(wanted.cpus, system.rootCell.cpuSet.length),
    memoryRegions: [
      ...uart,
      { physStart: start, virtStart: 0n, size: wanted.ram, flags: READ | WRITE | EXECUTE | LOADABLE },
      {
        physStart: 0n,
        virtStart: COMM_ADDRESS[architectureOf(system.architecture) ?? 'arm64'],
        size: PAGE,
        flags: READ | COMM_REGION,
      },
    ],
    cacheRegions: [],
    irqchips: [],
    pioRegions: [],
    pciDevices: [],
    pciCaps: [],
    streamIds: [],
    vpciIrqBase: 0,
    cpuResetAddress: 0n,
    msgReplyTimeout: 0n,
    console: mmio
      ? { ...debugConsole, divider: 0, gateNr: 0, clockReg: 0n }
      : { ...debugConsole, address: 0n, size: 0, type: 0, flags: 0 },
  };
}
