// The terminal and the disk as commands see them.
import { readFile, writeFile } from 'node:fs/promises';
import type { ConfigIo } from './config.ts';

export const processIo = (): ConfigIo => ({
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  readFile: async (path) => new Uint8Array(await readFile(path)),
  writeFile: async (path, bytes) => await writeFile(path, bytes),
});
