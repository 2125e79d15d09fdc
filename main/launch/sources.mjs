// Which sources out/ was built from, and whether they still are what they were. Imports little: the command line starts with it.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const ENGINE = ['engine', 'package-lock.json', 'electron.vite.config.ts'];
const WINDOW = ['main', 'preload', 'renderer'];
const STAMP = join(root, 'out', '.built-from');

/** What the sources are now: of the engine with the command line, and of the rest. */
export const sourcesNow = () => ({ engine: listed(ENGINE), window: listed(WINDOW) });

/** Writes down what was built; nothing is while a build is under way. @param {ReturnType<typeof sourcesNow>} [sources] */
export function noteBuild(sources) {
  if (sources) writeFileSync(STAMP, JSON.stringify(sources));
  else rmSync(STAMP, { force: true });
}

/** Whether the engine and the command line in out/ are those of the sources. */
export const isEngineBuilt = () =>
  existsSync(join(root, 'out', 'main', 'cellblock.js')) && noted().engine === listed(ENGINE);

/** The engine process's entry: as it was built, which starts a third of a second sooner; else from source. */
export const engineEntry = () =>
  isEngineBuilt() ? join(root, 'out', 'main', 'engine.js') : join(root, 'engine', 'entry', 'engine.ts');

/** Whether all of out/ is. */
export const isBuilt = () => isEngineBuilt() && noted().window === listed(WINDOW);

/** @returns {Partial<ReturnType<typeof sourcesNow>>} */
function noted() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Path, size and modification time of every source: changes, new files and deleted ones are all seen. Compared as it is: to
 * load a hash would take longer than everything else here.
 * @param {string[]} inputs
 */
function listed(inputs) {
  /** @type {string[]} */
  const lines = [];
  const add = (/** @type {string} */ path, isFolder = false) => {
    const full = `${root}/${path}`;
    if (isFolder) {
      for (const entry of readdirSync(full, { withFileTypes: true })) add(`${path}/${entry.name}`, entry.isDirectory());
    } else if (!path.endsWith('.test.ts')) {
      // What an editor has just taken away is not there.
      const status = statSync(full, { throwIfNoEntry: false });
      if (status) lines.push(`${path} ${status.size} ${status.mtimeMs}`);
    }
  };
  for (const input of inputs) add(input, statSync(`${root}/${input}`).isDirectory());
  return lines.sort().join('\n');
}
