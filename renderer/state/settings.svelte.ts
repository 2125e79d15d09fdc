// Theme and everything else that the window remembers across projects; kept by main, written a moment after a change.
import type { Bridge, Settings } from '../../engine/contract/index.ts';
import type { Notices } from './notices.svelte.ts';

export type Theme = Settings['theme'];
const SAVE_AFTER = 400;

export class SettingsStore {
  theme = $state<Theme>('system');
  /** What the system prefers; the window tells. */
  systemDark = $state(false);
  #window = $state.raw<Settings['window']>({});
  #bridge: Bridge;
  #notices: Notices;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: Bridge, notices: Notices) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  async load(): Promise<void> {
    const settings = await this.#bridge.call('settings.get', undefined);
    this.theme = settings.theme;
    this.#window = settings.window;
  }

  /** The theme that the window wears. */
  get worn(): 'light' | 'dark' {
    return this.theme === 'system' ? (this.systemDark ? 'dark' : 'light') : this.theme;
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#save();
  }

  /** A remembered value if it is a number, else the fallback. */
  number(key: string, fallback: number): number {
    const value = this.#window[key];
    return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
  }

  text(key: string): string | undefined {
    const value = this.#window[key];
    return typeof value === 'string' ? value : undefined;
  }

  remember(key: string, value: number | string | undefined): void {
    if (this.#window[key] === value) return;
    this.#window = { ...this.#window, [key]: value };
    this.#save();
  }

  /** Writes now what is waiting to be written: the window is about to close. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const window = Object.fromEntries(Object.entries(this.#window).filter(([, value]) => value !== undefined));
    this.#bridge
      .call('settings.set', { theme: this.theme, window })
      .catch((error: unknown) => this.#notices.report(error));
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_AFTER);
  }
}
