// `node main/browser/main.ts [--port N] [--data FOLDER]`: the browser shell as a process. main/launch/start.mjs starts it.
// Prints one line with the address; ends on SIGINT, SIGTERM, SIGHUP, or when the process that started it has gone.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ServiceError } from '../../engine/contract/index.ts';
import { engineEntry } from '../launch/sources.mjs';
import { dataFolder } from '../store/location.ts';
import { startBrowserShell } from './shell.ts';

const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } });
const port = Number(values.port ?? 0);
if (!Number.isInteger(port) || port < 0 || port > 65535)
  fail(`--port takes a number from 0 to 65535, not ${values.port}.`);

try {
  const shell = await startBrowserShell({
    root: resolve(dirname(fileURLToPath(import.meta.url)), '..', '..'),
    dataFolder: values.data === undefined ? dataFolder() : resolve(values.data),
    port,
    engineEntry: engineEntry(),
  });
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    shell.close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, close);
  process.on('disconnect', close);
  console.log(`Cellblock is at ${shell.url}`);
  process.send?.({ url: shell.url });
} catch (error) {
  if (error instanceof ServiceError) fail(error.message);
  throw error;
}

function fail(reason: string): never {
  console.error(`Cellblock cannot start: ${reason}`);
  process.exit(1);
}
