// The root shell: a person's prompt and a script's lines over the same commands. Everything that waits is a task, so that
// whoever pumps it decides about pace and pause and every command happens at the same guest time in every run.
import type { ConsoleInfo } from '../../contract/record.ts';
import type { JailhouseDriver } from '../../driver/index.ts';
import {
  ERRNO,
  FOREVER,
  isTask,
  strerror,
  withCarriageReturns,
  type ConsoleOutput,
  type Task,
} from '../../hypervisor/index.ts';
import { EXPECT_FAILED } from '../commands/time.ts';
import { ConsoleBook } from '../console-book.ts';
import type { Files } from '../files.ts';
import { EXIT, type Process, type Terminal } from '../process.ts';
import { COMMANDS, NEEDS_LINUX, vocabulary } from './commands.ts';
import { completeLine } from './completion.ts';
import { LineEditor } from './line-editor.ts';
import { NOT_MODELLED, RootFiles } from './root-files.ts';
import { parseLine, SyntaxProblem, withStatus, type SimpleCommand } from './words.ts';

export interface ShellOptions {
  driver: JailhouseDriver;
  files: Files;
  /** The run's consoles; the shell writes to `root`. */
  output: ConsoleOutput;
}

export interface ScriptResult {
  readonly ok: boolean;
  /** First line that failed, 1-based, and why: one sentence. */
  readonly line?: number;
  readonly reason?: string;
}

export const ROOT_CONSOLE: ConsoleInfo = { name: 'root', kind: 'root' };
const INTERRUPT = 0x03;

/** How one line ended. `fatal`: a script must not go on. */
interface LineResult {
  readonly status: number;
  readonly fatal: boolean;
  /** Why the line counts as failed, when it does. */
  readonly reason?: string;
}

export class RootShell {
  readonly driver: JailhouseDriver;
  readonly consoles = new ConsoleBook();
  readonly #files: Files;
  readonly #rootFiles: RootFiles;
  readonly #output: ConsoleOutput;
  readonly #editor: LineEditor;
  /** `shown`: stands on the screen behind a prompt already. */
  #queue: { line: string; shown: boolean }[] = [];
  #lastStatus: number = EXIT.OK;
  #interrupted = false;
  #busy = false;
  #keys = '';
  #size = { columns: 80, rows: 24 };
  #scriptLine: number | undefined;
  /** True while a command has the keyboard for itself. */
  #rawKeys = false;

  constructor({ driver, files, output }: ShellOptions) {
    this.driver = driver;
    this.#files = files;
    this.#rootFiles = new RootFiles(driver, files);
    this.#output = output;
    this.#editor = new LineEditor({
      echo: (text) => this.#write(text),
      line: (line, shown) => this.#queue.push({ line, shown }),
      interrupt: () => (this.#interrupted = true),
      complete: (line) => completeLine(line, vocabulary(), (path) => this.#list(path)),
      clearScreen: () => this.#write('\x1b[H\x1b[2J'),
    });
  }

  get prompt(): string {
    return `root@${this.driver.machine.board.name}:~# `;
  }

  /** The script line being run, 1-based. */
  get scriptLine(): number | undefined {
    return this.#scriptLine;
  }

  get lastStatus(): number {
    return this.#lastStatus;
  }

  // ---------------------------------------------------------------------------------------------------- what comes in

  /** Output of any console of the run, for `expect`. The root's own is noted by the shell itself. */
  observe(console: string, bytes: Uint8Array): void {
    if (console !== ROOT_CONSOLE.name) this.consoles.append(console, bytes);
  }

