// BrowserWindow and WebContents: each window is a page of Chromium.
import { readFileSync } from 'node:fs';
import { makeClone } from './clone.ts';
import type { Chromium } from './chromium.ts';
import { ipcMain } from './ipc.ts';
import { closeEnd, ours, postFrom } from './ports.ts';
import { GuardedEmitter, notImplemented } from './refuse.ts';
import { answer, carried, settlePermissions, uncarried } from './session.ts';
import { isolatedWorld, mainWorld, worldSource, type FromPage, type ToPage, type WorldNames } from './worlds.ts';

const WORLD = 'Electron Isolated Context';
const NAMES: WorldNames = {
  binding: '__electronStandInPost',
  receiver: '__electronStandInReceive',
  event: 'electron-stand-in',
  openEvent: 'electron-stand-in-open',
};
const clone = makeClone();

/** What windows need of the app; app.ts sets it when Chromium runs. */
export const host: { chromium: Chromium | undefined; onAllClosed: () => void } = {
  chromium: undefined,
  onAllClosed: () => undefined,
};
const chromium = (): Chromium => {
  if (host.chromium === undefined) throw new Error('Cannot create BrowserWindow before app is ready');
  return host.chromium;
};

const windows = new Set<StandInWindow>();
let nextId = 1;

/** Windows and contents as Electron's types, whose implemented part they are. */
const asWindow = (window: StandInWindow) => window as unknown as Electron.BrowserWindow;
const asContents = (contents: StandInContents) => contents as unknown as Electron.WebContents;

type OpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];

class StandInContents
  extends GuardedEmitter
  implements
    Pick<
      Electron.WebContents,
      'id' | 'isDestroyed' | 'getURL' | 'send' | 'postMessage' | 'setWindowOpenHandler' | 'close'
    >
{
  readonly id = nextId++;
  readonly window: StandInWindow;
  /** One object for the page's life, as `event.senderFrame === event.sender.mainFrame` needs. */
  readonly mainFrame: Electron.WebFrameMain;
  target = '';
  sessionId = '';
  openHandler: OpenHandler | undefined;
  #context: number | undefined;
  #unsent: string[] = [];
  #url = '';

  constructor(window: StandInWindow) {
    super('WebContents');
    this.window = window;
    const url = () => this.#url;
    this.mainFrame = {
      get url() {
        return url();
      },
    } as Electron.WebFrameMain;
  }

  isDestroyed(): boolean {
    return this.window.isDestroyed();
  }

  getURL(): string {
    return this.#url;
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }

  close(options?: Electron.CloseOpts): void {
    this.window.end(options?.waitForBeforeUnload ?? false);
  }

  send(channel: string, ...args: unknown[]): void {
    this.#post({ type: 'send', channel, args, ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: Electron.MessagePortMain[] = []): void {
    const ports = transfer.map((port) =>
      ours(port).move((id, event) =>
        this.#post(event === 'close' ? { type: 'close', id } : { type: 'port', id, data: event.data }),
      ),
    );
    this.#post({ type: 'send', channel, args: [message], ports });
  }

  navigated(url: string): void {
    this.#url = uncarried(url);
  }

  /** The isolated world of a new document can be spoken to. */
  hasWorld(context: number | undefined): void {
    this.#context = context;
    if (context === undefined) return;
    for (const text of this.#unsent.splice(0)) this.#evaluate(text, context);
  }

  async receive(text: string): Promise<void> {
    const message = clone.decode(text) as FromPage;
    if (message.type === 'port') return postFrom(message.id, message.data);
    if (message.type === 'close') return closeEnd(message.id);
    if (message.type === 'open') return this.#opens(message.url);
    const event = {
      type: 'frame',
      sender: asContents(this),
      senderFrame: this.mainFrame,
      processId: 1,
      frameId: 1,
      ports: [],
    } as unknown as Electron.IpcMainInvokeEvent;
    if (message.type === 'send') return void ipcMain.emit(message.channel, event, ...message.args);
    const { call } = message;
    try {
      this.#post({ type: 'answer', call, value: await ipcMain.invoke(event, message.channel, message.args) });
    } catch (error) {
      this.#post({ type: 'answer', call, error });
    }
  }

  #opens(url: string): void {
    if (this.openHandler?.({ url } as Electron.HandlerDetails).action !== 'deny')
      throw notImplemented('windows that a page opens');
  }

  #post(message: ToPage): void {
    const text = clone.encode(message);
    if (this.#context === undefined) this.#unsent.push(text);
    else this.#evaluate(text, this.#context);
  }

  #evaluate(text: string, contextId: number): void {
    // A page that has gone meanwhile hears nothing, as in Electron.
    chromium()
      .send('Runtime.evaluate', { expression: `${NAMES.receiver}(${JSON.stringify(text)})`, contextId }, this.sessionId)
      .catch(() => undefined);
  }
}

