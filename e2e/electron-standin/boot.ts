// Starts an app on the stand-in: `electron [-r MODULE] [SWITCHES] APP`. Makes `electron` resolve to electron.ts, loads Playwright's loader if it
// was named, then the app's main module, and lets the app become ready.
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const standIn = new URL('./electron.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' || specifier === 'electron/main'
      ? { url: standIn, shortCircuit: true }
      : next(specifier, context),
});
Object.defineProperty(process.versions, 'electron', { value: 'none (stand-in)', enumerable: true });
Object.defineProperty(process, 'type', { value: 'browser' });

const [node, , ...given] = process.argv;
process.argv = [node!, ...given];
const { app } = await import('./app.ts');
const required = given.flatMap((argument, index) => (argument === '-r' ? [given[index + 1]!] : []));
for (const module of required) createRequire(import.meta.url)(module);

const folder = resolve(given.find((argument, index) => !argument.startsWith('-') && given[index - 1] !== '-r') ?? '.');
const { main = 'index.js', name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
  main?: string;
  name: string;
};
app.place(folder, name);
await import(pathToFileURL(join(folder, main)).href);
await app.start();
