// Writes one run's record in batches. What cannot be written (a full disk) is kept in memory, tried again until it can, and shown to
// readers as if it were stored; the run goes on meanwhile.
import type { ConsoleText, EngineReport, RunEvent, RunRecord } from '../../engine/contract/index.ts';
import { storeError } from '../store/database.ts';
import { MAX_RECORD_BYTES } from '../store/limits.ts';
import type { RecordBatch, RunEnd, RunProgress, RunStore } from '../store/runs.ts';
import { MiB } from '../../engine/util/units.ts';

export interface RecorderOptions {
  /** Host milliseconds between the first unwritten report and the write. */
  gatherMs?: number;
  /** Host milliseconds until a failed write is tried again. */
  retryMs?: number;
  /** Console bytes kept of the run. */
  limit?: number;
}

const EAGER_BYTES = 4 * MiB;
const emptyBatch = (): RecordBatch => ({ consoles: [], chunks: [], events: [], counters: [] });

export class Recorder {
  readonly #runs: RunStore;
  readonly #id: string;
  readonly #onTrouble: (reason: string) => void;
  readonly #gatherMs: number;
  readonly #retryMs: number;
  #room: number;
  #pending = emptyBatch();
  #pendingBytes = 0;
  #end: RunEnd | undefined;
  #progress: RunProgress = { guestNs: 0, hostMs: 0 };
  #timer: NodeJS.Timeout | undefined;
  #inTrouble = false;
  #settled = Promise.withResolvers<undefined>();

  /** `onTrouble` is called once each time writing stops working. */
  constructor(runs: RunStore, id: string, onTrouble: (reason: string) => void, options: RecorderOptions = {}) {
    this.#runs = runs;
    this.#id = id;
    this.#onTrouble = onTrouble;
    this.#gatherMs = options.gatherMs ?? 200;
    this.#retryMs = options.retryMs ?? 2000;
    this.#room = options.limit ?? MAX_RECORD_BYTES;
  }

  /** Resolves when the run has ended and all of it is stored. */
  get settled(): Promise<undefined> {
    return this.#settled.promise;
  }

  append(report: Omit<Extract<EngineReport, { type: 'record' }>, 'type'>, progress: RunProgress): void {
    this.#progress = progress;
    const pending = this.#pending;
    pending.consoles.push(...report.consoles);
    pending.counters.push(...report.counters);
    pending.events.push(...report.events);
    for (const chunk of report.chunks) {
      const bytes = chunk.bytes.subarray(0, Math.max(this.#room, 0));
      this.#room -= chunk.bytes.length;
      this.#pendingBytes += bytes.length;
      if (bytes.length > 0) pending.chunks.push({ ...chunk, bytes });
      if (this.#room < 0 && this.#room + chunk.bytes.length >= 0) pending.events.push(recordFull(chunk));
    }
    this.#schedule(this.#pendingBytes > EAGER_BYTES && !this.#inTrouble ? 0 : this.#gatherMs);
  }

  /** Nothing may be appended after this. */
  end(how: RunEnd, progress: RunProgress): void {
    this.#end = how;
    this.#progress = progress;
    this.flush();
  }

  /** Writes now. False: not everything could be written; it will be tried again. */
  flush(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      if (this.#holdsRecord) this.#runs.append(this.#id, this.#pending, this.#progress);
      this.#pending = emptyBatch();
      this.#pendingBytes = 0;
      if (this.#end !== undefined) {
        this.#runs.end(this.#id, this.#end, this.#progress);
        this.#settled.resolve(undefined);
      }
      this.#inTrouble = false;
      return true;
    } catch (error) {
      if (!this.#inTrouble)
        this.#onTrouble(
          `${storeError(error, 'The record of the run could not be written').message} The run goes on; its record is kept in memory and written as soon as that works.`,
        );
      this.#inTrouble = true;
      this.#schedule(this.#retryMs);
      return false;
    }
  }

  /** Drops what is not stored yet: the run is being deleted. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#pending = emptyBatch();
    this.#end = undefined;
    this.#settled.resolve(undefined);
  }

  /** A stored record with the consoles, events and counters that are not yet stored. */
  overlay(record: RunRecord): RunRecord {
    if (this.flush()) return this.#runs.open(this.#id);
    const consoles = new Map(record.consoles.map((console) => [console.name, { ...console }]));
    for (const info of this.#pending.consoles)
      if (!consoles.has(info.name)) consoles.set(info.name, { ...info, size: 0 });
    for (const { console, bytes } of this.#pending.chunks) {
      const known = consoles.get(console) ?? { name: console, kind: 'cell', size: 0 };
      consoles.set(console, { ...known, size: known.size + bytes.length });
    }
    return {
      ...record,
      ...(this.#end?.result === undefined ? {} : { result: this.#end.result }),
      consoles: [...consoles.values()],
      events: [...record.events, ...this.#pending.events],
      counters: [...record.counters, ...this.#pending.counters],
    };
  }

  /** A stored console with what is not yet stored. */
  overlayConsole(name: string): ConsoleText {
    this.flush();
    const stored = this.#runs.console(this.#id, name);
    const more = this.#pending.chunks.filter((chunk) => chunk.console === name);
    const bytes = new Uint8Array(more.reduce((size, chunk) => size + chunk.bytes.length, stored.bytes.length));
    bytes.set(stored.bytes);
    const marks = [...stored.marks];
    let offset = stored.bytes.length;
    for (const chunk of more) {
      bytes.set(chunk.bytes, offset);
      marks.push({ offset, guestNs: chunk.guestNs, instructions: chunk.instructions });
      offset += chunk.bytes.length;
    }
    return { bytes, marks };
  }

  get #holdsRecord(): boolean {
    return Object.values(this.#pending).some((part: unknown[]) => part.length > 0);
  }

  #schedule(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush();
    }, ms);
    // A full disk must not keep a main process alive that wants to end.
    this.#timer.unref();
  }
}

const recordFull = (at: { guestNs: number; instructions: number; console: string }): RunEvent => ({
  guestNs: at.guestNs,
  instructions: at.instructions,
  severity: 'warning',
  kind: 'record.full',
  sentence: `The consoles of this run have printed more than is kept of one run; from here on (${at.console}) they are shown while it runs and not recorded. Make the inmate print less, or run it shorter.`,
});
