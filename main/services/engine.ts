// An engine process as the services see it. Each shell starts it in its own way and knows its own kind of window port.
import type { EngineHostMessage } from '../../engine/contract/index.ts';

export interface EngineProcess<Port> {
  post(message: EngineHostMessage): void;
  /** Gives a window's end of a line to the engine. */
  attach(port: Port): void;
  /** Ends the process at once, without asking it. */
  kill(): void;
}

export interface EngineEvents {
  /** Not parsed yet. */
  onMessage(message: unknown): void;
  /** Once, when the process has ended. `how`: a clause such as "it was ended by SIGKILL". */
  onExit(how: string): void;
}

/** Starts a process; what goes wrong at that is told by `onExit`. */
export type StartEngine<Port> = (events: EngineEvents) => EngineProcess<Port>;

/** How a process ended, for people. `errors`: the end of what it wrote to standard error. */
export function describeExit(code: number | null, signal: string | null, errors: string): string {
  const how = signal !== null ? `it was ended by ${signal}` : `it ended with exit code ${code ?? '?'}`;
  const reason = errors
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => /^(Uncaught )?\w*Error( \[\w+\])?: |^FATAL ERROR: |out of memory/i.test(line));
  return reason === undefined ? how : `${how} (${reason.slice(0, 300)})`;
}

/** Keeps the end of a stream of text. */
export function tail(limit = 8192): { add(text: string): void; text(): string } {
  let kept = '';
  return {
    add: (text) => {
      kept = (kept + text).slice(-limit);
    },
    text: () => kept,
  };
}
