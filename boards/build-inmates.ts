// Builds the inmates of all boards: boards/BOARD/inmates/NAME.c with the runtime of the board's architecture becomes NAME.bin
// beside its source. `node boards/build-inmates.ts` writes them; the test beside this file rebuilds and compares.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { compileObjects, linkImage } from './cross-compiler.ts';

const BOARDS = import.meta.dirname;

export interface Inmate {
  /** `BOARD/NAME`. */
  id: string;
  source: string;
  binary: string;
}

const filesIn = (directory: string, pattern: RegExp): string[] =>
  readdirSync(directory)
    .filter((file) => pattern.test(file))
    .sort()
    .map((file) => join(directory, file));

/** Every inmate that has a source in a board's folder. */
export function inmates(): Inmate[] {
  return readdirSync(BOARDS, { recursive: true, encoding: 'utf8' })
    .sort()
    .flatMap((path) => {
      const match = /^([^/]+)\/inmates\/([^/]+)\.c$/.exec(path);
      if (!match) return [];
      const source = join(BOARDS, path);
      return [{ id: `${match[1]}/${match[2]}`, source, binary: source.replace(/c$/, 'bin') }];
    });
}

/**
 * Builds inmates from their sources.
 * @returns images in the order of the list
 * @throws Error with the compiler's own words
 */
export function buildInmates(list: readonly Inmate[]): Uint8Array[] {
  const runtime = join(BOARDS, 'runtime/arm64');
  const directory = mkdtempSync(join(tmpdir(), 'cellblock-inmates-'));
  try {
    const runtimeObjects = compileObjects(filesIn(runtime, /\.[cS]$/), runtime, join(directory, 'runtime'));
    return list.map((inmate) => {
      const own = join(directory, inmate.id);
      const objects = compileObjects([inmate.source], runtime, own);
      return linkImage([...runtimeObjects, ...objects], join(runtime, 'image.lds'), own);
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const list = inmates();
  for (const [index, image] of buildInmates(list).entries()) {
    writeFileSync(list[index]!.binary, image);
    console.log(`${relative(process.cwd(), list[index]!.binary)}: ${image.length} bytes`);
  }
}
