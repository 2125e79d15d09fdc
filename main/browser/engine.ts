// Starts the engine as a plain child process of Node. Its IPC pipe carries reports and, as numbered messages, the windows' ports.
import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENGINE_NODE_OPTIONS } from '../../engine/contract/index.ts';
import type { EngineHostMessage, EngineProcessMessage } from '../../engine/contract/index.ts';
import { describeExit, tail, type StartEngine } from '../services/engine.ts';

/** A window's end of a line to an engine, as the shell that carries it provides it. */
export interface ChildPort {
  /** The engine says something to this window. */
  post(message: unknown): void;
  /** Set by the engine's side when the line is made: what the window says, and that it has gone. */
  onMessage: (message: unknown) => void;
  onClose: () => void;
}

/** `entry`: the engine process's module; `cwd`: the folder that holds boards/. */
export function childProcessEngine(entry: string, cwd: string): StartEngine<ChildPort> {
  return (events) => {
    const child = fork(entry, [], {
      cwd,
      // Loading from source takes longer than starting a run: Node keeps what it compiled, where it can be written.
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
      execArgv: [...process.execArgv, ...ENGINE_NODE_OPTIONS],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const ports = new Map<number, ChildPort>();
    let nextPort = 1;
    const send = (message: EngineHostMessage) => {
      // A dead child is told of by its exit; what was on the way to it is lost with it.
      if (child.connected) child.send(message, () => undefined);
    };

    child.on('message', (message: EngineProcessMessage) => {
      if (message?.type === 'portMessage') ports.get(message.port)?.post(message.message);
      else events.onMessage(message);
    });

    const errors = tail();
    child.stderr!.setEncoding('utf8').on('data', (text: string) => errors.add(text));
    // What the child had sent is still in the pipe when it exits: its end is told when the pipe is empty as well.
    const gone = Promise.withResolvers<undefined>();
    child.once('disconnect', () => gone.resolve(undefined));
    child.once('error', (error) => events.onExit(`it could not be started (${error.message})`));
    child.once('exit', (code, signal) => {
      if (!child.connected) gone.resolve(undefined);
      void gone.promise.then(() => events.onExit(describeExit(code, signal, errors.text())));
    });

    return {
      post: send,
      attach(port) {
        const number = nextPort++;
        ports.set(number, port);
        port.onMessage = (message) => send({ type: 'portMessage', port: number, message });
        port.onClose = () => {
          ports.delete(number);
          send({ type: 'portClosed', port: number });
        };
        send({ type: 'port', port: number });
      },
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
