// One window of the browser shell: its calls, its notices and its lines to engines, over one WebSocket (engine/contract/socket.ts).
import {
  decodeMessage,
  encodeMessage,
  ServiceError,
  socketRequest,
  type MainNotice,
  type SocketMessage,
  type SocketRequest,
} from '../../engine/contract/index.ts';
import { MiB } from '../../engine/util/units.ts';
import type { WebSocket } from 'ws';
import type { Dispatch } from '../services/dispatcher.ts';
import type { Caller, ServiceSet } from '../services/services.ts';
import type { ChildPort } from './engine.ts';

/** When so much waits for a slow window, engines' messages for it are dropped; once it has taken most of that, it gets a fresh snapshot. */
const HIGH_WATER = 8 * MiB;
const LOW_WATER = 1 * MiB;

/** WebSocket close codes (RFC 6455, 7.4.1). */
const UNSUPPORTED_DATA = 1003;

interface Line extends ChildPort {
  /** Messages were dropped since the last snapshot. */
  behind: boolean;
}

/** Serves a window until its socket closes. Answers with what the rest of main needs of it. */
export function serveWindow(
  socket: WebSocket,
  services: Pick<ServiceSet<ChildPort>, 'attach'>,
  dispatch: Dispatch,
): Caller & { notify(notice: MainNotice): void } {
  const lines = new Map<number, Line>();
  let nextLine = 1;

  const send = (message: SocketMessage) => {
    if (socket.readyState === socket.OPEN) socket.send(encodeMessage(message), sent);
  };
  const sent = () => {
    if (socket.bufferedAmount > LOW_WATER) return;
    for (const line of lines.values()) {
      if (!line.behind) continue;
      line.behind = false;
      line.onMessage({ type: 'attach' });
    }
  };

  const attach = (runId: string): number | null => {
    const number = nextLine++;
    const line: Line = {
      behind: false,
      post(message) {
        if (socket.bufferedAmount > HIGH_WATER) line.behind = true;
        if (!line.behind) send({ type: 'portMessage', port: number, message });
      },
      onMessage: () => undefined,
      onClose: () => undefined,
    };
    if (!services.attach(runId, line)) return null;
    lines.set(number, line);
    return number;
  };
  const close = (number: number) => {
    lines.get(number)?.onClose();
    lines.delete(number);
  };

  const caller: Caller = {
    saveFiles: () =>
      Promise.reject(
        new ServiceError('invalid', 'In a browser the page itself saves files; this call is not for main.'),
      ),
  };

  const receive = async (request: SocketRequest): Promise<void> => {
    switch (request.type) {
      case 'call':
        return send({ type: 'reply', id: request.id, reply: await dispatch(request.name, request.input, window) });
      case 'attach':
        return send({ type: 'reply', id: request.id, reply: { ok: true, value: attach(request.runId) } });
      case 'portMessage':
        return lines.get(request.port)?.onMessage(request.message);
      case 'portClosed':
        return close(request.port);
    }
  };

  socket.on('message', (data: Buffer, isBinary) => {
    let request;
    try {
      request = isBinary ? socketRequest.safeParse(decodeMessage(data)) : undefined;
    } catch {
      request = undefined;
    }
    if (request?.success) void receive(request.data);
    else socket.close(UNSUPPORTED_DATA, 'This message is not in the contract.');
  });
  socket.on('close', () => {
    for (const number of [...lines.keys()]) close(number);
  });
  // Told by `close` as well; without a listener it would end the process.
  socket.on('error', () => undefined);

  send({ type: 'welcome' });
  const window = { ...caller, notify: (notice: MainNotice) => send({ type: 'notice', notice }) };
  return window;
}
