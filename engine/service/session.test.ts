// A run with windows: what a guest asks its terminal is answered once, by the terminal beside the console's source.
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { EngineCommand, EngineMessage } from '../contract/index.ts';
import type { WindowPort } from './host.ts';
import { BoardLibrary } from './library.ts';
import { Run } from './run.ts';
import { Session } from './session.ts';

/**
 * Asks the terminal at UART0 where the cursor is (DSR 6, ECMA-48 8.3.35), then echoes what comes in:
 *      mov x1, #0x9000000; adr x2, text
 *   1: ldrb w3, [x2], #1; cbz w3, 2f; strb w3, [x1]; b 1b
 *   2: ldr w4, [x1, #24]; tbnz w4, #4, 2b; ldrb w4, [x1]; strb w4, [x1]; b 2b
 */
const ASKS_AND_ECHOES = new Uint8Array(
  Uint32Array.of(
    ...[0xd2a12001, 0x10000142, 0x38401443, 0x34000063, 0x39000023, 0x17fffffd],
    ...[0xb9401824, 0x3727ffe4, 0x39400024, 0x39000024, 0x17fffffc],
    // "\x1b[6n"
    ...[0x6e365b1b, 0],
  ).buffer,
);

const decoder = new TextDecoder();
const sessions: (() => void)[] = [];
afterEach(() => sessions.splice(0).forEach((stop) => stop()));

class Window implements WindowPort {
  onCommand: (command: EngineCommand) => void = () => undefined;
  onClose = (): void => undefined;
  readonly said: Record<string, string> = {};
  phase = '';

  constructor(session: Session) {
    session.attach(this);
    this.onCommand({ type: 'attach' });
  }

  post(message: EngineMessage): void {
    if (message.type === 'snapshot') for (const { name, screen } of message.snapshot.consoles) this.#add(name, screen);
    if (message.type === 'console') this.#add(message.chunk.console, decoder.decode(message.chunk.bytes));
    if (message.type === 'status') this.phase = message.status.phase;
  }

  type(console: string, text: string): void {
    this.onCommand({ type: 'input', console, bytes: new TextEncoder().encode(text) });
  }

  #add(console: string, text: string): void {
    this.said[console] = (this.said[console] ?? '') + text;
  }
}

function sessionOf(script: string | null): Session {
  const library = new BoardLibrary(join(import.meta.dirname, '../../boards'));
  const board = library.loadWithCpus('qemu-arm64', 1);
  const run = new Run({
    board,
    files: library.files(board),
    script,
    prompt: false,
    system: { kernel: ASKS_AND_ECHOES },
    jit: false,
  });
  const scripted = script !== null;
  const session = new Session({ run, scripted, pace: 'real', report: () => undefined, clock: () => performance.now() });
  sessions.push(() => new Window(session).onCommand({ type: 'stop' }));
  return session;
}

const settled = { timeout: 10_000, interval: 5 };

test('a question is answered once, however many windows are open and however large they were before it', async () => {
  const session = sessionOf(null);
  const windows = [new Window(session), new Window(session)];
  windows[0]!.onCommand({ type: 'resize', console: 'uart0', cols: 61, rows: 17 });
  await vi.waitFor(() => expect(windows[0]!.said['uart0']).toContain('[1;1R'), settled);
  windows[0]!.type('uart0', '\x1b[999;999H\x1b[6n.');
  await vi.waitFor(() => expect(windows[1]!.said['uart0']).toContain('[17;61R'), settled);
  expect(windows[1]!.said['uart0']!.match(/\[\d+;\d+R/g)).toEqual(['[1;1R', '[17;61R']);
});

test('a scripted run is left alone until somebody types', async () => {
  const session = sessionOf('sleep 1000');
  const window = new Window(session);
  await vi.waitFor(() => expect(window.said['uart0']).toBeDefined(), settled);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(window.said['uart0']).not.toContain('R');
  window.type('uart0', '\x1b[6n');
  await vi.waitFor(() => expect(window.said['uart0']).toMatch(/\[\d+;\d+R/), settled);
});

test('pause stands still, and input is taken up when it goes on', async () => {
  const session = sessionOf(null);
  const window = new Window(session);
  await vi.waitFor(() => expect(window.said['uart0']).toContain('R'), settled);
  window.onCommand({ type: 'pause' });
  expect(window.phase).toBe('paused');
  window.type('uart0', 'while paused');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(window.said['uart0']).not.toContain('while');
  window.onCommand({ type: 'resume' });
  await vi.waitFor(() => expect(window.said['uart0']).toContain('while paused'), settled);
});
