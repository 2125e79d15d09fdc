// The folder of boards on disk: what is there, and a new project's files out of one of them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { listBoards, type BoardDescription } from '../../engine/board/index.ts';
import { ServiceError, type FileKind } from '../../engine/contract/index.ts';
import type { NewFile, NewProject } from '../store/projects.ts';

/** The script that a board's folder brings as an example of a boot. */
const DEMO_SCRIPT = 'demo.script';
const INMATES = 'inmates';
const IMAGE = /\.(bin|dtb)$/;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"/gm;

export interface Boards {
  list(): BoardDescription[];
  has(name: string): boolean;
  /** Throws ServiceError `not-found` for an unknown board, `failed` for a folder that lacks what its board.json names. */
  template(name: string): Omit<NewProject, 'name'>;
}

export function boardFolder(folder: string): Boards {
  const read = () => {
    const { boards, errors } = listBoards({
      folders: () =>
        readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => entry.name),
      read: (name, file) =>
        existsSync(join(folder, name, file)) ? readFileSync(join(folder, name, file), 'utf8') : undefined,
    });
    for (const error of errors) console.error(error.message);
    return boards;
  };
  const isSample = ({ name, inmatesOf }: BoardDescription): boolean =>
    inmatesOf === undefined && existsSync(join(folder, name, DEMO_SCRIPT));
  return {
    // Boards with a journey and inmates of their own stand in front: the window offers the first one to who has nothing yet.
    list: () => read().toSorted((a, b) => Number(isSample(b)) - Number(isSample(a))),
    has: (name) => read().some((board) => board.name === name),
    template(name) {
      const board = read().find((candidate) => candidate.name === name);
      if (board === undefined)
        throw new ServiceError(
          'not-found',
          `There is no board ${name}. Choose one of those listed, or put a folder with its board.json beside them.`,
        );
      return template(join(folder, name), board);
    },
  };
}

function template(folder: string, board: BoardDescription): Omit<NewProject, 'name'> {
  const files = new Map<string, NewFile>();
  const bytesOf = (path: string): Uint8Array<ArrayBuffer> => {
    try {
      return new Uint8Array(readFileSync(join(folder, path)));
    } catch {
      throw new ServiceError(
        'failed',
        `The folder of board ${board.name} lacks ${path}, which belongs to it. Restore the file and try again.`,
      );
    }
  };
  const addText = (path: string, kind: FileKind) => {
    if (files.has(path)) return;
    const text = new TextDecoder().decode(bytesOf(path));
    files.set(path, { path, kind, text });
    // A configuration that includes a neighbour is only whole with it.
    if (path.endsWith('.c') || path.endsWith('.h'))
      for (const [, included] of text.matchAll(INCLUDE)) {
        const neighbour = posix.join(posix.dirname(path), included!);
        if (!neighbour.startsWith('..') && existsSync(join(folder, neighbour))) addText(neighbour, 'other');
      }
  };
  const addConfig = (path: string, kind: FileKind) => {
    if (path.endsWith('.cell')) files.set(path, { path, kind, bytes: bytesOf(path) });
    else addText(path, kind);
  };
  addConfig(board.rootConfig, 'system');
  for (const cell of board.cells) addConfig(cell, 'cell');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/');
    if (entry.isFile() && IMAGE.test(path)) files.set(path, { path, kind: 'image', bytes: bytesOf(path) });
    if (entry.isFile() && path.endsWith('.script')) addText(path, 'script');
  }
  if (board.inmatesOf !== undefined) {
    const lender = join(folder, '..', board.inmatesOf, INMATES);
    for (const name of existsSync(lender) ? readdirSync(lender) : []) {
      const path = posix.join(INMATES, name);
      if (IMAGE.test(name) && !files.has(path))
        files.set(path, { path, kind: 'image', bytes: Uint8Array.from(readFileSync(join(lender, name))) });
    }
  }
  return {
    board: board.name,
    script: files.has(DEMO_SCRIPT) ? DEMO_SCRIPT : null,
    layout: {},
    files: [...files.values()],
  };
}
