// A headless terminal beside every console's source, so that a window that attaches late sees the screen as it is.
import headless from '@xterm/headless';
import serialize from '@xterm/addon-serialize';
import type { ConsoleInfo } from '../contract/index.ts';

/** Lines above the screen that a late window still gets. The store has everything. */
const SCROLLBACK = 5000;

class Screen {
  readonly #terminal = new headless.Terminal({ cols: 100, rows: 30, scrollback: SCROLLBACK, allowProposedApi: true });
  readonly #serializer = new serialize.SerializeAddon();

  constructor() {
    // The addon is typed for the visible terminal; it uses what both have.
    this.#terminal.loadAddon(this.#serializer as unknown as headless.ITerminalAddon);
  }

  write(bytes: Uint8Array): void {
    this.#terminal.write(bytes);
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
  }

  /** Escape sequences that redraw everything written so far. */
  text(): Promise<string> {
    return new Promise((resolve) => this.#terminal.write('', () => resolve(this.#serializer.serialize())));
  }
}

export class Screens {
  readonly #screens = new Map<string, { info: ConsoleInfo; screen: Screen }>();

  write(info: ConsoleInfo, bytes: Uint8Array): void {
    let entry = this.#screens.get(info.name);
    if (!entry) this.#screens.set(info.name, (entry = { info, screen: new Screen() }));
    entry.screen.write(bytes);
  }

  resize(console: string, cols: number, rows: number): void {
    this.#screens.get(console)?.screen.resize(cols, rows);
  }

  all(): Promise<(ConsoleInfo & { screen: string })[]> {
    return Promise.all(
      [...this.#screens.values()].map(async ({ info, screen }) => ({ ...info, screen: await screen.text() })),
    );
  }
}
