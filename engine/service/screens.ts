// A headless terminal beside every console's source: a window that attaches late sees the screen as it is, and a guest that
// asks its terminal something (where the cursor is, what it can do) gets one answer, however many windows are open.
import headless from '@xterm/headless';
import serialize from '@xterm/addon-serialize';
import type { ConsoleInfo } from '../contract/index.ts';

/** Lines above the screen that a late window still gets. The store has everything. */
const SCROLLBACK = 5000;

export interface TerminalSize {
  cols: number;
  rows: number;
}

/** Until a window has said how large its terminal is. */
const DEFAULT_SIZE: TerminalSize = { cols: 100, rows: 30 };

class Screen {
  readonly #terminal: headless.Terminal;
  readonly #serializer = new serialize.SerializeAddon();

  constructor(size: TerminalSize, onAnswer: (text: string) => void) {
    this.#terminal = new headless.Terminal({
      ...size,
      scrollback: SCROLLBACK,
      allowProposedApi: true,
      windowOptions: { getWinSizeChars: true },
    });
    this.#terminal.onData(onAnswer);
    // The addon is typed for the visible terminal; it uses what both have.
    this.#terminal.loadAddon(this.#serializer as unknown as headless.ITerminalAddon);
  }

  write(bytes: Uint8Array): void {
    this.#terminal.write(bytes);
  }

  resize({ cols, rows }: TerminalSize): void {
    this.#terminal.resize(cols, rows);
  }

  /** Escape sequences that redraw everything written so far. */
  text(): Promise<string> {
    return new Promise((resolve) => this.#terminal.write('', () => resolve(this.#serializer.serialize())));
  }
}

export class Screens {
  readonly #screens = new Map<string, { info: ConsoleInfo; screen: Screen }>();
  readonly #sizes = new Map<string, TerminalSize>();
  readonly #onAnswer: (console: string, bytes: Uint8Array) => void;

  /** @param onAnswer a terminal answers what its console was asked (ECMA-48 DSR and DA, and xterm's own questions) */
  constructor(onAnswer: (console: string, bytes: Uint8Array) => void) {
    this.#onAnswer = onAnswer;
  }

  write(info: ConsoleInfo, bytes: Uint8Array): void {
    let entry = this.#screens.get(info.name);
    if (!entry) {
      const answer = (text: string) => this.#onAnswer(info.name, new TextEncoder().encode(text));
      const screen = new Screen(this.#sizes.get(info.name) ?? DEFAULT_SIZE, answer);
      this.#screens.set(info.name, (entry = { info, screen }));
    }
    entry.screen.write(bytes);
  }

  /** May come before anything was printed there. */
  resize(console: string, size: TerminalSize): void {
    this.#sizes.set(console, size);
    this.#screens.get(console)?.screen.resize(size);
  }

  all(): Promise<(ConsoleInfo & { screen: string })[]> {
    return Promise.all(
      [...this.#screens.values()].map(async ({ info, screen }) => ({ ...info, screen: await screen.text() })),
    );
  }
}
