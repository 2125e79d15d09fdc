// Runs: what they started from, and what they recorded. Batches are appended in one transaction each, so a run's record is whole up to
// some moment whatever happens to main, the engine or the machine.
import { randomUUID } from 'node:crypto';
import {
  ServiceError,
  type ConsoleChunk,
  type ConsoleInfo,
  type ConsoleText,
  type CounterSample,
  type RunEvent,
  type RunOutcome,
  type RunRecord,
  type RunResult,
  type RunSummary,
  type SystemFiles,
} from '../../engine/contract/index.ts';
import type { ContentStore, FileRow } from './contents.ts';
import type { Sqlite } from './database.ts';

/** What an engine reported between two writes. */
export interface RecordBatch {
  consoles: ConsoleInfo[];
  chunks: ConsoleChunk[];
  events: RunEvent[];
  counters: CounterSample[];
}

export interface RunEnd {
  outcome: RunOutcome;
  reason?: string | undefined;
  result?: RunResult | undefined;
}

/** How far a run had come: guest nanoseconds and host milliseconds. */
export interface RunProgress {
  guestNs: number;
  hostMs: number;
}

/** What a run is started with, besides the project's files. */
export interface RunRequestSettings {
  cpus?: number | undefined;
  pace: 'real' | 'free';
  system?: SystemFiles | undefined;
}

interface RunRow {
  id: string;
  project: string;
  number: number;
  started: number;
  request: string;
  script: string | null;
  outcome: RunOutcome | null;
  reason: string | null;
  guest_ns: number;
  host_ms: number;
  digest: string | null;
  result: string | null;
}

const cpusOf = ({ cpus }: RunRequestSettings) => (cpus === undefined ? {} : { cpus });
const systemOf = ({ system }: RunRequestSettings) => (system === undefined ? {} : { system });
const settingsOf = ({ request }: RunRow): RunRequestSettings => JSON.parse(request) as RunRequestSettings;

