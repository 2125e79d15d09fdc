// `npm start`: does all set-up, then opens the workbench: in Electron where its program can be had and there is a display, else in a browser.
//   npm start -- [--browser] [--port N] [--data FOLDER] [--no-open]
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ensureBuild,
  ensureElectron,
  ensureElectronLibraries,
  ensurePackages,
  environment,
  pinnedNode,
  root,
} from './setup.mjs';
import { endPrograms, endWith, lastLines, say, StepError } from './terminal.mjs';

const HELP = `npm start -- [options]
  --browser       in a browser, even where Electron could be used
  --port N        the browser shell's port (any free one if left out)
  --data FOLDER   where projects and runs are kept
  --no-open       print the address without opening a browser`;

/** Electron that ends sooner than this with an error has not started. Milliseconds. */
const STARTED_MS = 10_000;

let leaving = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => {
    leaving = true;
    endPrograms('SIGTERM');
    // A shell that runs has had a terminal's SIGINT itself and is ending; it is told again for the signals that only we got.
    if (workbench === undefined) process.exit(0);
    else workbench.kill('SIGTERM');
  });

/** @type {import('node:child_process').ChildProcess | undefined} */
let workbench;

try {
  const { values } = options();
  const env = () => ({
    ...environment(),
    ...(values.data === undefined ? {} : { CELLBLOCK_DATA: resolve(values.data) }),
  });
  await ensurePackages();
  const electron = values.browser ? { reason: undefined } : await electronOrReason();
  await ensureBuild();
  if ('path' in electron) {
    const failure = await runElectron(electron.path, env());
    if (failure === undefined) process.exit(0);
    say(`Opening the browser shell instead of Electron: ${failure}.`);
  } else if (electron.reason !== undefined) say(`Opening the browser shell instead of Electron: ${electron.reason}.`);
  process.exit(await runBrowserShell(values, env()));
} catch (error) {
  if (leaving) process.exit(0);
  endWith(error);
}

function options() {
  try {
    const parsed = parseArgs({
      options: {
        browser: { type: 'boolean' },
        port: { type: 'string' },
        data: { type: 'string' },
        'no-open': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (!parsed.values.help) return parsed;
  } catch (error) {
    throw new StepError(`${error instanceof Error ? error.message : String(error)}\n${HELP}`);
  }
  say(HELP);
  process.exit(0);
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
}

/** @returns {Promise<{ path: string } | { reason: string }>} */
async function electronOrReason() {
  if (!hasDisplay()) return { reason: 'there is no display here' };
  const electron = await ensureElectron();
  if ('reason' in electron) return electron;
  const lacking = await ensureElectronLibraries(electron.path);
  return lacking === undefined ? electron : { reason: lacking };
}

/**
 * @param {string} path
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} why it did not start, if so; undefined once it was used and closed
 */
function runElectron(path, env) {
  return new Promise((resolvePromise) => {
    // Chromium's sandbox refuses to run as root.
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const begun = Date.now();
    const child = spawn(path, [...asRoot, root], { env, stdio: ['inherit', 'inherit', 'pipe'] });
    workbench = child;
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      errors = (errors + text).slice(-10_000);
      // Chromium's own remarks on the machine are not for the person who uses the workbench.
      const ours = text.split('\n').filter((line) => line !== '' && !/^\[\d+:\d+\/[\d.]+:[A-Z]+:/.test(line));
      if (ours.length > 0) process.stderr.write(`${ours.join('\n')}\n`);
    });
    child.once('error', (error) => resolvePromise(error.message));
    child.once('exit', (code, signal) => {
      workbench = undefined;
      const failed = !leaving && (code !== 0 || signal !== null) && Date.now() - begun < STARTED_MS;
      resolvePromise(
        failed ? `Electron ended at once (${lastLines(errors, 1) || (signal ?? `exit code ${code}`)})` : undefined,
      );
    });
  });
}

/**
 * @param {{ port?: string | undefined, 'no-open'?: boolean | undefined }} values
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} its exit code
 */
function runBrowserShell(values, env) {
  return new Promise((resolvePromise) => {
    const port = values.port === undefined ? [] : ['--port', values.port];
    const child = spawn(pinnedNode(), [join(root, 'main', 'browser', 'main.ts'), ...port], {
      env,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    workbench = child;
    child.once('message', (/** @type {{ url: string }} */ { url }) => {
      if (!values['no-open'] && hasDisplay()) openBrowser(url);
      say('Ctrl-C ends it.');
    });
    child.once('exit', (code) => resolvePromise(leaving ? 0 : (code ?? 1)));
  });
}

/** @param {string} url */
function openBrowser(url) {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  // No browser to be found: the address is printed.
  child.once('error', () => undefined);
  child.unref();
}
