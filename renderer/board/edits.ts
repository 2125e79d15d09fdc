// Edits of a scenario as the board view makes them: each is one step in the history, named as the undo menu shows it.
import { cellName, cellOf, cpusOf, MEM_FLAG } from '../../engine/config/index.ts';
import type { CellConfig, Config, MemoryRegion } from '../../engine/config/index.ts';
import type { CellEntry, OpenProject } from '../state/project.svelte.ts';
import { cpuSetFor, moveCpu } from './cpus.ts';
import { deviceRegion } from './devices.ts';
import { irqchipsWith } from './interrupts.ts';
import type { BoardWindow } from './names.ts';
import { interruptsOf } from './pins.ts';
import { canReshape, reshaped } from './regionEdit.ts';
import type { Grip } from './regionEdit.ts';

const named = (project: OpenProject, key: string): string =>
  project.cells.find((entry) => entry.key === key)?.title ?? key;

/** Changes the cell of one configuration file. */
export const editCell = (
  project: OpenProject,
  label: string,
  key: string,
  change: (cell: CellConfig) => void,
  group?: string,
): boolean => project.edit(label, key, (config) => change(cellOf(config)), group);

export function editRegion(
  project: OpenProject,
  key: string,
  index: number,
  change: Partial<MemoryRegion>,
  what: string,
): boolean {
  return editCell(project, `Change ${what} of region ${index} of ${named(project, key)}`, key, (cell) => {
    Object.assign(cell.memoryRegions[index]!, change);
  });
}

/** Moves a region, or one of its edges, by so many bytes; steps in a row are undone as one. False: it cannot go there. */
export function nudgeRegion(project: OpenProject, key: string, index: number, grip: Grip, by: bigint): boolean {
  const region = project.cells.find((entry) => entry.key === key)?.cell.memoryRegions[index];
  if (!region || !canReshape(region)) return false;
  const from = grip === 'end' ? region.physStart + region.size : region.physStart;
  const shape = reshaped(region, grip, from + by);
  if (!shape) return false;
  const label = `Move ${grip === 'whole' ? '' : `the ${grip} of `}region ${index} of ${named(project, key)}`;
  return editCell(
    project,
    label,
    key,
    (cell) => void Object.assign(cell.memoryRegions[index]!, shape),
    `nudge ${key} ${index} ${grip}`,
  );
}

export function toggleRegionFlag(
  project: OpenProject,
  key: string,
  index: number,
  flag: keyof typeof MEM_FLAG,
): boolean {
  return editCell(project, `Toggle ${flag} of region ${index} of ${named(project, key)}`, key, (cell) => {
    cell.memoryRegions[index]!.flags ^= MEM_FLAG[flag];
  });
}

/** Appends a page of memory behind the cell's last region, ready to be given an address. Returns its index. */
export function addRegion(project: OpenProject, entry: CellEntry): number | undefined {
  const index = entry.cell.memoryRegions.length;
  const last = entry.cell.memoryRegions.reduce(
    (end, region) => (region.physStart + region.size > end ? region.physStart + region.size : end),
    0n,
  );
  const added = editCell(project, `Add a region to ${entry.name}`, entry.key, (cell) => {
    cell.memoryRegions.push({ physStart: last, virtStart: last, size: 0x1000n, flags: MEM_FLAG.READ | MEM_FLAG.WRITE });
  });
  return added ? index : undefined;
}

/**
 * Takes a region out. Virtual PCI devices name their regions by index (ABI reference, A.8), so the ones behind it keep their place
 * in the world by moving their start down with them.
 */
export function removeRegion(project: OpenProject, key: string, index: number): boolean {
  return editCell(project, `Remove region ${index} of ${named(project, key)}`, key, (cell) => {
    dropRegion(cell, index);
  });
}

function dropRegion(cell: CellConfig, index: number): void {
  cell.memoryRegions.splice(index, 1);
  for (const device of cell.pciDevices) if (device.shmemRegionsStart > index) device.shmemRegionsStart--;
}

