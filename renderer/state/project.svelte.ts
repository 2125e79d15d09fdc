// The open project: its files as they are worked on here, what they mean, undo and redo, and saving with a revision so that two
// windows never overwrite each other. Everything that changes a project goes through `apply`.
import { ServiceError } from '../../engine/contract/index.ts';
import type { Bridge, FileKind, Project } from '../../engine/contract/index.ts';
import type { BoardDescription } from '../../engine/board/description.ts';
import { architectureOf, cellName, cellOf, ConfigError } from '../../engine/config/index.ts';
import type { CellConfig, CheckedScenario, Config, ConfigRef } from '../../engine/config/index.ts';
import { assignHues, hueOf } from '../theme/hues.ts';
import type { Hue, HueNumbers } from '../theme/hues.ts';
import { readDocument, withLastGood, writeDocument } from './documents.ts';
import type { ConfigDocument } from './documents.ts';
import {
  changesBetween,
  confirmed,
  contentsOf,
  filesOf,
  NAME_ENTRY,
  NO_FILES,
  realFiles,
  sameContent,
  SCRIPT_ENTRY,
  withFiles,
  withHashes,
} from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';
import { History } from './history.svelte.ts';
import type { FileChange } from './history.svelte.ts';
import { mergeFiles } from './merge.ts';
import type { Notices } from './notices.svelte.ts';
import { reasonOf } from './notices.svelte.ts';
import { INTENDED_FILE, intendedFile, intendedOf, marked, unmarked } from './intended.ts';
import type { Intended } from './intended.ts';
import { allFixed, findProblems, fixed, Problems, unreadable } from './problems.ts';
import type { Problem } from './problems.ts';

/** A save waits this long for the next edit, in milliseconds. */
const SAVE_AFTER = 500;

export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'conflict';

/** A cell of the scenario with the file it comes from. `key` is the file's path. */
export interface CellEntry {
  key: string;
  name: string;
  /** What the plan calls it: `root`, or the cell's name. */
  title: string;
  root: boolean;
  cell: CellConfig;
  document: ConfigDocument;
}

export class OpenProject {
  readonly id: string;
  readonly board: BoardDescription | undefined;
  readonly boardName: string;
  files = $state.raw<WorkingFiles>(NO_FILES);
  /** The files as they were when this window opened the project. */
  opened: WorkingFiles = NO_FILES;
  layout = $state.raw<Project['layout']>({});
  saveState = $state<SaveState>('saved');
  /** Files that this window and another one changed, while the person has not decided. */
  conflicts = $state.raw<readonly string[]>([]);
  readonly history = new History<WorkingFile>();

