// One xterm.js per console, alive as long as its run is shown: panes come and go, the terminal keeps its text and scroll position.
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import type { IFunctionIdentifier, IMarker, ITheme } from '@xterm/xterm';
import type { ConsoleInfo } from '../../engine/contract/index.ts';
import { isWindowKey } from '../commands/dispatch.ts';
import type { ConsoleFeed } from './feed.ts';
import { LineStamps } from './lineStamps.ts';

const SCROLLBACK = 20_000;
const FONT_SIZE = 12;
/** In a pane that is too narrow for what the root shell prints: `jailhouse cell list` needs 98 columns, the last ones blank. */
const SMALL_FONT_SIZE = 11;
const FULL_COLUMNS = 98;
const NEARLY_FULL_COLUMNS = 85;
/** Lines wrap at the pane's edge, but a terminal is never narrower: such a pane scrolls sideways. */
const LEAST_COLUMNS = 40;
const SCROLLBAR = 10;
const PADDING = 10;
/** The place of the terminal is remembered anew after so many lines, long before the scrollback can swallow it. */
const ANCHOR_EVERY = 1000;
const encoder = new TextEncoder();
/** A guest's questions to its terminal: DSR, DA, DECRQM; DECRQSS; colours. The engine's answers (engine/service/screens.ts). */
const QUESTIONS: readonly IFunctionIdentifier[] = [
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
];
const QUESTION_ABOUT_SETTING: IFunctionIdentifier = { intermediates: '$', final: 'q' };
/** OSC numbers that set a colour, or ask for it with a question mark. */
const COLOURS = [4, 10, 11, 12];

/** What tells a shell at the other end of a serial line how large its terminal is. */
export const sizeCommand = (cols: number, rows: number): string => `stty rows ${rows} cols ${cols}\r`;

export interface StampRow {
  /** Row of the view, from 0. */
  row: number;
  guestNs: number;
}

export class ConsoleTerminal {
  readonly terminal: Terminal;
  readonly search = new SearchAddon();
  /** Called when the stamps that are in view may have changed. */
  onview: (() => void) | undefined;
  readonly #fit = new FitAddon();
  readonly #stamps = new LineStamps(SCROLLBACK);
  /** Guest times of the chunks that xterm has not finished with, oldest first. */
  #writing: number[] = [];
  #anchor: { marker: IMarker; line: number } | undefined;
  #sinceAnchor = 0;
  readonly #unfollow: () => void;

