// What the rules of engine/config found, tied to this project: which file, which line, which regions on the map, and fixes as
// one step of the history.
import { applyFix, checkScenario, intersection, isCommRegion, physRange } from '../../engine/config/index.ts';
import type { CellConfig, CheckedScenario, Finding } from '../../engine/config/index.ts';

/** A cell as problems name it: the entries of a project, root included. */
export interface ProblemCell {
  key: string;
  name: string;
  root: boolean;
  cell: CellConfig;
}

export interface Problem {
  rule: string;
  severity: 'error' | 'warning' | 'info';
  sentence: string;
  /** The file that the finding points into. */
  file: string;
  /** Field of the model in that file. */
  field: string;
  /** Regions to mark on the map, the one to mend first. */
  regions: readonly { cell: string; index: number }[];
  finding: Finding;
}

const RANK = { error: 0, warning: 1, info: 2 } as const;

/** Worst first, else in the order of the rules. `cells` in the order of the scenario. */
export function findProblems(scenario: CheckedScenario, cells: readonly ProblemCell[]): Problem[] {
  const root = cells.find((cell) => cell.root)!;
  const others = cells.filter((cell) => !cell.root);
  return checkScenario(scenario)
    .map((finding) => toProblem(finding, finding.config === 'system' ? root : others[finding.config]!, cells))
    .sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

const regionOf = (path: string): number | undefined => {
  const match = /memoryRegions\[(\d+)\]/.exec(path);
  return match ? Number(match[1]) : undefined;
};

function toProblem(finding: Finding, entry: ProblemCell, cells: readonly ProblemCell[]): Problem {
  const { rule, severity, message, path } = finding;
  const own = regionOf(path);
  const first = own === undefined ? undefined : { cell: entry.key, index: own };
  const regions = first ? [first, ...otherRegions(finding, cells, first)] : [];
  return { rule, severity, sentence: message, file: entry.key, field: path, regions, finding };
}

/** Regions of the other cells that a finding about memory names by owner and range: the far side of an overlap. */
function otherRegions(
  { ranges = [] }: Finding,
  cells: readonly ProblemCell[],
  own: { cell: string; index: number },
): { cell: string; index: number }[] {
  return cells.flatMap(({ key, name, cell }) =>
    ranges
      .filter(({ owner }) => owner.includes(`"${name}"`))
      .flatMap((range) =>
        cell.memoryRegions.flatMap((region, index) => {
          const same = key === own.cell && index === own.index;
          const common = same || isCommRegion(region) ? null : intersection(physRange(region), range);
          return common?.start === range.start || (common && region.physStart === range.start)
            ? [{ cell: key, index }]
            : [];
        }),
      ),
  );
}

/** The scenario with a problem's fix made; undefined: there is no fix. */
export const fixed = (scenario: CheckedScenario, { finding }: Problem): CheckedScenario | undefined =>
  finding.fix && applyFix(scenario, finding.fix);

/** Errors that only the second of two scenarios has. */
export function newErrors(before: CheckedScenario, after: CheckedScenario): Finding[] {
  const known = new Set(checkScenario(before).map(({ rule, config, path }) => `${rule} ${config} ${path}`));
  return checkScenario(after).filter(
    ({ severity, rule, config, path }) => severity === 'error' && !known.has(`${rule} ${config} ${path}`),
  );
}

/** Problems, looked up the ways the window needs them. */
export class Problems {
  readonly list: readonly Problem[];
  readonly errors: number;
  readonly warnings: number;
  readonly #regions = new Map<string, Problem[]>();

  constructor(list: readonly Problem[]) {
    this.list = list;
    this.errors = list.filter((problem) => problem.severity === 'error').length;
    this.warnings = list.filter((problem) => problem.severity === 'warning').length;
    for (const problem of list) {
      for (const { cell, index } of problem.regions) {
        const key = `${cell}:${index}`;
        this.#regions.set(key, [...(this.#regions.get(key) ?? []), problem]);
      }
    }
  }

  about(cell: string, index: number): readonly Problem[] {
    return this.#regions.get(`${cell}:${index}`) ?? [];
  }

  /** What concerns a cell as a whole: findings in its file that are not about one region. */
  aboutCell(cell: string): readonly Problem[] {
    return this.list.filter((problem) => problem.file === cell && problem.regions.length === 0);
  }

  /** The worst that is said about a region. */
  ofRegion(cell: string, index: number): 'error' | 'warning' | undefined {
    const found = this.about(cell, index);
    if (found.some((problem) => problem.severity === 'error')) return 'error';
    return found.some((problem) => problem.severity === 'warning') ? 'warning' : undefined;
  }
}
