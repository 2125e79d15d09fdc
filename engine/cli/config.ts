// `cellblock config …`: build, show, source, check, new-cell. Reads files, prints, and gives an exit code; everything that it
// knows about configurations comes from engine/config. Exit: 0 done, 1 findings, 2 cannot be read or used wrongly.
import { parseBoard, type BoardDescription } from '../board/index.ts';
import {
  ConfigError,
  applyFix,
  checkScenario,
  compileSource,
  countOf,
  cpuList,
  cpusOf,
  decode,
  decodeSource,
  editSource,
  encode,
  encodeSource,
  findingsJson,
  findingsSarif,
  findingsText,
  kindOf,
  locateField,
  memparse,
  newCell,
  readSource,
  renderFault,
  replacementBetween,
  showJson,
  showText,
  sizeText,
  unifiedDiff,
  writeSource,
  type CellConfig,
  type CheckedScenario,
  type Config,
  type ConfigRef,
  type Finding,
  type PlacedFinding,
  type SourceConfig,
  type SourceOptions,
  type SystemConfig,
} from '../config/index.ts';
import { UsageError, parseArguments } from './usage.ts';

/** What the commands need of their surroundings. Paths are as the user gave them. */
export interface ConfigIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** The file's bytes; rejects with an errno error when it cannot be read. */
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

export const EXIT = { OK: 0, FINDINGS: 1, UNREADABLE: 2 } as const;

const HELP = `usage: cellblock config COMMAND

  build    FILE.c [-o OUT.cell]                    C source to binary, byte for byte what gcc and objcopy produce
  show     FILE(.c|.cell) [--json]                 decoded
  source   FILE.cell [-o OUT.c]                    binary to C source
  check    SYSTEM [CELL...] [--json | --sarif]     all rules over the system and its cells
  new-cell SYSTEM [CELL...] --name NAME [OPTIONS]  a cell from what is free

\`cellblock config COMMAND --help\` says more.
Exit status: 0 done, 1 findings, 2 a file cannot be read or the command is used wrongly.
`;

const USAGE: Record<string, string> = {
  build: `usage: cellblock config build FILE.c [-o OUT.cell]

Writes the bytes that gcc -c and objcopy -O binary make of a configuration source. Without -o the file is called like the
source, with .cell. Warnings go to standard error.
`,
  show: `usage: cellblock config show FILE [--json]

Shows a configuration, binary or C source.
`,
  source: `usage: cellblock config source FILE.cell [-o OUT.c]

Writes C source that builds to exactly this file.
`,
  check: `usage: cellblock config check SYSTEM [CELL...] [--json | --sarif] [--board FILE] [--append TEXT]

Looks at the system configuration and all cells together; files may be C sources or binaries.
  --json         findings as one JSON object
  --sarif        findings as SARIF 2.1.0, for code review tools
  --board FILE   the board's description; by default board.json beside SYSTEM, if there is one
  --append TEXT  the root Linux's kernel command line; by default what the board says
Exit status: 0 no errors or warnings (notes do not count), 1 findings, 2 a file cannot be read.
`,
  'new-cell': `usage: cellblock config new-cell SYSTEM [CELL...] --name NAME [OPTIONS]

Makes a cell from what the system and the given cells leave free. Prints the change that the system configuration needs and
the kernel arguments.
  --cpus N|LIST    how many CPUs, or which, such as 2 or =4,6-7 (1)
  --memory SIZE    RAM, such as 64K or 128M (64K)
  --uart WHICH     shared (the hypervisor's), virtual, none, or a UART of the board by name (shared)
  --linux          RAM for a Linux, with a loader's region at guest 0
  --network        a virtual Ethernet link to root
  -o OUT.c         where to write the cell (NAME.c beside SYSTEM)
  --system-out F   where to write the changed system configuration; without it the change is only shown
  --board FILE, --append TEXT  as for check
`,
};

/** A sentence for the user; ends the command with exit status 2. */
class Refusal extends Error {}

/** Runs one `config` command and returns its exit status. Never throws for what users do. */
export async function runConfigCommand(args: readonly string[], io: ConfigIo): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || /^(-h|--help)$/.test(command)) {
    (command === undefined ? io.stderr : io.stdout)(HELP);
    return command === undefined ? EXIT.UNREADABLE : EXIT.OK;
  }
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!run) {
    io.stderr(`cellblock config: there is no command "${command}"; there are ${Object.keys(COMMANDS).join(', ')}.\n`);
    return EXIT.UNREADABLE;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.stdout(USAGE[command]!);
    return EXIT.OK;
  }
  try {
    return await run(rest, io);
  } catch (error) {
    if (error instanceof UsageError) io.stderr(`cellblock config ${command}: ${error.message}\n${USAGE[command]!}`);
    else if (error instanceof Refusal) io.stderr(`${error.message}\n`);
    else throw error;
    return EXIT.UNREADABLE;
  }
}

