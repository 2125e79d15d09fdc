// What the stand-in does not have, it says: any member that was not written here throws instead of being quietly `undefined`.
import { EventEmitter } from 'node:events';

export const notImplemented = (what: string): Error =>
  new Error(
    `The Electron stand-in does not implement ${what}. Run this with Electron itself, or add it to e2e/electron-standin.`,
  );

/** Members that the language or Node looks for on any object. */
const LOOKED_FOR = new Set(['then', 'toJSON', 'constructor', 'nodeType', 'asymmetricMatch', 'domain', '__esModule']);

const guardHandler = (name: string): ProxyHandler<object> => ({
  get(target, property, receiver) {
    if (property in target || typeof property === 'symbol' || LOOKED_FOR.has(property))
      return Reflect.get(target, property, receiver) as unknown;
    throw notImplemented(`${name}.${property}`);
  },
});

/** The object itself, except that members it does not have throw when they are read. They may be assigned, as tests do to replace them. */
export const guarded = <T extends object>(name: string, members: T): T => new Proxy(members, guardHandler(name)) as T;

/** An emitter whose subclasses' instances are guarded. (Private fields work: they are put on the proxy that this constructor returns.) */
export class GuardedEmitter extends EventEmitter {
  constructor(name: string) {
    super();
    return new Proxy(this, guardHandler(name)) as this;
  }
}
