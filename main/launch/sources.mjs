// Which sources out/ was built from, and whether they still are what they were. Imports little: the command line starts with it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const ENGINE = ['engine', 'package-lock.json', 'electron.vite.config.ts'];
const WINDOW = ['main', 'preload', 'renderer'];
const STAMP = join(root, 'out', '.built-from');

/** What the sources are now: of the engine with the command line, and of the rest. */
export const sourcesNow = () => ({ engine: digest(ENGINE), window: digest(WINDOW) });

/** Writes down what was built; nothing is while a build is under way. @param {ReturnType<typeof sourcesNow>} [sources] */
export function noteBuild(sources) {
  if (sources) writeFileSync(STAMP, JSON.stringify(sources));
  else rmSync(STAMP, { force: true });
}

/** Whether the engine and the command line in out/ are those of the sources. */
export const isEngineBuilt = () =>
  existsSync(join(root, 'out', 'main', 'cellblock.js')) && noted().engine === digest(ENGINE);

/** The engine process's entry: as it was built, which starts a third of a second sooner; else from source. */
export const engineEntry = () =>
  isEngineBuilt() ? join(root, 'out', 'main', 'engine.js') : join(root, 'engine', 'entry', 'engine.ts');

/** Whether all of out/ is. */
export const isBuilt = () => isEngineBuilt() && noted().window === digest(WINDOW);

/** @returns {Partial<ReturnType<typeof sourcesNow>>} */
function noted() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Over path, size and modification time of every source: changes, new files and deleted ones are all seen.
 * @param {string[]} inputs
 */
function digest(inputs) {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path, isFolder = false) => {
    if (isFolder) {
      const entries = readdirSync(join(root, path), { withFileTypes: true });
      entries.sort(({ name: a }, { name: b }) => (a < b ? -1 : 1));
      for (const entry of entries) add(`${path}/${entry.name}`, entry.isDirectory());
    } else if (!path.endsWith('.test.ts')) {
      // What an editor has just taken away is not there.
      const status = statSync(join(root, path), { throwIfNoEntry: false });
      if (status) hash.update(`${path} ${status.size} ${status.mtimeMs}\n`);
    }
  };
  for (const input of inputs) add(input, statSync(join(root, input)).isDirectory());
  return hash.digest('hex');
}
