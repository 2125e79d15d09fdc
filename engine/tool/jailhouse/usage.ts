// The help screen of `jailhouse`, and the table of its commands. Source: ABI reference, F.1.

export const PROGRAM = 'jailhouse';
export const TOOL_VERSION = 'Jailhouse management tool v0.12';

const ID = '{ ID | [--name] NAME }';

/** In the help screen's order: words of the command, then its arguments. */
export const SYNTAX: readonly (readonly [words: string, args: string])[] = [
  ['enable', 'SYSCONFIG'],
  ['disable', ''],
  ['console', '[-f | --follow]'],
  ['cell create', 'CELLCONFIG'],
  ['cell list', ''],
  ['cell load', `${ID} { IMAGE | { -s | --string } "STRING" } [-a | --address ADDRESS] ...`],
  ['cell start', ID],
  ['cell shutdown', ID],
  ['cell destroy', ID],
  ['cell linux', '[-h] [-d DTB] [-i INITRD] [-c "CMDLINE"] [-w PARAMS_FILE] [-a ARCH] [-k FACTOR] CELLCONFIG KERNEL'],
  ['cell stats', ID],
  [
    'config create',
    '[-h] [-g] [-r ROOT] [-t TEMPLATE_DIR] [-c CONSOLE] [--mem-inmates MEM_INMATES] [--mem-hv MEM_HV] FILE',
  ],
  ['config collect', 'FILE.TAR'],
  ['config check', '[-h] SYSCONFIG [CELLCONFIG [CELLCONFIG ...]]'],
  ['hardware check', ''],
];

export function helpText(): string {
  const lines = SYNTAX.map(([words, args]) => `   ${words}${args === '' ? '' : ` ${args}`}\n`);
  return `Usage: ${PROGRAM} { COMMAND | --help | --version }\n\nAvailable commands:\n${lines.join('')}`;
}

/** Words that may follow, for completion: `jailhouse` to `cell`, …, `jailhouse cell` to `create`, …. */
export function subcommands(): Map<string, string[]> {
  const words = new Map<string, Set<string>>([[PROGRAM, new Set(['--help', '--version'])]]);
  for (const [command] of SYNTAX) {
    const [first, second] = command.split(' ') as [string, string?];
    words.get(PROGRAM)!.add(first);
    if (second === undefined) continue;
    const key = `${PROGRAM} ${first}`;
    words.set(key, (words.get(key) ?? new Set()).add(second));
  }
  return new Map([...words].map(([key, set]) => [key, [...set]]));
}
