// What a command that powers a board on starts from: the board, a real system, a script and where its files are looked up.
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { BoardDescription } from '../board/index.ts';
import type { SystemImages } from '../machine/boot-loader.ts';
import type { Files } from '../tool/index.ts';
import { bytesOf, FolderSource, LayeredSource } from '../service/library.ts';
import { readAhead } from './ahead.ts';
import { boardLibrary } from './library.ts';
import { parseCount, UsageError } from './usage.ts';

/** Options of every such command. */
export const START_OPTIONS = {
  cpus: { type: 'string' },
  kernel: { type: 'string' },
  initrd: { type: 'string' },
  append: { type: 'string' },
  firmware: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type StartValues = { readonly [Option in Exclude<keyof typeof START_OPTIONS, 'help'>]?: string };

export interface Start {
  readonly board: BoardDescription;
  /** A real kernel or firmware; without it the board comes up with its modelled Linux. */
  readonly system?: SystemImages;
  /** The script's text; null when commands are typed or there is a system and no script. */
  readonly script: string | null;
  readonly scriptPath: string | undefined;
  /** Beside the script first, then in the board's folder. */
  readonly files: Files;
  /** Whether somebody types commands at a prompt. */
  readonly typed: boolean;
}

/**
 * Reads BOARD, [SCRIPT] and START_OPTIONS. Without SCRIPT, standard input is the script, unless there is a system or, where the
 * command has a `prompt`, a person at it.
 * @throws UsageError
 */
export async function readStart(
  positionals: readonly string[],
  values: StartValues,
  { usage, prompt }: { usage: string; prompt: boolean },
): Promise<Start> {
  const [name, scriptPath, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError(`it takes a board and at most one script.\n${usage}`);
  const library = boardLibrary();
  const board = library.loadWithCpus(name, parseCount('--cpus', values.cpus, 1));
  const system = await readSystem(values);
  const typed = prompt && scriptPath === undefined && system === undefined;
  const folder = new FolderSource(scriptPath === undefined ? '.' : dirname(scriptPath), { absolute: true });
  return {
    board,
    ...(system && { system }),
    script: await readScript(scriptPath, typed || system !== undefined),
    scriptPath,
    files: new LayeredSource(folder, library.files(board)),
    typed,
  };
}

async function readScript(path: string | undefined, none: boolean): Promise<string | null> {
  if (path !== undefined) return new TextDecoder().decode(await readInput('script', path));
  return none ? null : await readAll(process.stdin);
}

async function readSystem({ kernel, initrd, append, firmware }: StartValues): Promise<SystemImages | undefined> {
  if (kernel === undefined) {
    if (initrd !== undefined || append !== undefined)
      throw new UsageError('--initrd and --append go with --kernel FILE.');
    return firmware === undefined ? undefined : { firmware: await readInput('firmware', firmware) };
  }
  if (firmware !== undefined)
    throw new UsageError('--kernel and --firmware exclude each other: firmware finds its kernel itself.');
  return {
    kernel: await readInput('kernel', kernel),
    ...(initrd !== undefined && { initrd: await readInput('initial RAM disk', initrd) }),
    ...(append !== undefined && { append }),
  };
}

async function readInput(what: string, path: string): Promise<Uint8Array> {
  if (!existsSync(path)) throw new UsageError(`there is no ${what} "${path}".`);
  if (!statSync(path).isFile()) throw new UsageError(`the ${what} "${path}" is not a file.`);
  return (await readAhead(path)) ?? bytesOf(path);
}