/** Gives a cell exactly these interrupt lines: SPIs, or on x86 pins. */
export function setInterrupts(project: OpenProject, entry: CellEntry, lines: readonly number[]): boolean {
  const address = BigInt(project.board?.gic?.distributor ?? project.board?.x86?.ioApics[0]?.base ?? 0);
  return editCell(project, `Change the interrupts of ${entry.name}`, entry.key, (cell) => {
    cell.irqchips = irqchipsWith(cell.irqchips, lines, project.x86, address);
  });
}

/** Opens devices to a cell: a region each, and their interrupt lines. */
export function giveDevices(project: OpenProject, entry: CellEntry, windows: readonly BoardWindow[]): boolean {
  if (windows.length === 0) return true;
  const what = windows.length === 1 ? windows[0]!.name : `${windows.length} devices`;
  const address = BigInt(project.board?.gic?.distributor ?? 0);
  const lines = windows.flatMap(({ spis }) => spis);
  return editCell(project, `Give ${what} to ${entry.name}`, entry.key, (cell) => {
    cell.memoryRegions.push(...windows.map(deviceRegion));
    if (!project.x86 && lines.length > 0)
      cell.irqchips = irqchipsWith(
        cell.irqchips,
        [...new Set([...interruptsOf(cell, false), ...lines])],
        false,
        address,
      );
  });
}

/** Takes a device back: its own region, and its interrupt lines. */
export function takeDevice(project: OpenProject, entry: CellEntry, window: BoardWindow, index: number): boolean {
  return editCell(project, `Take ${window.name} from ${entry.name}`, entry.key, (cell) => {
    dropRegion(cell, index);
    if (project.x86 || window.spis.length === 0) return;
    const rest = interruptsOf(cell, false).filter((line) => !window.spis.includes(line));
    cell.irqchips = irqchipsWith(cell.irqchips, rest, false, 0n);
  });
}

/** The driver cuts names to 31 characters (ABI reference, A.1). */
const NAME_LENGTH = 31;

/** Why a cell cannot have this name; `key` is the cell itself, undefined for a new one. */
export function refuseCellName(project: OpenProject, key: string | undefined, name: string): string | undefined {
  if (name === '') return 'A cell needs a name.';
  if (name.length > NAME_LENGTH) return `A name has at most ${NAME_LENGTH} characters.`;
  if (/[^\x20-\x7e]/.test(name)) return 'A name has only printable ASCII characters.';
  if (project.cells.some((other) => other.key !== key && other.name === name)) return 'Another cell has this name.';
  return undefined;
}

export function renameCell(project: OpenProject, entry: CellEntry, name: string): boolean {
  if (name === cellName(entry.cell)) return true;
  project.keepHue(entry.name, name);
  return editCell(project, `Rename ${entry.name} to ${name}`, entry.key, (cell) => {
    cell.name = name;
  });
}

export function removeCell(project: OpenProject, key: string): void {
  project.apply(`Remove ${named(project, key)}`, [{ path: key, file: undefined }]);
}

/** Moves a CPU to the cell with that key; the root takes back what cells give up. */
export function giveCpu(project: OpenProject, cpu: number, to: string): boolean {
  const edits = moveCpu(cpu, to, project.cells).map(({ key, cpuSet }) => ({
    path: key,
    change: (config: Config) => void (cellOf(config).cpuSet = cpuSet),
  }));
  return edits.length === 0 || project.editAll(`Move CPU ${cpu} to ${named(project, to)}`, edits);
}

/** Gives a cell exactly these CPUs; other cells lose them. */
export function setCpus(project: OpenProject, entry: CellEntry, cpus: readonly number[]): boolean {
  const edits = project.cells
    .filter((other) => !other.root)
    .flatMap((other) => {
      const has = cpusOf(other.cell.cpuSet);
      const next = other.key === entry.key ? [...cpus] : has.filter((cpu) => !cpus.includes(cpu));
      if (next.length === has.length && next.every((cpu, i) => cpu === has[i])) return [];
      const cpuSet = cpuSetFor(next, other.cell.cpuSet.length);
      return [{ path: other.key, change: (config: Config) => void (cellOf(config).cpuSet = cpuSet) }];
    });
  return edits.length === 0 || project.editAll(`Change the CPUs of ${entry.name}`, edits);
}
