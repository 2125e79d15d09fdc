// Boards from their folders: board.json through the schema, then what a schema can not say (windows that overlap, CPUs
// given twice, an interrupt controller without what its version needs). Pure: the caller reads the files.
import { PAGE_SIZE, pa } from '../util/units.ts';
import type { BoardDescription, BoardDevice, BoardRange } from './description.ts';
import { boardSchema } from './schema.ts';
import type { BoardFile } from './schema.ts';

/** Bytes of GICv3 redistributor frames for each CPU (IHI 0069, 12.10: RD_base and SGI_base). */
export const REDISTRIBUTOR_STRIDE = 0x20000;

/** Where the local APICs are after reset (Intel SDM, volume 3, 11.4.1), and bytes of a HPET block (IA-PC HPET, 2.3). */
const LOCAL_APIC = 0xfee0_0000;
const HPET_SIZE = 0x400;

export const BOARD_FILE = 'board.json';

export interface BoardProblem {
  /** Path in the file, such as `uarts[0].base`; empty for the file as a whole. */
  field: string;
  reason: string;
}

/** A board that can not be used, with everything that is wrong with it. */
export class BoardError extends Error {
  readonly file: string;
  readonly problems: readonly BoardProblem[];

  constructor(file: string, problems: readonly BoardProblem[]) {
    super(
      problems.map(({ field, reason }) => (field ? `${file}: ${field}: ${reason}` : `${file}: ${reason}`)).join('\n'),
    );
    this.name = 'BoardError';
    this.file = file;
    this.problems = problems;
  }
}

const hexText = (value: number): string => `0x${value.toString(16)}`;

const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );

/**
 * Reads a board description.
 * @param name the board's folder name
 * @param text contents of its board.json
 * @param file how errors name the file
 * @throws BoardError naming file, field and reason for everything that is wrong
 */
export function parseBoard(name: string, text: string, file = `${name}/${BOARD_FILE}`): BoardDescription {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BoardError(file, [{ field: '', reason: `not JSON: ${(error as Error).message}` }]);
  }
  const parsed = boardSchema.safeParse(json);
  if (!parsed.success) {
    throw new BoardError(
      file,
      parsed.error.issues.map((issue) => ({ field: fieldPath(issue.path), reason: issue.message })),
    );
  }
  const board = describe(name, parsed.data);
  const problems = checkBoard(board);
  if (problems.length > 0) throw new BoardError(file, problems);
  return board;
}

function describe(name: string, file: BoardFile): BoardDescription {
  const described = {
    ...file,
    name,
    devices: file.devices.flatMap(({ count, ...device }) =>
      count === undefined
        ? [device]
        : Array.from({ length: count }, (_, n) => ({
            ...device,
            name: `${device.name}${n}`,
            base: device.base + n * device.size,
            ...(device.spi !== undefined && { spi: device.spi + n }),
          })),
    ),
  };
  // The schema has checked that every address is one; from here on the types say which space it belongs to.
  return described as unknown as BoardDescription;
}

/** Every window of the board on the bus, by name. The GIC's sizes follow from its version and the CPUs. */
export function boardWindows(board: BoardDescription): BoardRange[] {
  const { gic } = board;
  const window = (name: string, base: number | undefined, size: number): BoardRange[] =>
    base === undefined ? [] : [{ name, base: pa(base), size }];
  return [
    ...board.ram,
    ...board.uarts.filter(({ space }) => space !== 'ports'),
    ...(board.iommus ?? []).flatMap(({ name, base, size, tlb }) => [
      { name, base, size },
      ...(tlb ? [{ name: `${name} TLB`, ...tlb }] : []),
    ]),
    ...(board.x86
      ? [
          ...board.x86.ioApics.flatMap(({ base }, n) => window(`IOAPIC ${n}`, base, PAGE_SIZE)),
          ...window('HPET', board.x86.hpet, HPET_SIZE),
          ...window('local APIC', LOCAL_APIC, PAGE_SIZE),
        ]
      : []),
    ...board.devices.filter((device: BoardDevice) => device.type !== 'none'),
    ...board.pci.flatMap(({ ecam, ecamSize, virtual, windows }, n) =>
      virtual
        ? []
        : [
            { name: `pci${n} ECAM`, base: ecam, size: ecamSize },
            ...windows.map(({ kind, base, size }) => ({ name: `pci${n} ${kind} window`, base, size })),
          ],
    ),
    ...(gic
      ? [
          ...window('GICD', gic.distributor, gic.version === 3 ? 0x10000 : 0x1000),
          ...window('GICR', gic.redistributor, board.cpus.length * REDISTRIBUTOR_STRIDE),
          ...window('GICC', gic.cpuInterface, 0x2000),
          ...window('GICH', gic.hypervisorInterface, 0x1000),
          ...window('GICV', gic.virtualCpuInterface, 0x2000),
        ]
      : []),
  ];
}

