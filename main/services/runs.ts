// Running runs: one engine process each. Their reports are recorded, their silence and their deaths noticed, and windows are handed lines to
// them. A run that has ended is only a record in the store.
import {
  engineProcessMessage,
  HEARTBEAT_MS,
  HEARTBEATS_MISSED,
  ServiceError,
  type ConsoleText,
  type MainNotice,
  type RunFile,
  type RunRecord,
  type RunSummary,
  type SystemFiles,
} from '../../engine/contract/index.ts';
import type { RunEnd, RunProgress } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { EngineProcess, StartEngine } from './engine.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';

export interface RunManagerOptions extends RecorderOptions {
  /** Host milliseconds between two looks at the engines' signs of life. */
  heartbeatMs?: number;
  /** How long an engine that has reported its end may take to end, host milliseconds. */
  farewellMs?: number;
}

/** More would only starve each other: every engine takes a core while its guest is busy. */
const MAX_RUNNING = 16;

interface LiveRun<Port> {
  readonly id: string;
  readonly number: number;
  readonly engine: EngineProcess<Port>;
  readonly recorder: Recorder;
  readonly startedAt: number;
  progress: RunProgress;
  /** Heartbeat periods since the last report. */
  silent: number;
  /** Set once it has ended; the run stays here until all of its record is stored. */
  end?: RunEnd;
}

export interface RunStart {
  projectId: string;
  /** What the root shell will see. */
  files: RunFile[];
  /** The project's boot script, if it is to be run. */
  script: string | null;
  board: string;
  /** Instead of the modelled root Linux, and then without a script. */
  system?: SystemFiles | undefined;
  cpus?: number | undefined;
  pace: 'real' | 'free';
}

export class RunManager<Port> {
  readonly #store: Store;
  readonly #startEngine: StartEngine<Port>;
  readonly #notify: (notice: MainNotice) => void;
  readonly #options: RunManagerOptions;
  readonly #live = new Map<string, LiveRun<Port>>();
  readonly #pulse: NodeJS.Timeout;

  constructor(
    store: Store,
    startEngine: StartEngine<Port>,
    notify: (notice: MainNotice) => void,
    options: RunManagerOptions = {},
  ) {
    this.#store = store;
    this.#startEngine = startEngine;
    this.#notify = notify;
    this.#options = options;
    this.#pulse = setInterval(() => this.#lookForSilence(), options.heartbeatMs ?? HEARTBEAT_MS);
    this.#pulse.unref();
  }

  start({ projectId, files, script, board, system, cpus, pace }: RunStart): RunSummary {
    if ([...this.#live.values()].filter((run) => run.end === undefined).length >= MAX_RUNNING)
      throw new ServiceError('failed', `${MAX_RUNNING} runs are under way already. Stop one of them and start again.`);
    const settings = { pace, ...(cpus === undefined ? {} : { cpus }), ...(system === undefined ? {} : { system }) };
    const summary = this.#store.runs.create(projectId, settings, script);
    const engine = this.#startEngine({
      onMessage: (message) => this.#receive(run, message),
      onExit: (how) => this.#lose(run, `The engine of run ${run.number} has died: ${how}.`),
    });
    const run: LiveRun<Port> = {
      id: summary.id,
      number: summary.number,
      engine,
      recorder: new Recorder(
        this.#store.runs,
        summary.id,
        (reason) => this.#notify({ type: 'storeTrouble', reason }),
        this.#options,
      ),
      startedAt: performance.now(),
      progress: { guestNs: 0, hostMs: 0 },
      silent: 0,
    };
    this.#live.set(run.id, run);
    engine.post({ type: 'start', request: { runId: run.id, board, files, script, ...settings } });
    this.#notify({ type: 'runChanged', run: summary });
    return summary;
  }

  /** False: the run is not running any more. */
  attach(id: string, port: Port): boolean {
    const run = this.#live.get(id);
    if (run === undefined || run.end !== undefined) return false;
    run.engine.attach(port);
    return true;
  }

  list(projectId: string): RunSummary[] {
    return this.#store.runs.list(projectId).map((summary) => this.#current(summary));
  }

  open(id: string): RunRecord {
    const run = this.#live.get(id);
    const record = this.#store.runs.open(id);
    return run === undefined ? record : this.#current(run.recorder.overlay(record));
  }

