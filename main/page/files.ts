// The built renderer as a shell serves it: the files of one folder, with the headers that keep the page to itself. Both shells use it, over
// HTTP and over Electron's own scheme.
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

/**
 * Content Security Policy (W3C CSP Level 3): scripts, fonts and connections of our own origin only. Styles may be inline because xterm.js
 * writes its theme and its cell sizes into style elements.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
};

export interface PageFile {
  status: 200 | 404;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

const notFound = (text: string): PageFile => ({
  status: 404,
  headers: { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' },
  body: new TextEncoder().encode(text),
});

/** Answers for the path of a URL, percent-encoded as it stands there. Nothing outside `folder` is ever read. */
export async function pageFile(folder: string, path: string): Promise<PageFile> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return notFound('This address is not well formed.\n');
  }
  const file = normalize(join(folder, decoded === '/' ? 'index.html' : decoded));
  const type = CONTENT_TYPES[extname(file)];
  if (decoded.includes('\0') || !file.startsWith(normalize(folder) + sep) || type === undefined)
    return notFound('There is no such file.\n');
  try {
    return {
      status: 200,
      headers: { ...PAGE_HEADERS, 'content-type': type },
      body: Uint8Array.from(await readFile(file)),
    };
  } catch {
    return notFound(
      decoded === '/'
        ? 'The window has not been built yet. Start Cellblock with `npm start`, which builds it.\n'
        : 'There is no such file.\n',
    );
  }
}
