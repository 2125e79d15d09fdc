// Everything one window holds, put together: each store owns its part, this only joins them (opening a project takes its runs
// along) and knows which view is shown.
import type { Bridge, MainNotice, Project } from '../../engine/contract/index.ts';
import { BoardState } from '../board/state.svelte.ts';
import { RunLayout } from '../run/layout.svelte.ts';
import { Busy } from './busy.svelte.ts';
import { Comparing } from './comparing.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { OpenProject } from './project.svelte.ts';
import { Runs } from './runs.svelte.ts';
import { SettingsStore } from './settings.svelte.ts';

export type ViewName = 'projects' | 'board' | 'run' | 'compare' | 'settings';

/** What is open over the view, one at a time. */
export type Overlay =
  | 'palette'
  | 'new-project'
  | 'new-cell'
  | 'export'
  | 'load-image'
  | 'boot-system'
  | 'move-cpu'
  | 'diff'
  | 'import-folder';

export class Workbench {
  readonly bridge: Bridge;
  readonly busy = new Busy();
  readonly notices = new Notices();
  readonly settings: SettingsStore;
  readonly library: Library;
  readonly runs: Runs;
  readonly comparing: Comparing;
  readonly board = new BoardState();
  readonly runLayout = new RunLayout();
  project = $state.raw<OpenProject>();
  view = $state<ViewName>('projects');
  overlay = $state<Overlay>();
  /** False until the first answers of main are there; `failed` says why they are not. */
  ready = $state(false);
  failed = $state<string>();

  constructor(bridge: Bridge) {
    this.bridge = this.busy.watch(bridge);
    this.settings = new SettingsStore(this.bridge, this.notices);
    this.library = new Library(this.bridge, this.notices);
    this.runs = new Runs(this.bridge, this.notices);
    this.comparing = new Comparing(this.bridge);
  }

  /** Loads what the window needs first and opens the project of last time. */
  async start(): Promise<void> {
    await Promise.all([this.settings.load(), this.library.load()]);
    const last = this.settings.text('project');
    if (last !== undefined && this.library.projects.some((project) => project.id === last))
      await this.openProject(last);
    this.ready = true;
  }

  async openProject(id: string, view: ViewName = 'board'): Promise<void> {
    await this.doing(async () => this.show(await this.bridge.call('projects.open', { id }), view));
  }

  /** Makes a project that main just gave the open one. */
  async show(project: Project, view: ViewName = 'board'): Promise<void> {
    await this.project?.close();
    const open = await OpenProject.open(this.bridge, this.notices, project, this.library.board(project.board));
    this.board.reset();
    this.comparing.reset();
    this.project = open;
    this.settings.remember('project', open.id);
    await this.runs.use(open);
    this.view = view;
  }

  async closeProject(): Promise<void> {
    await this.project?.close();
    this.project = undefined;
    this.settings.remember('project', undefined);
    await this.runs.use(undefined);
    this.view = 'projects';
  }

  /** Runs something that may be refused; the person then reads why. */
  async doing(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.notices.report(error);
    }
  }

  async hear(notice: MainNotice): Promise<void> {
    if (notice.type === 'projectChanged') {
      if (notice.id === this.project?.id) await this.project.changedElsewhere(notice.revision);
      await this.library.refresh();
    } else if (notice.type === 'storeTrouble') this.notices.show('error', notice.reason);
    else if (notice.type !== 'command') await this.runs.hear(notice);
  }
}
