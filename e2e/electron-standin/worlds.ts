// The two halves of a page: the isolated world in which the preload script runs, with ipcRenderer and contextBridge, and the main world, which
// sees only what was exposed to it. Both functions are run as source in the page (windows.ts), so they use nothing but their arguments and the page.
import type { Clone } from './clone.ts';

/** Isolated world → main process, through a binding of the DevTools protocol. */
export type FromPage =
  | { type: 'send'; channel: string; args: unknown[] }
  | { type: 'invoke'; call: number; channel: string; args: unknown[] }
  | { type: 'port'; id: number; data: unknown }
  | { type: 'close'; id: number }
  | { type: 'open'; url: string };
/** Main process → isolated world. */
export type ToPage =
  | { type: 'send'; channel: string; args: unknown[]; ports: number[] }
  | { type: 'answer'; call: number; value?: unknown; error?: unknown }
  | { type: 'port'; id: number; data: unknown }
  | { type: 'close'; id: number };

/** Names that the worlds and windows.ts agree on. */
export interface WorldNames {
  /** The binding that isolated worlds have, and their function for what comes back. */
  binding: string;
  receiver: string;
  /** The DOM events by which the worlds of one page speak: the DOM is the only thing they share. */
  event: string;
  openEvent: string;
}

/** How a value crosses between the worlds: functions by number, plain objects member by member, everything else as a clone. */
type Crossing = { f: number } | { o: Record<string, Crossing> } | { v: string };
type WorldMessage =
  | { to: 'main'; type: 'expose'; key: string; value: Crossing }
  | {
      to: 'main' | 'isolated';
      type: 'call';
      f: number;
      args: Crossing[];
      result?: { value?: Crossing; promise?: number; error?: string };
    }
  | { to: 'main' | 'isolated'; type: 'settle'; promise: number; value?: Crossing; error?: string };

/** One side of the line between a page's worlds. `mine` is how messages name this side. */
function worldLine(clone: Clone, event: string, mine: 'main' | 'isolated') {
  const other = mine === 'main' ? 'isolated' : 'main';
  const functions: ((...args: unknown[]) => unknown)[] = [];
  const numbers = new Map<unknown, number>();
  const promises = new Map<number, PromiseWithResolvers<unknown>>();
  let nextPromise = 1;
  const onExpose: ((key: string, value: unknown) => void)[] = [];

  // A dispatch is synchronous: the other side's answer is in the message when it returns.
  const say = (message: WorldMessage): WorldMessage => {
    const box = { text: JSON.stringify(message) };
    const listen = (answer: Event) => (box.text = (answer as CustomEvent<string>).detail);
    document.addEventListener(`${event}-answer`, listen);
    document.dispatchEvent(new CustomEvent(event, { detail: box.text }));
    document.removeEventListener(`${event}-answer`, listen);
    return JSON.parse(box.text) as WorldMessage;
  };
  const out = (value: unknown): Crossing => {
    if (typeof value === 'function') {
      if (!numbers.has(value)) numbers.set(value, functions.push(value as (...args: unknown[]) => unknown) - 1);
      return { f: numbers.get(value)! };
    }
    const isPlain =
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.prototype.toString.call(value) === '[object Object]';
    if (isPlain) return { o: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, out(item)])) };
    return { v: clone.encode(value) };
  };
  const into = (crossing: Crossing): unknown => {
    if ('v' in crossing) return clone.decode(crossing.v);
    if ('o' in crossing)
      return Object.freeze(Object.fromEntries(Object.entries(crossing.o).map(([key, item]) => [key, into(item)])));
    return (...args: unknown[]) => {
      const answer = say({ to: other, type: 'call', f: crossing.f, args: args.map(out) });
      const { value, promise, error } = (answer as Extract<WorldMessage, { type: 'call' }>).result ?? {};
      if (error !== undefined) throw clone.decode(error);
      if (promise === undefined) return value === undefined ? undefined : into(value);
      const settled = Promise.withResolvers<unknown>();
      promises.set(promise, settled);
      return settled.promise;
    };
  };
  const isPromise = (value: unknown): value is Promise<unknown> =>
    typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
  const answerCall = (message: Extract<WorldMessage, { type: 'call' }>) => {
    try {
      const value = functions[message.f]!(...message.args.map(into));
      if (!isPromise(value)) message.result = { value: out(value) };
      else {
        const promise = nextPromise++;
        message.result = { promise };
        value.then(
          (settled) => say({ to: other, type: 'settle', promise, value: out(settled) }),
          (error: unknown) => say({ to: other, type: 'settle', promise, error: clone.encode(error) }),
        );
      }
    } catch (error) {
      message.result = { error: clone.encode(error) };
    }
    document.dispatchEvent(new CustomEvent(`${event}-answer`, { detail: JSON.stringify(message) }));
  };
  document.addEventListener(event, (heard) => {
    const message = JSON.parse((heard as CustomEvent<string>).detail) as WorldMessage;
    if (message.to !== mine) return;
    if (message.type === 'call') answerCall(message);
    else if (message.type === 'expose') for (const listener of onExpose) listener(message.key, into(message.value));
    else {
      const settled = promises.get(message.promise);
      promises.delete(message.promise);
      if (message.error !== undefined) settled?.reject(clone.decode(message.error));
      else settled?.resolve(message.value === undefined ? undefined : into(message.value));
    }
  });
  return { say, out, onExpose };
}