  readonly name = $derived(this.files.get(NAME_ENTRY)?.text ?? '');
  readonly script = $derived(this.files.get(SCRIPT_ENTRY)?.text ?? null);
  readonly documents: readonly ConfigDocument[] = $derived(
    [...this.files.values()]
      .filter((file) => file.kind === 'system' || file.kind === 'cell')
      .map((file) => this.#documentOf(file)),
  );
  readonly system: ConfigDocument | undefined = $derived(this.#systemDocument());
  readonly cells: readonly CellEntry[] = $derived(this.#cellEntries());
  readonly scenario: CheckedScenario | undefined = $derived(this.#scenario());
  readonly x86 = $derived(architectureOf(this.scenario?.system.architecture ?? -1) === 'x86');
  readonly intended: readonly Intended[] = $derived(intendedOf(this.files));
  readonly problems: Problems = $derived(
    new Problems(
      [...unreadable(this.documents), ...(this.scenario ? findProblems(this.scenario, this.cells) : [])],
      this.intended,
    ),
  );
  readonly #hues: HueNumbers = $derived(hueNumbers(this.layout));

  /** What each file was when it could last be read: it stays on the map while its text is being mended. */
  readonly #lastGood = new Map<string, ConfigDocument>(); // eslint-disable-line svelte/prefer-svelte-reactivity -- a cache
  #bridge: Bridge;
  #notices: Notices;
  #saved = NO_FILES;
  #savedLayout: Project['layout'] = {};
  #revision = 0;
  #theirs: Project | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | undefined;
  #closed = false;

  private constructor(bridge: Bridge, notices: Notices, project: Project, board: BoardDescription | undefined) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.id = project.id;
    this.board = board;
    this.boardName = project.board;
    this.layout = project.layout;
  }

  static async open(
    bridge: Bridge,
    notices: Notices,
    project: Project,
    board: BoardDescription | undefined,
  ): Promise<OpenProject> {
    const open = new OpenProject(bridge, notices, project, board);
    open.#adopt(project, await open.#fetched(filesOf(project)));
    open.files = open.opened = open.#saved;
    open.#meetOwn();
    return open;
  }

  /** The hue that a cell has for life, by its name; one that was never met gets the next. */
  hue(cell: string): Hue {
    const numbers = Object.hasOwn(this.#hues, cell) ? this.#hues : assignHues(this.#hues, [cell]);
    return hueOf(numbers[cell]!);
  }

  /** Gives these cells hues for life, if they have none yet: the project's own, and those that a run showed. */
  meet(cells: readonly string[]): void {
    const hues = assignHues(this.#hues, cells);
    if (Object.keys(hues).length > Object.keys(this.#hues).length) this.remember('hues', hues);
  }

  /** A renamed cell keeps its hue; its old name keeps it too, for undo and for runs of before. */
  keepHue(from: string, to: string): void {
    const number = Object.hasOwn(this.#hues, from) ? this.#hues[from] : undefined;
    if (number !== undefined && !Object.hasOwn(this.#hues, to)) this.remember('hues', { ...this.#hues, [to]: number });
  }

  /**
   * Does something that changes files, as one step that can be undone. Changes that change nothing are left out.
   * @param group steps in a row of the same group are undone as one
   */
  apply(label: string, changes: readonly { path: string; file: WorkingFile | undefined }[], group?: string): void {
    const steps = changes
      .map(({ path, file }): FileChange<WorkingFile> => ({ path, before: this.files.get(path), after: file }))
      .filter(({ before, after }) => !sameContent(before, after));
    if (steps.length === 0) return;
    this.history.push({ label, changes: steps, ...(group !== undefined && { group }) });
    this.#put(steps.map(({ path, after }) => ({ path, file: after })));
  }

  /**
   * Changes the model of one configuration file and writes it back into its text or bytes.
   * A value that does not fit its field is refused with a notice, and nothing changes.
   */
  edit(label: string, path: string, change: (config: Config) => void, group?: string): boolean {
    return this.editAll(label, [{ path, change }], [], group);
  }

  /** The same over several files, as one step; `added` are new files of the same step. */
  editAll(
    label: string,
    edits: readonly { path: string; change: (config: Config) => void }[],
    added: readonly WorkingFile[] = [],
    group?: string,
  ): boolean {
    try {
      const files = edits.map(({ path, change }) => {
        const document = this.document(path);
        if (!document?.config)
          throw new ConfigError('source', `${path} cannot be read, so it cannot be edited here. Mend its text first.`);
        const config = structuredClone(document.config);
        change(config);
        return { path, file: writeDocument(document, config, this.files) };
      });
      this.apply(label, [...files, ...added.map((file) => ({ path: file.path, file }))], group);
      return true;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#notices.show('error', error.message);
      return false;
    }
  }

  /** Makes a problem's fix as one step. */
  fix(problem: Problem): void {
    const next = this.scenario && fixed(this.scenario, problem);
    if (next) this.become(problem.fix!.title, next);
  }

  /** Mends every problem of a kind that can be mended, as one step. */
  fixAll(rule: string): void {
    const next = this.scenario && allFixed(this.scenario, rule);
    if (next && next.fixes > 0) this.become(`Apply ${next.fixes} fixes of ${rule}`, next.scenario);
  }

  /** Makes the project's scenario another one, as one step: files whose model stays are not touched. */
  become(label: string, next: CheckedScenario, group?: string): boolean {
    const cells = this.cells.filter((entry) => !entry.root);
    const edits = [
      {
        path: this.system!.path,
        change: (config: Config) => void (config.kind === 'system' && (config.system = next.system)),
      },
      ...cells.map(({ key }, index) => ({
        path: key,
        change: (config: Config): void => void (config.kind === 'cell' && (config.cell = next.cells[index]!)),
      })),
    ];
    // What cannot be read cannot have been changed either, unless the change is about it: then the edit says so.
    const edited = edits.filter(({ path }, i) => {
      const model = i === 0 ? next.system : next.cells[i - 1];
      const before = i === 0 ? this.scenario?.system : this.scenario?.cells[i - 1];
      return !this.document(path)?.error || !sameModel(model, before);
    });
    return this.editAll(label, edited, [], group);
  }

  /** Keeps a problem as it is on purpose; the reason is kept with the project. */
  intend(problem: Problem, reason: string): void {
    this.apply(`Mark ${problem.rule} as intended`, [
      { path: INTENDED_FILE, file: intendedFile(marked(this.intended, problem, reason)) },
    ]);
  }

  /** Takes such a mark back. */
  unintend(problem: Problem): void {
    this.apply(`Take back the mark on ${problem.rule}`, [
      { path: INTENDED_FILE, file: intendedFile(unmarked(this.intended, problem)) },
    ]);
  }

  undo(): void {
    const step = this.history.undo();
    if (step) this.#put(step.changes.map(({ path, before }) => ({ path, file: before })));
  }

  redo(): void {
    const step = this.history.redo();
    if (step) this.#put(step.changes.map(({ path, after }) => ({ path, file: after })));
  }

  document(path: string): ConfigDocument | undefined {
    return this.documents.find((document) => document.path === path);
  }

  filesOfKind(kind: FileKind): WorkingFile[] {
    return realFiles(this.files).filter((file) => file.kind === kind);
  }

  /** Content of a file as bytes, fetched from main where it is not here. */
  async bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.files.get(path);
    if (file?.bytes) return file.bytes;
    if (file?.text !== undefined) return new TextEncoder().encode(file.text);
    return this.#bridge.call('projects.bytes', { id: this.id, path });
  }

  /** Remembers something about the window for this project; not an edit, so not undone. */
  remember(key: string, value: unknown): void {
    if (Object.is(this.layout[key], value)) return;
    this.layout = { ...this.layout, [key]: value };
    this.#saveSoon();
  }

  /** Writes everything that is still waiting; resolves when main has it or the person was told why not. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    if (this.saveState === 'waiting' || this.saveState === 'failed') await this.#save();
  }

  /** Another window saved: take over what does not touch the work here. */
  async changedElsewhere(revision: number): Promise<void> {
    while (this.#saving) await this.#saving;
    if (this.#closed || revision <= this.#revision) return;
    await this.#mergeWith(await this.#bridge.call('projects.open', { id: this.id }));
  }

  /** The person's answer to a conflict. */
  async resolve(choice: 'mine' | 'theirs'): Promise<void> {
    if (!this.#theirs) return;
    const theirs = this.#theirs;
    const taken = choice === 'theirs' ? this.conflicts : [];
    this.#theirs = undefined;
    this.conflicts = [];
    await this.#take(theirs, taken);
  }

  close(): Promise<void> {
    const done = this.flush();
    this.#closed = true;
    return done;
  }

  #put(changes: readonly { path: string; file: WorkingFile | undefined }[]): void {
    this.files = withFiles(this.files, changes);
    this.#meetOwn();
    this.#saveSoon();
  }

  #meetOwn(): void {
    this.meet(this.cells.filter((entry) => !entry.root).map((entry) => entry.name));
  }

  #saveSoon(): void {
    if (this.saveState === 'conflict') return;
    this.saveState = 'waiting';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#save(), SAVE_AFTER);
  }

  #save(): Promise<void> {
    this.#saving ??= this.#send().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #send(): Promise<void> {
    const { files, layout } = this;
    const changes = changesBetween(this.#saved, files);
    if (JSON.stringify(layout) !== JSON.stringify(this.#savedLayout)) changes.push({ type: 'layout', layout });
    if (changes.length === 0) {
      this.saveState = 'saved';
      return;
    }
    this.saveState = 'saving';
    try {
      const saved = await this.#bridge.call('projects.save', { id: this.id, revision: this.#revision, changes });
      const stamped = withHashes(files, saved);
      this.#adopt(saved, stamped);
      this.files = confirmed(this.files, files, stamped);
      this.saveState = 'saved';
      if (changesBetween(stamped, this.files).length > 0) this.#saveSoon();
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'conflict') {
        await this.#mergeWith(await this.#bridge.call('projects.open', { id: this.id }));
        return;
      }
      this.saveState = 'failed';
      this.#notices.show('error', `${this.name} is not saved: ${reasonOf(error)}`, [
        { label: 'Save again', run: () => void this.flush() },
      ]);
    }
  }

  #adopt(project: Project, files: WorkingFiles): void {
    this.#saved = files;
    this.#savedLayout = project.layout;
    this.#revision = project.revision;
  }

  async #mergeWith(theirs: Project): Promise<void> {
    const merge = mergeFiles(contentsOf(this.#saved), contentsOf(this.files), contentsOf(filesOf(theirs)));
    if (merge.conflicts.length > 0) {
      this.saveState = 'conflict';
      this.#theirs = theirs;
      this.conflicts = merge.conflicts;
      return;
    }
    await this.#take(theirs, merge.theirs);
  }

  /** Goes on from another window's revision, with their version of these files and ours of all others. */
  async #take(theirs: Project, paths: readonly string[]): Promise<void> {
    const fresh = await this.#fetched(filesOf(theirs, this.#saved));
    const before = this.#saved;
    this.#adopt(theirs, fresh);
    this.history.forget(paths);
    const taken = mergeFiles(contentsOf(before), contentsOf(this.files), contentsOf(fresh)).theirs.concat(paths);
    this.files = withFiles(
      this.files,
      taken.map((path) => ({ path, file: fresh.get(path) })),
    );
    this.saveState = 'waiting';
    this.#saveSoon();
  }

  /** Configurations without text are binary: the window needs their bytes to read them. */
  async #fetched(files: WorkingFiles): Promise<WorkingFiles> {
    const wanted = [...files.values()].filter(
      (file) => (file.kind === 'system' || file.kind === 'cell') && file.text === undefined && !file.bytes,
    );
    const fetched = wanted.map(async (file) => {
      const bytes = await this.#bridge.call('projects.bytes', { id: this.id, path: file.path });
      return { path: file.path, file: { ...file, bytes } };
    });
    return withFiles(files, await Promise.all(fetched));
  }

  #documentOf(file: WorkingFile): ConfigDocument {
    const document = readDocument(file, this.files);
    if (document.config) this.#lastGood.set(file.path, document);
    const last = this.#lastGood.get(file.path);
    return document.error && last ? withLastGood(document, last) : document;
  }

  #systemDocument(): ConfigDocument | undefined {
    const systems = this.documents.filter((document) => document.config?.kind === 'system');
    const wanted = this.board?.rootConfig;
    return systems.find((document) => document.path === wanted) ?? systems[0];
  }

  #cellEntries(): CellEntry[] {
    const documents = [
      ...(this.system ? [this.system] : []),
      ...this.documents
        .filter((document) => document.config?.kind === 'cell')
        .sort((a, b) => naturally.compare(a.path, b.path)),
    ];
    return documents.map((document) => {
      const cell = cellOf(document.config!);
      const name = cellName(cell);
      const root = document === this.system;
      return { key: document.path, name, title: root ? 'root' : name, root, cell, document };
    });
  }

  #scenario(): CheckedScenario | undefined {
    const { system } = this;
    if (system?.config?.kind !== 'system') return undefined;
    const others = this.cells.filter((entry) => !entry.root);
    return {
      system: system.config.system,
      cells: others.map((entry) => entry.cell),
      trailing: { system: system.trailing, cells: others.map((entry) => entry.document.trailing) },
      ...(this.board && { board: this.board }),
      sourceWarnings: [
        ...warningsOf(system, 'system'),
        ...others.flatMap(({ document }, index) => warningsOf(document, index)),
      ],
    };
  }
}

const warningsOf = ({ source }: ConfigDocument, config: ConfigRef): NonNullable<CheckedScenario['sourceWarnings']> =>
  (source?.warnings ?? []).map((warning) => ({ ...warning, config }));

/** Models are equal if their bytes would be; JSON of them is, too, and needs no encoding. */
const sameModel = (a: unknown, b: unknown): boolean => a === b || jsonOf(a) === jsonOf(b);
const jsonOf = (model: unknown): string =>
  JSON.stringify(model, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

const naturally = new Intl.Collator('en', { numeric: true });

function hueNumbers(layout: Project['layout']): HueNumbers {
  const hues = layout.hues;
  if (typeof hues !== 'object' || hues === null) return {};
  return Object.fromEntries(Object.entries(hues).filter(([, n]) => Number.isInteger(n) && n >= 0)) as HueNumbers;
}
