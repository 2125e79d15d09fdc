// A run as a file: what it was given and what it left, so that it can be compared with another run later or elsewhere.
// JSON with a format name and a version; console bytes as base64. Written by `cellblock run --record`.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { consoleInfo, runResult } from '../contract/record.ts';
import type { ConsoleInfo } from '../contract/record.ts';
import type { Stamp } from './consoles.ts';

const FORMAT = 'cellblock-run';
const VERSION = 1;

const recordedChunk = z.object({ guestNs: z.number(), instructions: z.number(), base64: z.string() });
const recordedFile = z.object({ path: z.string(), sha256: z.string(), size: z.number() });

const runFileSchema = z.object({
  format: z.literal(FORMAT),
  version: z.number(),
  board: z.string(),
  cpus: z.number(),
  script: z.string().nullable(),
  /** Configurations and images that the run read, by path. */
  files: z.array(recordedFile),
  consoles: z.array(z.object({ info: consoleInfo, chunks: z.array(recordedChunk) })),
  result: runResult,
});
/** What a run was given and what it left. */
export type RecordedRun = z.infer<typeof runFileSchema>;
export type RecordedFile = z.infer<typeof recordedFile>;

/** A file that is no run, or one from a newer Cellblock. */
export class RunFileError extends Error {}

/** @throws RunFileError naming the file, the reason and what to do */
export function readRunFile(text: string, name: string): RecordedRun {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RunFileError(`${name} is not a recorded run: ${(error as Error).message}. Record one with --record.`);
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > VERSION)
    throw new RunFileError(
      `${name} was recorded by a newer Cellblock (format ${version}; this one reads ${VERSION}). Update.`,
    );
  const parsed = runFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RunFileError(`${name} is not a recorded run: ${issue?.path.join('.')}: ${issue?.message}.`);
}

export const writeRunFile = (run: Omit<RecordedRun, 'format' | 'version'>): string =>
  `${JSON.stringify({ format: FORMAT, version: VERSION, ...run })}\n`;

export const describeFile = (path: string, bytes: Uint8Array): RecordedFile => ({
  path,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
});

/** Console output of a run, gathered line by line as it comes. */
export class ConsoleRecorder {
  readonly #consoles = new Map<string, { info: ConsoleInfo; chunks: { stamp: Stamp; bytes: number[] }[] }>();

  add(info: ConsoleInfo, bytes: Uint8Array, stamp: Stamp): void {
    let entry = this.#consoles.get(info.name);
    if (!entry) this.#consoles.set(info.name, (entry = { info, chunks: [] }));
    for (const byte of bytes) {
      const last = entry.chunks.at(-1);
      if (last && last.bytes.at(-1) !== 0x0a) last.bytes.push(byte);
      else entry.chunks.push({ stamp, bytes: [byte] });
    }
  }

  get consoles(): RecordedRun['consoles'] {
    return [...this.#consoles.values()].map(({ info, chunks }) => ({
      info,
      chunks: chunks.map(({ stamp, bytes }) => ({ ...stamp, base64: Buffer.from(bytes).toString('base64') })),
    }));
  }
}
