// `npm test`: does all set-up, then lints, checks types, runs the unit tests, builds, and drives the workbench end to end. Everything is counted;
// what could not be run here is named with its reason. The last line is `N passed, N failed, N skipped`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  build,
  ensureElectron,
  ensureElectronLibraries,
  ensurePackages,
  ensureSystem,
  environment,
  root,
  SYSTEM_NEEDS,
} from '../main/launch/setup.mjs';
import { endPrograms, lastLines, run, say, step, StepError } from '../main/launch/terminal.mjs';

const MINUTE = 60_000;
const reports = join(root, '.cache', 'check');

/** @type {{ passed: number, failed: string[], skipped: string[] }} */
const total = { passed: 0, failed: [], skipped: [] };

// Every program below inherits this mark; what still carries it at the end is an orphan of ours.
const mark = `${process.pid}-${Date.now()}`;
process.env.CELLBLOCK_CHECK = mark;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => {
    endPrograms('SIGKILL');
    endOrphans();
    process.exit(130);
  });

try {
  await ensurePackages();
  const lacking = await ensureSystem(Object.values(SYSTEM_NEEDS));
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const env = environment();
  await fetchSystems(env);

  await oneCheck('Lint', (remark) => ran('npm', ['run', '-s', 'lint'], env, 15 * MINUTE, remark));
  await oneCheck('Types', (remark) => ran('npm', ['run', '-s', 'types'], env, 15 * MINUTE, remark));
  await suite(
    'Unit tests',
    ['npm', 'run', '-s', 'unit', '--', '--reporter=json', `--outputFile=${join(reports, 'unit.json')}`],
    env,
    30 * MINUTE,
    unitResults,
  );
  if (await oneCheck('Build', build)) {
    const browser = !lacking.includes(SYSTEM_NEEDS.chromium);
    if (browser) {
      const electron = await electronForTests();
      const display = await ensureDisplay(env);
      await suite(
        'End to end',
        ['npm', 'run', '-s', 'e2e', '--', '--reporter=json'],
        { ...env, ...electron, ...display.env, PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, 'e2e.json') },
        30 * MINUTE,
        e2eResults,
      );
      display.end();
    } else total.skipped.push('End to end: all of it (there is no Chromium here)');
  } else total.skipped.push('End to end: all of it (the build failed)');
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  if (error.output !== '') say(lastLines(error.output, 40));
  say(error.message);
  total.failed.push(error.message);
}
endOrphans();

for (const [title, names] of /** @type {const} */ ([
  ['Failed', total.failed],
  ['Skipped', total.skipped],
]))
  if (names.length > 0) say(`\n${title}:\n${names.map((name) => `  ${name}`).join('\n')}`);
say(`\n${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`);
process.exit(total.failed.length === 0 ? 0 : 1);

/**
 * The kernel and firmware that tests boot, from the machine's package sources; without them these tests are skipped by name.
 * @param {NodeJS.ProcessEnv} env
 */
function fetchSystems(env) {
  return step('Fetching the systems that tests boot (about 60 MB once)', async (remark) => {
    const command = ['boards/systems/fetch.ts'];
    const { code, output } = await run('node', command, { cwd: root, env, timeoutMs: 10 * MINUTE });
    if (code !== 0) remark(lastLines(output, 1).trim());
  });
}

/**
 * A program that is one check by itself.
 * @param {string} title
 * @param {(remark: (text: string, failed?: boolean) => void) => Promise<{ code: number, output: string }>} check
 */
async function oneCheck(title, check) {
  const { code, output } = await step(title, check);
  if (code === 0) total.passed++;
  else {
    say(lastLines(output, 60));
    total.failed.push(title);
  }
  return code === 0;
}

/**
 * A test runner, counted test by test from its report.
 * @param {string} title
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @param {number} timeoutMs
 * @param {() => Results} read
 */
async function suite(title, [command, ...args], env, timeoutMs, read) {
  /** @type {Results | undefined} */
  let results;
  const { code, output } = await step(title, async (remark) => {
    const ended = await ran(command, args, env, timeoutMs, remark);
    results = reportOf(read);
    if (results === undefined) remark('no report', true);
    else
      remark(
        `${results.passed} passed, ${results.failed.length} failed, ${results.skipped.length} skipped`,
        ended.code !== 0,
      );
    return ended;
  });
  total.passed += results?.passed ?? 0;
  total.failed.push(
    ...(results?.failed ?? []).map(({ name, reason }) => `${title}: ${name}\n${reason.replace(/^/gm, '      ')}`),
  );
  total.skipped.push(...(results?.skipped ?? []).map((name) => `${title}: ${name}`));
  // A runner that failed without a failed test (it crashed, it found no tests, it took too long) must not pass for want of a report.
  if (code !== 0 && (results === undefined || results.failed.length === 0)) {
    say(lastLines(output, 60));
    total.failed.push(`${title}: the runner itself failed${code === 124 ? ' (it took too long)' : ''}`);
  }
}

