// `cellblock run`: a board without a window, for scripts and CI. Same engine, same run, same digest as in the window.
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { RunOutcome } from '../contract/index.ts';
import type { SystemImages } from '../machine/boot-loader.ts';
import { ConsoleRecorder, writeRunFile } from '../record/file.ts';
import { bytesOf, FolderSource, LayeredSource, RecordedSource } from '../service/library.ts';
import { Run } from '../service/run.ts';
import { boardLibrary } from './library.ts';
import { ConsoleFiles, LinePrinter } from './output.ts';
import { feedUart, interact } from './terminal.ts';
import { parseArguments, parseCount, UsageError } from './usage.ts';

const USAGE = `usage: cellblock run BOARD [SCRIPT] [OPTIONS]

Powers a board on and gives SCRIPT (or standard input) to its root shell, one command a line. Each console line is printed as
[guest seconds] console: text. Exit status 0 when every command succeeded, 1 when one failed, 2 when the run could not start.

  --console-dir DIR   each console's raw bytes to DIR/NAME.log
  --record FILE       the run as a file, for \`cellblock compare\`
  --digest            ends with the digest of the run
  --json              ends with one object: result, guest and host seconds, instructions, counters, events, digest
  --cpus N            only the first N CPUs of the board
  --no-jit            the interpreter alone
  --kernel FILE       a real system on the bare board: Linux Image, ELF or raw image
  --initrd FILE       its initial RAM disk
  --append TEXT       its command line
  --firmware FILE     firmware instead of a kernel: in the board's first flash bank, started as after a reset
                      Without SCRIPT, standard input goes to the first UART and the run ends when the board powers off.

In a script: jailhouse …, cat, ls, tree, echo, dmesg, sleep SECONDS (guest time), expect CONSOLE REGEX [SECONDS],
send CONSOLE TEXT. Files are looked up beside the script, then in the board's folder.
`;

const OPTIONS = {
  'console-dir': { type: 'string' },
  record: { type: 'string' },
  digest: { type: 'boolean' },
  json: { type: 'boolean' },
  cpus: { type: 'string' },
  'no-jit': { type: 'boolean' },
  kernel: { type: 'string' },
  initrd: { type: 'string' },
  append: { type: 'string' },
  firmware: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export async function runCommand(args: string[]): Promise<number> {
  const started = performance.now();
  const { values, positionals } = parseArguments({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [name, scriptPath, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError(`it takes a board and at most one script.\n${USAGE}`);

  const library = boardLibrary();
  const board = library.loadWithCpus(name, parseCount('--cpus', values.cpus, 1));
  const system = readSystem(values);
  const interactive = scriptPath === undefined && system === undefined && process.stdin.isTTY;
  const script = await readScript(scriptPath, interactive || system !== undefined);
  const files = new RecordedSource(
    new LayeredSource(
      new FolderSource(scriptPath === undefined ? '.' : dirname(scriptPath), { absolute: true }),
      library.files(board),
    ),
  );
  const run = new Run({
    board,
    files,
    script,
    prompt: interactive,
    ...(system && { system }),
    jit: !values['no-jit'],
  });

  const printer = new LinePrinter(process.stdout, {
    except: process.stdin.isTTY && script === null ? ['root', ...run.machine.uarts.slice(0, 1)] : [],
  });
  run.consoles.onOutput((...output) => printer.write(...output));
  const logs = values['console-dir'] === undefined ? undefined : new ConsoleFiles(values['console-dir']);
  if (logs) run.consoles.onOutput((info, bytes) => logs.write(info.name, bytes));
  const recorder = values.record === undefined ? undefined : new ConsoleRecorder();
  if (recorder) run.consoles.onOutput((info, bytes, stamp) => recorder.add(info, bytes, stamp));

  let outcome: RunOutcome = 'stopped';
  let reason: string | undefined;
  if (interactive) {
    await interact(run);
  } else if (script === null) {
    outcome = await feedUart(run);
  } else {
    const end = run.pump.advance();
    const result = run.scriptResult;
    outcome = result?.ok ? 'passed' : 'failed';
    reason = result ? result.reason : `waiting for ${run.pump.waitingFor}, and nothing is left that could run (${end})`;
  }
  printer.finish();
  logs?.close();
  if (reason !== undefined) process.stderr.write(`cellblock run: ${scriptPath ?? 'standard input'}: ${reason}\n`);
  if (values.json || values.digest || recorder) {
    const result = run.result(outcome, (performance.now() - started) / 1000, reason);
    if (recorder && values.record !== undefined) {
      const inputs = { board: board.name, cpus: board.cpus.length, script, files: files.seen };
      writeFileSync(values.record, writeRunFile({ ...inputs, consoles: recorder.consoles, result }));
    }
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else if (values.digest) process.stdout.write(`digest ${result.digest}\n`);
  }
  return outcome === 'failed' ? 1 : 0;
}

/** The script's text; null when there is none and standard input is not one. */
export async function readScript(path: string | undefined, inputIsTyped: boolean): Promise<string | null> {
  if (path !== undefined) return new TextDecoder().decode(readInput('script', path));
  return inputIsTyped ? null : await readAll(process.stdin);
}

export function readSystem(values: {
  kernel?: string;
  initrd?: string;
  append?: string;
  firmware?: string;
}): SystemImages | undefined {
  const { kernel, initrd, append, firmware } = values;
  if (kernel === undefined) {
    if (initrd !== undefined || append !== undefined)
      throw new UsageError('--initrd and --append go with --kernel FILE.');
    return firmware === undefined ? undefined : { firmware: readInput('firmware', firmware) };
  }
  if (firmware !== undefined)
    throw new UsageError('--kernel and --firmware exclude each other: firmware finds its kernel itself.');
  return {
    kernel: readInput('kernel', kernel),
    ...(initrd !== undefined && { initrd: readInput('initial RAM disk', initrd) }),
    ...(append !== undefined && { append }),
  };
}

function readInput(what: string, path: string): Uint8Array {
  if (!existsSync(path)) throw new UsageError(`there is no ${what} "${path}".`);
  if (!statSync(path).isFile()) throw new UsageError(`the ${what} "${path}" is not a file.`);
  return bytesOf(path);
}
