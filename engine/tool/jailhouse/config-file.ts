// A configuration for the tool: a `.cell` file as it is, or a `.c` source compiled on the fly. Where it came from is noted,
// so that events can point at file and line.
import {
  cellName,
  cellOf,
  compileSource,
  ConfigError,
  decode,
  decodeSource,
  locateField,
  readSource,
  renderFault,
} from '../../config/index.ts';
import { ERRNO, strerror, type ConfigOrigin } from '../../hypervisor/index.ts';
import { folderOf, type Files } from '../files.ts';

export interface ConfigFile {
  readonly bytes: Uint8Array;
  readonly origin: ConfigOrigin;
  /** The cell's name (the root cell's, in a system configuration), if the bytes can be read. */
  readonly name: string | undefined;
}

/** Lines for standard error instead of a configuration. */
export interface Unreadable {
  /** False: there is no such file; true: it is a source with mistakes. */
  readonly found: boolean;
  readonly complaint: string;
}

/** A missing FILE.cell beside a FILE.c means the source. */
export function readConfigFile(files: Files, path: string): ConfigFile | Unreadable {
  const source = path.replace(/\.cell$/, '.c');
  const direct = files.read(path);
  if (direct && !path.endsWith('.c')) return { bytes: direct, origin: { file: path }, name: nameIn(direct) };
  const text = direct ?? (source === path ? undefined : files.read(source));
  if (!text) return { found: false, complaint: `opening ${path}: ${strerror(ERRNO.ENOENT)}\n` };
  return compile(files, source, decodeSource(text));
}

function compile(files: Files, file: string, text: string): ConfigFile | Unreadable {
  const include = (name: string): string | null => {
    const bytes = name.includes('/') ? undefined : files.read(folderOf(file) + name);
    return bytes ? decodeSource(bytes) : null;
  };
  const compiled = compileSource(text, { file, include });
  if (compiled instanceof ConfigError) return { found: true, complaint: `${renderFault(compiled)}\n` };
  const read = readSource(text, { file, include });
  const origin: ConfigOrigin =
    read instanceof ConfigError
      ? { file }
      : { file, lineOf: (field) => locateField(read, read.config.kind === 'system' ? inSystem(field) : field)?.line };
  return { bytes: compiled.bytes, origin, name: nameIn(compiled.bytes) };
}

/** Fields of the root cell are named as a cell's; in a system configuration they are below rootCell. */
const inSystem = (field: string): string =>
  /^(memoryRegions|cpuSet|irqchips|pciDevices|vpciIrqBase|name|flags)/.test(field) ? `rootCell.${field}` : field;

function nameIn(bytes: Uint8Array): string | undefined {
  const decoded = decode(bytes);
  return decoded instanceof ConfigError ? undefined : cellName(cellOf(decoded.config));
}