  console(id: string, console: string): ConsoleText {
    return this.#live.get(id)?.recorder.overlayConsole(console) ?? this.#store.runs.console(id, console);
  }

  remove(id: string): void {
    const run = this.#live.get(id);
    if (run !== undefined && run.end === undefined)
      throw new ServiceError('invalid', `Run ${run.number} is still under way. Stop it first.`);
    run?.recorder.discard();
    this.#store.runs.remove(id);
  }

  /** Ends a run without asking its engine. A run that has ended already stays as it is. */
  kill(id: string): void {
    const run = this.#live.get(id);
    if (run === undefined) return void this.#store.runs.summary(id);
    this.#finish(run, {
      outcome: 'stopped',
      reason: 'It was ended by hand without waiting for the engine. What it had recorded is kept.',
    });
    run.engine.kill();
  }

  /** Ends every run; what was recorded is stored as far as it can be. */
  close(): void {
    clearInterval(this.#pulse);
    for (const run of this.#live.values()) {
      this.#finish(run, {
        outcome: 'stopped',
        reason: 'Cellblock was closed while this run was under way. What it had recorded is kept.',
      });
      run.engine.kill();
      run.recorder.flush();
    }
  }

  #receive(run: LiveRun<Port>, message: unknown): void {
    if (run.end !== undefined) return;
    const parsed = engineProcessMessage.safeParse(message);
    if (!parsed.success) {
      console.error(
        `The engine of run ${run.number} sent something that is not in the contract: ${parsed.error.issues[0]?.message}`,
      );
      return;
    }
    run.silent = 0;
    const report = parsed.data;
    switch (report.type) {
      case 'heartbeat':
        this.#advance(run, report.guestNs);
        return this.#notify({ type: 'runChanged', run: this.#current(this.#store.runs.summary(run.id)) });
      case 'record':
        this.#advance(
          run,
          ...report.chunks.map((chunk) => chunk.guestNs),
          ...report.events.map((event) => event.guestNs),
        );
        return run.recorder.append(report, run.progress);
      case 'finished': {
        const { result } = report;
        this.#advance(run, Math.round(result.guestSeconds * 1e9));
        this.#finish(run, { outcome: result.result, reason: result.reason, result });
        setTimeout(() => run.engine.kill(), this.#options.farewellMs ?? 5000).unref();
        return;
      }
      case 'refused':
        this.#finish(run, { outcome: 'failed', reason: report.reason });
        return run.engine.kill();
      case 'portMessage':
        // A plain child process's line to a window: the shell took it before it came here.
        return;
    }
  }

  #lookForSilence(): void {
    for (const run of this.#live.values()) {
      // Counted in looks, not in clock time: a computer that slept has not looked either.
      if (run.end !== undefined || ++run.silent <= HEARTBEATS_MISSED) continue;
      this.#lose(run, `The engine of run ${run.number} has stopped answering and was ended.`);
      run.engine.kill();
    }
  }

  #lose(run: LiveRun<Port>, what: string): void {
    if (run.end !== undefined) return;
    const reason = `${what} What the run had recorded until then is kept; boot again to go on.`;
    this.#finish(run, { outcome: 'crashed', reason });
    this.#notify({ type: 'engineLost', runId: run.id, reason });
  }

  #finish(run: LiveRun<Port>, end: RunEnd): void {
    if (run.end !== undefined) return;
    this.#advance(run);
    run.end = end;
    void run.recorder.settled.then(() => this.#live.delete(run.id));
    run.recorder.end(end, run.progress);
    this.#notify({ type: 'runChanged', run: this.#current(this.#store.runs.summary(run.id)) });
  }

  #advance(run: LiveRun<Port>, ...guestNs: number[]): void {
    run.progress = {
      guestNs: Math.max(run.progress.guestNs, ...guestNs),
      hostMs: Math.round(performance.now() - run.startedAt),
    };
  }

  /** A stored summary or record with the progress and the end that are not yet stored. */
  #current<Stored extends RunSummary>(stored: Stored): Stored {
    const run = this.#live.get(stored.id);
    if (run === undefined) return stored;
    const { outcome, reason, result } = run.end ?? {};
    return {
      ...stored,
      ...run.progress,
      ...(outcome === undefined ? {} : { outcome }),
      ...(reason === undefined ? {} : { reason }),
      ...(result === undefined ? {} : { digest: result.digest }),
    };
  }
}