const OUTPUT = { output: { type: 'string', short: 'o' } } as const;
const JSON_FLAG = { json: { type: 'boolean' } } as const;
const SURROUNDINGS = { board: { type: 'string' }, append: { type: 'string' } } as const;

const COMMANDS: Record<string, (args: string[], io: ConfigIo) => Promise<number>> = {
  async build(args, io) {
    const { values, positionals } = parseArguments({ args, options: OUTPUT, allowPositionals: true });
    const path = single(positionals, 'a source file');
    const text = decodeSource(await read(path, io));
    const compiled = compileSource(text, { file: path, include: await includes(path, text, io) });
    if (compiled instanceof ConfigError) throw new Refusal(renderFault(compiled));
    for (const { message, location } of compiled.warnings)
      io.stderr(`${renderFault(new ConfigError('source', message, { location }), 'warning')}\n`);
    const problem = decode(compiled.bytes, undefined, path);
    if (problem instanceof ConfigError) io.stderr(`warning: ${problem.message}\n`);
    await write(values.output ?? replaceEnding(path, '.cell'), compiled.bytes, io);
    return EXIT.OK;
  },

  async show(args, io) {
    const { values, positionals } = parseArguments({ args, options: JSON_FLAG, allowPositionals: true });
    const { config, trailing } = await readConfig(single(positionals, 'a configuration file'), io);
    io.stdout(values.json ? json(showJson(config, trailing)) : showText(config, trailing.length));
    return EXIT.OK;
  },

  async source(args, io) {
    const { values, positionals } = parseArguments({ args, options: OUTPUT, allowPositionals: true });
    const { config, trailing } = await readConfig(single(positionals, 'a configuration file'), io);
    const text = writeSource(config, trailing);
    if (values.output === undefined) io.stdout(text);
    else await write(values.output, encodeSource(text), io);
    return EXIT.OK;
  },

  async check(args, io) {
    const options = { ...JSON_FLAG, sarif: { type: 'boolean' }, ...SURROUNDINGS } as const;
    const { values, positionals } = parseArguments({ args, options, allowPositionals: true });
    const loaded = await readScenario(positionals, values, io);
    const findings = checkScenario(loaded.scenario).map((finding) => placed(loaded, finding, values.sarif === true));
    if (values.sarif) io.stdout(json(findingsSarif(findings, VERSION)));
    else if (values.json) io.stdout(json(findingsJson(findings)));
    else io.stdout(findingsText(findings));
    return countOf(findings, 'error') + countOf(findings, 'warning') > 0 ? EXIT.FINDINGS : EXIT.OK;
  },

  async 'new-cell'(args, io) {
    const options = {
      ...OUTPUT,
      ...SURROUNDINGS,
      name: { type: 'string' },
      cpus: { type: 'string', default: '1' },
      memory: { type: 'string', default: '64K' },
      uart: { type: 'string', default: 'shared' },
      linux: { type: 'boolean', default: false },
      network: { type: 'boolean', default: false },
      'system-out': { type: 'string' },
    } as const;
    const { values, positionals } = parseArguments({ args, options, allowPositionals: true });
    if (values.name === undefined) throw new UsageError('the cell needs a name: give --name.');
    const memory = memparse(values.memory);
    if (memory === null) throw new UsageError(`--memory takes a size such as 64K or 128M, not "${values.memory}".`);
    const loaded = await readScenario(positionals, values, io);
    const made = newCell(loaded.scenario, {
      name: values.name,
      cpus: parseCpus(values.cpus),
      memory,
      uart: values.uart,
      linux: values.linux,
      network: values.network,
    });
    if (made instanceof ConfigError) throw new Refusal(made.message);

    const folder = folderOf(positionals[0]!);
    const path = values.output ?? `${folder}${values.name}.c`;
    await write(path, encodeSource(writeSource({ kind: 'cell', cell: made.cell })), io);
    const regions = made.cell.memoryRegions.filter(({ flags }) => (flags & LOADABLE) !== 0n);
    const ram = regions.map(({ physStart, size }) => `${sizeText(size)} at 0x${physStart.toString(16)}`).join(', ');
    io.stdout(`Wrote ${path}: CPUs ${cpuList(cpusOf(made.cell.cpuSet))}, RAM ${ram}.\n`);
    await systemChange(loaded, made.system, made.systemChanges, values['system-out'], io);
    if (made.kernelArguments.length > 0) io.stdout(`Kernel arguments: ${made.kernelArguments.join(' ')}\n`);
    return EXIT.OK;
  },
};

