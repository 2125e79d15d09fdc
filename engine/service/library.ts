// Boards and files on the host's disk, for runs without a window and for what a project leaves to its board's folder.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { BOARD_FILE, listBoards, parseBoard } from '../board/index.ts';
import type { BoardDescription, BoardError } from '../board/index.ts';
import { describeFile } from '../record/file.ts';
import type { RecordedFile } from '../record/file.ts';
import type { SystemFiles } from '../contract/index.ts';
import type { SystemImages } from '../machine/boot-loader.ts';
import type { Files } from '../tool/index.ts';

export class UnknownBoard extends Error {
  constructor(name: string, known: readonly string[]) {
    super(`There is no board "${name}". Known boards: ${known.join(', ') || 'none'}.`);
  }
}

/** The folder that holds one folder for each board. */
export class BoardLibrary {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  list(): { boards: BoardDescription[]; errors: BoardError[] } {
    return listBoards({
      folders: () => (existsSync(this.folder) ? readdirSync(this.folder) : []),
      read: (folder, file) => {
        const path = join(this.folder, folder, file);
        return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
      },
    });
  }

  /** @throws UnknownBoard, BoardError */
  load(name: string): BoardDescription {
    const file = join(this.folder, name, BOARD_FILE);
    if (!/^[\w.-]+$/.test(name) || !existsSync(file)) {
      throw new UnknownBoard(
        name,
        this.list().boards.map((board) => board.name),
      );
    }
    return parseBoard(name, readFileSync(file, 'utf8'));
  }

  /** The files of a board's folder, and the inmates that it borrows. */
  files(board: BoardDescription): Files {
    const own = new FolderSource(join(this.folder, board.name), { absolute: false });
    if (board.inmatesOf === undefined) return own;
    return new LayeredSource(own, new InmatesSource(join(this.folder, board.inmatesOf)));
  }

  /** The board with its first `count` CPUs. @throws RangeError if it has fewer. */
  loadWithCpus(name: string, count: number | undefined): BoardDescription {
    const board = this.load(name);
    if (count === undefined) return board;
    if (count < 1 || count > board.cpus.length) {
      throw new RangeError(`${name} has ${board.cpus.length} CPUs; ask for 1 to ${board.cpus.length}, not ${count}.`);
    }
    return { ...board, cpus: board.cpus.slice(0, count) };
  }
}

/** A file's bytes. Not as a Buffer: its slices share memory. A small file's memory is shared with others', and copied. */
export function bytesOf(file: string): Uint8Array {
  const read = readFileSync(file);
  return read.byteLength === read.buffer.byteLength ? new Uint8Array(read.buffer) : new Uint8Array(read);
}

/** A folder of the host. Relative paths never leave it; absolute ones are allowed only where the user typed them. */
export class FolderSource implements Files {
  readonly #folder: string;
  readonly #absolute: boolean;

  constructor(folder: string, options: { absolute: boolean }) {
    this.#folder = resolve(folder);
    this.#absolute = options.absolute;
  }

  read(path: string): Uint8Array | undefined {
    const file = this.#locate(path);
    return file !== undefined && existsSync(file) && statSync(file).isFile() ? bytesOf(file) : undefined;
  }

  list(path: string): string[] | undefined {
    const folder = this.#locate(path);
    if (folder === undefined || !existsSync(folder) || !statSync(folder).isDirectory()) return undefined;
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
  }

  #locate(path: string): string | undefined {
    if (isAbsolute(path)) return this.#absolute ? normalize(path) : undefined;
    const file = resolve(this.#folder, path);
    if (this.#absolute || file === this.#folder || file.startsWith(this.#folder + sep)) return file;
    return undefined;
  }
}

/** The folder `inmates` of a board, and nothing else of it. */
class InmatesSource implements Files {
  readonly #files: FolderSource;

  constructor(folder: string) {
    this.#files = new FolderSource(folder, { absolute: false });
  }

  read(path: string): Uint8Array | undefined {
    return /^(\.\/)?inmates\//.test(path) && !path.includes('..') ? this.#files.read(path) : undefined;
  }

  list(path: string): string[] | undefined {
    return /^(\.\/)?inmates\/?$/.test(path) ? this.#files.list(path) : undefined;
  }
}

/** Files held in memory: a project's, as the window sent them. */
export class MemorySource implements Files {
  readonly #files: ReadonlyMap<string, Uint8Array>;

  constructor(files: Iterable<{ path: string; bytes: Uint8Array }>) {
    this.#files = new Map([...files].map(({ path, bytes }) => [path, bytes]));
  }

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path.replace(/^\.\//, ''));
  }

  list(path: string): string[] | undefined {
    const prefix = path === '.' || path === '' ? '' : `${path.replace(/^\.\//, '').replace(/\/$/, '')}/`;
    const names = [...this.#files.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).replace(/\/.*/, '/'));
    return names.length > 0 ? [...new Set(names)].sort() : undefined;
  }
}

/** Notes which files were read, with their hashes: they are inputs of the run. */
export class RecordedSource implements Files {
  readonly #files: Files;
  readonly #seen = new Map<string, RecordedFile>();

  constructor(files: Files) {
    this.#files = files;
  }

  get seen(): RecordedFile[] {
    return [...this.#seen.values()];
  }

  read(path: string): Uint8Array | undefined {
    const bytes = this.#files.read(path);
    if (bytes) this.#seen.set(path, describeFile(path, bytes));
    return bytes;
  }

  list(path: string): string[] | undefined {
    return this.#files.list(path);
  }
}

/** The first source that has the file answers. */
export class LayeredSource implements Files {
  readonly #layers: readonly Files[];

  constructor(...layers: Files[]) {
    this.#layers = layers;
  }

  read(path: string): Uint8Array | undefined {
    for (const layer of this.#layers) {
      const bytes = layer.read(path);
      if (bytes) return bytes;
    }
    return undefined;
  }

  list(path: string): string[] | undefined {
    const names = this.#layers.flatMap((layer) => layer.list(path) ?? []);
    return names.length > 0 ? [...new Set(names)].sort() : undefined;
  }
}

/** What starts the bare board, read. @throws Error naming the file that is not there */
export function readSystem(files: Files, system: SystemFiles): SystemImages {
  const read = (what: string, path: string): Uint8Array => {
    const bytes = files.read(path);
    if (!bytes)
      throw new Error(`There is no file ${path} in the project, which was to be the ${what}. Choose another.`);
    return bytes;
  };
  if ('firmware' in system) return { firmware: read('firmware', system.firmware) };
  return {
    kernel: read('kernel', system.kernel),
    ...(system.initrd !== undefined && { initrd: read('initial RAM disk', system.initrd) }),
    ...(system.append !== undefined && { append: system.append }),
  };
}
