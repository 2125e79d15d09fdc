// What the rules of engine/config found and what the reader could not read, tied to this project: which file, which line, which
// regions on the map, fixes, and whether a person marked it as intended.
import { applyFix, checkScenario, intersection, isCommRegion, physRange } from '../../engine/config/index.ts';
import type {
  CellConfig,
  CheckedScenario,
  Finding,
  Fix,
  OwnedRange,
  SourceLocation,
} from '../../engine/config/index.ts';
import type { ConfigDocument } from './documents.ts';
import { markOf } from './intended.ts';
import type { Intended } from './intended.ts';

/** A cell as problems name it: the entries of a project, root included. */
export interface ProblemCell {
  key: string;
  name: string;
  root: boolean;
  cell: CellConfig;
}

export type Severity = 'error' | 'warning' | 'info';

export interface Problem {
  rule: string;
  severity: Severity;
  sentence: string;
  /** The file that the finding points into. */
  file: string;
  /** Field of the model in that file. */
  field: string;
  /** Regions to mark on the map, the one to mend first. */
  regions: readonly { cell: string; index: number }[];
  /** What the finding names, with owners. */
  ranges: readonly OwnedRange[];
  /** Where it stands, for what is no field of the model. */
  location?: SourceLocation;
  fix?: Fix;
  /** Why it is so on purpose; undefined: nobody said so. */
  reason?: string;
}

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];
const RANK = { error: 0, warning: 1, info: 2 } as const;
/** The rule that a file breaks which cannot be read. */
export const UNREADABLE = 'unreadable';

/** Worst first, else in the order of the rules. `cells` in the order of the scenario. */
export function findProblems(scenario: CheckedScenario, cells: readonly ProblemCell[]): Problem[] {
  const root = cells.find((cell) => cell.root)!;
  const others = cells.filter((cell) => !cell.root);
  return checkScenario(scenario)
    .map((finding) => toProblem(finding, finding.config === 'system' ? root : others[finding.config]!, cells))
    .sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

/** What stands in the way of reading the configuration files. */
export const unreadable = (documents: readonly ConfigDocument[]): Problem[] =>
  documents.flatMap(({ path, error }): Problem[] =>
    error
      ? [
          {
            rule: UNREADABLE,
            severity: 'error',
            sentence: error.message,
            file: path,
            field: '',
            regions: [],
            ranges: [],
            ...(error.location && { location: error.location }),
          },
        ]
      : [],
  );

const regionOf = (path: string): number | undefined => {
  const match = /memoryRegions\[(\d+)\]/.exec(path);
  return match ? Number(match[1]) : undefined;
};

function toProblem(finding: Finding, entry: ProblemCell, cells: readonly ProblemCell[]): Problem {
  const { rule, severity, message, path, ranges = [], fix, location } = finding;
  const own = regionOf(path);
  const first = own === undefined ? undefined : { cell: entry.key, index: own };
  const regions = first ? [first, ...otherRegions(finding, cells, first)] : [];
  return {
    rule,
    severity,
    sentence: message,
    file: entry.key,
    field: path,
    regions,
    ranges,
    ...(fix && { fix }),
    ...(location && { location }),
  };
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
export const fixed = (scenario: CheckedScenario, { fix }: Problem): CheckedScenario | undefined =>
  fix && applyFix(scenario, fix);

/** More fixes than this one after another are a circle: each brings the next one's finding. */
const MOST_FIXES = 500;

/**
 * The scenario with every finding of a rule mended that can be, one after the other, since each fix may change what is left; and
 * how many fixes that took. A fix that leaves its own finding as it was is not made again.
 */
export function allFixed(scenario: CheckedScenario, rule: string): { scenario: CheckedScenario; fixes: number } {
  const tried = new Set<string>();
  let now = scenario;
  let fixes = 0;
  while (fixes < MOST_FIXES) {
    const next = checkScenario(now).find(
      (finding) =>
        finding.rule === rule && finding.fix && !tried.has(`${finding.config} ${finding.path} ${finding.message}`),
    );
    if (!next) break;
    tried.add(`${next.config} ${next.path} ${next.message}`);
    now = applyFix(now, next.fix!);
    fixes++;
  }
  return { scenario: now, fixes };
}

/** Errors that only the second of two scenarios has. */
export function newErrors(before: CheckedScenario, after: CheckedScenario): Finding[] {
  const known = new Set(checkScenario(before).map(({ rule, config, path }) => `${rule} ${config} ${path}`));
  return checkScenario(after).filter(
    ({ severity, rule, config, path }) => severity === 'error' && !known.has(`${rule} ${config} ${path}`),
  );
}

/** Problems, looked up the ways the window needs them. Those that are intended are told apart and mark nothing. */
export class Problems {
  readonly list: readonly Problem[];
  readonly intended: readonly Problem[];
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly #regions = new Map<string, Problem[]>();

  constructor(all: readonly Problem[], marks: readonly Intended[] = []) {
    const list: Problem[] = [];
    const intended: Problem[] = [];
    for (const problem of all) {
      const mark = marks.length === 0 ? undefined : markOf(marks, problem);
      if (mark) intended.push({ ...problem, reason: mark.reason });
      else list.push(problem);
    }
    const count = (severity: Severity): number => list.filter((problem) => problem.severity === severity).length;
    this.list = list;
    this.intended = intended;
    this.errors = count('error');
    this.warnings = count('warning');
    this.infos = count('info');
    for (const problem of list) {
      for (const { cell, index } of problem.regions) {
        const key = `${cell}:${index}`;
        const known = this.#regions.get(key);
        // A finding may name several ranges of one region.
        if (known && known.at(-1) !== problem) known.push(problem);
        else if (!known) this.#regions.set(key, [problem]);
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
