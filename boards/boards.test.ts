// Every board that ships: its configurations build, have the reference's figures, fit the board, and check clean by our rules
// and by the reference's own check.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listBoards, type BoardDescription } from '../engine/board/index.ts';
import {
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  IOMMU_TYPE,
  MEM_FLAG,
  PCI_TYPE,
  ConfigError,
  bdfText,
  cellName,
  checkScenario,
  compileSource,
  cpusOf,
  decode,
  iommuUnitsOf,
  isCommRegion,
  isExecutable,
  isLoadable,
  referenceCheck,
  renderFault,
  type CellConfig,
  type Config,
  type SystemConfig,
} from '../engine/config/index.ts';
import { CELL_FIGURES, type CellFigures } from './figures/cells.ts';
import { DEVIATIONS } from './figures/deviations.ts';
import { SYSTEM_FIGURES, type SystemFigures } from './figures/systems.ts';

const FOLDER = import.meta.dirname;
const { boards, errors } = listBoards({
  folders: () => readdirSync(FOLDER),
  read: (folder, file) => {
    const path = join(FOLDER, folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  },
});

interface Built {
  path: string;
  bytes: Uint8Array;
  config: Config;
}

/** Builds a configuration; an error or a remark of the reader fails the test with its place. */
function build(board: BoardDescription, file: string): Built {
  const path = `boards/${board.name}/${file}`;
  const text = readFileSync(join(FOLDER, board.name, file), 'utf8');
  const compiled = compileSource(text, { file: path });
  if (compiled instanceof ConfigError) throw new Error(renderFault(compiled));
  expect(compiled.warnings.map(({ message }) => message)).toEqual([]);
  const decoded = decode(compiled.bytes, undefined, path);
  if (decoded instanceof ConfigError) throw decoded;
  return { path, bytes: compiled.bytes, config: decoded.config };
}

const systemOf = ({ config }: Built): SystemConfig => (config as Extract<Config, { kind: 'system' }>).system;
const cellOf = ({ config }: Built): CellConfig => (config as Extract<Config, { kind: 'cell' }>).cell;

/** What takes part in one check: cells that are meant to run beside each other. All others share CPUs or memory by turns. */
const TOGETHER: Readonly<Record<string, string[][]>> = {
  'zynqmp-zcu102': [['inmate-demo.c'], ['linux-demo.c', 'linux-demo-2.c']],
  'qemu-arm64': [
    [
      'greeter.c',
      'timer.c',
      'smp.c',
      'comm-client.c',
      'vconsole.c',
      'trespasser.c',
      'cmdline.c',
      'ivshmem.c',
      'linux-demo.c',
    ],
  ],
};

const mask = (cpuSet: Uint8Array): number => cpusOf(cpuSet).reduce((sum, cpu) => sum + 2 ** cpu, 0);
const deviates = (where: string, field: string): boolean =>
  DEVIATIONS.some((deviation) => deviation.where === where && deviation.field === field);

/** Fields of ours that the table has as well. A deviation that is none any more fails, too. */
function compare(where: string, actual: Record<string, unknown>, expected: object): void {
  const fields = Object.entries(expected).filter(([field]) => field in actual);
  const same = fields.filter(([field]) => !deviates(where, field));
  expect(Object.fromEntries(same.map(([field]) => [field, actual[field]]))).toEqual(Object.fromEntries(same));
  for (const [field, value] of fields)
    if (deviates(where, field)) expect(actual[field], `${where}: ${field} is no deviation`).not.toEqual(value);
}

const CONSOLE_NAMES = Object.fromEntries(Object.entries(CONSOLE_TYPE).map(([name, type]) => [type, name]));
const IOMMU_NAMES: Readonly<Record<number, string>> = {
  [IOMMU_TYPE.AMD]: 'AMD',
  [IOMMU_TYPE.INTEL]: 'Intel',
  [IOMMU_TYPE.SMMUV3]: 'SMMUv3',
  [IOMMU_TYPE.TI_PVU]: 'PVU',
  [IOMMU_TYPE.ARM_MMU500]: 'MMU500',
};

function systemFigures(system: SystemConfig, expected: SystemFigures): Record<string, unknown> {
  const { debugConsole: uart, rootCell, platform, hypervisorMemory } = system;
  const ram = rootCell.memoryRegions
    .filter((region) => isExecutable(region))
    .map(({ physStart, size }) => ({ base: Number(physStart), size: Number(size) }));
  const named = (address: bigint): number | undefined => (address === 0n ? undefined : Number(address));
  return {
    root: cellName(rootCell),
    cpus: mask(rootCell.cpuSet),
    hypervisor: { base: Number(hypervisorMemory.physStart), size: Number(hypervisorMemory.size) },
    console: {
      type: CONSOLE_NAMES[uart.type],
      address: Number(uart.address),
      size: uart.size,
      flags: uart.flags,
      ...(uart.clockReg !== 0n && { clockReg: Number(uart.clockReg), gateNr: uart.gateNr }),
    },
    ...(platform.kind === 'arm'
      ? {
          gic: {
            version: platform.gicVersion,
            gicd: named(platform.gicdBase),
            gicc: named(platform.giccBase),
            gich: named(platform.gichBase),
            gicv: named(platform.gicvBase),
            gicr: named(platform.gicrBase),
          },
        }
      : {
          x86: {
            pmTimer: platform.pmTimerAddress,
            apicMode: platform.apicMode,
            vtdInterruptLimit: platform.vtdInterruptLimit,
          },
        }),
    pci: {
      base: Number(system.pciMmconfigBase),
      endBus: system.pciMmconfigEndBus,
      virtual: system.pciIsVirtual,
      domain: system.pciDomain,
      vpciIrqBase: rootCell.vpciIrqBase,
    },
    iommus: iommuUnitsOf(system).map(({ type, base, size }) => ({ type: IOMMU_NAMES[type], base: Number(base), size })),
    irqchips: rootCell.irqchips.length,
    ram: expected.ramGoesOn ? ram.slice(0, expected.ram.length) : ram,
  };
}

function cellFigures(cell: CellConfig): Record<string, unknown> {
  const uart = cell.console;
  return {
    name: cellName(cell),
    flags: cell.flags,
    cpus: mask(cell.cpuSet),
    console: { type: CONSOLE_NAMES[uart.type], address: Number(uart.address), divider: uart.divider },
    vpciIrqBase: cell.vpciIrqBase,
    loadable: cell.memoryRegions
      .filter((region) => isLoadable(region))
      .map((region) => ({
        physical: Number(region.physStart),
        virtual: Number(region.virtStart),
        size: Number(region.size),
        dma: (region.flags & MEM_FLAG.DMA) !== 0n,
      }))
      .sort((a, b) => a.physical - b.physical),
    irqchips: cell.irqchips.map(({ pinBase, pinBitmap }) => ({ pinBase, words: pinBitmap })),
    pci: cell.pciDevices
      .map((device) => ({
        bdf: device.bdf,
        id: device.shmemDevId,
        peers: device.shmemPeers,
        protocol: device.shmemProtocol,
        ...(device.numMsixVectors > 0 && { msix: device.numMsixVectors }),
      }))
      .sort((a, b) => a.bdf - b.bdf),
  };
}

const inOrder = (row: CellFigures): CellFigures => ({
  ...row,
  loadable: row.loadable.toSorted((a, b) => a.physical - b.physical),
  pci: row.pci.toSorted((a, b) => a.bdf - b.bdf),
});

test('the reference list has 38 boards, and all are here', () => {
  expect(errors.map((error) => error.message)).toEqual([]);
  expect(SYSTEM_FIGURES).toHaveLength(38);
  const names = boards.map(({ name }) => name);
  expect(SYSTEM_FIGURES.map(({ board }) => board).filter((name) => !names.includes(name))).toEqual([]);
});

describe.each(boards.map((board) => [board.name, board] as const))('%s', (name, board) => {
  const root = build(board, board.rootConfig);
  const system = systemOf(root);
  const cells = board.cells.map((file) => ({ file, built: build(board, file) }));
  const figures = SYSTEM_FIGURES.find((one) => one.board === name);

  test('root configuration has the figures of the reference', () => {
    if (!figures) return expect(name).toBe('qemu-arm64-gicv2');
    expect(board.architecture).toBe(figures.architecture);
    compare(name, systemFigures(system, figures), figures);
  });

  test('cells have the figures of the reference', () => {
    for (const row of CELL_FIGURES.filter((one) => one.board === name)) {
      const cell = cells.find(({ file }) => file === `${row.file}.c`);
      expect(cell, `${name} lacks ${row.file}.c`).toBeDefined();
      compare(`${name}/${row.file}`, cellFigures(cellOf(cell!.built)), inOrder(row));
    }
  });

  test('the root cell has the CPUs of the board', () => {
    expect(cpusOf(system.rootCell.cpuSet)).toEqual(board.cpus.map(({ id }) => id).sort((a, b) => a - b));
  });

  test('board and configuration name the same console, IOMMUs and PM timer', () => {
    const { debugConsole: uart } = system;
    const wired = board.uarts.find(({ base }) => base === Number(uart.address));
    expect(wired?.type).toBe(CONSOLE_NAMES[uart.type]);
    expect(wired?.space === 'ports').toBe((uart.flags & CONSOLE_FLAG.MMIO) === 0);
    expect(iommuUnitsOf(system).map(({ base, size }) => ({ base: Number(base), size }))).toEqual(
      (board.iommus ?? []).map(({ base, size }) => ({ base, size })),
    );
    if (system.platform.kind === 'x86') expect(system.platform.pmTimerAddress).toBe(board.x86?.pmTimerPort);
  });

  test('checks clean by our rules', () => {
    const sets = TOGETHER[name] ?? [...board.cells.map((file) => [file]), []];
    const findings = sets.flatMap((files) => {
      const together = cells.filter(({ file }) => files.includes(file)).map(({ built }) => cellOf(built));
      return checkScenario({ system, cells: together, board }).filter(({ severity }) => severity !== 'info');
    });
    expect(findings.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
    expect(sets.flat().sort()).toEqual([...board.cells].sort());
  });

  test("checks clean by the reference's check, root and all cells", () => {
    const { stdout, stderr, exitCode } = referenceCheck(
      root,
      cells.map(({ built }) => built),
    );
    expect(stderr).toBe('');
    expect(exitCode, stdout).toBe(0);
  });

  test('every link has its ends in the root or in two cells', () => {
    const ends = new Map<number, number>();
    for (const cell of [system.rootCell, ...cells.map(({ built }) => cellOf(built))])
      for (const { type, bdf } of cell.pciDevices)
        if (type === PCI_TYPE.IVSHMEM) ends.set(bdf, (ends.get(bdf) ?? 0) + 1);
    expect([...ends].filter(([, count]) => count < 2).map(([bdf]) => bdfText(bdf))).toEqual([]);
  });

  test('every cell has RAM to load and a communication region', () => {
    for (const { built } of cells) {
      const { memoryRegions } = cellOf(built);
      expect(memoryRegions.some((region) => isLoadable(region)) && memoryRegions.some((r) => isCommRegion(r))).toBe(
        true,
      );
    }
  });
});
