// `jailhouse cell linux`: places a kernel with device tree, initrd and command line in a cell and starts it.
// Source: ABI reference, F.6.
import { cellName, cellOf, ConfigError, decode, type CellConfig } from '../../../config/index.ts';
import { DeviceTreeError } from '../../../board/index.ts';
import { ERRNO, strerror, type Task } from '../../../hypervisor/index.ts';
import { USE_NAME, type PreloadImage } from '../../../driver/index.ts';
import { EXIT, type Process } from '../../process.ts';
import { readConfigFile } from '../config-file.ts';
import { PROGRAM, SYNTAX } from '../usage.ts';
import { editDeviceTree } from './device-tree.ts';
import { gunzip, GzipError, isGzip } from './gunzip.ts';
import { linuxRam, placeLinux, type LinuxArchitecture, type Placement } from './placement.ts';

/** Where the loader is looked for: as installed, then as a board's folder has it. */
const LOADER_PATHS = ['/usr/local/libexec/jailhouse/linux-loader.bin', 'linux-loader.bin', 'inmates/linux-loader.bin'];

interface Options {
  deviceTree?: string;
  initrd?: string;
  commandLine: string;
  paramsFile?: string;
  arch?: string;
  factor?: number;
  config: string;
  kernel: string;
}

const USAGE = `usage: ${PROGRAM} cell linux ${SYNTAX.find(([words]) => words === 'cell linux')![1]}\n`;

/** Long and short names of the options that take a value. */
const VALUED: Readonly<Record<string, keyof Options>> = {
  '-d': 'deviceTree',
  '--dtb': 'deviceTree',
  '-i': 'initrd',
  '--initrd': 'initrd',
  '-c': 'commandLine',
  '--cmdline': 'commandLine',
  '-w': 'paramsFile',
  '--write-params': 'paramsFile',
  '-a': 'arch',
  '--arch': 'arch',
  '-k': 'factor',
  '--kernel-decomp-factor': 'factor',
};

/** A complaint for standard error and the exit status. */
class Refusal extends Error {
  readonly status: number;
  constructor(message: string, status: number = EXIT.FAILURE) {
    super(message);
    this.status = status;
  }
}

/** As Python's argparse: wrong usage ends with status 2. */
function parseOptions(args: readonly string[]): Options {
  const wrong = (why: string): Refusal => new Refusal(`${USAGE}${PROGRAM} cell linux: error: ${why}`, EXIT.USAGE);
  const values: Record<string, string> = {};
  const positional: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [name, inline] = args[at]!.startsWith('--') && args[at]!.includes('=') ? splitOption(args[at]!) : [args[at]!];
    const key = VALUED[name];
    if (key) {
      const value = inline ?? args[++at];
      if (value === undefined) throw wrong(`argument ${name}: expected one argument`);
      values[key] = value;
    } else if (name.startsWith('-') && name !== '-') {
      throw wrong(`unrecognized arguments: ${name}`);
    } else {
      positional.push(name);
    }
  }
  const [config, kernel, ...extra] = positional;
  if (config === undefined || kernel === undefined)
    throw wrong(`the following arguments are required: ${config === undefined ? 'CELLCONFIG, ' : ''}KERNEL`);
  if (extra.length > 0) throw wrong(`unrecognized arguments: ${extra.join(' ')}`);
  const { factor, ...rest } = values;
  if (factor !== undefined && !/^\d+$/.test(factor))
    throw wrong(`argument -k/--kernel-decomp-factor: invalid int value: '${factor}'`);
  return { commandLine: '', ...rest, ...(factor !== undefined && { factor: Number(factor) }), config, kernel };
}

const splitOption = (text: string): [string, string] => [
  text.slice(0, text.indexOf('=')),
  text.slice(text.indexOf('=') + 1),
];

export function* cellLinux(process: Process, args: readonly string[]): Task<number> {
  if (args.includes('-h') || args.includes('--help')) {
    process.out(USAGE);
    return EXIT.OK;
  }
  try {
    return yield* run(process, parseOptions(args));
  } catch (reason) {
    const known = reason instanceof Refusal || reason instanceof GzipError || reason instanceof DeviceTreeError;
    if (!known) throw reason;
    process.err(`${reason.message}\n`);
    return reason instanceof Refusal ? reason.status : EXIT.FAILURE;
  }
}

