// The runs of the open project: the list, the one that is shown, and starting, stopping and following a live one.
import type { Bridge, MainNotice, RunSummary, SystemFiles } from '../../engine/contract/index.ts';
import type { Notices } from './notices.svelte.ts';
import type { OpenProject } from './project.svelte.ts';
import { RunView } from './run.svelte.ts';

/** As long as the notice of a deletion stays, in milliseconds. */
const UNDO_MS = 8000;

export type Pace = 'real' | 'free';

export interface BootChoice {
  /** Run the project's boot script, or leave the root shell to the person. */
  script: boolean;
  pace: Pace;
  /** Files that start the bare board instead of the modelled root Linux. */
  system?: SystemFiles;
  cpus?: number;
}

export class Runs {
  #all = $state.raw<readonly RunSummary[]>([]);
  /** Runs that were deleted and can still be had back. */
  #leaving = $state.raw<readonly string[]>([]);
  readonly list: readonly RunSummary[] = $derived(this.#all.filter((run) => !this.#leaving.includes(run.id)));
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
    this.#all = [];
    this.#project = project;
    if (!project) return;
    const list = await this.#bridge.call('runs.list', { projectId: project.id });
    if (this.#project !== project) return;
    this.#all = newestFirst(list);
    const running = this.#all.find((run) => run.outcome === undefined);
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

  /** Takes a run off the list and offers the way back; main deletes it when the offer has passed. */
  remove(run: RunSummary): void {
    this.#leaving = [...this.#leaving, run.id];
    if (this.shown?.id === run.id) this.shown = undefined;
    const timer = setTimeout(() => void this.#delete(run), UNDO_MS);
    const notice = this.#notices.show('info', `Deleted run ${run.number}.`, [
      {
        label: 'Undo',
        run: () => {
          clearTimeout(timer);
          this.#notices.dismiss(notice);
          this.#leaving = this.#leaving.filter((id) => id !== run.id);
        },
      },
    ]);
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
      // That it ended may have been told before why.
      const run = [this.live, this.shown].find((each) => each?.id === notice.runId);
      run?.detach(notice.reason);
      if (this.live === run) this.live = undefined;
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

  async #delete(run: RunSummary): Promise<void> {
    try {
      await this.#bridge.call('runs.remove', { id: run.id });
      this.#all = this.#all.filter((other) => other.id !== run.id);
    } catch (error) {
      this.#notices.report(error);
    }
    this.#leaving = this.#leaving.filter((id) => id !== run.id);
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
    this.#all = newestFirst([run, ...this.#all.filter((other) => other.id !== run.id)]);
  }
}

const newestFirst = (runs: readonly RunSummary[]): RunSummary[] => [...runs].sort((a, b) => b.number - a.number);