/** Shows what the system configuration needs, as a difference of its source where it is one; writes it where asked to. */
async function systemChange(
  { files }: LoadedScenario,
  system: SystemConfig,
  changes: readonly string[],
  output: string | undefined,
  io: ConfigIo,
): Promise<void> {
  const file = files.system;
  const config: Config = { kind: 'system', system };
  if (changes.length === 0) io.stdout('The system configuration needs no change.\n');
  else io.stdout(`The system configuration needs ${changes.join('; ')}.\n`);
  const after = file.text === null ? null : editSource(file.text, config, file.options);
  if (after instanceof ConfigError) throw new Refusal(renderFault(after));
  if (changes.length > 0 && after !== null) io.stdout(unifiedDiff(file.path, file.text!, after));
  if (output === undefined) return;
  const asSource = after ?? (output.endsWith('.c') ? writeSource(config, file.trailing) : null);
  await write(output, asSource === null ? encode(config, file.trailing) : encodeSource(asSource), io);
}

/** `2`: so many. `=3`, `4,6-7`: these. */
function parseCpus(text: string): number | number[] {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const list = text.replace(/^=/, '');
  if (!/^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$/.test(list))
    throw new UsageError(`--cpus takes a number of CPUs, or a list such as =4,6-7, not "${text}".`);
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number) as [number, number?];
    if (last - first > CPUS_MAX) throw new UsageError(`--cpus ${part}: so many CPUs are in no system.`);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}
const CPUS_MAX = 4096;
const LOADABLE = 0x40n;
const VERSION = '0.1.0';
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

// ------------------------------------------------------------------------------------------------------------- scenarios

interface LoadedScenario {
  scenario: CheckedScenario;
  files: { system: ReadConfig; cells: ReadConfig[] };
}

/** SYSTEM and CELLs from files, with the board that is known. */
async function readScenario(
  paths: readonly string[],
  { board: boardPath, append }: { board?: string | undefined; append?: string | undefined },
  io: ConfigIo,
): Promise<LoadedScenario> {
  const [first, ...others] = paths;
  if (first === undefined) throw new UsageError('a system configuration is missing.');
  const system = await readConfig(first, io, 'system');
  const cells: ReadConfig[] = [];
  for (const path of others) cells.push(await readConfig(path, io, 'cell'));
  const board = await readBoard(boardPath, folderOf(first), io);
  const scenario: CheckedScenario = {
    system: (system.config as Extract<Config, { kind: 'system' }>).system,
    cells: cells.map(({ config }): CellConfig => (config as Extract<Config, { kind: 'cell' }>).cell),
    trailing: { system: system.trailing.length, cells: cells.map(({ trailing }) => trailing.length) },
    sourceWarnings: [system, ...cells].flatMap(({ source }, index) =>
      (source?.warnings ?? []).map((warning) => ({
        ...warning,
        config: index === 0 ? ('system' as const) : index - 1,
      })),
    ),
    ...(board && { board }),
    ...(append !== undefined && { kernelArguments: append }),
  };
  return { scenario, files: { system, cells } };
}

async function readBoard(path: string | undefined, folder: string, io: ConfigIo): Promise<BoardDescription | null> {
  const file = path ?? `${folder}board.json`;
  const bytes = await io.readFile(file).catch((error: unknown) => {
    if (path !== undefined) throw new Refusal(`Cannot read ${path}: ${reason(error)}. Check the path.`);
    return null;
  });
  if (bytes === null) return null;
  const name = file.split(/[/\\]/).at(-2) ?? 'board';
  try {
    return parseBoard(name, decodeSource(bytes), file);
  } catch (error) {
    throw new Refusal((error as Error).message);
  }
}

const fileOf = ({ files }: LoadedScenario, config: ConfigRef): ReadConfig =>
  config === 'system' ? files.system : files.cells[config]!;

function placed(loaded: LoadedScenario, finding: Finding, withReplacement: boolean): PlacedFinding {
  const file = fileOf(loaded, finding.config);
  const location = finding.location ?? (file.source && locateField(file.source, finding.path));
  const replacement = withReplacement ? replacementOf(loaded, finding, file) : null;
  return { finding, file: file.path, location, ...(replacement && { replacement }) };
}

