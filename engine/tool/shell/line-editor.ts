// Line editing at the prompt: what a person types into lines, with echo, history and completion. Keys as VT100 terminals
// send them (ECMA-48 cursor keys, xterm's Home, End, Delete).

export interface EditorHooks {
  /** Text for the terminal. */
  echo(text: string): void;
  /** A line was entered; `shown`: at a prompt, so it stands on the screen. */
  line(text: string, shown: boolean): void;
  /** ^C: the line is dropped, or the running command should stop. */
  interrupt(): void;
  /** Words that could stand where the cursor is, with what they replace. */
  complete(line: string): Completion;
  clearScreen(): void;
}

export interface Completion {
  /** Characters before the cursor that a candidate replaces. */
  readonly replace: number;
  /** Full texts, with a trailing space or slash where one follows. */
  readonly candidates: readonly string[];
}

const HISTORY = 500;
const KEY = { BACKSPACE: '\x7f', CTRL_H: '\b', ENTER: '\r', LF: '\n', TAB: '\t', ESC: '\x1b' } as const;
/** A key: a control sequence, or one character. */
const KEYS = /\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|\x1b.|[\s\S]/gu;

export class LineEditor {
  readonly #hooks: EditorHooks;
  readonly #decoder = new TextDecoder('utf-8');
  #prompt = '';
  #line: string[] = [];
  #cursor = 0;
  #history: string[] = [];
  /** Position in the history; its length: the line being written. */
  #browsing = 0;
  #draft = '';
  #afterCr = false;
  #active = false;

  constructor(hooks: EditorHooks) {
    this.#hooks = hooks;
  }

  /** True between prompt() and the entered line. */
  get active(): boolean {
    return this.#active;
  }

  /** Shows the prompt and what has been typed already. */
  prompt(prompt: string): void {
    this.#prompt = prompt;
    this.#active = true;
    this.#hooks.echo(prompt + this.#line.join(''));
    this.#cursor = this.#line.length;
  }

  /** The prompt gives way to a command that did not come from the keyboard. What was typed stays for the next prompt. */
  suspend(): void {
    this.#active = false;
    this.#hooks.echo('\r\x1b[K');
  }

