// The `jailhouse` command: a table of its subcommands over the driver's ioctls. Texts and exit codes as the C tool's.
// Source: ABI reference, F.1.
import { ERRNO, strerror, type Task } from '../../hypervisor/index.ts';
import type { CellId, IoctlName, PreloadImage } from '../../driver/index.ts';
import { EXIT, type Command, type Process } from '../process.ts';
import { parseCellId, parseImages } from './arguments.ts';
import { cellList } from './cell-list.ts';
import { cellStats } from './cell-stats.ts';
import { configCheck } from './config-check.ts';
import { configCollect, configCreate } from './create/command.ts';
import { hardwareCheck } from './hardware-check.ts';
import { readConfigFile, type ConfigFile } from './config-file.ts';
import { cellLinux } from './linux/command.ts';
import { helpText, TOOL_VERSION } from './usage.ts';

/** Follow mode reads chunks of this many bytes. */
const CHUNK = 128;

type Subcommand = (process: Process, args: readonly string[]) => number | Task<number>;

export const jailhouse: Command = (process) => {
  const [first, second, ...rest] = process.args.slice(1);
  if (first === '--help') return help(process, EXIT.OK);
  if (first === '--version') {
    process.out(`${TOOL_VERSION}\n`);
    return EXIT.OK;
  }
  const simple = first === undefined ? undefined : SIMPLE[first];
  if (simple) return simple(process, second === undefined ? [] : [second, ...rest]);
  const grouped = GROUPED[`${first} ${second}`];
  return grouped ? grouped(process, rest) : help(process, EXIT.FAILURE);
};

function help({ out }: Process, status: number): number {
  out(helpText());
  return status;
}

/** perror() for an ioctl that failed. */
function finish({ err }: Process, name: IoctlName, result: number): number {
  if (result === 0) return EXIT.OK;
  err(`${name}: ${strerror(result)}\n`);
  return EXIT.FAILURE;
}

/** Reads a configuration and notes where its cell comes from while the call runs; a call that fails leaves the old note. */
function* withConfig(process: Process, path: string, call: (config: ConfigFile) => Task<number>): Task<number> {
  const config = readConfigFile(process.files, path);
  if ('complaint' in config) {
    process.err(config.complaint);
    return EXIT.FAILURE;
  }
  const { origins } = process.driver;
  const { name } = config;
  const before = name === undefined ? undefined : origins.get(name);
  if (name !== undefined) origins.set(name, config.origin);
  const status = yield* call(config);
  if (status !== EXIT.OK && name !== undefined && before) origins.set(name, before);
  return status;
}

const enable: Subcommand = (process, args) => {
  if (args.length !== 1) return help(process, EXIT.FAILURE);
  return withConfig(process, args[0]!, function* ({ bytes }) {
    return finish(process, 'JAILHOUSE_ENABLE', yield* process.driver.enable(bytes));
  });
};

const disable: Subcommand = function* (process) {
  return finish(process, 'JAILHOUSE_DISABLE', yield* process.driver.disable());
};

const consoleCommand: Subcommand = (process, args) => {
  if (args.length === 0) return dumpConsole(process);
  const follow = args.length === 1 && (args[0] === '-f' || args[0] === '--follow');
  return follow ? followConsole(process) : help(process, EXIT.FAILURE);
};

function dumpConsole({ driver, out, err }: Process): number {
  const reader = driver.openConsole();
  for (;;) {
    const chunk = reader.poll(CHUNK);
    if (typeof chunk === 'number') {
      err(`read(console): ${strerror(chunk)}\n`);
      return EXIT.FAILURE;
    }
    if (chunk.length === 0) return EXIT.OK;
    out(chunk);
  }
}

function* followConsole({ driver, out, err, interrupted }: Process): Task<number> {
  const reader = driver.openConsole();
  for (;;) {
    const chunk = yield* reader.read(CHUNK, interrupted);
    if (chunk === -ERRNO.EINTR) return EXIT.INTERRUPTED;
    if (typeof chunk === 'number') {
      err(`read(console): ${strerror(chunk)}\n`);
      return EXIT.FAILURE;
    }
    out(chunk);
  }
}

const cellCreate: Subcommand = (process, args) => {
  if (args.length !== 1) return help(process, EXIT.FAILURE);
  return withConfig(process, args[0]!, function* ({ bytes }) {
    return finish(process, 'JAILHOUSE_CELL_CREATE', yield* process.driver.cellCreate(bytes));
  });
};

const cellLoad: Subcommand = (process, args) => {
  const parsed = parseCellId(args);
  const images = parsed && parseImages(parsed.rest);
  if (!images) return help(process, EXIT.FAILURE);
  const contents: PreloadImage[] = [];
  for (const image of images) {
    const bytes =
      image.kind === 'string' ? new TextEncoder().encode(`${image.text}\0`) : process.files.read(image.path);
    if (!bytes) {
      const path = (image as { path: string }).path;
      const error = process.files.list(path)
        ? `reading ${path}: ${strerror(ERRNO.EISDIR)}`
        : `opening ${path}: ${strerror(ERRNO.ENOENT)}`;
      process.err(`${error}\n`);
      return EXIT.FAILURE;
    }
    contents.push({ bytes, target: image.address });
  }
  return load(process, parsed.cell, contents);
};

function* load(process: Process, cell: CellId, images: readonly PreloadImage[]): Task<number> {
  return finish(process, 'JAILHOUSE_CELL_LOAD', yield* process.driver.cellLoad(cell, images));
}

/** Commands that take a cell and nothing else. */
const onCell =
  (act: (process: Process, cell: CellId) => Task<number>): Subcommand =>
  (process, args) => {
    const parsed = parseCellId(args);
    return parsed && parsed.rest.length === 0 ? act(process, parsed.cell) : help(process, EXIT.FAILURE);
  };

const cellStart = onCell(function* (process, cell) {
  return finish(process, 'JAILHOUSE_CELL_START', yield* process.driver.cellStart(cell));
});
const cellDestroy = onCell(function* (process, cell) {
  return finish(process, 'JAILHOUSE_CELL_DESTROY', yield* process.driver.cellDestroy(cell));
});
const cellShutdown = onCell((process, cell) => load(process, cell, []));

const SIMPLE: Readonly<Record<string, Subcommand>> = { enable, disable, console: consoleCommand };

const GROUPED: Readonly<Record<string, Subcommand>> = {
  'cell create': cellCreate,
  'cell list': (process) => cellList(process),
  'cell load': cellLoad,
  'cell start': cellStart,
  'cell shutdown': cellShutdown,
  'cell destroy': cellDestroy,
  'cell stats': cellStats,
  'cell linux': cellLinux,
  'config check': configCheck,
  'config create': configCreate,
  'config collect': configCollect,
  'hardware check': hardwareCheck,
};
