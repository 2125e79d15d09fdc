// Structured events: every refusal and fault says in one sentence who did what where, who owns the place, which rule
// decided and which field of the configuration would change it. The console keeps the reference's own lines beside it.
import type { RunEvent } from '../contract/record.ts';
import type { Machine } from '../machine/api.ts';
import { ERRNO, errnoName, type ErrnoName } from './errno.ts';

export type EventTarget = NonNullable<RunEvent['target']>;
export type EventDetail = NonNullable<RunEvent['detail']>;

/** Where a cell's configuration came from, when the shell knows: lets events point at a file and a line. */
export interface ConfigOrigin {
  readonly file: string;
  /** The line of a field's value in a source, 1-based. */
  lineOf?(field: string): number | undefined;
}
export type OriginOf = (cell: string) => ConfigOrigin | undefined;

export interface Refusal {
  /** `CELL_CREATE`, `JAILHOUSE_ENABLE`, …: what was refused. */
  call: string;
  /** The rule in a few words, stable for programs: `cpu-not-owned-by-root`. */
  rule: string;
  sentence: string;
  target?: EventTarget;
  detail?: EventDetail;
}

export class Reporter {
  readonly #machine: Pick<Machine, 'now' | 'instructions'>;
  readonly #sink: (event: RunEvent) => void;
  readonly #originOf: OriginOf;

  constructor(
    machine: Pick<Machine, 'now' | 'instructions'>,
    sink: (event: RunEvent) => void,
    originOf: OriginOf = () => undefined,
  ) {
    this.#machine = machine;
    this.#sink = sink;
    this.#originOf = originOf;
  }

  info(kind: string, sentence: string, target?: EventTarget, detail?: EventDetail): void {
    this.#emit('info', kind, sentence, target, detail);
  }

  warning(kind: string, sentence: string, target?: EventTarget, detail?: EventDetail): void {
    this.#emit('warning', kind, sentence, target, detail);
  }

  error(kind: string, sentence: string, target?: EventTarget, detail?: EventDetail): void {
    this.#emit('error', kind, sentence, target, detail);
  }

  /** Reports a refusal and gives the negated error number to return. */
  refuse(errno: ErrnoName, { call, rule, sentence, target, detail }: Refusal): number {
    this.#emit('error', 'refusal', sentence, target, { call, rule, errno, ...detail });
    return -ERRNO[errno];
  }

  /** As refuse(), for an error number that came from below. */
  refuseNumber(errno: number, refusal: Refusal): number {
    return this.refuse(errnoName(errno) as ErrnoName, refusal);
  }

  #emit(severity: RunEvent['severity'], kind: string, sentence: string, target?: EventTarget, detail?: EventDetail) {
    this.#sink({
      guestNs: this.#machine.now,
      instructions: this.#machine.instructions,
      severity,
      kind,
      sentence,
      ...(target && { target: { ...this.#place(target), ...target } }),
      ...(detail && { detail }),
    });
  }

  #place({ cell, field }: EventTarget): Pick<EventTarget, 'file' | 'line'> {
    const origin = cell === undefined ? undefined : this.#originOf(cell);
    if (!origin) return {};
    const line = field === undefined ? undefined : origin.lineOf?.(field);
    return { file: origin.file, ...(line !== undefined && { line }) };
  }
}
