// `jailhouse config check`: the reference's own check over the files that are given. Source: ABI reference, F.3.
import { referenceCheck, type ReferenceFile } from '../../config/index.ts';
import { EXIT, type Process } from '../process.ts';
import { readConfigFile } from './config-file.ts';

const USAGE = 'usage: jailhouse-config-check [-h] SYSCONFIG [CELLCONFIG [CELLCONFIG ...]]\n';
const HELP = `${USAGE}\nCheck a root cell configuration, optionally with cell configurations\n`;

export function configCheck(process: Process, args: readonly string[]): number {
  const { out, err } = process;
  if (args.includes('-h') || args.includes('--help')) {
    out(HELP);
    return EXIT.OK;
  }
  const option = args.find((argument) => argument.startsWith('-'));
  if (args.length === 0 || option !== undefined) {
    const why =
      option === undefined ? 'the following arguments are required: SYSCONFIG' : `unrecognized arguments: ${option}`;
    err(`${USAGE}jailhouse-config-check: error: ${why}\n`);
    return EXIT.USAGE;
  }
  const files: ReferenceFile[] = [];
  for (const path of args) {
    const config = readConfigFile(process.files, path);
    if ('complaint' in config && config.found) {
      err(config.complaint);
      return EXIT.FAILURE;
    }
    files.push({ path, bytes: 'complaint' in config ? null : config.bytes });
  }
  const { stdout, stderr, exitCode } = referenceCheck(files[0]!, files.slice(1));
  out(stdout);
  if (stderr !== '') err(stderr);
  return exitCode;
}