/**
 * @param {() => Results} read
 * @returns {Results | undefined}
 */
function reportOf(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {number} timeoutMs
 * @param {(remark: string, failed?: boolean) => void} remark
 */
async function ran(command, args, env, timeoutMs, remark) {
  const ended = await run(command, args, { cwd: root, env, timeoutMs });
  if (ended.code !== 0) remark(ended.code === 124 ? 'took too long' : 'failed', true);
  return ended;
}

/** @typedef {{ passed: number, failed: { name: string, reason: string }[], skipped: string[] }} Results */

/** Vitest's JSON report. @returns {Results} */
function unitResults() {
  /** @type {{ testResults: { name: string, status: string, message: string, assertionResults: { status: string, fullName: string, failureMessages?: string[] }[] }[] }} */
  const { testResults } = JSON.parse(readFileSync(join(reports, 'unit.json'), 'utf8'));
  /** @type {Results} */
  const results = { passed: 0, failed: [], skipped: [] };
  for (const { name: path, status, message, assertionResults } of testResults) {
    const file = path.replace(`${root}/`, '');
    if (status === 'failed' && assertionResults.every((test) => test.status !== 'failed'))
      results.failed.push({ name: file, reason: lastLines(message, 10) });
    for (const test of assertionResults) {
      const name = `${file} > ${test.fullName}`;
      if (test.status === 'passed') results.passed++;
      else if (test.status === 'failed')
        results.failed.push({ name, reason: firstLines(test.failureMessages?.[0] ?? '') });
      else results.skipped.push(name);
    }
  }
  return results;
}

/** Playwright's JSON report. @returns {Results} */
function e2eResults() {
  /** @typedef {{ title: string, specs?: Spec[], suites?: Suite[] }} Suite */
  /** @typedef {{ title: string, tests: { projectName: string, status: string, annotations: { type: string, description?: string }[], results: { error?: { message?: string } }[] }[] }} Spec */
  /** @type {{ suites: Suite[], errors: { message?: string }[] }} */
  const report = JSON.parse(readFileSync(join(reports, 'e2e.json'), 'utf8'));
  /** @type {Results} */
  const results = {
    passed: 0,
    failed: report.errors.map(({ message = '' }) => ({ name: 'outside of any test', reason: firstLines(message) })),
    skipped: [],
  };
  const walk = (/** @type {Suite} */ { title, specs = [], suites = [] }, /** @type {string} */ above) => {
    const place = above === '' ? title : `${above} > ${title}`;
    for (const spec of specs)
      for (const { projectName, status, annotations, results: tries } of spec.tests) {
        const name = `[${projectName}] ${place} > ${spec.title}`;
        if (status === 'expected') results.passed++;
        else if (status === 'skipped')
          results.skipped.push(
            `${name}${annotations.map(({ description }) => (description ? ` (${description})` : '')).join('')}`,
          );
        else results.failed.push({ name, reason: firstLines(tries.at(-1)?.error?.message ?? status) });
      }
    for (const suite of suites) walk(suite, place);
  };
  for (const suite of report.suites) walk(suite, '');
  return results;
}

function firstLines(/** @type {string} */ text) {
  return text
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .slice(0, 12)
    .join('\n');
}

/** Electron's own program where it can be had, else the stand-in. The specs are the same. @returns {Promise<NodeJS.ProcessEnv>} */
async function electronForTests() {
  const electron = await ensureElectron();
  const reason = 'reason' in electron ? electron.reason : await ensureElectronLibraries(electron.path);
  if (reason === undefined) return {};
  say(`Electron's specs run on the stand-in of e2e/electron-standin: ${reason}.`);
  return { ELECTRON_OVERRIDE_DIST_PATH: join(root, 'e2e', 'electron-standin') };
}

/** A display of our own for Electron, where there is none. Chromium does without. @param {NodeJS.ProcessEnv} env */
async function ensureDisplay(env) {
  const none = { env: {}, end: () => undefined };
  if (process.platform !== 'linux' || env.DISPLAY || !SYSTEM_NEEDS.xvfb.isThere()) return none;
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise((resolve) => {
    child.stdio[3]?.once('data', (data) => resolve(String(data).trim()));
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
  });
  return number === undefined ? none : { env: { DISPLAY: `:${number}` }, end: () => void child.kill() };
}

/** Browsers and engines that outlived what started them, told by our mark in their environment (Linux). */
function endOrphans() {
  if (!existsSync('/proc/self/environ')) return;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (
        readFileSync(join('/proc', name, 'environ'), 'utf8')
          .split('\0')
          .includes(`CELLBLOCK_CHECK=${mark}`)
      )
        process.kill(Number(name), 'SIGKILL');
    } catch {
      // Not ours to read, or gone already.
    }
  }
}