  remember(line: string): void {
    if (line.trim() !== '' && this.#history.at(-1) !== line) this.#history = [...this.#history, line].slice(-HISTORY);
    this.#browsing = this.#history.length;
  }

  feed(bytes: Uint8Array): void {
    for (const [key] of this.#decoder.decode(bytes, { stream: true }).matchAll(KEYS)) this.#key(key);
  }

  #key(key: string): void {
    const enter = key === KEY.ENTER || (key === KEY.LF && !this.#afterCr);
    this.#afterCr = key === KEY.ENTER;
    if (enter) return this.#enter();
    const action = this.#actions[key];
    if (action) action();
    else if (key >= ' ' && !key.startsWith(KEY.ESC) && key !== KEY.BACKSPACE) this.#insert([...key]);
  }

  readonly #actions: Readonly<Record<string, () => void>> = {
    [KEY.BACKSPACE]: () => this.#delete(this.#cursor - 1, this.#cursor),
    [KEY.CTRL_H]: () => this.#delete(this.#cursor - 1, this.#cursor),
    '\x1b[3~': () => this.#delete(this.#cursor, this.#cursor + 1),
    '\x04': () => this.#delete(this.#cursor, this.#cursor + 1),
    '\x15': () => this.#delete(0, this.#cursor),
    '\x0b': () => this.#delete(this.#cursor, this.#line.length),
    '\x17': () => this.#delete(this.#wordStart(), this.#cursor),
    '\x01': () => this.#move(0),
    '\x1b[H': () => this.#move(0),
    '\x1b[1~': () => this.#move(0),
    '\x1bOH': () => this.#move(0),
    '\x05': () => this.#move(this.#line.length),
    '\x1b[F': () => this.#move(this.#line.length),
    '\x1b[4~': () => this.#move(this.#line.length),
    '\x1bOF': () => this.#move(this.#line.length),
    '\x02': () => this.#move(this.#cursor - 1),
    '\x1b[D': () => this.#move(this.#cursor - 1),
    '\x1bOD': () => this.#move(this.#cursor - 1),
    '\x06': () => this.#move(this.#cursor + 1),
    '\x1b[C': () => this.#move(this.#cursor + 1),
    '\x1bOC': () => this.#move(this.#cursor + 1),
    '\x10': () => this.#browse(-1),
    '\x1b[A': () => this.#browse(-1),
    '\x1bOA': () => this.#browse(-1),
    '\x0e': () => this.#browse(1),
    '\x1b[B': () => this.#browse(1),
    '\x1bOB': () => this.#browse(1),
    '\x0c': () => this.#clearScreen(),
    '\x03': () => this.#interrupt(),
    [KEY.TAB]: () => this.#complete(),
  };

  #enter(): void {
    const line = this.#line.join('');
    const wasActive = this.#active;
    [this.#line, this.#cursor, this.#active] = [[], 0, false];
    if (wasActive) this.#hooks.echo('\r\n');
    this.remember(line);
    this.#hooks.line(line, wasActive);
  }

  #interrupt(): void {
    const wasActive = this.#active;
    [this.#line, this.#cursor] = [[], 0];
    this.#hooks.echo('^C\r\n');
    this.#hooks.interrupt();
    if (wasActive) this.prompt(this.#prompt);
  }

  #insert(characters: string[]): void {
    this.#line.splice(this.#cursor, 0, ...characters);
    this.#cursor += characters.length;
    if (!this.#active) return;
    const rest = this.#line.slice(this.#cursor);
    this.#hooks.echo(characters.join('') + rest.join('') + back(rest.length));
  }

  #delete(from: number, to: number): void {
    const start = Math.max(0, from);
    const removed = this.#line.splice(start, Math.max(0, to - start));
    if (removed.length > 0) this.#redrawFrom(start, this.#cursor);
  }

  /** The line changed from `start` on; the cursor stood at `cursor` and now stands at `start`. */
  #redrawFrom(start: number, cursor: number): void {
    this.#cursor = start;
    if (!this.#active) return;
    const rest = this.#line.slice(start);
    this.#hooks.echo(`${back(cursor - start)}\x1b[K${rest.join('')}${back(rest.length)}`);
  }

  #move(to: number): void {
    const target = Math.min(Math.max(to, 0), this.#line.length);
    const steps = target - this.#cursor;
    this.#cursor = target;
    if (this.#active && steps !== 0) this.#hooks.echo(steps < 0 ? back(-steps) : `\x1b[${steps}C`);
  }

  #browse(step: number): void {
    const next = this.#browsing + step;
    if (next < 0 || next > this.#history.length || !this.#active) return;
    if (this.#browsing === this.#history.length) this.#draft = this.#line.join('');
    this.#browsing = next;
    this.#replaceLine(next === this.#history.length ? this.#draft : this.#history[next]!);
  }

  #replaceLine(text: string): void {
    this.#move(0);
    this.#line = [...text];
    this.#cursor = this.#line.length;
    this.#hooks.echo(`\x1b[K${text}`);
  }

  #clearScreen(): void {
    this.#hooks.clearScreen();
    if (this.#active) this.prompt(this.#prompt);
  }

  #wordStart(): number {
    let at = this.#cursor;
    while (at > 0 && this.#line[at - 1] === ' ') at--;
    while (at > 0 && this.#line[at - 1] !== ' ') at--;
    return at;
  }

  #complete(): void {
    if (!this.#active) return;
    const before = this.#line.slice(0, this.#cursor).join('');
    const { replace, candidates } = this.#hooks.complete(before);
    if (candidates.length === 0) return;
    const common = commonStart(candidates);
    const typed = before.slice(before.length - replace);
    if (common.length > typed.length || candidates.length === 1) {
      this.#delete(this.#cursor - replace, this.#cursor);
      this.#insert([...common]);
    } else {
      this.#hooks.echo(`\r\n${candidates.map((text) => text.trimEnd()).join('  ')}\r\n`);
      const cursor = this.#cursor;
      this.prompt(this.#prompt);
      this.#move(cursor);
    }
  }
}

const back = (columns: number): string => (columns > 0 ? `\x1b[${columns}D` : '');

function commonStart(texts: readonly string[]): string {
  let common = texts[0]!;
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1);
  return common;
}
