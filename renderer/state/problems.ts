// What the rules of engine/config found, looked up the ways the window needs it: by region, by cell, by severity.
export interface Problem {
  id: string;
  severity: 'error' | 'warning' | 'info';
  sentence: string;
  /** Keys of the cells it is about, the one to mend first. */
  cells: readonly string[];
  /** Regions to mark on the map. */
  regions: readonly { cell: string; index: number }[];
  file: string | undefined;
  line: number | undefined;
  fix: { label: string; apply: () => void } | undefined;
}

export class Problems {
  readonly list: readonly Problem[];
  readonly errors: number;
  readonly warnings: number;
  #regions = new Map<string, Problem[]>();

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

  aboutCell(cell: string): readonly Problem[] {
    return this.list.filter((problem) => problem.cells.includes(cell));
  }

  /** The worst that is said about a region. */
  ofRegion(cell: string, index: number): 'error' | 'warning' | undefined {
    const found = this.about(cell, index);
    if (found.some((problem) => problem.severity === 'error')) return 'error';
    return found.some((problem) => problem.severity === 'warning') ? 'warning' : undefined;
  }
}
