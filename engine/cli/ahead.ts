// What a run of a real system is sure to need is begun before the rest of the engine is loaded: its files are read, and the
// translator's thread starts. Imports next to nothing for that.
import { closeSync, openSync, read, statSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';

const FILES = { kernel: { type: 'string' }, initrd: { type: 'string' }, firmware: { type: 'string' } } as const;

const reads = new Map<string, Promise<Uint8Array>>();

/** Begins with what the arguments of `cellblock run` say. Never fails: who wants a file finds out what is wrong with it. */
export async function beginAhead(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: FILES, strict: false });
  const paths = Object.values(values).filter((value) => typeof value === 'string');
  for (const path of paths) if (!reads.has(path)) beginToRead(path);
  if (paths.length > 0 && values['no-jit'] === undefined)
    (await import('../service/translator.ts')).startTranslatorThread();
}

/** A file that is being read; undefined if it is not, or could not be opened. */
export const readAhead = (path: string): Promise<Uint8Array> | undefined => reads.get(path);

function beginToRead(path: string): void {
  try {
    // Opening a pipe would wait for who writes to it.
    const stats = statSync(path);
    if (!stats.isFile()) return;
    const file = openSync(path, 'r');
    // In one go: while the engine is loaded, nobody would ask for the next part.
    const content = promisify(read)(file, new Uint8Array(stats.size), 0, stats.size, 0)
      .then(({ bytesRead, buffer }) => buffer.subarray(0, bytesRead))
      .finally(() => closeSync(file));
    // It is whoever wants the file that hears of it.
    content.catch(() => undefined);
    reads.set(path, content);
  } catch {
    // The same.
  }
}
