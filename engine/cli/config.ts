// `cellblock config …`: build, show, source, check, new-cell. Reads files, prints, and gives an exit code; everything that it
// knows about configurations comes from engine/config. Exit: 0 done, 1 findings, 2 cannot be read or used wrongly.
import {
  ConfigError,
  decode,
  decodeSource,
  kindOf,
  readSource,
  compileSource,
  renderFault,
  showJson,
  showText,
  writeSource,
  type Config,
  type SourceConfig,
} from '../config/index.ts';

/** What the commands need of their surroundings. Paths are as the user gave them. */
export interface ConfigIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** The file's bytes; rejects with an errno error when it cannot be read. */
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

export const EXIT = { OK: 0, FINDINGS: 1, UNREADABLE: 2 } as const;

const HELP = `Usage: cellblock config COMMAND

  build  FILE.c [-o OUT.cell]          C source to binary, byte for byte what gcc and objcopy produce
  show   FILE(.c|.cell) [--json]       decoded
  source FILE.cell [-o OUT.c]          binary to C source

Exit status: 0 done, 1 findings, 2 a file cannot be read or the command is used wrongly.
`;

/** A sentence for the user; ends the command with exit status 2. */
class Refusal extends Error {}

/** Runs one `config` command and returns its exit status. Never throws for what users do. */
export async function runConfigCommand(args: readonly string[], io: ConfigIo): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || rest.includes('--help') || /^(-h|--help)$/.test(command)) {
    (command === undefined ? io.stderr : io.stdout)(HELP);
    return command === undefined ? EXIT.UNREADABLE : EXIT.OK;
  }
  const run = COMMANDS[command];
  if (!run) {
    io.stderr(`cellblock config: there is no command \`${command}\`. Commands: ${Object.keys(COMMANDS).join(', ')}.\n`);
    return EXIT.UNREADABLE;
  }
  try {
    return await run(rest, io);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.stderr(`${error.message}\n`);
    return EXIT.UNREADABLE;
  }
}

const COMMANDS: Record<string, (args: string[], io: ConfigIo) => Promise<number>> = {
  async build(args, io) {
    const { files, options } = parseArguments(args, { o: 'value' });
    const [path] = require1(files, 'build FILE.c [-o OUT.cell]');
    const text = decodeSource(await read(path, io));
    const compiled = compileSource(text, { file: path, include: await includes(path, text, io) });
    if (compiled instanceof ConfigError) throw new Refusal(renderFault(compiled));
    for (const { message, location } of compiled.warnings)
      io.stderr(`${renderFault(new ConfigError('source', message, { location }), 'warning')}\n`);
    const problem = decode(compiled.bytes, undefined, path);
    if (problem instanceof ConfigError) io.stderr(`warning: ${problem.message}\n`);
    await write(options['o'] ?? replaceEnding(path, '.cell'), compiled.bytes, io);
    return EXIT.OK;
  },

  async show(args, io) {
    const { files, options } = parseArguments(args, { json: 'flag' });
    const [path] = require1(files, 'show FILE [--json]');
    const { config, trailing } = await readConfig(path, io);
    io.stdout(
      options['json'] === undefined
        ? showText(config, trailing.length)
        : `${JSON.stringify(showJson(config, trailing), null, 2)}\n`,
    );
    return EXIT.OK;
  },

  async source(args, io) {
    const { files, options } = parseArguments(args, { o: 'value' });
    const [path] = require1(files, 'source FILE.cell [-o OUT.c]');
    const { config, trailing } = await readConfig(path, io);
    const text = writeSource(config, trailing);
    if (options['o'] === undefined) io.stdout(text);
    else await write(options['o'], new TextEncoder().encode(text), io);
    return EXIT.OK;
  },
};

// --------------------------------------------------------------------------------------------------------------- reading

export interface ReadConfig {
  config: Config;
  trailing: Uint8Array;
  /** For C sources: places of the fields. */
  source: SourceConfig | null;
}

/** Reads a configuration of either form. What it is is decided by its content. */
export async function readConfig(path: string, io: ConfigIo): Promise<ReadConfig> {
  const bytes = await read(path, io);
  if (kindOf(bytes) !== undefined || !looksLikeText(bytes)) {
    const decoded = decode(bytes, undefined, path);
    if (decoded instanceof ConfigError) throw new Refusal(decoded.message);
    return { config: decoded.config, trailing: decoded.trailing, source: null };
  }
  const text = decodeSource(bytes);
  const source = readSource(text, { file: path, include: await includes(path, text, io) });
  if (source instanceof ConfigError) throw new Refusal(renderFault(source));
  return { config: source.config, trailing: source.trailing, source };
}

/** C sources have no NUL bytes; every descriptor has some. */
const looksLikeText = (bytes: Uint8Array): boolean => bytes.length > 0 && !bytes.subarray(0, 4096).includes(0);

/** Reads what a source includes, directly or not, from its own folder, and gives it to the reader by name. */
async function includes(path: string, text: string, io: ConfigIo): Promise<(name: string) => string | null> {
  const folder = path.replace(/[^/\\]*$/, '');
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

/** Splits `-o FILE`, `--name VALUE` and `--flag` from file names. */
function parseArguments(
  args: readonly string[],
  known: Record<string, 'value' | 'flag'>,
): { files: string[]; options: Record<string, string> } {
  const files: string[] = [];
  const options: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/.exec(args[i]!);
    if (!match) {
      files.push(args[i]!);
      continue;
    }
    const [, name, value] = match;
    const kind = known[name!];
    if (!kind) throw new Refusal(`Unknown option ${args[i]!}. See \`cellblock config --help\`.`);
    if (kind === 'flag') options[name!] = '';
    else {
      const given = value ?? args[++i];
      if (given === undefined) throw new Refusal(`Option ${args[i - 1]!} needs a value.`);
      options[name!] = given;
    }
  }
  return { files, options };
}

function require1(files: readonly string[], usage: string): [string] {
  if (files.length !== 1) throw new Refusal(`Usage: cellblock config ${usage}`);
  return [files[0]!];
}

const replaceEnding = (path: string, ending: string): string => path.replace(/\.[^./\\]*$/, '') + ending;
