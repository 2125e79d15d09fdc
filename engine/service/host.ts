// The engine process's end of engine/contract/host.ts: one interface over the two ways main can have started us, as an Electron utility
// process (process.parentPort, real MessagePorts) or as a plain child process (Node's IPC pipe, ports as numbered messages).
import {
  engineCommand,
  engineHostMessage,
  type EngineCommand,
  type EngineMessage,
  type EngineReport,
  type RunRequest,
} from '../contract/index.ts';

/** One window's line to this process. Commands that do not parse are dropped: a window must not be able to hurt the run. */
export interface WindowPort {
  post(message: EngineMessage): void;
  onCommand: (command: EngineCommand) => void;
  onClose: () => void;
}

export interface EngineHost {
  /** Resolves with main's one `start` message. */
  readonly started: Promise<RunRequest>;
  /** Set before `started` has resolved; called for every window that attaches from then on. */
  onPort: (port: WindowPort) => void;
  report(report: EngineReport): void;
}

/** As much of Electron's ParentPort and MessagePortMain as is used here; the engine must not import Electron. */
interface MessagePortMain {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  postMessage(message: unknown): void;
}
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown; ports: MessagePortMain[] }) => void): unknown;
  postMessage(message: unknown): void;
}

const nothing = () => undefined;

/** Throws if this process was started by neither. Ends the process when main has gone. */
export function connectHost(): EngineHost {
  const parentPort = (process as { parentPort?: ParentPort }).parentPort;
  const start = Promise.withResolvers<RunRequest>();
  const ports = new Map<number, WindowPort>();
  const host: EngineHost = {
    started: start.promise,
    onPort: nothing,
    report: (report) => post(report),
  };

  const open = (number: number, send: WindowPort['post']): WindowPort => {
    const port: WindowPort = { post: send, onCommand: nothing, onClose: nothing };
    ports.set(number, port);
    host.onPort(port);
    return port;
  };
  const command = (port: WindowPort | undefined, message: unknown) => {
    const parsed = engineCommand.safeParse(message);
    if (parsed.success) port?.onCommand(parsed.data);
  };
  const close = (number: number) => {
    ports.get(number)?.onClose();
    ports.delete(number);
  };

  const receive = (data: unknown, transferred: MessagePortMain | undefined) => {
    const message = engineHostMessage.parse(data);
    switch (message.type) {
      case 'start':
        return start.resolve(message.request);
      case 'port': {
        const number = message.port;
        if (transferred === undefined) {
          open(number, (out) => post({ type: 'portMessage', port: number, message: out }));
          return;
        }
        const port = open(number, (out) => transferred.postMessage(out));
        transferred.on('message', (event) => command(port, event.data));
        transferred.on('close', () => close(number));
        return transferred.start();
      }
      case 'portMessage':
        return command(ports.get(message.port), message.message);
      case 'portClosed':
        return close(message.port);
    }
  };

  let post: (message: unknown) => void;
  if (parentPort !== undefined) {
    post = (message) => parentPort.postMessage(message);
    parentPort.on('message', (event) => receive(event.data, event.ports[0]));
  } else if (process.send !== undefined) {
    post = (message) => process.connected && process.send!(message);
    process.on('message', (data) => receive(data, undefined));
    process.on('disconnect', () => process.exit(0));
  } else {
    throw new Error(
      'The engine process is started by Cellblock itself; to run a board from a terminal use `cellblock run`.',
    );
  }
  return host;
}
