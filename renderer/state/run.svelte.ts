// One run as the window shows it, live or from the store: status, cells, consoles, sysfs, events, counters. A live run's messages
// are gathered and applied once a frame, so that a chatty engine costs the window one update, not a thousand.
import { engineMessage } from '../../engine/contract/index.ts';
import type {
  Bridge,
  CacheStatistics,
  CellStatus,
  ConsoleInfo,
  CounterSample,
  EngineCommand,
  EngineMessage,
  EnginePort,
  ProjectFile,
  RunEvent,
  RunRecord,
  RunResult,
  RunStatus,
  RunSummary,
} from '../../engine/contract/index.ts';
import { ConsoleFeed } from '../run/feed.ts';
import { ConsoleLog } from '../run/log.ts';

/** Samples kept for each cell in the window: ten minutes at one a second. The store has all. */
const SAMPLES_KEPT = 600;

export class RunView {
  summary = $state.raw<RunSummary>() as RunSummary;
  /** True while an engine is attached. */
  live = $state(false);
  status = $state.raw<RunStatus>();
  consoles = $state.raw<readonly ConsoleInfo[]>([]);
  cells = $state.raw<readonly CellStatus[]>([]);
  sysfs = $state.raw<Readonly<Record<string, string>>>({});
  /** When each sysfs file last changed while shown, in host milliseconds; for the flash. */
  sysfsChanged = $state.raw<ReadonlyMap<string, number>>(NEVER_CHANGED);
  events = $state.raw<readonly RunEvent[]>([]);
  counters = $state.raw<Readonly<Record<string, readonly CounterSample[]>>>({});
  statistics = $state.raw<CacheStatistics>();
  result = $state.raw<RunResult>();
  /** Files as they were when the run started, for runs from the store. */
  files = $state.raw<readonly ProjectFile[]>([]);
  script = $state<string | null>(null);
  /** True if this window has followed the run, so that its terminals show it; a run from the store is read as text. */
  screens = $state(false);
  /** Why the engine went away, when it did not end by itself. */
  lost = $state<string>();

  readonly #feeds = new Map<string, ConsoleFeed>(); // eslint-disable-line svelte/prefer-svelte-reactivity -- consoles carries the names
  readonly #logs = new Map<string, ConsoleLog>(); // eslint-disable-line svelte/prefer-svelte-reactivity -- a cache
  #port: EnginePort | undefined;
  #waiting: EngineMessage[] = [];
  #scheduled = false;

  constructor(summary: RunSummary) {
    this.summary = summary;
  }

  get id(): string {
    return this.summary.id;
  }

  /** Name of the root cell, as the run knew it. */
  get root(): string | undefined {
    return this.cells.find((cell) => cell.id === 0)?.name ?? this.sysfs['cells/0/name']?.trim();
  }

  /** Latest guest time known. */
  get guestNs(): number {
    return this.status?.guestNs ?? this.summary.guestNs;
  }

  /** Shows a run from the store. */
  static stored(record: RunRecord): RunView {
    const view = new RunView(record);
    view.load(record);
    return view;
  }

  load(record: RunRecord): void {
    this.summary = record;
    this.consoles = record.consoles;
    this.files = record.files;
    this.script = record.script;
    this.events = record.events;
    this.counters = byCell(record.counters);
    this.result = record.result;
    this.statistics = record.result?.statistics;
  }

