// The Chromium whose pages are the windows, over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SWITCHES = [
  '--no-startup-window',
  '--remote-debugging-port=0',
  // Nothing is said over the pipe; Chromium ends when it closes, so that no window outlives a main process that was killed.
  '--remote-debugging-pipe',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--password-store=basic',
  '--use-mock-keychain',
];

type Json = Record<string, unknown>;

/** One connection to the browser; sessions of its pages are told apart by `session`. Events carry (params, session). */
export class Chromium extends EventEmitter {
  #process: ChildProcess;
  #socket: WebSocket;
  #profile: string;
  #waiting = new Map<number, PromiseWithResolvers<Json>>();
  #nextId = 1;

  private constructor(process: ChildProcess, socket: WebSocket, profile: string) {
    super();
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.onmessage = (event) => this.#receive(JSON.parse(String(event.data)) as Json);
  }

  static async start(): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), 'cellblock-chromium-'));
    const headless = process.env.DISPLAY ? [] : ['--headless=new'];
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const child = spawn(
      process.env.CELLBLOCK_CHROMIUM ?? '/usr/bin/chromium',
      [...headless, ...asRoot, ...SWITCHES, `--user-data-dir=${profile}`],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      },
    );
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr!.on('data', (data: Buffer) => {
        said += data.toString('utf8');
        const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (address !== undefined) resolve(address);
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`Chromium ended with ${code} before it was ready:\n${said}`)));
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    // The line that Playwright waits for to connect to the windows.
    process.stderr.write(`DevTools listening on ${url}\n`);
    return new Chromium(child, socket, profile);
  }

  /** Rejects with the protocol's message. */
  send(method: string, params: Json = {}, session?: string): Promise<Json> {
    const id = this.#nextId++;
    const answer = Promise.withResolvers<Json>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, ...(session === undefined ? {} : { sessionId: session }) }));
    return answer.promise;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #receive(message: Json): void {
    if (typeof message.id !== 'number') {
      this.emit(String(message.method), message.params, message.sessionId);
      return;
    }
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    const { error } = message as { error?: { message: string } };
    if (error === undefined) answer?.resolve(message.result as Json);
    else answer?.reject(new Error(error.message));
  }
}
