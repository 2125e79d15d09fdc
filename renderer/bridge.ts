// The window's way to main: the preload script's `window.cellblock` in Electron's shell, else the browser shell's WebSocket
// (engine/contract/socket.ts) with the secret from the page's address. Both give the same Bridge.
import {
  decodeMessage,
  encodeMessage,
  mainNotice,
  ServiceError,
  SOCKET_PATH,
  SOCKET_PROTOCOL,
  socketMessage,
  type Bridge,
  type Connection,
  type Download,
  type MainNotice,
  type PreloadBridge,
  type Reply,
  type SocketRequest,
} from '../engine/contract/index.ts';

declare global {
  interface Window {
    readonly cellblock?: PreloadBridge;
  }
}

/** The bridge of this page. Call it once; calls made before the connection stands wait for it. */
export function openBridge(): Bridge {
  if (window.cellblock !== undefined) return preloadBridge(window.cellblock);
  const secret = takeSecret();
  const address = new URL(SOCKET_PATH, location.href.replace(/^http/, 'ws'));
  const bridge = socketBridge(secret === null ? null : () => new WebSocket(address, [SOCKET_PROTOCOL, secret]), () =>
    sessionStorage.removeItem(SECRET_KEY),
  );
  return {
    ...bridge,
    call: ((name, input) => {
      if (name !== 'files.save') return bridge.call(name, input);
      for (const file of (input as { files: Download[] }).files) startDownload(file);
      return Promise.resolve(true);
    }) as Bridge['call'],
  };
}

const unwrap = (reply: Reply): unknown => {
  if (reply.ok) return reply.value;
  throw new ServiceError(reply.error.code, reply.error.message);
};

function preloadBridge(preload: PreloadBridge): Bridge {
  return {
    shell: 'electron',
    call: (async (name, input) => unwrap(await preload.call(name, input))) as Bridge['call'],
    onNotice: (listener) =>
      preload.onNotice((notice) => {
        const parsed = mainNotice.safeParse(notice);
        if (parsed.success) listener(parsed.data);
      }),
    attachRun: (runId, onMessage) => preload.attachRun(runId, onMessage),
  };
}

const SECRET_KEY = 'cellblock.secret';

