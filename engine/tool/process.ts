// What a command of the root shell gets to work with, and how it ends.
import type { JailhouseDriver } from '../driver/index.ts';
import type { Task } from '../hypervisor/index.ts';
import type { ConsoleBook } from './console-book.ts';
import type { Files } from './files.ts';

/** A screen that the command may take over: full-screen programs read keys and know the size. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Takes the keys that were typed since the last call. */
  keys(): string;
  /** True when keys() has something. */
  readonly hasKeys: boolean;
}

export interface Process {
  readonly args: readonly string[];
  readonly driver: JailhouseDriver;
  readonly files: Files;
  readonly consoles: ConsoleBook;
  /** Standard output and standard error; both go to the root console. Lines end with \n. */
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** ^C was typed since the command began. */
  readonly interrupted: () => boolean;
  /** Present when a person sits at the console. */
  readonly terminal: Terminal | undefined;
  /** Exit status of the command before. */
  readonly lastStatus: number;
}

/** Exit status, at once or after guest time has passed. */
export type Command = (process: Process) => number | Task<number>;

export const EXIT = { OK: 0, FAILURE: 1, USAGE: 2, NOT_FOUND: 127, INTERRUPTED: 130 } as const;
