// What a rule is, what it finds, and the view of a scenario that all rules share: board, hypervisor, root cell and every other
// cell side by side. Rules are data; each looks at the whole scenario and gives its findings in a fixed order.
import type { BoardDescription } from '../../board/description.ts';
import type { SourceLocation } from '../location.ts';
import type { SourceWarning } from '../source/reader.ts';
import { cellName, mmconfigWindow } from '../codec.ts';
import {
  MEM_FLAG,
  type CellConfig,
  type Config,
  type MemoryRegion,
  type Scenario,
  type SystemConfig,
} from '../model.ts';
import { regionPurpose } from '../purpose.ts';
import { isCommRegion, physRange, virtRange, type Range } from '../region.ts';
import { rangeText } from '../show.ts';

/** `error`: it will not work, or not as configured. `warning`: almost surely a mistake. `info`: worth knowing; no failure. */
export type Severity = 'error' | 'warning' | 'info';

/** What the rules look at. Without a board the rules about the board say nothing. */
export interface CheckedScenario extends Scenario {
  board?: BoardDescription;
  /** The root Linux's kernel command line; by default what the board's description says. */
  kernelArguments?: string;
  /** Bytes of each file behind the configuration itself. */
  trailing?: { system: number; cells: readonly number[] };
  /** What the C reader remarked while it read the sources. */
  sourceWarnings?: readonly (SourceWarning & { config: ConfigRef })[];
}

/** A configuration file of the scenario: the system's, or the one of cell number n. */
export type ConfigRef = 'system' | number;

/** A range of addresses, interrupts, ports or CPUs with the name of whose it is. */
export interface OwnedRange {
  owner: string;
  start: bigint;
  size: bigint;
}

/** A change of the model that removes the finding. */
export interface Fix {
  /** What it does, as a button says it. */
  title: string;
  /** Changes a private copy of the scenario. */
  change(scenario: Scenario): void;
}

/** What a rule says of one place; the runner adds rule and severity. */
export interface Found {
  config: ConfigRef;
  /** Model field in that configuration, e.g. `memoryRegions[3].size`, `rootCell.irqchips[0]`. */
  path: string;
  /** One sentence: what is wrong, with both ranges and their owners, and what to do. */
  message: string;
  ranges?: OwnedRange[];
  fix?: Fix;
  /** Where in the source, for what is no field of the model. */
  location?: SourceLocation;
}

export interface Finding extends Found {
  rule: string;
  severity: Severity;
  /** Name of the cell that the finding is about; the root cell's for the system configuration. */
  cell: string;
}

export interface Rule {
  /** Stable, kebab-case, begins with the topic. */
  id: string;
  severity: Severity;
  title: string;
  check(view: ScenarioView): Found[];
}

/** A cell with where it stands in the scenario. */
export interface CellView {
  config: ConfigRef;
  isRoot: boolean;
  name: string;
  cell: CellConfig;
  /** In front of paths: `rootCell.` for the root cell. */
  prefix: string;
  regions: RegionView[];
}

export interface RegionView {
  owner: CellView;
  index: number;
  region: MemoryRegion;
  phys: Range;
  virt: Range;
  path: string;
  /** Comm regions and placeholders have no memory of their own. */
  hasMemory: boolean;
}

export interface ScenarioView {
  scenario: CheckedScenario;
  system: SystemConfig;
  board: BoardDescription | undefined;
  isX86: boolean;
  root: CellView;
  /** The cells without the root cell. */
  cells: CellView[];
  /** Root cell first. */
  all: CellView[];
  hypervisor: Range;
  mmconfig: Range | null;
}

export function viewOf(scenario: CheckedScenario): ScenarioView {
  const { system } = scenario;
  const root = cellView(system.rootCell, 'system');
  const cells = scenario.cells.map((cell, index) => cellView(cell, index));
  const window = mmconfigWindow(system);
  return {
    scenario,
    system,
    board: scenario.board,
    isX86: system.architecture === 0,
    root,
    cells,
    all: [root, ...cells],
    hypervisor: { start: system.hypervisorMemory.physStart, size: system.hypervisorMemory.size },
    mmconfig: window && { start: window.base, size: window.size },
  };
}