/** How a fix changes the text of the file that the finding is in; null when it changes another file as well. */
function replacementOf({ scenario }: LoadedScenario, { fix, config }: Finding, file: ReadConfig) {
  if (!fix || file.text === null) return null;
  const fixed = applyFix(scenario, fix);
  const same = (a: Config, b: Config) => Buffer.compare(encode(a), encode(b)) === 0;
  const all: { ref: ConfigRef; before: Config; after: Config }[] = [
    {
      ref: 'system',
      before: { kind: 'system', system: scenario.system },
      after: { kind: 'system', system: fixed.system },
    },
    ...scenario.cells.map((cell, ref) => ({
      ref,
      before: { kind: 'cell' as const, cell },
      after: { kind: 'cell' as const, cell: fixed.cells[ref]! },
    })),
  ];
  try {
    const changed = all.filter(({ before, after }) => !same(before, after));
    if (changed.length !== 1 || changed[0]!.ref !== config) return null;
    const text = editSource(file.text, changed[0]!.after, file.options);
    return text instanceof ConfigError ? null : replacementBetween(file.text, text);
  } catch (error) {
    // A fix whose result does not fit the format is none that could be offered as text.
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

// --------------------------------------------------------------------------------------------------------------- reading

export interface ReadConfig {
  path: string;
  config: Config;
  trailing: Uint8Array;
  /** For C sources: the text, how it was read, and the places of the fields. */
  text: string | null;
  options: SourceOptions;
  source: SourceConfig | null;
}

/** Reads a configuration of either form. Which it is, is decided by its content. */
export async function readConfig(path: string, io: ConfigIo, expected?: Config['kind']): Promise<ReadConfig> {
  const bytes = await read(path, io);
  if (kindOf(bytes) !== undefined || !looksLikeText(bytes)) {
    const decoded = decode(bytes, expected, path);
    if (decoded instanceof ConfigError) throw new Refusal(decoded.message);
    return { path, config: decoded.config, trailing: decoded.trailing, text: null, options: {}, source: null };
  }
  const text = decodeSource(bytes);
  const options: SourceOptions = { file: path, include: await includes(path, text, io) };
  const source = readSource(text, options);
  if (source instanceof ConfigError) throw new Refusal(renderFault(source));
  if (expected && source.config.kind !== expected)
    throw new Refusal(
      `${path} is a ${source.config.kind} configuration; a ${expected} configuration is expected here.`,
    );
  return { path, config: source.config, trailing: source.trailing, text, options, source };
}

/** C sources have no NUL bytes; every descriptor has some. */
const looksLikeText = (bytes: Uint8Array): boolean => bytes.length > 0 && !bytes.subarray(0, 4096).includes(0);

/** Reads what a source includes, directly or not, from its own folder, and gives it to the reader by name. */
async function includes(path: string, text: string, io: ConfigIo): Promise<(name: string) => string | null> {
  const folder = folderOf(path);
  const known = new Map<string, string | null>();
  const pending = [text];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [, name] of next.matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"/gm)) {
      if (known.has(name!) || known.size >= INCLUDES_MAX) continue;
      const found = /^[/\\]|\.\./.test(name!) ? null : await io.readFile(folder + name!).then(decodeSource, () => null);
      known.set(name!, found);
      if (found !== null) pending.push(found);
    }
  }
  return (name) => known.get(name) ?? null;
}
const INCLUDES_MAX = 100;

async function read(path: string, io: ConfigIo): Promise<Uint8Array> {
  try {
    return await io.readFile(path);
  } catch (error) {
    throw new Refusal(`Cannot read ${path}: ${reason(error)}. Check the path.`);
  }
}

async function write(path: string, bytes: Uint8Array, io: ConfigIo): Promise<void> {
  try {
    await io.writeFile(path, bytes);
  } catch (error) {
    throw new Refusal(`Cannot write ${path}: ${reason(error)}. Nothing was changed.`);
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};
const reason = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  return REASONS[code ?? ''] ?? message ?? String(error);
};

// ------------------------------------------------------------------------------------------------------------- arguments

function single(positionals: readonly string[], what: string): string {
  if (positionals.length !== 1)
    throw new UsageError(`${positionals.length === 0 ? 'missing' : 'only one file at a time'}: give ${what}.`);
  return positionals[0]!;
}

const folderOf = (path: string): string => path.replace(/[^/\\]*$/, '');
const replaceEnding = (path: string, ending: string): string => path.replace(/\.[^./\\]*$/, '') + ending;