export function mainWorld(clone: Clone, names: WorldNames, makeLine: typeof worldLine): void {
  // A window that may not be opened is `null` to the page, at once; main's handler hears of it afterwards and must deny it (windows.ts).
  window.open = (url) => {
    document.dispatchEvent(new CustomEvent(names.openEvent, { detail: String(new URL(url ?? '', location.href)) }));
    return null;
  };
  makeLine(clone, names.event, 'main').onExpose.push((key, value) =>
    Object.defineProperty(window, key, { value, enumerable: true, writable: false, configurable: false }),
  );
}

/** Answers with what `require('electron')` gives the preload script. */
export function isolatedWorld(clone: Clone, names: WorldNames, makeLine: typeof worldLine) {
  type Listener = (event: { ports: unknown[] }, ...args: unknown[]) => void;
  const line = makeLine(clone, names.event, 'isolated');
  const world = globalThis as unknown as Record<string, (text: string) => void>;
  const post = (message: FromPage) => world[names.binding]!(clone.encode(message));
  document.addEventListener(names.openEvent, (event) =>
    post({ type: 'open', url: (event as CustomEvent<string>).detail }),
  );
  const listeners = new Map<string, Listener[]>();
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  const ports = new Map<number, { receive(data: unknown): void; gone(): void }>();
  let nextCall = 1;

  const portEnd = (id: number) => {
    const waiting: unknown[] = [];
    let onmessage: ((event: { data: unknown }) => void) | null = null;
    ports.set(id, {
      receive: (data) => (onmessage === null ? waiting.push(data) : onmessage({ data })),
      gone: () => ports.delete(id),
    });
    return refusing('MessagePort', {
      postMessage: (data: unknown) => post({ type: 'port', id, data }),
      close: () => post({ type: 'close', id }),
      get onmessage() {
        return onmessage;
      },
      set onmessage(listener) {
        onmessage = listener;
        for (const data of waiting.splice(0)) onmessage?.({ data });
      },
    });
  };
  world[names.receiver] = (text) => {
    const message = clone.decode(text) as ToPage;
    if (message.type === 'port') ports.get(message.id)?.receive(message.data);
    else if (message.type === 'close') ports.get(message.id)?.gone();
    else if (message.type === 'answer') {
      const call = calls.get(message.call);
      calls.delete(message.call);
      if ('error' in message) call?.reject(message.error);
      else call?.resolve(message.value);
    } else {
      const event = { ports: message.ports.map(portEnd) };
      for (const listener of [...(listeners.get(message.channel) ?? [])]) listener(event, ...message.args);
    }
  };

  function refusing<T extends object>(name: string, members: T): T {
    return new Proxy(members, {
      get(target, property, receiver) {
        // A promise asks what it is resolved with for `then`.
        if (property in target || typeof property === 'symbol' || property === 'then')
          return Reflect.get(target, property, receiver) as unknown;
        throw new Error(`The Electron stand-in does not implement ${name}.${property}.`);
      },
    });
  }
  return refusing('electron', {
    ipcRenderer: refusing('ipcRenderer', {
      on: (channel: string, listener: Listener) =>
        void listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      removeListener: (channel: string, listener: Listener) =>
        void listeners.set(
          channel,
          (listeners.get(channel) ?? []).filter((other) => other !== listener),
        ),
      send: (channel: string, ...args: unknown[]) => post({ type: 'send', channel, args }),
      invoke(channel: string, ...args: unknown[]) {
        const call = nextCall++;
        const answer = Promise.withResolvers<unknown>();
        calls.set(call, answer);
        post({ type: 'invoke', call, channel, args });
        return answer.promise;
      },
    }),
    contextBridge: refusing('contextBridge', {
      exposeInMainWorld: (key: string, api: unknown) =>
        void line.say({ to: 'main', type: 'expose', key, value: line.out(api) }),
    }),
  });
}

/** Source text that runs one of the worlds' functions in a page. */
export const worldSource = (
  world: (clone: Clone, names: WorldNames, makeLine: typeof worldLine) => unknown,
  makeClone: () => Clone,
  names: WorldNames,
): string => `(${String(world)})((${String(makeClone)})(), ${JSON.stringify(names)}, ${String(worldLine)})`;