function duplicates<Item>(items: readonly Item[], key: (item: Item) => number): number[] {
  const seen = new Set<number>();
  return items.flatMap((item, index) => (seen.size === seen.add(key(item)).size ? [index] : []));
}

/** What is wrong with a board that has the right shape. */
export function checkBoard(board: BoardDescription): BoardProblem[] {
  const { cpus, gic, ram } = board;
  const problems: BoardProblem[] = [];
  const add = (field: string, reason: string): number => problems.push({ field, reason });

  for (const index of duplicates(cpus, (cpu) => cpu.id))
    add(`cpus[${index}].id`, `CPU ${cpus[index]!.id} is given twice`);
  for (const index of duplicates(cpus, (cpu) => cpu.affinity))
    add(`cpus[${index}].affinity`, `affinity ${hexText(cpus[index]!.affinity)} is given twice`);
  ram.forEach(({ base, size }, index) => {
    if (base % PAGE_SIZE !== 0 || size % PAGE_SIZE !== 0)
      add(`ram[${index}]`, `${hexText(base)} + ${hexText(size)} is not a multiple of the 4 KiB page`);
  });
  if (board.architecture === 'x86') {
    if (!board.x86) add('x86', 'an x86 board needs IOAPICs and a PM timer');
    if (gic) add('gic', 'an x86 board has no GIC');
  } else {
    if (board.x86) add('x86', `an ${board.architecture} board has no PC platform`);
    if (!gic) add('gic', `an ${board.architecture} board needs an interrupt controller`);
    if (!board.timers) add('timers', `an ${board.architecture} board needs generic timers`);
  }
  if (gic?.version === 3 && gic.redistributor === undefined) add('gic.redistributor', 'GICv3 needs redistributors');
  if (gic?.version === 2 && gic.cpuInterface === undefined)
    add('gic.cpuInterface', 'GICv2 needs a CPU interface window');
  if (gic?.version === 2 && cpus.length > 8) add('cpus', `GICv2 serves 8 CPUs, the board has ${cpus.length}`);
  if (gic) {
    const wired = [
      ...board.uarts.map((uart, n) => ({ field: `uarts[${n}].spi`, spi: uart.spi })),
      ...board.devices.map((device, n) => ({ field: `devices[${n}].spi`, spi: device.spi })),
      ...board.pci.flatMap((host, n) =>
        (host.intx ?? []).map((spi, pin) => ({ field: `pci[${n}].intx[${pin}]`, spi })),
      ),
    ];
    for (const { field, spi } of wired)
      if (spi !== undefined && spi >= gic.spis) add(field, `SPI ${spi} is beyond the ${gic.spis} that the GIC has`);
  }
  const windows = boardWindows(board).toSorted((a, b) => a.base - b.base);
  windows.slice(1).forEach((window, index) => {
    const before = windows[index]!;
    if (before.base + before.size > window.base)
      add(
        '',
        `${window.name} at ${hexText(window.base)} overlaps ${before.name} at ${hexText(before.base)} + ${hexText(before.size)}`,
      );
  });
  return problems;
}

/** Where board folders come from: the caller's file system. */
export interface BoardReader {
  /** Names of the folders in which boards may live. */
  folders(): readonly string[];
  /** A file's text, or undefined if there is none. */
  read(folder: string, file: string): string | undefined;
}

/** All boards of a folder of boards, by name; folders without a board.json are not boards. Broken ones are reported beside. */
export function listBoards(reader: BoardReader): { boards: BoardDescription[]; errors: BoardError[] } {
  const boards: BoardDescription[] = [];
  const errors: BoardError[] = [];
  for (const folder of reader.folders().toSorted()) {
    const text = reader.read(folder, BOARD_FILE);
    if (text === undefined) continue;
    try {
      boards.push(parseBoard(folder, text));
    } catch (error) {
      if (!(error instanceof BoardError)) throw error;
      errors.push(error);
    }
  }
  return { boards, errors };
}
