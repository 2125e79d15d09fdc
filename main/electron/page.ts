// The window's page under a scheme of our own: no file:// powers, one origin, and the same headers as the browser shell sends.
import { protocol } from 'electron';
import { pageFile } from '../page/files.ts';

const SCHEME = 'cellblock';
export const PAGE_ORIGIN = `${SCHEME}://app`;
export const PAGE_URL = `${PAGE_ORIGIN}/`;

/** Before the app is ready. */
export function declarePageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Once the app is ready: serves `folder`, the built renderer. */
export function servePage(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host !== 'app' || request.method !== 'GET') return new Response(null, { status: 403 });
    const { status, headers, body } = await pageFile(folder, pathname);
    return new Response(body, { status, headers });
  });
}

/** True for a page of ours. */
export const isPage = (url: string): boolean => url === PAGE_URL || url.startsWith(PAGE_URL);
