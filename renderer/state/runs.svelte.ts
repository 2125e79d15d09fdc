// The runs of the open project: the list, the one that is shown, and starting, stopping and following a live one.
import type { Bridge, MainNotice, RunSummary } from '../../engine/contract/index.ts';
import type { Notices } from './notices.svelte.ts';
import type { OpenProject } from './project.svelte.ts';
import { RunView } from './run.svelte.ts';

export type Pace = 'real' | 'free';

export interface BootChoice {
  /** Run the project's boot script, or leave the root shell to the person. */
  script: boolean;
  pace: Pace;
  cpus?: number;
}

export class Runs {
  list = $state.raw<readonly RunSummary[]>([]);
  /** The run in the run view, live or stored; undefined: the list of runs is shown. */
  shown = $state.raw<RunView>();
  /** The one run of this project that is going on in this window. */
  live = $state.raw<RunView>();
  starting = $state(false);

  #bridge: Bridge;
  #notices: Notices;
  #project: OpenProject | undefined;

  constructor(bridge: Bridge, notices: Notices) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  /** Follows a project: its runs, and the one that is still running, if any. */
  async use(project: OpenProject | undefined): Promise<void> {
    this.live?.detach();
    this.live = undefined;
    this.shown = undefined;
    this.list = [];
    this.#project = project;
    if (!project) return;
    const list = await this.#bridge.call('runs.list', { projectId: project.id });
    if (this.#project !== project) return;
    this.list = newestFirst(list);
    const running = this.list.find((run) => run.outcome === undefined);
    if (running) await this.#follow(running);
  }

  async boot(choice: BootChoice): Promise<void> {
    const project = this.#project;
    if (!project || this.starting || this.live) return;
    this.starting = true;
    try {
      await project.flush();
      if (project.saveState !== 'saved') return;
      const summary = await this.#bridge.call('runs.start', { projectId: project.id, ...choice });
      this.#update(summary);
      await this.#follow(summary);
    } catch (error) {
      this.#notices.report(error);
    } finally {
      this.starting = false;
    }
  }

  async open(id: string): Promise<void> {
    if (this.live?.id === id) {
      this.shown = this.live;
      return;
    }
    try {
      this.shown = RunView.stored(await this.#bridge.call('runs.open', { id }));
    } catch (error) {
      this.#notices.report(error);
    }
  }

  async remove(run: RunSummary): Promise<void> {
    try {
      await this.#bridge.call('runs.remove', { id: run.id });
      this.list = this.list.filter((other) => other.id !== run.id);
      if (this.shown?.id === run.id) this.shown = undefined;
    } catch (error) {
      this.#notices.report(error);
    }
  }

  /** Ends the engine process without asking it. */
  async kill(run: RunView): Promise<void> {
    try {
      await this.#bridge.call('runs.kill', { id: run.id });
    } catch (error) {
      this.#notices.report(error);
    }
  }

  /** What main says about runs. */
  async hear(notice: MainNotice): Promise<void> {
    if (notice.type === 'engineLost') {
      const run = this.live;
      if (run?.id !== notice.runId) return;
      run.detach(notice.reason);
      this.live = undefined;
      return;
    }
    if (notice.type !== 'runChanged' || notice.run.projectId !== this.#project?.id) return;
    this.#update(notice.run);
    const run = this.live;
    if (run?.id === notice.run.id) {
      run.summary = notice.run;
      if (notice.run.outcome !== undefined) {
        run.detach();
        this.live = undefined;
      }
    } else if (!run && notice.run.outcome === undefined && !this.starting) await this.#follow(notice.run);
  }

  async #follow(summary: RunSummary): Promise<void> {
    const run = new RunView(summary);
    this.live = run;
    this.shown = run;
    if (await run.attach(this.#bridge)) return;
    // It ended before this window could look: show what it left.
    if (this.live === run) this.live = undefined;
    if (this.shown === run) await this.open(summary.id);
  }

  #update(run: RunSummary): void {
    this.list = newestFirst([run, ...this.list.filter((other) => other.id !== run.id)]);
  }
}

const newestFirst = (runs: readonly RunSummary[]): RunSummary[] => [...runs].sort((a, b) => b.number - a.number);
