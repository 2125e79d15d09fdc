// The root shell's commands as a table: name, arguments, what it does, and the code. `help` and completion read it too.
import { clear, dmesg, echo, fail, succeed } from '../commands/basics.ts';
import { cat, ls, treeCommand } from '../commands/files.ts';
import { expect, send, sleep } from '../commands/time.ts';
import { jailhouse } from '../jailhouse/command.ts';
import { PROGRAM, subcommands } from '../jailhouse/usage.ts';
import { EXIT, type Command } from '../process.ts';
import type { Vocabulary } from './completion.ts';

interface Entry {
  readonly args: string;
  readonly summary: string;
  readonly run: Command;
}

const help: Command = ({ out }) => {
  const width = Math.max(...[...COMMANDS].map(([name, { args }]) => `${name} ${args}`.length));
  for (const [name, { args, summary }] of COMMANDS) out(`${`${name} ${args}`.padEnd(width + 2)}${summary}\n`);
  out(
    '\nLines may be joined with ;, && and ||; ! turns success and failure round; $? is the last exit status; # begins a comment.\n',
  );
  return EXIT.OK;
};

export const COMMANDS: ReadonlyMap<string, Entry> = new Map(
  Object.entries({
    [PROGRAM]: {
      args: 'COMMAND ...',
      summary: 'manages the hypervisor and cells; see jailhouse --help',
      run: jailhouse,
    },
    cat: {
      args: 'FILE ...',
      summary: 'prints files: /sys/devices/jailhouse, /sys/devices/system/cpu, /proc, and the run’s own',
      run: cat,
    },
    ls: { args: '[-l] [FOLDER ...]', summary: 'lists folders', run: ls },
    tree: { args: '[FOLDER]', summary: 'draws a folder with everything below it', run: treeCommand },
    echo: { args: '[-n] [-e] [TEXT ...]', summary: 'prints text; > FILE writes to CPU hotplug files', run: echo },
    dmesg: { args: '', summary: 'prints the kernel log of the root', run: dmesg },
    sleep: { args: 'SECONDS', summary: 'lets guest time pass', run: sleep },
    expect: {
      args: 'CONSOLE REGEX [SECONDS]',
      summary: 'waits (10 s of guest time by default) until a console shows a match',
      run: expect,
    },
    send: {
      args: 'CONSOLE TEXT',
      summary: 'types text into a UART or a cell; \\n, \\r, \\t and \\xHH are understood',
      run: send,
    },
    clear: { args: '', summary: 'clears the screen', run: clear },
    true: { args: '', summary: 'succeeds', run: succeed },
    false: { args: '', summary: 'fails', run: fail },
    help: { args: '', summary: 'lists the commands', run: help },
  } satisfies Record<string, Entry>),
);

/** Commands that act on the modelled root Linux: without it they have nothing to work on. */
export const NEEDS_LINUX: ReadonlySet<string> = new Set([PROGRAM, 'cat', 'ls', 'tree', 'dmesg']);

export const vocabulary = (): Vocabulary => ({ commands: [...COMMANDS.keys()], subcommands: subcommands() });