const IMPLEMENTED_PREFERENCES = new Set([
  'preload',
  'contextIsolation',
  'sandbox',
  'nodeIntegration',
  'webviewTag',
  'spellcheck',
]);

class StandInWindow
  extends GuardedEmitter
  implements Pick<Electron.BrowserWindow, 'id' | 'loadURL' | 'show' | 'focus' | 'close' | 'destroy' | 'isDestroyed'>
{
  readonly webContents: StandInContents;
  readonly id: number;
  readonly #options: Electron.BrowserWindowConstructorOptions;
  readonly #created: Promise<void>;
  #destroyed = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super('BrowserWindow');
    chromium();
    const { webPreferences = {} } = options;
    for (const name of Object.keys(webPreferences))
      if (!IMPLEMENTED_PREFERENCES.has(name)) throw notImplemented(`webPreferences.${name}`);
    if (webPreferences.contextIsolation === false || webPreferences.sandbox === false || webPreferences.nodeIntegration)
      throw notImplemented('a window without context isolation and sandbox, or with Node in it');
    this.#options = options;
    this.webContents = new StandInContents(this);
    this.id = this.webContents.id;
    windows.add(this);
    this.#created = this.#create();
  }

  async loadURL(url: string): Promise<void> {
    await this.#created;
    await settlePermissions(chromium(), url);
    const loaded = new Promise((resolve) => this.webContents.once('did-finish-load', resolve));
    await chromium().send('Page.navigate', { url: carried(url) }, this.webContents.sessionId);
    await loaded;
    this.emit('ready-to-show');
  }

  show(): void {
    this.focus();
  }

  focus(): void {
    void this.#created.then(() => chromium().send('Page.bringToFront', {}, this.webContents.sessionId));
  }

  close(): void {
    let prevented = false;
    this.emit('close', { preventDefault: () => (prevented = true) });
    if (!prevented) this.end(true);
  }

  destroy(): void {
    this.end(false);
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  /** `unload`: the page's beforeunload handlers run first. */
  end(unload: boolean): void {
    const { target, sessionId } = this.webContents;
    void this.#created
      .then(() =>
        unload
          ? chromium().send('Page.close', {}, sessionId)
          : chromium().send('Target.closeTarget', { targetId: target }),
      )
      .catch(() => this.closed());
  }

  /** The page is gone. */
  closed(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this);
    this.emit('closed');
    if (windows.size === 0) host.onAllClosed();
  }

  async #create(): Promise<void> {
    const { width = 800, height = 600, webPreferences } = this.#options;
    const { webContents } = this;
    const { targetId } = await chromium().send('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      width,
      height,
    });
    webContents.target = String(targetId);
    const { sessionId } = await chromium().send('Target.attachToTarget', { targetId, flatten: true });
    webContents.sessionId = String(sessionId);
    const send = (method: string, params: Record<string, unknown> = {}) =>
      chromium().send(method, params, webContents.sessionId);
    await send('Page.enable');
    await send('Runtime.enable');
    await send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    await send('Runtime.addBinding', { name: NAMES.binding, executionContextName: WORLD });
    await send('Page.addScriptToEvaluateOnNewDocument', { source: worldSource(mainWorld, makeClone, NAMES) });
    if (webPreferences?.preload !== undefined) {
      const electron = worldSource(isolatedWorld, makeClone, NAMES);
      const preload = readFileSync(webPreferences.preload, 'utf8');
      const source = `(() => { const electron = ${electron};
        const require = (name) => { if (name === 'electron' || name === 'electron/renderer') return electron; throw new Error('module not found: ' + name); };
        ((require, module, exports) => {${preload}\n})(require, { exports: {} }, {}); })()`;
      await send('Page.addScriptToEvaluateOnNewDocument', { worldName: WORLD, source });
    }
  }
}

