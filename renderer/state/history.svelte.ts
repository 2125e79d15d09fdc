// Undo and redo of everything that changes a project: each step holds what it changed, before and after, file by file.

/** One file's content before and after; undefined: it does not exist then. */
export interface FileChange<F> {
  path: string;
  before: F | undefined;
  after: F | undefined;
}

export interface Step<F> {
  /** What was done, as the menu says it: `Move CPU 4 to inmate-demo`. */
  label: string;
  changes: readonly FileChange<F>[];
  /** Steps in a row with the same value are one step: a word that was typed, a region that was nudged page by page. */
  group?: string;
}

const KEPT = 500;

export class History<F> {
  #done = $state.raw<readonly Step<F>[]>([]);
  #undone = $state.raw<readonly Step<F>[]>([]);

  get undoLabel(): string | undefined {
    return this.#done.at(-1)?.label;
  }

  get redoLabel(): string | undefined {
    return this.#undone.at(-1)?.label;
  }

  push(step: Step<F>): void {
    const last = this.#done.at(-1);
    const joins = step.group !== undefined && last?.group === step.group;
    this.#done = [
      ...this.#done.slice(joins ? 0 : -KEPT + 1, joins ? -1 : undefined),
      joins ? joined(last, step) : step,
    ];
    this.#undone = [];
  }

  /** The step to take back; its changes are to be applied with `before`. */
  undo(): Step<F> | undefined {
    const step = this.#done.at(-1);
    if (!step) return undefined;
    this.#done = this.#done.slice(0, -1);
    this.#undone = [...this.#undone, step];
    return step;
  }

  /** The step to do again; its changes are to be applied with `after`. */
  redo(): Step<F> | undefined {
    const step = this.#undone.at(-1);
    if (!step) return undefined;
    this.#undone = this.#undone.slice(0, -1);
    this.#done = [...this.#done, step];
    return step;
  }

  /** Forgets steps that would write over what another window did to these files. */
  forget(paths: readonly string[]): void {
    const touches = (step: Step<F>): boolean => step.changes.some((change) => paths.includes(change.path));
    const keepFrom = this.#done.findLastIndex(touches) + 1;
    this.#done = this.#done.slice(keepFrom);
    if (this.#undone.some(touches)) this.#undone = [];
  }
}

/** Two steps as one: what the first found, and what the second left. */
function joined<F>(first: Step<F>, second: Step<F>): Step<F> {
  const changes = new Map(first.changes.map((change) => [change.path, change])); // eslint-disable-line svelte/prefer-svelte-reactivity -- not kept
  for (const change of second.changes)
    changes.set(change.path, { ...change, before: (changes.get(change.path) ?? change).before });
  return { ...second, changes: [...changes.values()] };
}
