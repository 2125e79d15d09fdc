// `jailhouse config create` and `jailhouse config collect`: options, messages and exit codes. Source: ABI reference, F.1, F.4.
import { memparse } from '../../../config/index.ts';
import { EXIT, type Process } from '../../process.ts';
import { AcpiError } from '../machine/acpi.ts';
import { COLLECTOR_SCRIPT, collect } from '../machine/collect.ts';
import { modelledTree } from '../machine/modelled.ts';
import { PciError } from '../machine/pci.ts';
import { RangesError } from '../machine/ranges.ts';
import { TarError, writeTar } from '../machine/tar.ts';
import { MissingFile, openTree, type MachineTree } from '../machine/tree.ts';
import { createConfig } from './generate.ts';
import { CreateError } from './memory.ts';

const PROGRAM = 'jailhouse-config-create';
const USAGE = `usage: ${PROGRAM} [-h] [-g] [-r ROOT] [-t TEMPLATE_DIR] [-c CONSOLE]
                               [--mem-inmates MEM_INMATES] [--mem-hv MEM_HV]
                               FILE
`;
const HELP = `${USAGE}
Makes a root configuration for an x86 machine.

positional arguments:
  FILE                  name of the file to write

options:
  -h, --help            show this help message and exit
  -g, --generate-collector
                        write a script that collects a machine's files instead
  -r, --root ROOT       folder or tar archive with the machine's /proc and /sys
                        (default: /, this machine)
  -t, --template-dir DIR
                        accepted and not used: nothing here is made of templates
  -c, --console CONSOLE
                        the hypervisor's console, or none (default: ttyS0)
  --mem-inmates SIZE    memory for inmates (default: 76M)
  --mem-hv SIZE         memory for the hypervisor (default: 6M)
`;

interface Arguments {
  collector: boolean;
  root: string;
  console: string;
  inmatesSize: bigint;
  hypervisorSize: bigint;
  file: string;
}

class Wrong extends Error {}

/** Options with a value, by each of their names. */
const VALUED: Readonly<Record<string, string>> = {
  '-r': 'root',
  '--root': 'root',
  '-t': 'template',
  '--template-dir': 'template',
  '-c': 'console',
  '--console': 'console',
  '--mem-inmates': 'inmates',
  '--mem-hv': 'hypervisor',
};

function parse(args: readonly string[]): Arguments {
  const values: Record<string, string> = { root: '/', console: 'ttyS0', inmates: '76M', hypervisor: '6M' };
  const files: string[] = [];
  let collector = false;
  for (let at = 0; at < args.length; at++) {
    const [name, inline] = args[at]!.startsWith('--') ? (args[at]!.split(/=(.*)/s) as [string, string?]) : [args[at]!];
    const key = VALUED[name];
    if (key !== undefined) {
      const value = inline ?? args[++at];
      if (value === undefined) throw new Wrong(`argument ${name}: expected one argument`);
      values[key] = value;
    } else if (name === '-g' || name === '--generate-collector') collector = true;
    else if (name.startsWith('-') && name !== '-') throw new Wrong(`unrecognized arguments: ${args[at]!}`);
    else files.push(args[at]!);
  }
  if (files.length === 0) throw new Wrong('the following arguments are required: FILE');
  if (files.length > 1) throw new Wrong(`unrecognized arguments: ${files.slice(1).join(' ')}`);
  const size = (option: string, text: string): bigint => {
    const bytes = memparse(text);
    if (bytes === null || bytes === 0n || bytes % 0x1000n !== 0n)
      throw new Wrong(`argument ${option}: invalid size "${text}": expected whole pages, such as 6M`);
    return bytes;
  };
  return {
    collector,
    root: values['root']!,
    console: values['console']!,
    inmatesSize: size('--mem-inmates', values['inmates']!),
    hypervisorSize: size('--mem-hv', values['hypervisor']!),
    file: files[0]!,
  };
}

const KNOWN_ERRORS = [CreateError, MissingFile, AcpiError, PciError, RangesError, TarError];

export function configCreate(process: Process, args: readonly string[]): number {
  const { out, err, files } = process;
  if (args.includes('-h') || args.includes('--help')) {
    out(HELP);
    return EXIT.OK;
  }
  let parsed: Arguments;
  try {
    parsed = parse(args);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    err(`${USAGE}${PROGRAM}: error: ${error.message}\n`);
    return EXIT.USAGE;
  }
  if (parsed.collector) return save(process, parsed.file, new TextEncoder().encode(COLLECTOR_SCRIPT));
  try {
    const tree = parsed.root === '/' ? thisMachine(process) : openTree(files, parsed.root);
    if (!tree) {
      err(`ERROR: there is no folder or tar archive ${parsed.root}. Give what "jailhouse config collect" wrote.\n`);
      return EXIT.FAILURE;
    }
    const { source, warnings } = createConfig(tree, parsed);
    for (const warning of warnings) err(`${warning}\n`);
    return save(process, parsed.file, new TextEncoder().encode(source));
  } catch (error) {
    if (!KNOWN_ERRORS.some((known) => error instanceof known)) throw error;
    err(`ERROR: ${(error as Error).message}\n`);
    return EXIT.FAILURE;
  }
}

export function configCollect(process: Process, args: readonly string[]): number {
  const [file] = args;
  if (args.length !== 1 || file === undefined || file === '--help') {
    process.out('Usage: jailhouse-config-collect FILE.TAR\n');
    return EXIT.FAILURE;
  }
  return save(process, file, writeTar(collect(thisMachine(process))));
}

const thisMachine = ({ driver }: Process): MachineTree => modelledTree(driver.machine.board);

/** `-` is standard output, as a look at the result where nothing can be written. */
function save({ files, out, err }: Process, path: string, bytes: Uint8Array): number {
  if (path === '-') {
    out(bytes);
    return EXIT.OK;
  }
  if (!files.write) {
    err(`opening ${path}: this run cannot write files; give - to see the result here\n`);
    return EXIT.FAILURE;
  }
  files.write(path, bytes);
  return EXIT.OK;
}
