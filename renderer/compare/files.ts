// Two sets of project files beside each other: which differ, and for configurations in which fields.
import { cellName, cellOf, ConfigError, decode, readSource } from '../../engine/config/index.ts';
import type { Config } from '../../engine/config/index.ts';
import type { FileKind } from '../../engine/contract/index.ts';
import { fieldDifferences } from './fields.ts';
import type { FieldDifference } from './fields.ts';

export interface SideFile {
  path: string;
  kind: FileKind;
  text?: string | undefined;
  bytes?: Uint8Array | undefined;
  /** SHA-256, empty where it is not known. */
  hash: string;
}

export interface FileDifference {
  /** Of the second side, or of the first for what only that has. */
  path: string;
  change: 'changed' | 'added' | 'removed';
  a: SideFile | undefined;
  b: SideFile | undefined;
  /** For configurations that both sides can read. */
  fields: FieldDifference[];
}

function configOf(file: SideFile, files: readonly SideFile[]): Config | undefined {
  if (file.kind !== 'system' && file.kind !== 'cell') return undefined;
  if (file.text === undefined) {
    const read = file.bytes && decode(file.bytes, undefined, file.path);
    return !read || read instanceof ConfigError ? undefined : read.config;
  }
  const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  const read = readSource(file.text, {
    file: file.path,
    include: (name) => files.find(({ path }) => path === folder + name)?.text ?? null,
  });
  return read instanceof ConfigError ? undefined : read.config;
}

/** What a configuration is known by when its file is called otherwise: the system's, or the cell's name. */
function identity(config: Config | undefined): string | undefined {
  return config && (config.kind === 'system' ? 'system' : `cell ${cellName(cellOf(config))}`);
}

const sameFile = (a: SideFile, b: SideFile): boolean =>
  a.text !== undefined || b.text !== undefined
    ? a.text === b.text
    : a.hash !== '' && b.hash !== ''
      ? a.hash === b.hash
      : a.bytes !== undefined && b.bytes !== undefined && equal(a.bytes, b.bytes);

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Files by path; configurations whose paths are only on one side by what they are. Equal ones are left out. */
export function fileDifferences(a: readonly SideFile[], b: readonly SideFile[]): FileDifference[] {
  const left = new Map(a.map((file) => [file.path, file]));
  const loose = b.filter(({ path }) => !left.has(path));
  const pairs: [SideFile | undefined, SideFile | undefined][] = b
    .filter(({ path }) => left.has(path))
    .map((file) => [left.get(file.path), file]);
  const right = new Set(b.map(({ path }) => path));
  const gone = new Map<string, SideFile>();
  for (const file of a) {
    if (right.has(file.path)) continue;
    const id = identity(configOf(file, a));
    if (id !== undefined && !gone.has(id)) gone.set(id, file);
    else pairs.push([file, undefined]);
  }
  for (const file of loose) {
    const id = identity(configOf(file, b));
    const twin = id === undefined ? undefined : gone.get(id);
    if (twin) gone.delete(id!);
    pairs.push([twin, file]);
  }
  for (const file of gone.values()) pairs.push([file, undefined]);
  return pairs
    .filter(([x, y]) => !x || !y || !sameFile(x, y))
    .map(([x, y]): FileDifference => ({
      path: (y ?? x)!.path,
      change: !x ? 'added' : !y ? 'removed' : 'changed',
      a: x,
      b: y,
      fields: x && y ? fieldDifferences(configOf(x, a), configOf(y, b)) : [],
    }))
    .sort((x, y) => RANK[(x.b ?? x.a)!.kind] - RANK[(y.b ?? y.a)!.kind] || x.path.localeCompare(y.path));
}

const RANK: Record<FileKind, number> = { system: 0, cell: 1, script: 2, image: 3, other: 4 };