/** Windows listen to Chromium through this, once it runs. */
export function listen(browser: Chromium): Promise<unknown> {
  const contentsOf = (session: string): StandInContents | undefined =>
    [...windows].find((window) => window.webContents.sessionId === session)?.webContents;
  const on = <P>(method: string, listener: (params: P, contents: StandInContents) => void) =>
    browser.on(method, (params: P, session: string) => {
      const contents = contentsOf(session);
      if (contents !== undefined) listener(params, contents);
    });

  on<{ name: string; payload: string }>(
    'Runtime.bindingCalled',
    ({ payload }, contents) => void contents.receive(payload),
  );
  on<{ context: { id: number; name: string } }>('Runtime.executionContextCreated', ({ context }, contents) => {
    if (context.name === WORLD) contents.hasWorld(context.id);
  });
  on('Runtime.executionContextsCleared', (_params, contents) => contents.hasWorld(undefined));
  on<{ frame: { url: string; parentId?: string } }>('Page.frameNavigated', ({ frame }, contents) => {
    if (frame.parentId === undefined) contents.navigated(frame.url);
  });
  on('Page.loadEventFired', (_params, contents) => void contents.emit('did-finish-load'));
  on<PausedRequest>('Fetch.requestPaused', (paused, contents) => void settleRequest(browser, paused, contents));

  browser.on('Target.targetDestroyed', ({ targetId }: { targetId: string }) => {
    for (const window of windows) if (window.webContents.target === targetId) window.closed();
  });
  browser.on('Target.targetCreated', ({ targetInfo }: { targetInfo: { openerId?: string } }) => {
    if ([...windows].some((window) => window.webContents.target === targetInfo.openerId))
      throw notImplemented('windows that a link opens');
  });
  return browser.send('Target.setDiscoverTargets', { discover: true });
}

interface PausedRequest {
  requestId: string;
  request: { url: string; method: string };
  resourceType: string;
}

async function settleRequest(
  browser: Chromium,
  { requestId, request, resourceType }: PausedRequest,
  contents: StandInContents,
): Promise<void> {
  const send = (method: string, params: Record<string, unknown>) =>
    browser.send(method, { requestId, ...params }, contents.sessionId).catch(() => undefined);
  if (resourceType === 'Document') {
    let prevented = false;
    // Pages of the app's own origin are loaded by main; Electron does not tell of those either.
    if (uncarried(request.url) === request.url)
      contents.emit('will-navigate', { url: request.url, preventDefault: () => (prevented = true) });
    if (prevented) return void send('Fetch.failRequest', { errorReason: 'Aborted' });
  }
  const response = await answer(request.url, request.method);
  if (response === undefined) return void send('Fetch.continueRequest', {});
  return void send('Fetch.fulfillRequest', {
    responseCode: response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  });
}

export const allWindows = (): readonly Electron.BrowserWindow[] => [...windows].map(asWindow);

export const BrowserWindow = Object.assign(StandInWindow, {
  getAllWindows: (): Electron.BrowserWindow[] => [...windows].map(asWindow),
  /** The window opened last: Chromium's own focus depends on the display. */
  getFocusedWindow: (): Electron.BrowserWindow | null => [...windows].map(asWindow).at(-1) ?? null,
  fromWebContents: (contents: Electron.WebContents): Electron.BrowserWindow | null =>
    [...windows].filter((window) => asContents(window.webContents) === contents).map(asWindow)[0] ?? null,
});

export const webContents = {
  fromDevToolsTargetId: (target: string): Electron.WebContents | undefined =>
    [...windows]
      .filter((window) => window.webContents.target === target)
      .map((window) => asContents(window.webContents))[0],
};
