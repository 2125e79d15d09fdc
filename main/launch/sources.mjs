// Which sources out/ was built from, and whether they still are what they were. Imports little: the command line starts with it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const ENGINE = ['engine', 'package-lock.json', 'electron.vite.config.ts'];
const WINDOW = ['main', 'preload', 'renderer', 'svelte.config.js'];
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
  const add = (/** @type {string} */ path) => {
    const status = statSync(join(root, path), { throwIfNoEntry: false });
    if (status === undefined || path.endsWith('.test.ts')) return;
    if (status.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`);
    else hash.update(`${path} ${status.size} ${status.mtimeMs}\n`);
  };
  inputs.forEach(add);
  return hash.digest('hex');
}