function* run(process: Process, options: Options): Task<number> {
  const architecture = architectureOf(process, options);
  if (options.deviceTree === undefined) throw new Refusal('No device tree specified');
  const config = readCell(process, options.config);
  const packed = readFile(process, options.kernel);
  const kernel = architecture === 'arm64' && isGzip(packed) ? gunzip(packed) : packed;
  const deviceTree = readFile(process, options.deviceTree);
  const initrd = options.initrd === undefined ? undefined : readFile(process, options.initrd);
  const countInitrd = !process.driver.compatibility.initrdNotCounted;
  const placement = placeLinux(config.cell, architecture, { kernel, deviceTree, initrd }, options.factor, countInitrd);
  if ('needed' in placement) throw new Refusal('No space found to load all images');
  const edited = editDeviceTree(deviceTree, {
    ram: linuxRam(config.cell),
    commandLine: options.commandLine,
    initrd: placement.initrd,
  });
  if (options.paramsFile !== undefined) return writeParams(process, options, config.cell, placement, edited);
  return yield* start(process, config, placement, { loader: findLoader(process), kernel, deviceTree: edited, initrd });
}

function architectureOf({ driver }: Process, { arch }: Options): LinuxArchitecture {
  const { architecture } = driver.machine.board;
  const wanted = arch ?? architecture;
  if (wanted === 'arm' || wanted === 'arm64') return wanted;
  throw new Refusal(wanted === 'x86' ? 'Unsupported architecture' : 'Unknown architecture');
}

interface ReadCell {
  readonly bytes: Uint8Array;
  readonly cell: CellConfig;
  readonly name: string;
  readonly note: () => void;
}

function readCell({ driver, files }: Process, path: string): ReadCell {
  const config = readConfigFile(files, path);
  if ('complaint' in config) throw new Refusal(config.complaint.trimEnd());
  const decoded = decode(config.bytes, 'cell', path);
  if (decoded instanceof ConfigError) throw new Refusal(decoded.message);
  const cell = cellOf(decoded.config);
  const name = cellName(cell);
  return { bytes: config.bytes, cell, name, note: () => driver.origins.set(name, config.origin) };
}

function readFile({ files }: Process, path: string): Uint8Array {
  const bytes = files.read(path);
  if (!bytes) throw new Refusal(`opening ${path}: ${strerror(ERRNO.ENOENT)}`);
  return bytes;
}

function findLoader(process: Process): Uint8Array {
  const path = LOADER_PATHS.find((candidate) => process.files.read(candidate));
  if (path === undefined) throw new Refusal(`linux-loader.bin was not found; looked for ${LOADER_PATHS.join(', ')}.`);
  return readFile(process, path);
}

interface Images {
  readonly loader: Uint8Array;
  readonly kernel: Uint8Array;
  readonly deviceTree: Uint8Array;
  readonly initrd: Uint8Array | undefined;
}

/** Create (an existing cell is fine), one LOAD for each image, start. */
function* start(
  { driver, err }: Process,
  { bytes, name, note }: ReadCell,
  placement: Placement,
  images: Images,
): Task<number> {
  const failed = (call: string, result: number): number => {
    err(`${call}: ${strerror(result)}\n`);
    return EXIT.FAILURE;
  };
  note();
  const created = yield* driver.cellCreate(bytes);
  if (created !== 0 && created !== -ERRNO.EEXIST) return failed('JAILHOUSE_CELL_CREATE', created);
  const cell = { id: USE_NAME, name };
  const load: [Uint8Array | undefined, number | undefined][] = [
    [images.loader, placement.loader],
    [images.kernel, placement.kernel],
    [images.deviceTree, placement.deviceTree],
    [images.initrd, placement.initrd?.start],
    [new TextEncoder().encode(`${placement.parameterText}\0`), placement.parameters],
  ];
  for (const [image, address] of load) {
    if (!image || address === undefined) continue;
    const preload: PreloadImage = { bytes: image, target: BigInt(address) };
    const result = yield* driver.cellLoad(cell, [preload]);
    if (result !== 0) return failed('JAILHOUSE_CELL_LOAD', result);
  }
  const started = yield* driver.cellStart(cell);
  return started === 0 ? EXIT.OK : failed('JAILHOUSE_CELL_START', started);
}

/** -w: the edited device tree as a file, and the commands that would do the rest. */
function writeParams(
  process: Process,
  options: Options,
  cell: CellConfig,
  placement: Placement,
  tree: Uint8Array,
): number {
  const file = options.paramsFile!;
  if (!process.files.write) throw new Refusal(`${file}: files cannot be written in this run.`);
  process.files.write(file, tree);
  const name = cellName(cell);
  const at = (address: number) => `-a 0x${address.toString(16)}`;
  const images = [
    `linux-loader.bin ${at(placement.loader)}`,
    `${options.kernel} ${at(placement.kernel)}`,
    ...(placement.initrd ? [`${options.initrd} ${at(placement.initrd.start)}`] : []),
    `${file} ${at(placement.deviceTree)}`,
    `-s "${placement.parameterText}" ${at(placement.parameters)}`,
  ];
  process.out(`${PROGRAM} cell create ${options.config}\n`);
  process.out(`${PROGRAM} cell load ${name} ${images.join(' ')}\n`);
  process.out(`${PROGRAM} cell start ${name}\n`);
  return EXIT.OK;
}
