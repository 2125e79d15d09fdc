// Message ports in main, and their ends that have moved to a page or to a utility process. A pair of ends is two numbers; whoever holds an
// end registers where its messages go, and messages that come before that wait.
import { GuardedEmitter } from './refuse.ts';

type Deliver = (event: { data: unknown } | 'close') => void;

interface End {
  peer: number;
  deliver: Deliver | undefined;
  waiting: ({ data: unknown } | 'close')[];
}

const ends = new Map<number, End>();
let nextEnd = 1;

function deliverTo(id: number, event: { data: unknown } | 'close'): void {
  const end = ends.get(id);
  if (end === undefined) return;
  if (end.deliver === undefined) end.waiting.push(event);
  else end.deliver(event);
  if (event === 'close') ends.delete(id);
}

/** What the holder of an end says goes to the other end. */
export function postFrom(id: number, data: unknown): void {
  const end = ends.get(id);
  if (end !== undefined) deliverTo(end.peer, { data });
}

export function closeEnd(id: number): void {
  const end = ends.get(id);
  ends.delete(id);
  if (end !== undefined) deliverTo(end.peer, 'close');
}

function receiveAt(id: number, deliver: Deliver): void {
  const end = ends.get(id);
  if (end === undefined) return;
  end.deliver = deliver;
  for (const event of end.waiting.splice(0)) deliver(event);
}

export class MessagePortMain
  extends GuardedEmitter
  implements Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'>
{
  readonly #id: number;
  #moved = false;

  constructor(id: number) {
    super('MessagePortMain');
    this.#id = id;
  }

  postMessage(message: unknown): void {
    if (!this.#moved) postFrom(this.#id, structuredClone(message));
  }

  start(): void {
    receiveAt(this.#id, (event) =>
      event === 'close' ? this.emit('close') : this.emit('message', { data: event.data, ports: [] }),
    );
  }

  close(): void {
    if (!this.#moved) closeEnd(this.#id);
  }

  /** Hands the end to another process; what arrives from now on (and what waited) is passed to `deliver`. Answers with the end's number. */
  move(deliver: (id: number, event: { data: unknown } | 'close') => void): number {
    if (this.#moved) throw new Error('The port has been transferred already.');
    this.#moved = true;
    const id = this.#id;
    // After the message that carries the port.
    setImmediate(() => receiveAt(id, (event) => deliver(id, event)));
    return id;
  }
}

export class MessageChannelMain implements Electron.MessageChannelMain {
  readonly port1: Electron.MessagePortMain;
  readonly port2: Electron.MessagePortMain;

  constructor() {
    const [a, b] = [nextEnd++, nextEnd++];
    ends.set(a, { peer: b, deliver: undefined, waiting: [] });
    ends.set(b, { peer: a, deliver: undefined, waiting: [] });
    this.port1 = new MessagePortMain(a) as unknown as Electron.MessagePortMain;
    this.port2 = new MessagePortMain(b) as unknown as Electron.MessagePortMain;
  }
}

export const ours = (port: Electron.MessagePortMain): MessagePortMain => port as unknown as MessagePortMain;