  /** Bytes typed into the root console. */
  type(bytes: Uint8Array): void {
    if (!this.#busy) return this.#editor.feed(bytes);
    if (bytes.includes(INTERRUPT)) {
      this.#interrupted = true;
      this.#write('^C\n');
      return;
    }
    if (this.#rawKeys) this.#keys += new TextDecoder().decode(bytes);
    else this.#editor.feed(bytes);
  }

  /** A line as a button gives it: runs when the lines before it have, and appears as if typed. */
  submit(line: string): void {
    this.#editor.remember(line);
    this.#queue.push({ line, shown: false });
  }

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
  }

  // ------------------------------------------------------------------------------------------------------------ what runs

  /** Prompts and runs lines for ever. */
  *session(): Task<never> {
    for (;;) {
      if (this.#queue.length === 0) {
        if (!this.#editor.active) this.#editor.prompt(this.prompt);
        yield { until: FOREVER, stop: () => this.#queue.length > 0, reason: 'a command' };
      }
      const next = this.#queue.shift();
      if (!next) continue;
      if (!next.shown) {
        if (this.#editor.active) this.#editor.suspend();
        this.#write(`${this.prompt}${next.line}\n`);
      }
      yield* this.#run(next.line, true);
    }
  }

  /** Runs a script to its end, or to the first line that ends it. */
  *script(text: string): Task<ScriptResult> {
    let failure: ScriptResult | undefined;
    for (const { number, line } of logicalLines(text)) {
      this.#scriptLine = number;
      if (isBlank(line)) continue;
      this.#write(`${this.prompt}${line}\n`);
      const { reason, fatal } = yield* this.#run(line, false);
      if (reason !== undefined) failure ??= { ok: false, line: number, reason: `line ${number}: ${reason}` };
      if (fatal) break;
    }
    this.#scriptLine = undefined;
    return failure ?? { ok: true };
  }

  *#run(line: string, interactive: boolean): Task<LineResult> {
    this.#busy = true;
    this.#interrupted = false;
    try {
      return yield* this.#runLine(line, interactive);
    } finally {
      this.#busy = false;
      this.#rawKeys = false;
    }
  }

  *#runLine(line: string, interactive: boolean): Task<LineResult> {
    let commands: SimpleCommand[];
    try {
      commands = parseLine(line);
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem)) throw problem;
      this.#say(`${problem.message}\n`);
      this.#lastStatus = EXIT.USAGE;
      return { status: EXIT.USAGE, fatal: true, reason: problem.message };
    }
    // A list of && and || counts as its last command that ran; the line fails with its first failing list.
    let failed: LineResult | undefined;
    let list: LineResult = { status: EXIT.OK, fatal: false };
    for (const command of commands) {
      if (command.after === ';') failed ??= list.status === EXIT.OK ? undefined : list;
      const skipped =
        (command.after === '&&' && this.#lastStatus !== EXIT.OK) ||
        (command.after === '||' && this.#lastStatus === EXIT.OK);
      if (skipped) continue;
      if (failed?.fatal) break;
      list = yield* this.#runCommand(command, interactive);
      this.#lastStatus = list.status;
      if (this.#interrupted) break;
    }
    return failed ?? list;
  }

  *#runCommand(command: SimpleCommand, interactive: boolean): Task<LineResult> {
    const { negated, redirect } = command;
    const words = command.words.map((word) => withStatus(word, this.#lastStatus));
    const name = words[0]!;
    const run = COMMANDS.get(name)?.run;
    if (!run) {
      this.#say(`${name}: command not found\n`);
      return {
        status: EXIT.NOT_FOUND,
        fatal: true,
        reason: `${name}: command not found; \`help\` lists the commands.`,
      };
    }
    if (NEEDS_LINUX.has(name) && !this.driver.linux.present) {
      const reason = `${name}: a real system runs on this board; use expect and send to work with it`;
      this.#say(`${reason}\n`);
      return { status: EXIT.FAILURE, fatal: false, reason };
    }
    let captured = '';
    const process = this.#process(words, interactive && !redirect, redirect ? (text) => (captured += text) : undefined);
    this.driver.lastRefusal = undefined;
    const outcome = run(process);
    let status = isTask(outcome) ? yield* outcome : outcome;
    if (redirect && status === EXIT.OK) status = this.#redirect(redirect.path, captured);
    if (negated) status = status === EXIT.OK ? EXIT.FAILURE : EXIT.OK;
    if (status === EXIT.OK) return { status, fatal: false };
    const text = words.join(' ');
    if (status === EXPECT_FAILED && name === 'expect')
      return { status, fatal: true, reason: `\`${text}\` found nothing in its time.` };
    const reason = negated
      ? `\`${text}\` succeeded, and a failure was expected.`
      : [`\`${text}\` failed with exit status ${status}.`, this.driver.lastRefusal].filter(Boolean).join(' ');
    return { status, fatal: status === EXIT.INTERRUPTED, reason };
  }

  #process(args: readonly string[], interactive: boolean, capture?: (text: string) => void): Process {
    return {
      args,
      driver: this.driver,
      files: this.#files,
      consoles: this.consoles,
      out: capture
        ? (text) => capture(typeof text === 'string' ? text : new TextDecoder().decode(text))
        : (text) => this.#say(text),
      err: (text) => this.#say(text),
      interrupted: () => this.#interrupted,
      terminal: interactive ? this.#terminal() : undefined,
      lastStatus: this.#lastStatus,
    };
  }

  #terminal(): Terminal {
    const size = () => this.#size;
    const take = (): string => {
      this.#rawKeys = true;
      const keys = this.#keys;
      this.#keys = '';
      return keys;
    };
    const has = (): boolean => {
      this.#rawKeys = true;
      return this.#keys !== '';
    };
    return {
      get columns() {
        return size().columns;
      },
      get rows() {
        return size().rows;
      },
      get hasKeys() {
        return has();
      },
      keys: take,
    };
  }

  /** Only files of the modelled Linux that take a value can be written. */
  #redirect(path: string, text: string): number {
    const node = this.#rootFiles.find(path);
    const writable = node !== undefined && node !== NOT_MODELLED && node.kind === 'file' ? node.write : undefined;
    const result = writable ? writable(text) : node === undefined ? -ERRNO.ENOENT : -ERRNO.EACCES;
    if (result === 0) return EXIT.OK;
    this.#say(`${path}: ${strerror(result)}\n`);
    return EXIT.FAILURE;
  }

  #list(path: string): readonly string[] | undefined {
    const node = this.#rootFiles.find(path);
    return node !== undefined && node !== NOT_MODELLED && node.kind === 'folder' ? node.list() : undefined;
  }

  // ---------------------------------------------------------------------------------------------------------------- output

  /** What commands say: on the console and matched by `expect root`. */
  #say(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    this.consoles.append(ROOT_CONSOLE.name, bytes);
    this.#output(ROOT_CONSOLE, withCarriageReturns(bytes));
  }

  /** Prompt and echo: on the console only. */
  #write(text: string): void {
    this.#output(ROOT_CONSOLE, new TextEncoder().encode(text.replace(/\r?\n/g, '\r\n')));
  }
}

const isBlank = (line: string): boolean => /^\s*(#.*)?$/.test(line);

/** Lines of a script; a backslash at the end joins the next one. */
function* logicalLines(text: string): Generator<{ number: number; line: string }> {
  let joined = '';
  let first: number | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    first ??= index + 1;
    const continues = /(^|[^\\])(\\\\)*\\$/.test(raw) && !isBlank(raw);
    joined += continues ? `${raw.slice(0, -1)} ` : raw;
    if (continues) continue;
    yield { number: first, line: joined };
    joined = '';
    first = undefined;
  }
  if (joined !== '') yield { number: first ?? 1, line: joined };
}
