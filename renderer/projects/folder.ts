// A folder of configurations, as someone brings it: what each file is, which cells belong to which system, and the board of each
// system. Nothing is left out for not being readable: such files come along and say why.
import {
  architectureOf,
  cellName,
  cellOf,
  ConfigError,
  contains,
  cpusOf,
  decode,
  isCommRegion,
  isIo,
  physRange,
  readSource,
} from '../../engine/config/index.ts';
import type { CellConfig, Config } from '../../engine/config/index.ts';
import type { FileKind } from '../../engine/contract/index.ts';
import { fileKindOf } from './fileKind.ts';

export interface FolderFile {
  /** Path in the folder. */
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface SurveyedFile {
  path: string;
  kind: FileKind;
  /** Sources and scripts. */
  text: string | undefined;
  bytes: Uint8Array<ArrayBuffer>;
  /** Of configurations that can be read. */
  config: Config | undefined;
  /** Why a configuration cannot be read, with its line. */
  error: string | undefined;
  /** The cell's name, for configurations that can be read. */
  name: string | undefined;
}

/** A system with the cells that were made for it. */
export interface SystemGroup {
  system: SurveyedFile;
  cells: SurveyedFile[];
  /** The known board that the system is for; undefined: none is called that. */
  board: string | undefined;
}

export interface FolderSurvey {
  systems: SystemGroup[];
  /** Cells that fit no system of the folder. */
  loose: SurveyedFile[];
  /** Configurations that cannot be read. */
  unreadable: SurveyedFile[];
  /** Headers, images, scripts. */
  others: SurveyedFile[];
}

const stem = (path: string): string => path.replace(/^.*\//, '').replace(/\.\w+$/, '');
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Sources that name none of the descriptors are programs, or parts that others include. */
const isConfiguration = (text: string): boolean => /\bjailhouse_(system|cell_desc)\b/.test(text);

function survey({ path, bytes }: FolderFile, textOf: (path: string) => string | undefined): SurveyedFile {
  const { kind, text } = fileKindOf(path, bytes);
  const file = { path, kind, text, bytes, config: undefined, error: undefined, name: undefined };
  if (kind !== 'system' && kind !== 'cell') return file;
  const read =
    text === undefined
      ? decode(bytes, undefined, path)
      : readSource(text, { file: path, include: (name) => textOf(folderOf(path) + name) ?? null });
  if (!(read instanceof ConfigError)) {
    const { config } = read;
    return { ...file, kind: config.kind, config, name: cellName(cellOf(config)) };
  }
  if (text !== undefined && !isConfiguration(text)) return { ...file, kind: 'other' };
  return { ...file, error: `${read.location ? `line ${read.location.line}: ` : ''}${read.message}` };
}

const architecture = (config: Config): string | undefined =>
  architectureOf(config.kind === 'system' ? config.system.architecture : config.cell.architecture);

/**
 * How well a cell fits a system: its file is called after the system's, its memory lies in the root's, its CPUs are among the
 * system's. Undefined: not at all.
 */
function fit(cell: SurveyedFile, system: SurveyedFile): number | undefined {
  if (!cell.config || !system.config || architecture(cell.config) !== architecture(system.config)) return undefined;
  const root = cellOf(system.config);
  const own = cellOf(cell.config);
  const named = stem(cell.path).startsWith(stem(system.path)) ? 100 + stem(system.path).length : 0;
  const cpus = new Set(cpusOf(root.cpuSet));
  const fits = cpusOf(own.cpuSet).every((cpu) => cpus.has(cpu)) && memoryInside(own, root);
  if (named === 0 && !fits) return undefined;
  return named + (fits ? 10 : 0) + (folderOf(cell.path) === folderOf(system.path) ? 1 : 0);
}

/** RAM that is the cell's own must come out of the root's (ABI reference, B.6). */
const memoryInside = (cell: CellConfig, root: CellConfig): boolean => {
  const given = root.memoryRegions.filter((region) => !isCommRegion(region)).map(physRange);
  return cell.memoryRegions
    .filter((region) => region.size > 0n && !isCommRegion(region) && !isIo(region))
    .every((region) => given.some((range) => contains(range, physRange(region))));
};

export function surveyFolder(files: readonly FolderFile[], boards: readonly { name: string }[]): FolderSurvey {
  const texts = new Map<string, string>();
  for (const { path, bytes } of files) {
    const { text } = fileKindOf(path, bytes);
    if (text !== undefined) texts.set(path, text);
  }
  const all = files
    .map((file) => survey(file, (path) => texts.get(path)))
    .sort((a, b) => naturally.compare(a.path, b.path));
  const systems = all
    .filter((file) => file.config?.kind === 'system')
    .map((system): SystemGroup => ({ system, cells: [], board: boardOf(system, boards) }));
  const loose: SurveyedFile[] = [];
  for (const cell of all) {
    if (cell.config?.kind !== 'cell') continue;
    let best: { group: SystemGroup; score: number } | undefined;
    for (const group of systems) {
      const score = fit(cell, group.system);
      if (score !== undefined && score > (best?.score ?? 0)) best = { group, score };
    }
    if (best) best.group.cells.push(cell);
    else loose.push(cell);
  }
  return {
    systems,
    loose,
    unreadable: all.filter(({ error }) => error !== undefined),
    others: all.filter(({ config, error }) => !config && error === undefined),
  };
}

const naturally = new Intl.Collator('en', { numeric: true });
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** A board is known by the name of the system's root cell, or of its file. */
function boardOf(system: SurveyedFile, boards: readonly { name: string }[]): string | undefined {
  const names = [system.name ?? '', stem(system.path)].map(plain);
  return boards.find(({ name }) => names.includes(plain(name)))?.name;
}

/**
 * The files that a project for one system gets: its configuration, its cells, and what they may include; `withRest` also everything
 * that belongs to no system, so that nothing of the folder is lost.
 */
export function filesFor(group: SystemGroup, all: FolderSurvey, withRest: boolean): SurveyedFile[] {
  const folders = new Set([group.system, ...group.cells].map(({ path }) => folderOf(path)));
  const others = all.others.filter(({ path, text }) => withRest || (text !== undefined && folders.has(folderOf(path))));
  return [group.system, ...group.cells, ...others, ...(withRest ? [...all.loose, ...all.unreadable] : [])];
}