/** From the address (`#token=…`), which is cleaned so that it is neither shown nor bookmarked; a reload finds it in this tab's storage. */
function takeSecret(): string | null {
  const secret = new URLSearchParams(location.hash.slice(1)).get('token');
  if (secret !== null) {
    sessionStorage.setItem(SECRET_KEY, secret);
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(SECRET_KEY);
}

function startDownload(file: Download): void {
  const url = URL.createObjectURL(new Blob([Uint8Array.from(file.bytes)], { type: 'application/octet-stream' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Host milliseconds between attempts to reach main again. */
const RECONNECT_MS = [200, 500, 1000, 2000, 5000];

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ServiceError): void;
}
interface AttachedPort {
  runId: string;
  /** The number main gave it on the present connection; undefined while there is none. */
  number: number | undefined;
  onMessage(message: unknown): void;
}

/**
 * A Bridge over WebSockets that `connect` opens; null: there is no secret to open one with. When the connection breaks, calls under way
 * are rejected (whether main heard them is not known), and a new one is opened; attached ports attach again and get a fresh snapshot.
 * `onRefused` is called once if main does not accept the secret.
 */
export function socketBridge(connect: (() => WebSocket) | null, onRefused: () => void = () => undefined): Bridge {
  let socket: WebSocket | undefined;
  let connection: Connection = connect === null ? 'refused' : 'connecting';
  let everWelcome = false;
  let attempts = 0;
  let nextId = 0;
  const waiting = new Map<number, Waiting>();
  const unsent: SocketRequest[] = [];
  const ports = new Set<AttachedPort>();
  const noticeListeners = new Set<(notice: MainNotice) => void>();
  const connectionListeners = new Set<(connection: Connection) => void>();

  const become = (next: Connection) => {
    connection = next;
    for (const listener of connectionListeners) listener(next);
  };
  const failure = () =>
    connection === 'refused'
      ? new ServiceError(
          'failed',
          'This page is not allowed to talk to Cellblock. Open the address that `npm start` printed last.',
        )
      : new ServiceError(
          'failed',
          'The connection to Cellblock broke off. See whether it still runs; the page reconnects by itself.',
        );
  const rejectWaiting = () => {
    const lost = [...waiting.values()];
    waiting.clear();
    for (const call of lost) call.reject(failure());
  };

  const send = (request: SocketRequest) => {
    if (connection === 'open') socket!.send(encodeMessage(request));
    else unsent.push(request);
  };
  const ask = (make: (id: number) => SocketRequest): Promise<unknown> => {
    if (connection === 'refused') return Promise.reject(failure());
    const id = nextId++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      try {
        send(make(id));
      } catch (error) {
        waiting.delete(id);
        reject(new ServiceError('invalid', error instanceof Error ? error.message : String(error)));
      }
    });
  };
  const attach = async (port: AttachedPort): Promise<boolean> => {
    const number = await ask((id) => ({ type: 'attach', id, runId: port.runId }));
    if (typeof number !== 'number') return false;
    if (ports.has(port)) port.number = number;
    else send({ type: 'portClosed', port: number });
    return true;
  };

  const welcome = () => {
    attempts = 0;
    become('open');
    for (const request of unsent.splice(0)) send(request);
    if (everWelcome)
      for (const port of ports)
        void attach(port)
          .then((alive) => alive && send({ type: 'portMessage', port: port.number!, message: { type: 'attach' } }))
          .catch(() => undefined);
    everWelcome = true;
  };

  const receive = (data: unknown) => {
    const parsed = socketMessage.safeParse(data instanceof ArrayBuffer ? decodeMessage(new Uint8Array(data)) : null);
    if (!parsed.success) return;
    const message = parsed.data;
    switch (message.type) {
      case 'welcome':
        return welcome();
      case 'reply': {
        const call = waiting.get(message.id);
        waiting.delete(message.id);
        try {
          call?.resolve(unwrap(message.reply));
        } catch (error) {
          call?.reject(error as ServiceError);
        }
        return;
      }
      case 'notice':
        for (const listener of noticeListeners) listener(message.notice);
        return;
      case 'portMessage':
        for (const port of ports) if (port.number === message.port) port.onMessage(message.message);
        return;
    }
  };

  const open = (): void => {
    const fresh = connect!();
    socket = fresh;
    fresh.binaryType = 'arraybuffer';
    fresh.addEventListener('message', (event) => receive(event.data));
    fresh.addEventListener('close', (event) => {
      for (const port of ports) port.number = undefined;
      // 1008: main is there and does not accept the secret (it was restarted, or this is an old address).
      become(event.code === 1008 ? 'refused' : 'lost');
      if (connection === 'lost') unsent.length = 0;
      rejectWaiting();
      if (connection === 'refused') return onRefused();
      setTimeout(open, RECONNECT_MS[Math.min(attempts++, RECONNECT_MS.length - 1)]);
    });
  };
  if (connect !== null) open();

  return {
    shell: 'browser',
    call: ((name, input) => ask((id) => ({ type: 'call', id, name, input }))) as Bridge['call'],
    onNotice: (listener) => {
      noticeListeners.add(listener);
      return () => noticeListeners.delete(listener);
    },
    onConnection: (listener) => {
      connectionListeners.add(listener);
      listener(connection);
      return () => connectionListeners.delete(listener);
    },
    attachRun: async (runId, onMessage) => {
      const port: AttachedPort = { runId, number: undefined, onMessage };
      ports.add(port);
      try {
        if (!(await attach(port))) {
          ports.delete(port);
          return null;
        }
      } catch (error) {
        ports.delete(port);
        throw error;
      }
      return {
        post: (message) => {
          if (port.number !== undefined) send({ type: 'portMessage', port: port.number, message });
        },
        close: () => {
          ports.delete(port);
          if (port.number !== undefined) send({ type: 'portClosed', port: port.number });
          port.number = undefined;
        },
      };
    },
  };
}
