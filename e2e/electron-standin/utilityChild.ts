// Loaded before a utility process's own module: gives it `process.parentPort`.
import { GuardedEmitter } from './refuse.ts';

export type ToChild =
  | { type: 'message'; data: unknown; ports: number[] }
  | { type: 'port'; id: number; data: unknown }
  | { type: 'close'; id: number };
export type FromChild =
  { type: 'message'; data: unknown } | { type: 'port'; id: number; data: unknown } | { type: 'close'; id: number };

const send = (message: FromChild) => void process.send!(message);
const ports = new Map<number, ChildPort>();

class ChildPort extends GuardedEmitter implements Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'> {
  readonly #id: number;
  #waiting: unknown[] | undefined = [];

  constructor(id: number) {
    super('MessagePortMain');
    this.#id = id;
    ports.set(id, this);
  }

  postMessage(data: unknown): void {
    send({ type: 'port', id: this.#id, data });
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const data of waiting) this.receive(data);
  }

  close(): void {
    send({ type: 'close', id: this.#id });
  }

  receive(data: unknown): void {
    if (this.#waiting === undefined) this.emit('message', { data, ports: [] });
    else this.#waiting.push(data);
  }
}

class ParentPort extends GuardedEmitter implements Pick<Electron.ParentPort, 'postMessage'> {
  /** What came before the module listened. */
  readonly #early: unknown[] = [];

  constructor() {
    super('parentPort');
    this.on('newListener', (event) => {
      if (event === 'message')
        setImmediate(() => this.#early.splice(0).forEach((message) => this.emit('message', message)));
    });
  }

  receive(message: unknown): void {
    if (this.listenerCount('message') === 0 || this.#early.length > 0) this.#early.push(message);
    else this.emit('message', message);
  }

  postMessage(data: unknown): void {
    send({ type: 'message', data });
  }
}

const parentPort = new ParentPort();
Object.assign(process, { parentPort });

process.on('message', (message: ToChild) => {
  if (message.type === 'message')
    parentPort.receive({ data: message.data, ports: message.ports.map((id) => new ChildPort(id)) });
  else if (message.type === 'port') ports.get(message.id)?.receive(message.data);
  else {
    ports.get(message.id)?.emit('close');
    ports.delete(message.id);
  }
});
// Electron ends its utility processes with itself.
process.on('disconnect', () => process.exit(0));