function cellView(cell: CellConfig, config: ConfigRef): CellView {
  const isRoot = config === 'system';
  const prefix = isRoot ? 'rootCell.' : '';
  const view: CellView = { config, isRoot, name: cellName(cell), cell, prefix, regions: [] };
  view.regions = cell.memoryRegions.map((region, index) => ({
    owner: view,
    index,
    region,
    phys: physRange(region),
    virt: virtRange(region),
    path: `${prefix}memoryRegions[${index}]`,
    hasMemory: region.size > 0n && !isCommRegion(region),
  }));
  return view;
}

// ------------------------------------------------------------------------------------------------------ sentences and fixes

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
export const rangeOf = ({ start, size }: Range): string => rangeText(start, size);

/** `cell "demo"` or `root cell "board"`. */
export const cellTitle = (view: CellView): string => `${view.isRoot ? 'root cell' : 'cell'} "${view.name}"`;

/** `region 3 (RAM) of cell "demo"`. */
export const regionTitle = ({ owner, index }: RegionView): string =>
  `region ${index} (${regionPurpose(owner.cell, index)}) of ${cellTitle(owner)}`;

export const owned = (owner: string, { start, size }: Range): OwnedRange => ({ owner, start, size });

/** The same cell in a copy of the scenario. */
export const cellIn = (scenario: Scenario, { config }: Pick<CellView, 'config'>): CellConfig =>
  config === 'system' ? scenario.system.rootCell : scenario.cells[config]!;

/** A fix that changes one cell. */
export const cellFix = (title: string, view: CellView, change: (cell: CellConfig) => void): Fix => ({
  title,
  change: (scenario) => change(cellIn(scenario, view)),
});

/** A fix that changes one memory region. */
export const regionFix = (title: string, { owner, index }: RegionView, change: (region: MemoryRegion) => void): Fix =>
  cellFix(title, owner, (cell) => change(cell.memoryRegions[index]!));

/** Root keeps the region's memory. */
export const shareWithRoot = (view: RegionView): Fix =>
  regionFix('Mark it ROOTSHARED', view, (region) => {
    region.flags |= MEM_FLAG.ROOTSHARED;
  });

/** The scenario with a fix made; the one that is given stays as it is. */
export function applyFix<S extends Scenario>(scenario: S, fix: Fix): S {
  const copy = structuredClone({ system: scenario.system, cells: scenario.cells });
  fix.change(copy);
  return { ...scenario, ...copy };
}

/** The configuration of a scenario that a finding points into. */
export const configAt = (scenario: Scenario, config: ConfigRef): Config =>
  config === 'system' ? { kind: 'system', system: scenario.system } : { kind: 'cell', cell: scenario.cells[config]! };

/** Every unordered pair of a list, in order. */
export function* pairs<T>(list: readonly T[]): Generator<[T, T]> {
  for (let i = 0; i < list.length; i++) for (let j = i + 1; j < list.length; j++) yield [list[i]!, list[j]!];
}

/** So many pairs are reported at most: a file of noise must not cost more than a real one. */
export const PAIRS_MAX = 200;

/** Relevant pairs of ranges that overlap: a sweep over sorted ranges, at most PAIRS_MAX. Empty ranges overlap nothing. */
export function overlappingPairs<T>(
  items: readonly T[],
  rangeIn: (item: T) => Range,
  relevant: (a: T, b: T) => boolean = () => true,
): [T, T][] {
  const sorted = items
    .map((item, order) => ({ item, order, ...rangeIn(item) }))
    .filter(({ size }) => size > 0n)
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.order - b.order));
  const found: { a: number; b: number; pair: [T, T] }[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i]!;
    const end = first.start + first.size;
    for (let j = i + 1; j < sorted.length && sorted[j]!.start < end && found.length < PAIRS_MAX; j++) {
      const second = sorted[j]!;
      const [a, b] = first.order < second.order ? [first, second] : [second, first];
      if (relevant(a.item, b.item)) found.push({ a: a.order, b: b.order, pair: [a.item, b.item] });
    }
  }
  return found.sort((x, y) => x.a - y.a || x.b - y.b).map(({ pair }) => pair);
}
