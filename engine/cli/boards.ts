// `cellblock boards`: the boards that are known, and a description of a new one from its device tree or a system configuration.
import { BoardError, boardFromDeviceTree, boardText, checkBoard, readDeviceTree } from '../board/index.ts';
import type { BoardDescription } from '../board/index.ts';
import {
  ConfigError,
  boardOfSystem,
  compileSource,
  decode,
  decodeSource,
  memparse,
  renderFault,
} from '../config/index.ts';
import { pa } from '../util/units.ts';
import type { ConfigIo } from './config.ts';
import { processIo } from './io.ts';
import { boardLibrary } from './library.ts';
import { UsageError, parseArguments } from './usage.ts';

const USAGE = `usage: cellblock boards [--json]
       cellblock boards --from-dtb FILE NAME [--ram BASE+SIZE]... [-o board.json]
       cellblock boards --from-cell FILE NAME [-o board.json]

Lists the boards that are known; or writes the description of a new one, from a device tree blob or from a system
configuration (.cell or .c), to standard output or -o. What could not be read is named on standard error.
  --ram BASE+SIZE   a memory bank, such as 0x80000000+2G, where the tree leaves memory to the firmware
Exit status: 0 done, 1 a known board is broken, 2 a file cannot be read.
`;

const EXIT = { OK: 0, BROKEN: 1, UNREADABLE: 2 } as const;

/** Runs the command and returns its exit status. */
export async function boardsCommand(args: string[], io: ConfigIo = processIo()): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      'from-dtb': { type: 'string' },
      'from-cell': { type: 'string' },
      ram: { type: 'string', multiple: true },
      output: { type: 'string', short: 'o' },
    },
  });
  if (values.help) {
    io.stdout(USAGE);
    return EXIT.OK;
  }
  const from = values['from-dtb'] ?? values['from-cell'];
  if (from === undefined) {
    if (positionals.length > 0) throw new UsageError('names go with --from-dtb or --from-cell only.');
    return list(values.json === true, io);
  }
  if (values['from-dtb'] !== undefined && values['from-cell'] !== undefined)
    throw new UsageError('give --from-dtb or --from-cell, not both.');
  const [name] = positionals;
  if (name === undefined || positionals.length > 1 || !/^[\w.-]+$/.test(name))
    throw new UsageError('one name for the new board is needed: letters, digits, - _ and . only.');
  try {
    const bytes = await read(from, io);
    const { board, gaps } =
      values['from-dtb'] === undefined
        ? await fromCell(bytes, from, name)
        : fromDeviceTree(bytes, from, name, banks(values.ram ?? []));
    const text = boardText(board);
    if (values.output === undefined) io.stdout(text);
    else await io.writeFile(values.output, new TextEncoder().encode(text));
    const problems = checkBoard(board).map(
      ({ field, reason }) => `${field ? `${field}: ` : ''}${reason}; correct it before use.`,
    );
    for (const gap of [...gaps, ...problems]) io.stderr(`${gap}\n`);
    return EXIT.OK;
  } catch (error) {
    if (!(error instanceof BoardError) && !(error instanceof Unreadable)) throw error;
    io.stderr(`${error.message}\n`);
    return EXIT.UNREADABLE;
  }
}

function list(json: boolean, io: ConfigIo): number {
  const { boards, errors } = boardLibrary().list();
  if (json) {
    io.stdout(`${JSON.stringify(boards, undefined, 2)}\n`);
  } else {
    const width = Math.max(...boards.map((board) => board.name.length), 0) + 2;
    for (const board of boards) io.stdout(`${board.name.padEnd(width)}${board.title}\n`);
  }
  for (const error of errors) io.stderr(`${error.message}\n`);
  return errors.length > 0 ? EXIT.BROKEN : EXIT.OK;
}

/** A sentence for the user. */
class Unreadable extends Error {}

async function read(path: string, io: ConfigIo): Promise<Uint8Array> {
  return io.readFile(path).catch((error: unknown) => {
    throw new Unreadable(`Cannot read ${path}: ${(error as Error).message}. Check the path.`);
  });
}

/** `0x80000000+2G`. */
function banks(texts: readonly string[]): { base: number; size: number }[] {
  return texts.map((text) => {
    const [base, size, ...rest] = text.split('+').map((part) => memparse(part));
    if (typeof base !== 'bigint' || typeof size !== 'bigint' || rest.length > 0 || size === 0n)
      throw new UsageError(`--ram takes a base and a size, such as 0x80000000+2G, not "${text}".`);
    return { base: Number(base), size: Number(size) };
  });
}

interface Made {
  board: BoardDescription;
  gaps: string[];
}

function fromDeviceTree(
  bytes: Uint8Array,
  file: string,
  name: string,
  ram: readonly { base: number; size: number }[],
): Made {
  let tree;
  try {
    tree = readDeviceTree(bytes);
  } catch (error) {
    throw new Unreadable(`${file}: ${(error as Error).message}`);
  }
  const board = boardFromDeviceTree(tree, { name, file, ram: ram.map(({ base, size }) => ({ base: pa(base), size })) });
  const unknown = board.cpus.some(({ model }) => model === 'unknown');
  return {
    board,
    gaps: [
      ...(unknown ? ['cpus: the tree does not name the model of every CPU.'] : []),
      ...(board.gic ? ['gic.spis: not in a tree; enough for all that it mentions.'] : []),
      ...(board.timers ? [`timers.frequencyHz: ${board.timers.frequencyHz}, unless the firmware sets another.`] : []),
      ...(board.uarts.length === 0 ? ['uarts: the tree has none that a driver is known for.'] : []),
      'devices: only those that a model is known for.',
      'kernelArguments: empty; memory for the hypervisor and the cells has to stay free.',
    ],
  };
}

async function fromCell(bytes: Uint8Array, file: string, name: string): Promise<Made> {
  let binary = bytes;
  if (file.endsWith('.c')) {
    const compiled = compileSource(decodeSource(bytes), { file });
    if (compiled instanceof ConfigError) throw new Unreadable(renderFault(compiled));
    binary = compiled.bytes;
  }
  const decoded = decode(binary, 'system', file);
  if (decoded instanceof ConfigError) throw new Unreadable(decoded.message);
  return boardOfSystem((decoded.config as Extract<typeof decoded.config, { kind: 'system' }>).system, { name, file });
}
