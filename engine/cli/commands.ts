// The command line: picks the command, hands it the terminal, ends with its exit status.
// Status 0: it worked. 1: it ran and failed (a script, a check, a comparison). 2: it could not start (usage, files).
import { basename } from 'node:path';
import { UsageError } from './usage.ts';

const USAGE = `usage: cellblock COMMAND [ARGUMENTS]

  config build  FILE.c [-o OUT.cell]        C source to binary
  config show   FILE(.c|.cell) [--json]     decoded
  config source FILE.cell [-o OUT.c]        binary to C source
  config check  SYSTEM [CELL...] [--json]   all rules, also as SARIF
  config new-cell SYSTEM [OPTIONS]          a cell out of what is free
  boards [--json]                           the boards that are known
  boards --from-dtb|--from-cell FILE NAME   the description of a new one
  run BOARD [SCRIPT] [OPTIONS]              a board, without a window
  compare RUN_A RUN_B [--json]              two recorded runs beside each other
  agree BOARD [SCRIPT] [OPTIONS]            a run by interpreter and translator in lock step

\`cellblock COMMAND --help\` says more.
`;

/** What a command needs is loaded with it, and only that. */
const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  config: async (args) => {
    const [{ runConfigCommand }, { processIo }] = await Promise.all([import('./config.ts'), import('./io.ts')]);
    return runConfigCommand(args, processIo());
  },
  boards: async (args) => (await import('./boards.ts')).boardsCommand(args),
  run: async (args) => {
    await (await import('./ahead.ts')).beginAhead(args);
    return (await import('./run.ts')).runCommand(args);
  },
  compare: async (args) => (await import('./compare.ts')).compareCommand(args),
  agree: async (args) => (await import('./agree.ts')).agreeCommand(args),
};

/** @returns the exit status */
export async function main([name, ...args]: string[]): Promise<number> {
  // A reader that went away (`cellblock … | head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(`cellblock: there is no command "${name}"; \`cellblock --help\` lists them.\n`);
    return 2;
  }
  try {
    return await command(args);
  } catch (error) {
    if (!(error instanceof UsageError) && process.env['CELLBLOCK_DEBUG'] !== undefined) throw error;
    process.stderr.write(`cellblock ${name}: ${(error as Error).message || basename(process.argv[1] ?? '')}\n`);
    return 2;
  }
}
