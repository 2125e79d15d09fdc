// utilityProcess.fork: a real child process of Node. Ports that are transferred to it stay here and are spoken for by number.
import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { closeEnd, ours, postFrom } from './ports.ts';
import { GuardedEmitter } from './refuse.ts';
import type { FromChild, ToChild } from './utilityChild.ts';

const CHILD = fileURLToPath(new URL('./utilityChild.ts', import.meta.url));
const children = new Set<ChildProcess>();

export function killUtilityProcesses(): void {
  for (const child of children) child.kill('SIGKILL');
}

class UtilityProcess
  extends GuardedEmitter
  implements Pick<Electron.UtilityProcess, 'postMessage' | 'kill' | 'pid' | 'stdout' | 'stderr'>
{
  pid: number | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly #child: ChildProcess;

  constructor(module: string, args: readonly string[], options: Electron.ForkOptions) {
    super('UtilityProcess');
    const { stdio = 'inherit' } = options;
    const [, out, err] = Array.isArray(stdio) ? stdio : ['ignore', stdio, stdio];
    this.#child = fork(module, args, {
      cwd: options.cwd ?? process.cwd(),
      env: (options.env ?? process.env) as NodeJS.ProcessEnv,
      execArgv: ['--import', CHILD, ...(options.execArgv ?? [])],
      serialization: 'advanced',
      stdio: ['ignore', out as 'pipe', err as 'pipe', 'ipc'],
    });
    const child = this.#child;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    children.add(child);
    child.once('spawn', () => {
      this.pid = child.pid;
      this.emit('spawn');
    });
    child.once('exit', (code) => {
      children.delete(child);
      this.pid = undefined;
      this.emit('exit', code ?? 1);
    });
    child.on('message', (message: FromChild) => {
      if (message.type === 'message') this.emit('message', message.data);
      else if (message.type === 'port') postFrom(message.id, message.data);
      else closeEnd(message.id);
    });
  }

  postMessage(data: unknown, transfer: Electron.MessagePortMain[] = []): void {
    const ports = transfer.map((port) =>
      ours(port).move((id, event) =>
        this.#send(event === 'close' ? { type: 'close', id } : { type: 'port', id, data: event.data }),
      ),
    );
    this.#send({ type: 'message', data, ports });
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

export const utilityProcess = {
  fork: (module: string, args: readonly string[] = [], options: Electron.ForkOptions = {}): Electron.UtilityProcess =>
    new UtilityProcess(module, args, options) as unknown as Electron.UtilityProcess,
};
