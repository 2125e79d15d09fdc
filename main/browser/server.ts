// The browser shell's server: the built renderer and its WebSocket, on loopback only. A page gets in with the secret that main printed;
// Host and Origin are checked so that no other site's page, and no name that was rebound to loopback, reaches it.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { ServiceError, SOCKET_PATH, SOCKET_PROTOCOL } from '../../engine/contract/index.ts';
import { MiB } from '../../engine/util/units.ts';
import { pageFile } from '../page/files.ts';

/** A project of the largest size as one import. */
const MAX_MESSAGE_BYTES = 512 * MiB;
/** WebSocket close code for a secret that is not ours (RFC 6455, 7.4.1: policy violation); renderer/bridge.ts knows it. */
const POLICY_VIOLATION = 1008;

export interface BrowserServer {
  /** With the secret, for the person who started this. */
  readonly url: string;
  close(): void;
}

export interface ServerSetup {
  /** 0: any free one. */
  port: number;
  /** The built renderer. */
  pageFolder: string;
  onWindow(socket: WebSocket): void;
}

/** Throws ServiceError if the port cannot be had. */
export async function startServer({ port, pageFolder, onWindow }: ServerSetup): Promise<BrowserServer> {
  const secret = randomBytes(32).toString('base64url');
  const server = createServer((request, response) => {
    void (async () => {
      if (!isLoopbackName(request.headers.host))
        return response.writeHead(403).end('Open the address that `npm start` printed.\n');
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return response.writeHead(405, { allow: 'GET, HEAD' }).end();
      const { status, headers, body } = await pageFile(pageFolder, request.url!.replace(/[?#].*$/s, ''));
      return response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
    })();
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => undefined);
    const { host, origin } = request.headers;
    if (request.url !== SOCKET_PATH || !isLoopbackName(host) || origin !== `http://${host}`) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (offered[0] === SOCKET_PROTOCOL && sameSecret(offered[1] ?? '', secret)) onWindow(connection);
      else {
        connection.on('error', () => undefined);
        connection.close(POLICY_VIOLATION, 'This secret is not valid.');
      }
    });
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/#token=${secret}`,
    close() {
      for (const connection of sockets.clients) connection.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ServiceError(
          'failed',
          error.code === 'EADDRINUSE'
            ? `Port ${port} is taken by another program. Name another with --port, or leave it out for any free one.`
            : `Port ${port} cannot be used: ${error.message}. Name another with --port.`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Loopback by name, whatever the port: a port forwarded by ssh has another one at its near end. */
function isLoopbackName(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host ?? '');
}

function sameSecret(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
