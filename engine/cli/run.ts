// `cellblock run`: a board without a window, for scripts and CI. Same engine, same run, same digest as in the window.
import { writeFileSync } from 'node:fs';
import type { RunOutcome } from '../contract/index.ts';
import { ConsoleRecorder, writeRunFile } from '../record/file.ts';
import { RecordedSource } from '../service/library.ts';
import { Run } from '../service/run.ts';
import { ConsoleFiles, LinePrinter } from './output.ts';
import { readStart, START_OPTIONS } from './start.ts';
import { feedUart, interact } from './terminal.ts';
import { parseArguments } from './usage.ts';

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
  'no-jit': { type: 'boolean' },
  ...START_OPTIONS,
} as const;

export async function runCommand(args: string[]): Promise<number> {
  const started = performance.now();
  const { values, positionals } = parseArguments({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { board, system, script, scriptPath, files, typed } = await readStart(positionals, values, {
    usage: USAGE,
    prompt: process.stdin.isTTY,
  });
  const recorded = new RecordedSource(files);
  const run = new Run({
    board,
    files: recorded,
    script,
    prompt: typed,
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
  if (typed) {
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
      const inputs = { board: board.name, cpus: board.cpus.length, script, files: recorded.seen };
      writeFileSync(values.record, writeRunFile({ ...inputs, consoles: recorder.consoles, result }));
    }
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else if (values.digest) process.stdout.write(`digest ${result.digest}\n`);
  }
  return outcome === 'failed' ? 1 : 0;
}