/** `owner` identifies this main process (owner.ts). Errors as in projects.ts. */
export function runStore(db: Sqlite, contents: ContentStore, owner: string) {
  const selectRuns = db.prepare<[string], RunRow>('SELECT * FROM runs WHERE project = ? ORDER BY number DESC');
  const selectRun = db.prepare<[string], RunRow>('SELECT * FROM runs WHERE id = ?');
  const nextNumber = db
    .prepare<[string], number>(
      'UPDATE projects SET last_run = last_run + 1 WHERE id = ? AND removed_by IS NULL RETURNING last_run',
    )
    .pluck();
  const insertRun = db.prepare(
    'INSERT INTO runs (id, project, number, started, owner, request, script) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const copyFiles = db.prepare(
    'INSERT INTO run_files (run, path, kind, is_text, hash, size) SELECT ?, path, kind, is_text, hash, size FROM files WHERE project = ?',
  );
  const selectFiles = db.prepare<[string], FileRow>(
    'SELECT path, kind, is_text, hash, size FROM run_files WHERE run = ? ORDER BY path',
  );
  const deleteRun = db.prepare<[string]>('DELETE FROM runs WHERE id = ?');
  const selectConsoles = db.prepare<[string], { info: string; size: number }>(
    'SELECT info, size FROM consoles WHERE run = ? ORDER BY rowid',
  );
  const insertConsole = db.prepare('INSERT OR IGNORE INTO consoles (run, name, info) VALUES (?, ?, ?)');
  const grow = db
    .prepare<[number, string, string], number>(
      'UPDATE consoles SET size = size + ? WHERE run = ? AND name = ? RETURNING size',
    )
    .pluck();
  const insertChunk = db.prepare(
    'INSERT INTO chunks (run, console, position, guest_ns, instructions, bytes) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const selectChunks = db.prepare<
    [string, string],
    { position: number; guest_ns: number; instructions: number; bytes: Buffer }
  >('SELECT position, guest_ns, instructions, bytes FROM chunks WHERE run = ? AND console = ? ORDER BY position');
  const insertEvent = db.prepare('INSERT INTO events (run, event) VALUES (?, ?)');
  const selectEvents = db.prepare<[string], string>('SELECT event FROM events WHERE run = ? ORDER BY rowid').pluck();
  const insertSample = db.prepare('INSERT INTO counters (run, sample) VALUES (?, ?)');
  const selectSamples = db
    .prepare<[string], string>('SELECT sample FROM counters WHERE run = ? ORDER BY rowid')
    .pluck();
  const setProgress = db.prepare('UPDATE runs SET guest_ns = max(guest_ns, ?), host_ms = max(host_ms, ?) WHERE id = ?');
  const setEnd = db.prepare('UPDATE runs SET outcome = ?, reason = ?, digest = ?, result = ? WHERE id = ?');
  const selectUnended = db.prepare<[], { id: string; owner: string }>(
    'SELECT id, owner FROM runs WHERE outcome IS NULL',
  );

  const find = (id: string): RunRow => {
    const row = selectRun.get(id);
    if (row === undefined)
      throw new ServiceError('not-found', 'This run is not there any more: it was deleted in another window.');
    return row;
  };
  const summary = (row: RunRow): RunSummary => ({
    id: row.id,
    projectId: row.project,
    number: row.number,
    started: row.started,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    guestNs: row.guest_ns,
    hostMs: row.host_ms,
    ...(row.digest === null ? {} : { digest: row.digest }),
    ...systemOf(settingsOf(row)),
  });

  const create = db.transaction((projectId: string, settings: RunRequestSettings, script: string | null): string => {
    const number = nextNumber.get(projectId);
    if (number === undefined)
      throw new ServiceError('not-found', 'This project is not there any more: it was removed in another window.');
    const id = randomUUID();
    insertRun.run(id, projectId, number, Date.now(), owner, JSON.stringify(settings), script);
    copyFiles.run(id, projectId);
    return id;
  });

  const append = db.transaction((id: string, batch: RecordBatch, progress: RunProgress) => {
    for (const info of batch.consoles) insertConsole.run(id, info.name, JSON.stringify(info));
    for (const { console, bytes, guestNs, instructions } of batch.chunks) {
      if (bytes.length === 0) continue;
      // A chunk of a console that was never introduced must not be lost for it.
      insertConsole.run(id, console, JSON.stringify({ name: console, kind: 'cell' } satisfies ConsoleInfo));
      const size = grow.get(bytes.length, id, console)!;
      insertChunk.run(id, console, size - bytes.length, guestNs, instructions, bytes);
    }
    for (const event of batch.events) insertEvent.run(id, JSON.stringify(event));
    for (const sample of batch.counters) insertSample.run(id, JSON.stringify(sample));
    setProgress.run(progress.guestNs, progress.hostMs, id);
  });

  const end = db.transaction((id: string, { outcome, reason, result }: RunEnd, progress: RunProgress) => {
    setProgress.run(progress.guestNs, progress.hostMs, id);
    setEnd.run(
      outcome,
      reason ?? null,
      result?.digest ?? null,
      result === undefined ? null : JSON.stringify(result),
      id,
    );
  });

  return {
    list: (projectId: string): RunSummary[] => selectRuns.all(projectId).map(summary),
    summary: (id: string): RunSummary => summary(find(id)),
    /** Takes a snapshot of the project's files; `script` is the text that the root shell will be given, if any. */
    create: (projectId: string, settings: RunRequestSettings, script: string | null): RunSummary =>
      summary(find(create.immediate(projectId, settings, script))),
    append: (id: string, batch: RecordBatch, progress: RunProgress) => append.immediate(id, batch, progress),
    end: (id: string, how: RunEnd, progress: RunProgress) => end.immediate(id, how, progress),
    /** The run's own copy of the files, with their bytes. */
    files: (id: string): { path: string; bytes: Uint8Array }[] =>
      selectFiles.all(id).map((file) => ({ path: file.path, bytes: contents.get(file.hash) })),
    open(id: string): RunRecord {
      const row = find(id);
      return {
        ...summary(row),
        consoles: selectConsoles.all(id).map(({ info, size }) => ({ ...(JSON.parse(info) as ConsoleInfo), size })),
        events: selectEvents.all(id).map((text) => JSON.parse(text) as RunEvent),
        counters: selectSamples.all(id).map((text) => JSON.parse(text) as CounterSample),
        ...(row.result === null ? {} : { result: JSON.parse(row.result) as RunResult }),
        files: contents.present(selectFiles.all(id)),
        script: row.script,
        ...cpusOf(settingsOf(row)),
      };
    },
    console(id: string, console: string): ConsoleText {
      find(id);
      const chunks = selectChunks.all(id, console);
      const last = chunks.at(-1);
      const bytes = new Uint8Array(last === undefined ? 0 : last.position + last.bytes.length);
      for (const chunk of chunks) bytes.set(chunk.bytes, chunk.position);
      return {
        bytes,
        marks: chunks.map((chunk) => ({
          offset: chunk.position,
          guestNs: chunk.guest_ns,
          instructions: chunk.instructions,
        })),
      };
    },
    remove(id: string): void {
      find(id);
      deleteRun.run(id);
      contents.sweep();
    },
    /** Marks what a main process that has ended left running. Answers with how many there were. */
    markInterrupted(isAlive: (owner: string) => boolean): number {
      const interrupted = selectUnended.all().filter((run) => run.owner === owner || !isAlive(run.owner));
      const reason =
        'Cellblock itself ended while this run was under way. What was recorded until then is kept; boot again to go on.';
      for (const { id } of interrupted) setEnd.run('crashed', reason, null, null, id);
      return interrupted.length;
    },
  };
}
export type RunStore = ReturnType<typeof runStore>;