  constructor(
    feed: ConsoleFeed,
    kind: ConsoleInfo['kind'],
    oninput: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined,
    onresize: (cols: number, rows: number) => void,
  ) {
    const keyOwner = !oninput ? 'output' : kind === 'root' ? 'shell' : 'guest';
    this.terminal = new Terminal({
      allowProposedApi: true,
      convertEol: false,
      cursorBlink: false,
      cursorInactiveStyle: oninput ? 'outline' : 'none',
      disableStdin: !oninput,
      fontFamily: "'JetBrains Mono Variable', ui-monospace, monospace",
      fontSize: FONT_SIZE,
      lineHeight: 1.2,
      overviewRuler: { width: SCROLLBAR },
      scrollback: SCROLLBACK,
      screenReaderMode: false,
      theme: terminalTheme(),
    });
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(this.search);
    this.terminal.attachCustomKeyEventHandler(
      (event) => !(event.type === 'keydown' && (isWindowKey(event, keyOwner) || this.#copies(event))),
    );
    this.terminal.onLineFeed(() => this.#lineFeed());
    this.terminal.onRender(() => this.onview?.());
    this.terminal.onScroll(() => this.onview?.());
    this.terminal.onResize(({ cols, rows }) => onresize(cols, rows));
    const { parser } = this.terminal;
    for (const question of QUESTIONS) parser.registerCsiHandler(question, () => true);
    parser.registerDcsHandler(QUESTION_ABOUT_SETTING, () => true);
    for (const colour of COLOURS) parser.registerOscHandler(colour, (text) => text.includes('?'));
    if (oninput) this.terminal.onData((text) => oninput(encoder.encode(text)));
    if (feed.screen !== '') this.terminal.write(feed.screen);
    this.#unfollow = feed.follow(({ bytes, guestNs }) => this.#write(bytes, guestNs));
  }

  /** Puts the terminal into an element; it may have been in another one before. */
  open(host: HTMLElement): void {
    const { element } = this.terminal;
    if (element) host.append(element);
    else this.terminal.open(host);
    this.fit();
  }

  fit(): void {
    this.terminal.options.fontSize = FONT_SIZE;
    let size = this.#fit.proposeDimensions();
    if (size && size.cols < FULL_COLUMNS) {
      this.terminal.options.fontSize = SMALL_FONT_SIZE;
      size = this.#fit.proposeDimensions();
    }
    if (!size || !Number.isFinite(size.cols) || size.rows < 1) return;
    const least = size.cols < NEARLY_FULL_COLUMNS ? LEAST_COLUMNS : FULL_COLUMNS;
    this.terminal.resize(Math.max(least, size.cols), size.rows);
    const screen = this.terminal.element?.querySelector<HTMLElement>('.xterm-screen');
    if (screen) this.terminal.element!.style.minWidth = `${PADDING + screen.offsetWidth + SCROLLBAR}px`;
  }

  retheme(): void {
    this.terminal.options.theme = terminalTheme();
  }

  /** Guest times of the lines in view; continuation lines of a wrapped one have none. */
  stampsInView(): StampRow[] {
    const { active } = this.terminal.buffer;
    const rows: StampRow[] = [];
    for (let row = 0; row < this.terminal.rows; row++) {
      const line = active.viewportY + row;
      const guestNs = active.getLine(line)?.isWrapped === false ? this.#stamps.at(this.#trimmed() + line) : undefined;
      if (guestNs !== undefined) rows.push({ row, guestNs });
    }
    return rows;
  }

  /** Height of one row in pixels. */
  get rowHeight(): number {
    const screen = this.terminal.element?.querySelector<HTMLElement>('.xterm-screen');
    return screen ? screen.offsetHeight / this.terminal.rows : 0;
  }

  dispose(): void {
    this.#unfollow();
    this.terminal.dispose();
  }

  #write(bytes: Uint8Array, guestNs: number): void {
    this.#writing.push(guestNs);
    if (this.#writing.length === 1) this.#beginLine();
    this.terminal.write(bytes, () => {
      this.#writing.shift();
      if (this.#writing.length > 0) this.#beginLine();
    });
  }

  #lineFeed(): void {
    if (++this.#sinceAnchor >= ANCHOR_EVERY) this.#setAnchor();
    this.#beginLine();
  }

  #beginLine(): void {
    const guestNs = this.#writing[0];
    if (guestNs !== undefined) this.#stamps.begin(this.#trimmed() + this.#cursorLine(), guestNs);
  }

  #cursorLine(): number {
    const { normal } = this.terminal.buffer;
    return normal.baseY + normal.cursorY;
  }

  /** Lines that the scrollback has swallowed so far. */
  #trimmed(): number {
    if (!this.#anchor) this.#setAnchor();
    return this.#anchor ? this.#anchor.line - Math.max(0, this.#anchor.marker.line) : 0;
  }

  #setAnchor(): void {
    const trimmed = this.#anchor ? this.#anchor.line - Math.max(0, this.#anchor.marker.line) : 0;
    const marker = this.terminal.registerMarker(0);
    if (!marker) return;
    this.#anchor?.marker.dispose();
    this.#anchor = { marker, line: trimmed + marker.line };
    this.#sinceAnchor = 0;
  }

  /** Control+C copies when something is selected, and interrupts when nothing is. */
  #copies(event: KeyboardEvent): boolean {
    return event.ctrlKey && !event.altKey && event.key.toLowerCase() === 'c' && this.terminal.hasSelection();
  }
}

/** xterm's colours from the tokens of the current theme. */
function terminalTheme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const colours = {
    black: token('line'),
    red: token('error'),
    green: token('ok'),
    yellow: token('warn'),
    blue: token('accent'),
    magenta: token('hue-4'),
    cyan: token('hue-2'),
    white: token('text'),
  };
  return {
    background: token('ground'),
    foreground: token('text'),
    cursor: token('text'),
    cursorAccent: token('ground'),
    selectionBackground: token('select'),
    overviewRulerBorder: token('ground'),
    scrollbarSliderBackground: token('line'),
    scrollbarSliderHoverBackground: token('control-line'),
    scrollbarSliderActiveBackground: token('control-line'),
    ...colours,
    brightBlack: token('faint'),
    brightRed: colours.red,
    brightGreen: colours.green,
    brightYellow: colours.yellow,
    brightBlue: colours.blue,
    brightMagenta: colours.magenta,
    brightCyan: colours.cyan,
    brightWhite: colours.white,
  };
}
