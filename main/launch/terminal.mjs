// What set-up says: one line a step, with the time it takes; what a step printed is shown only if it failed.
import { spawn } from 'node:child_process';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const isTerminal = process.stdout.isTTY === true;

/** @param {number} ms */
export const seconds = (ms) =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;

/** @param {string} line */
export const say = (line) => void process.stdout.write(`${line}\n`);

/** A step that could not be done. `message` is for people; `output` is what the program that failed had printed. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {string} [output]
   */
  constructor(message, output = '') {
    super(message);
    this.name = 'StepError';
    this.output = output;
  }
}

/**
 * Runs `action` behind one line of progress. The action may give a remark for the end of the line, and say that it failed without throwing.
 * @template T
 * @param {string} title
 * @param {(progress: (remark: string, failed?: boolean) => void) => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(title, action) {
  const begun = Date.now();
  let remark = '';
  let failed = false;
  let frame = 0;
  const draw = () =>
    process.stdout.write(
      `\r\u001b[K${FRAMES[frame++ % FRAMES.length]} ${title} ${seconds(Date.now() - begun)}${remark === '' ? '' : ` · ${remark}`}`,
    );
  const timer = isTerminal ? setInterval(draw, 100) : undefined;
  if (!isTerminal) process.stdout.write(`${title} … `);
  const end = (/** @type {string} */ mark) => {
    clearInterval(timer);
    const tail = `${seconds(Date.now() - begun)}${remark === '' ? '' : ` · ${remark}`}`;
    process.stdout.write(isTerminal ? `\r\u001b[K${mark} ${title} ${tail}\n` : `${mark} ${tail}\n`);
  };
  try {
    const value = await action((text, isFailure = false) => {
      remark = text;
      failed = isFailure;
    });
    end(failed ? '✗' : '✓');
    return value;
  } catch (error) {
    end('✗');
    throw error;
  }
}

/** Programs that run now, to be ended with us. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** @param {NodeJS.Signals} signal */
export function endPrograms(signal) {
  for (const child of running) killGroup(child, signal);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function killGroup(child, signal) {
  try {
    if (child.pid !== undefined) process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // It has ended already.
  }
}

/**
 * Runs a program in a process group of its own and keeps what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 124: it took longer than `timeoutMs` and was ended
 */
export function run(command, args, { cwd, env = process.env, timeoutMs, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.add(child);
    let output = '';
    let line = '';
    const take = (/** @type {string} */ text) => {
      output = (output + text).slice(-1_000_000);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) onLine?.(whole);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    let late = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            killGroup(child, 'SIGKILL');
          }, timeoutMs);
    // Grandchildren that keep the pipes open must not keep us waiting: its end is its exit, not the end of its output.
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        killGroup(child, 'SIGKILL');
        resolve({ code: late ? 124 : (code ?? (signal === 'SIGINT' ? 130 : 1)), output });
      }, 50);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      running.delete(child);
      reject(new StepError(`${command} could not be started: ${error.message}`));
    });
  });
}

/** Ends our program over a step that could not be done, which is told; anything else is a mistake of ours. @param {unknown} error @returns {never} */
export function endWith(error) {
  if (!(error instanceof StepError)) throw error;
  if (error.output !== '') console.error(lastLines(error.output));
  console.error(error.message);
  process.exit(1);
}

/** The last lines of what a program printed, without colours. @param {string} output */
export const lastLines = (output, count = 15) =>
  output
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    .trimEnd()
    .split('\n')
    .slice(-count)
    .join('\n');
