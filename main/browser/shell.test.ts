import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { WebSocket as NodeSocket } from 'ws';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  encodeMessage,
  SOCKET_PATH,
  SOCKET_PROTOCOL,
  type Connection,
  type MainNotice,
} from '../../engine/contract/index.ts';
import { socketBridge } from '../../renderer/bridge.ts';
import { eventually } from '../services/testing/eventually.ts';
import { TEST_ENGINE, testBoards } from '../services/testing/harness.ts';
import { temporaryFolder } from '../store/testing.ts';
import { startBrowserShell } from './shell.ts';

async function shell(port = 0, dataFolder = temporaryFolder()) {
  const folder = temporaryFolder();
  const pageFolder = join(folder, 'renderer');
  mkdirSync(join(pageFolder, 'assets'), { recursive: true });
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html>window');
  writeFileSync(join(pageFolder, 'assets', 'ä b.js'), 'script');
  writeFileSync(join(folder, 'secret.js'), 'outside');
  const server = await startBrowserShell({
    root: process.cwd(),
    dataFolder,
    port,
    pageFolder,
    engineEntry: TEST_ENGINE,
    boards: testBoards(),
    runs: { gatherMs: 1, farewellMs: 50 },
  });
  onTestFinished(() => server.close());
  const url = new URL(server.url);
  const secret = new URLSearchParams(url.hash.slice(1)).get('token')!;
  return {
    close: () => server.close(),
    origin: url.origin,
    port: Number(url.port),
    secret,
    dataFolder,
    socketUrl: `ws://${url.host}${SOCKET_PATH}`,
  };
}
type Shell = Awaited<ReturnType<typeof shell>>;

/** As the window connects: Node's socket has the browser's interface as far as the bridge needs it. */
const connect = ({ socketUrl, origin, secret }: Pick<Shell, 'socketUrl' | 'origin' | 'secret'>) => {
  let socket: NodeSocket | undefined;
  const bridge = socketBridge(() => {
    socket = new NodeSocket(socketUrl, [SOCKET_PROTOCOL, secret], { origin });
    socket.on('error', () => undefined);
    return socket as unknown as WebSocket;
  });
  onTestFinished(() => socket?.terminate());
  return { bridge, cut: () => socket!.terminate() };
};

const get = (port: number, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      let body = '';
      response.on('data', (data) => (body += String(data)));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

describe('the page', () => {
  test('is served with a strict policy', async () => {
    const { port } = await shell();
    const page = await get(port, '/?x=1');
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>window' });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'; script-src 'self';/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*/);
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    });
    expect(await get(port, '/assets/%C3%A4%20b.js')).toMatchObject({ status: 200, body: 'script' });
    expect(await get(port, '/', {}, 'POST')).toMatchObject({ status: 405 });
  });

  test.each([
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '//etc/passwd',
    '/%00.js',
    '/%zz',
    '/nothing.js',
    '/assets',
  ])('%s is nothing to be had', async (path) => {
    const { port } = await shell();
    expect(await get(port, path)).toMatchObject({ status: 404 });
  });

  test('is served under loopback names only', async () => {
    const { port } = await shell();
    expect(await get(port, '/', { host: `localhost:${port}` })).toMatchObject({ status: 200 });
    expect(await get(port, '/', { host: 'localhost:8080' })).toMatchObject({ status: 200 });
    expect(await get(port, '/', { host: `rebound.example:${port}` })).toMatchObject({ status: 403 });
    expect(await get(port, '/', { host: `127.0.0.1.example:${port}` })).toMatchObject({ status: 403 });
  });
});

describe('the socket', () => {
  const attempt = (url: string, protocols: string[], headers: Record<string, string>) =>
    new Promise<string>((resolve) => {
      const socket = new NodeSocket(url, protocols, { headers });
      socket.on('open', () => socket.send(encodeMessage({ type: 'call', id: 1, name: 'projects.list' })));
      socket.once('message', () => {
        resolve('served');
        socket.terminate();
      });
      socket.on('close', (code) => resolve(`closed ${code}`));
      socket.on('error', (error) => resolve(error.message));
    });

  test('opens for our page with our secret, and for nobody else', async () => {
    const { socketUrl, origin, secret } = await shell();
    const right = [SOCKET_PROTOCOL, secret];
    expect(await attempt(socketUrl, right, { origin })).toBe('served');
    expect(await attempt(socketUrl, right, { origin: 'http://localhost:9', host: 'localhost:9' })).toBe('served');
    expect(await attempt(socketUrl, [SOCKET_PROTOCOL, `${secret.slice(0, -1)}!`], { origin })).toBe('closed 1008');
    expect(await attempt(socketUrl, [SOCKET_PROTOCOL], { origin })).toBe('closed 1008');
    expect(await attempt(socketUrl, right, { origin: 'http://evil.example' })).toMatch(/403/);
    expect(await attempt(socketUrl, right, { origin: 'null' })).toMatch(/403/);
    expect(await attempt(socketUrl, right, {})).toMatch(/403/);
    expect(await attempt(socketUrl, right, { origin: 'http://evil.example', host: 'evil.example' })).toMatch(/403/);
    expect(await attempt(`${socketUrl}/else`, right, { origin })).toMatch(/403/);
  });

  test.each([
    ['text', 'hello'],
    ['noise', Uint8Array.from([1, 2, 3])],
    ['a message of another contract', encodeMessage({ type: 'drop tables' })],
  ])('%s ends the connection and nothing else', async (_name, data) => {
    const one = await shell();
    const socket = new NodeSocket(one.socketUrl, [SOCKET_PROTOCOL, one.secret], { origin: one.origin });
    socket.on('open', () => socket.send(data));
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1003);
    expect(await connect(one).bridge.call('projects.list', undefined)).toEqual([]);
  });
});