  /** Connects to the engine of a running run; false: it is not running any more. */
  async attach(bridge: Bridge): Promise<boolean> {
    const port = await bridge.attachRun(this.id, (message) => this.#receive(message));
    if (!port) return false;
    this.#port = port;
    this.live = true;
    this.screens = true;
    this.send({ type: 'attach' });
    return true;
  }

  send(command: EngineCommand): void {
    this.#port?.post(command);
  }

  /** A root-shell command, as if typed. */
  command(line: string): void {
    this.send({ type: 'command', line });
  }

  /** The engine has gone; what was received stays. */
  detach(reason?: string): void {
    this.#port?.close();
    this.#port = undefined;
    this.live = false;
    if (reason !== undefined) this.lost = reason;
  }

  feed(console: string): ConsoleFeed {
    let feed = this.#feeds.get(console);
    if (!feed) this.#feeds.set(console, (feed = new ConsoleFeed()));
    return feed;
  }

  /**
   * A console's stored text, as lines. Of a live run: what main has stored by now. A finished one is fetched once.
   */
  async log(bridge: Bridge, console: string): Promise<ConsoleLog> {
    const known = this.#logs.get(console);
    if (known && !this.live) return known;
    const log = new ConsoleLog(await bridge.call('runs.console', { id: this.id, console }));
    if (!this.live) this.#logs.set(console, log);
    return log;
  }

  #receive(message: unknown): void {
    const parsed = engineMessage.safeParse(message);
    if (!parsed.success) return;
    this.#waiting.push(parsed.data);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A hidden window gets no animation frames, but its terminals must not fall behind without end.
    if (document.visibilityState === 'visible') requestAnimationFrame(() => this.#flush());
    else setTimeout(() => this.#flush(), 100);
  }

  #flush(): void {
    this.#scheduled = false;
    const messages = this.#waiting;
    this.#waiting = [];
    const events: RunEvent[] = [];
    const samples: CounterSample[] = [];
    const sysfs: Record<string, string | null> = {};
    for (const message of messages) {
      if (message.type === 'events') events.push(...message.events);
      else if (message.type === 'counters') samples.push(...message.samples);
      else if (message.type === 'sysfs') Object.assign(sysfs, message.change);
      else this.#apply(message);
    }
    if (events.length > 0) this.events = [...this.events, ...events];
    if (samples.length > 0) this.counters = addSamples(this.counters, samples);
    if (Object.keys(sysfs).length > 0) this.#changeSysfs(sysfs);
  }

  #apply(message: Exclude<EngineMessage, { type: 'events' | 'counters' | 'sysfs' }>): void {
    switch (message.type) {
      case 'snapshot': {
        const { snapshot } = message;
        this.status = snapshot.status;
        for (const { name, screen } of snapshot.consoles) this.#feeds.set(name, new ConsoleFeed(screen));
        this.consoles = snapshot.consoles.map(({ name, kind, cell }) => ({
          name,
          kind,
          ...(cell !== undefined && { cell }),
        }));
        this.cells = snapshot.cells;
        this.sysfs = snapshot.sysfs;
        this.events = snapshot.events;
        this.counters = byCell(snapshot.counters);
        this.statistics = snapshot.statistics;
        break;
      }
      case 'status':
        this.status = message.status;
        break;
      case 'console':
        if (!this.consoles.some((known) => known.name === message.info.name))
          this.consoles = [...this.consoles, message.info];
        this.feed(message.info.name).push(message.chunk);
        break;
      case 'cells':
        this.cells = message.cells;
        break;
      case 'statistics':
        this.statistics = message.statistics;
        break;
      case 'finished':
        this.result = message.result;
        if (this.status) this.status = { ...this.status, phase: 'finished' };
        break;
    }
  }

  #changeSysfs(change: Record<string, string | null>): void {
    const next: Record<string, string> = { ...this.sysfs };
    const changed = [...this.sysfsChanged];
    const now = performance.now();
    for (const [path, content] of Object.entries(change)) {
      if (content === null)
        delete next[path]; // eslint-disable-line @typescript-eslint/no-dynamic-delete -- plain data
      else {
        if (next[path] !== content) changed.push([path, now]);
        next[path] = content;
      }
    }
    this.sysfs = next;
    this.sysfsChanged = new Map(changed); // eslint-disable-line svelte/prefer-svelte-reactivity -- replaced as a whole
  }
}

const NEVER_CHANGED: ReadonlyMap<string, number> = new Map<string, number>();

const byCell = (samples: readonly CounterSample[]): Record<string, readonly CounterSample[]> => addSamples({}, samples);

function addSamples(
  known: Readonly<Record<string, readonly CounterSample[]>>,
  samples: readonly CounterSample[],
): Record<string, readonly CounterSample[]> {
  const next = { ...known };
  for (const [cell, fresh] of Object.entries(Object.groupBy(samples, (sample) => sample.cell))) {
    next[cell] = [...(next[cell] ?? []), ...fresh!].slice(-SAMPLES_KEPT);
  }
  return next;
}
