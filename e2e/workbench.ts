// The workbench as a person finds it: a shell started on a data folder of its own, and its window. Specs get a `workbench` and do not know which
// shell carries it; a test fails if the page reports an error or main prints a stack trace.
import {
  _electron,
  chromium,
  expect,
  test as base,
  type Browser,
  type ElectronApplication,
  type Page,
} from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumPath, pinnedNode } from '../main/launch/setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface ShellOptions {
  shell: 'browser' | 'electron';
}

/** A started shell. */
interface Shell {
  /** The first window. */
  page: Page;
  /** Process id of main. */
  pid: number;
  newWindow(): Promise<Page>;
  /** Clicks the item of the application menu that has this id. Electron only. */
  menu(id: string): Promise<void>;
  /** What the window saves while `action` runs: name to content. */
  saved(action: () => Promise<void>): Promise<Map<string, Buffer>>;
  /** Ends it as a person does. */
  close(): Promise<void>;
  /** Ends main as a crash would. */
  kill(): Promise<void>;
}

export class Workbench {
  readonly data: string;
  readonly #start: (data: string) => Promise<Shell>;
  #shell: Shell | undefined;

  constructor(data: string, start: (data: string) => Promise<Shell>) {
    this.data = data;
    this.#start = start;
  }

  get shell(): Shell {
    if (this.#shell === undefined) throw new Error('the workbench is not open');
    return this.#shell;
  }

  /** The first window. */
  get page(): Page {
    return this.shell.page;
  }

  async open(): Promise<void> {
    this.#shell = await this.#start(this.data);
  }

  async close(): Promise<void> {
    await this.#shell?.close();
    this.#shell = undefined;
  }

  async restart(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** Process ids of the engines that run now. */
  engines(): number[] {
    const entry = /engine\/entry\/engine\.ts|out\/main\/engine\.js|node\.mojom\.NodeService/;
    return descendants(this.shell.pid)
      .filter(({ command }) => entry.test(command))
      .map(({ pid }) => pid);
  }

  /** As a crash would: without a word. */
  async killMain(): Promise<void> {
    await this.shell.kill();
    this.#shell = undefined;
  }
}

/** All processes below one, from proc(5). */
function descendants(ancestor: number): { pid: number; command: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).map((pid) => ({ pid, command: commandOf(pid) }));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Chromium says these where it runs in a test, not because of the page. */
const NOT_OURS = /favicon\.ico|^\[vite\]/;

/** Collects what must not happen, for the end of the test. */
class Complaints {
  readonly #all: string[] = [];
  readonly #expected: RegExp[] = [];

  get list(): string[] {
    return this.#all.filter((complaint) => !this.#expected.some((pattern) => pattern.test(complaint)));
  }

  /** What the test itself provokes. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  watch(page: Page): void {
    page.on('pageerror', (error) => this.#all.push(`page error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !NOT_OURS.test(message.text() + message.location().url))
        this.#all.push(`console error: ${message.text()}`);
    });
  }

  watchOutput(child: ChildProcess): void {
    const listen = (text: string) => {
      if (/^\s+at .*[:(]\d+:\d+\)?$/m.test(text)) this.#all.push(`stack trace from main: ${text}`);
    };
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.stderr?.setEncoding('utf8').on('data', listen);
  }
}

async function startBrowserShell(data: string, browser: Browser, complaints: Complaints): Promise<Shell> {
  const child = spawn(pinnedNode(), [join(root, 'main/browser/main.ts'), '--data', data], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  complaints.watchOutput(child);
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    const listen = (text: string) => {
      said += text;
      const address = /Cellblock is at (\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', () => reject(new Error(`the browser shell ended: ${said}`)));
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  const newWindow = async (): Promise<Page> => {
    const page = await context.newPage();
    complaints.watch(page);
    await page.goto(url);
    await ready(page);
    return page;
  };
  const page = await newWindow();
  return {
    page,
    pid: child.pid!,
    newWindow,
    menu: () => Promise.reject(new Error('the browser shell has no menu')),
    async saved(action) {
      const files = new Map<string, Promise<Buffer>>();
      context.on('download', (download) =>
        files.set(
          download.suggestedFilename(),
          download.path().then((path) => readFileSync(path)),
        ),
      );
      await action();
      await settled(() => files.size);
      context.removeAllListeners('download');
      return new Map(await Promise.all([...files].map(async ([name, content]) => [name, await content] as const)));
    },
    async kill() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await context.close();
    },
    async close() {
      // As tabs are closed: the page is told, and may send what it still has.
      for (const tab of context.pages()) {
        const closed = tab.waitForEvent('close');
        await tab.close({ runBeforeUnload: true });
        await closed;
      }
      await context.close();
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGINT')) await exited;
    },
  };
}

async function startElectronShell(data: string, complaints: Complaints): Promise<Shell> {
  const app: ElectronApplication = await _electron.launch({
    args: [root],
    env: { ...environmentOfTests(), CELLBLOCK_DATA: data },
  });
  complaints.watchOutput(app.process());
  let said = '';
  app.process().stderr!.on('data', (text: string) => (said += text));
  const page = await app.firstWindow().catch(() => {
    throw new Error(`the Electron shell ended: ${said}`);
  });
  complaints.watch(page);
  await ready(page);
  // The size that the browser's windows have.
  await page.setViewportSize({ width: 1280, height: 800 });
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-saved-'));
  const menu = (id: string) =>
    app.evaluate(({ Menu }, item) => void Menu.getApplicationMenu()!.getMenuItemById(item)!.click(), id);
  return {
    page,
    pid: app.process().pid!,
    menu,
    async newWindow() {
      const opened = app.waitForEvent('window');
      await menu('window.new');
      const window = await opened;
      complaints.watch(window);
      await ready(window);
      return window;
    },
    async saved(action) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      await app.evaluate(({ dialog }, target) => {
        dialog.showSaveDialog = ((_window: unknown, options: { defaultPath: string }) =>
          Promise.resolve({
            canceled: false,
            filePath: `${target}/${options.defaultPath}`,
          })) as typeof dialog.showSaveDialog;
        dialog.showOpenDialog = (() =>
          Promise.resolve({ canceled: false, filePaths: [target] })) as typeof dialog.showOpenDialog;
      }, folder);
      await action();
      await settled(() => readdirSync(folder).length);
      return new Map(readdirSync(folder).map((name) => [basename(name), readFileSync(join(folder, name))]));
    },
    async kill() {
      const closed = app.waitForEvent('close');
      app.process().kill('SIGKILL');
      await closed;
    },
    async close() {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The window listens from now on. */
const ready = (page: Page) => expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();

const environmentOfTests = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Waits until a count is above zero and has not changed for a while. */
async function settled(count: () => number): Promise<void> {
  await expect.poll(count).toBeGreaterThan(0);
  let before = -1;
  await expect
    .poll(
      () => {
        const now = count();
        const same = now === before;
        before = now;
        return same;
      },
      { intervals: [300] },
    )
    .toBe(true);
}

interface Fixtures {
  workbench: Workbench;
  complaints: Complaints;
}
interface WorkerFixtures {
  systemBrowser: Browser;
}

export const test = base.extend<Fixtures & ShellOptions, WorkerFixtures>({
  shell: ['browser', { option: true }],
  systemBrowser: [
    async ({}, use) => {
      const executablePath = chromiumPath();
      if (executablePath === undefined)
        throw new Error(
          'There is no Chromium here. Install the package chromium, or name one with CELLBLOCK_CHROMIUM.',
        );
      const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      const browser = await chromium.launch({
        executablePath,
        args: [...asRoot, '--disable-gpu', '--disable-background-networking'],
      });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],

  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.list).toEqual([]);
  },
  workbench: async ({ shell, systemBrowser, complaints }, use) => {
    const data = mkdtempSync(join(tmpdir(), 'cellblock-e2e-'));
    const workbench = new Workbench(data, (folder) =>
      shell === 'electron'
        ? startElectronShell(folder, complaints)
        : startBrowserShell(folder, systemBrowser, complaints),
    );
    try {
      await workbench.open();
      await use(workbench);
    } finally {
      await workbench.close();
      rmSync(data, { recursive: true, force: true });
    }
  },
});
export { expect };