describe('the bridge over it', () => {
  const project = async ({ bridge }: ReturnType<typeof connect>, ...script: string[]) => {
    const { id } = await bridge.call('projects.create', { name: 'Bench', board: 'bench' });
    const text = script.join('\n');
    return bridge.call('projects.save', {
      id,
      revision: 1,
      changes: [{ type: 'put', path: 'demo.script', kind: 'script', text }],
    });
  };

  test('carries calls, bytes and refusals', async () => {
    const window = connect(await shell());
    const { id } = await project(window, 'finish');
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index);
    await window.bridge.call('projects.save', {
      id,
      revision: 2,
      changes: [{ type: 'putImage', path: 'big.bin', bytes }],
    });
    expect(await window.bridge.call('projects.bytes', { id, path: 'big.bin' })).toEqual(bytes);
    await expect(window.bridge.call('projects.save', { id, revision: 1, changes: [] })).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'conflict',
    });
  });

  test('tells the other windows of a save', async () => {
    const one = await shell();
    const [first, second] = [connect(one), connect(one)];
    const heard: [MainNotice[], MainNotice[]] = [[], []];
    first.bridge.onNotice((notice) => heard[0].push(notice));
    second.bridge.onNotice((notice) => heard[1].push(notice));
    await second.bridge.call('projects.list', undefined);
    const { id } = await project(first, 'finish');
    await eventually(() => expect(heard[1]).toEqual([{ type: 'projectChanged', id, revision: 2 }]));
    expect(heard[0]).toEqual([]);
  });

  test('hands out a line to a run, and says when there is none', async () => {
    const window = connect(await shell());
    const { id } = await project(window, 'print root ready');
    const run = await window.bridge.call('runs.start', { projectId: id, script: true, pace: 'real' });
    const heard: unknown[] = [];
    const port = (await window.bridge.attachRun(run.id, (message) => heard.push(message)))!;
    port.post({ type: 'attach' });
    await eventually(() => expect(heard).toContainEqual({ type: 'status', windows: 1 }));
    port.post({ type: 'input', console: 'root', bytes: new TextEncoder().encode('typed') });
    await eventually(() =>
      expect(heard).toContainEqual(
        expect.objectContaining({
          type: 'console',
          chunk: expect.objectContaining({ bytes: new TextEncoder().encode('typed') }),
        }),
      ),
    );
    port.post({ type: 'stop' });
    await eventually(async () => expect(await window.bridge.attachRun(run.id, () => undefined)).toBeNull());
  });

  test('survives a broken connection: calls under way are refused, new ones wait, lines come back with a fresh snapshot', async () => {
    const window = connect(await shell());
    const states: Connection[] = [];
    window.bridge.onConnection!((state) => states.push(state));
    const { id } = await project(window, 'print root ready');
    const run = await window.bridge.call('runs.start', { projectId: id, script: true, pace: 'real' });
    const heard: unknown[] = [];
    await window.bridge.attachRun(run.id, (message) => heard.push(message));
    const lost = window.bridge.call('projects.list', undefined);
    window.cut();
    await expect(lost).rejects.toThrow(/connection to Cellblock broke off/);
    expect(await window.bridge.call('runs.list', { projectId: id })).toMatchObject([{ id: run.id }]);
    await eventually(() => expect(heard).toContainEqual({ type: 'status', windows: 1 }));
    expect(states).toEqual(['connecting', 'open', 'lost', 'open']);
  });

  test('gives up when main no longer knows the secret', async () => {
    const one = await shell();
    const states: Connection[] = [];
    const window = connect({ ...one, secret: 'old' });
    window.bridge.onConnection!((state) => states.push(state));
    await expect(window.bridge.call('projects.list', undefined)).rejects.toThrow(
      /Open the address that `npm start` printed/,
    );
    expect(states).toEqual(['connecting', 'refused']);
    await expect(socketBridge(null).call('projects.list', undefined)).rejects.toThrow(/not allowed/);
  });

  test('a window that does not read is left behind and gets a fresh snapshot when it reads again', async () => {
    const one = await shell();
    const window = connect(one);
    const { id } = await project(window, 'print root ready');
    const run = await window.bridge.call('runs.start', { projectId: id, script: true, pace: 'real' });
    const writer = (await window.bridge.attachRun(run.id, () => undefined))!;

    const slow = new NodeSocket(one.socketUrl, [SOCKET_PROTOCOL, one.secret], { origin: one.origin });
    let bytes = 0;
    let snapshots = 0;
    slow.on('message', (data: Buffer) => {
      bytes += data.length;
      if (data.includes('"windows":2')) snapshots++;
    });
    await new Promise((resolve) => slow.once('message', resolve));
    slow.send(encodeMessage({ type: 'attach', id: 1, runId: run.id }));
    await new Promise((resolve) => slow.once('message', resolve));
    slow.pause();
    const block = new Uint8Array(1 << 20).fill(0x2e);
    for (let sent = 0; sent < 28; sent++) writer.post({ type: 'input', console: 'root', bytes: block });
    await eventually(async () =>
      expect((await window.bridge.call('runs.open', { id: run.id })).consoles[0]!.size).toBe(6 + 28 * (1 << 20)),
    );
    slow.resume();
    await eventually(() => expect(snapshots).toBe(1));
    expect(bytes).toBeLessThan(26 * (1 << 20));
    slow.terminate();
  });
});

test('a port that is taken is told with the way out, and the store is let go', async () => {
  const one = await shell();
  const dataFolder = temporaryFolder();
  await expect(shell(one.port, dataFolder)).rejects.toMatchObject({
    name: 'ServiceError',
    message: expect.stringMatching(/taken by another program.*--port/),
  });
  await shell(0, dataFolder);
});
