// The shelf of projects and boards: list, create, duplicate, delete with undo, import and export as one file.
import type { Bridge, Project, ProjectSummary } from '../../engine/contract/index.ts';
import type { BoardDescription } from '../../engine/board/description.ts';
import type { Notices } from './notices.svelte.ts';

/** The board that the sample project is made from: everything on it runs. It stands first among the boards. */
const SAMPLE_BOARD = 'qemu-arm64';

export class Library {
  projects = $state.raw<readonly ProjectSummary[]>([]);
  boards = $state.raw<readonly BoardDescription[]>([]);
  loaded = $state(false);
  #bridge: Bridge;
  #notices: Notices;

  constructor(bridge: Bridge, notices: Notices) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  async load(): Promise<void> {
    const [boards, projects] = await Promise.all([
      this.#bridge.call('boards.list', undefined),
      this.#bridge.call('projects.list', undefined),
    ]);
    const known = boards as BoardDescription[];
    this.boards = [...known].sort((a, b) => Number(b.name === SAMPLE_BOARD) - Number(a.name === SAMPLE_BOARD));
    this.projects = newestFirst(projects);
    this.loaded = true;
  }

  async refresh(): Promise<void> {
    this.projects = newestFirst(await this.#bridge.call('projects.list', undefined));
  }

  board(name: string): BoardDescription | undefined {
    return this.boards.find((board) => board.name === name);
  }

  create(name: string, board: string): Promise<Project> {
    return this.#add(this.#bridge.call('projects.create', { name, board }));
  }

  duplicate(project: Pick<ProjectSummary, 'id' | 'name'>): Promise<Project> {
    return this.#add(
      this.#bridge.call('projects.duplicate', { id: project.id, name: this.freeName(`${project.name} copy`) }),
    );
  }

  import(bytes: Uint8Array<ArrayBuffer>): Promise<Project> {
    return this.#add(this.#bridge.call('projects.import', { bytes }));
  }

  /** Deletes and offers the way back; there is no question first. */
  async remove(project: Pick<ProjectSummary, 'id' | 'name'>): Promise<void> {
    await this.#bridge.call('projects.remove', { id: project.id });
    this.projects = this.projects.filter((other) => other.id !== project.id);
    const notice = this.#notices.show('info', `Deleted ${project.name}.`, [
      {
        label: 'Undo',
        run: () => {
          this.#notices.dismiss(notice);
          this.#add(this.#bridge.call('projects.restore', { id: project.id })).catch((error: unknown) =>
            this.#notices.report(error),
          );
        },
      },
    ]);
  }

  async export(project: Pick<ProjectSummary, 'id' | 'name'>): Promise<void> {
    const file = await this.#bridge.call('projects.export', { id: project.id });
    await this.#bridge.call('files.save', { files: [file], title: `Export ${project.name}` });
  }

  /** The name itself, or with the first number that makes it new. */
  freeName(wanted: string): string {
    const taken = this.projects.map((project) => project.name);
    if (!taken.includes(wanted)) return wanted;
    for (let n = 2; ; n++) if (!taken.includes(`${wanted} ${n}`)) return `${wanted} ${n}`;
  }

  async #add(call: Promise<Project>): Promise<Project> {
    const project = await call;
    await this.refresh();
    return project;
  }
}

const newestFirst = (projects: readonly ProjectSummary[]): ProjectSummary[] =>
  [...projects].sort((a, b) => b.modified - a.modified);
