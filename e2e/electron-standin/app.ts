// app: life and paths of the app, and the start of the stand-in itself.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium } from './chromium.ts';
import { guarded, GuardedEmitter, notImplemented } from './refuse.ts';
import { killUtilityProcesses } from './utility.ts';
import { allWindows, host, listen } from './windows.ts';

type Implemented =
  | 'whenReady'
  | 'isReady'
  | 'getAppPath'
  | 'getName'
  | 'getPath'
  | 'setPath'
  | 'requestSingleInstanceLock'
  | 'quit'
  | 'exit'
  | 'isPackaged';

class App extends GuardedEmitter implements Pick<Electron.App, Implemented> {
  readonly isPackaged = false;
  /** Switches for Chromium; it is started with its own. */
  readonly commandLine = guarded('app.commandLine', {
    appendSwitch: (_name: string, _value?: string) => undefined,
  } satisfies Partial<Electron.CommandLine>);
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #paths = new Map<string, string>();
  #isReady = false;
  #folder = '';
  #name = '';
  #lock: string | undefined;
  #quitting = false;

  constructor() {
    super('app');
  }

  async whenReady(): Promise<void> {
    await this.#ready.promise;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  getAppPath(): string {
    return this.#folder;
  }

  getName(): string {
    return this.#name;
  }

  getPath(name: string): string {
    const path = this.#paths.get(name);
    if (path === undefined) throw notImplemented(`app.getPath('${name}') for a path that was not set`);
    return path;
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  /** A lock in the app's user data; the first instance is not told of a second one. */
  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData');
    const file = join(folder, 'stand-in.lock');
    mkdirSync(folder, { recursive: true });
    try {
      process.kill(Number(readFileSync(file, 'utf8')), 0);
      return false;
    } catch {
      writeFileSync(file, String(process.pid));
      this.#lock = file;
      return true;
    }
  }

  quit(): void {
    if (this.#quitting) return;
    this.#quitting = true;
    this.emit('before-quit', { preventDefault: () => undefined });
    const leave = () => {
      this.emit('will-quit', { preventDefault: () => undefined });
      this.emit('quit', {}, 0);
      this.exit(0);
    };
    if (allWindows().length === 0) return leave();
    host.onAllClosed = leave;
    for (const window of allWindows()) window.close();
  }

  exit(code = 0): void {
    killUtilityProcesses();
    host.chromium?.kill();
    if (this.#lock !== undefined) rmSync(this.#lock, { force: true });
    process.exit(code);
  }

  async start(): Promise<void> {
    const chromium = await Chromium.start();
    await listen(chromium);
    host.chromium = chromium;
    host.onAllClosed = () => this.emit('window-all-closed');
    this.#isReady = true;
    this.emit('ready', {});
    this.#ready.resolve(undefined);
  }

  /** Before the app's main module runs, which asks where it is. */
  place(folder: string, name: string): void {
    this.#folder = folder;
    this.#name = name;
  }
}

export const app = new App();
