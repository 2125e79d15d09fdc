// session.defaultSession and protocol: permissions are settled in Chromium by asking the app's own handler beforehand, for every permission that
// Chromium lets the DevTools protocol set; requests to the app's own schemes are answered by its handler.
import type { Chromium } from './chromium.ts';
import { guarded } from './refuse.ts';

type CheckHandler = Parameters<Electron.Session['setPermissionCheckHandler']>[0];
type ProtocolHandler = Parameters<Electron.Protocol['handle']>[1];

/** Electron's names for permissions, with the DevTools protocol's. */
const PERMISSIONS: Record<string, string> = {
  'clipboard-read': 'clipboard-read',
  'clipboard-sanitized-write': 'clipboard-write',
  geolocation: 'geolocation',
  midi: 'midi',
  notifications: 'notifications',
  'idle-detection': 'idle-detection',
  'storage-access': 'storage-access',
};

let check: CheckHandler = null;
const handlers = new Map<string, ProtocolHandler>();

export const session = guarded('session', {
  defaultSession: guarded('session.defaultSession', {
    setPermissionCheckHandler: (handler: CheckHandler) => {
      check = handler;
    },
    /** Chromium never asks: everything is settled before. */
    setPermissionRequestHandler: (_handler: Parameters<Electron.Session['setPermissionRequestHandler']>[0]) =>
      undefined,
    /** No devices can be reached over the DevTools protocol. */
    setDevicePermissionHandler: (_handler: Parameters<Electron.Session['setDevicePermissionHandler']>[0]) => undefined,
  } satisfies Partial<Electron.Session>),
});

export const protocol = guarded('protocol', {
  registerSchemesAsPrivileged: (_schemes: Electron.CustomScheme[]) => undefined,
  handle: (scheme: string, handler: ProtocolHandler) => {
    handlers.set(scheme, handler);
  },
} satisfies Partial<Electron.Protocol>);

/** A scheme of the app's own as Chromium can carry it: `cellblock://app/x` is `https://app.cellblock.invalid/x`. */
export function carried(url: string): string {
  const { protocol: scheme, host, pathname, search, hash } = new URL(url);
  const name = scheme.slice(0, -1);
  return handlers.has(name) ? `https://${host}.${name}.invalid${pathname || '/'}${search}${hash}` : url;
}

/** The inverse of `carried`. */
export function uncarried(url: string): string {
  const match = /^https:\/\/([^./]+)\.([^./]+)\.invalid(\/.*)$/.exec(url);
  return match !== null && handlers.has(match[2]!) ? `${match[2]}://${match[1]}${match[3]}` : url;
}

/** The app's answer to a request of a page; undefined: not a scheme of its own. */
export async function answer(url: string, method: string): Promise<Response | undefined> {
  const own = uncarried(url);
  if (own === url) return undefined;
  const handler = handlers.get(new URL(own).protocol.slice(0, -1))!;
  // Request knows no such scheme; the handler reads only these.
  return handler({ url: own, method } as Request);
}

export async function settlePermissions(chromium: Chromium, url: string): Promise<void> {
  const { origin } = new URL(carried(url));
  const asked = uncarried(`${origin}/`);
  for (const [name, name_] of Object.entries(PERMISSIONS)) {
    const allowed =
      check?.(null, name as Parameters<NonNullable<CheckHandler>>[1], asked, { isMainFrame: true }) ?? true;
    await chromium.send('Browser.setPermission', {
      permission: { name: name_ },
      setting: allowed ? 'granted' : 'denied',
      origin,
    });
  }
}
