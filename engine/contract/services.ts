// Window <-> main: projects, runs, files, settings. One table of methods with the schema of what goes in and what comes out;
// the preload bridge, the WebSocket of the browser shell and main's dispatcher all read it.
import { z } from 'zod';
import { runComparison } from './compare.ts';
import { systemFiles } from './engine.ts';
import { consoleInfo, counterSample, runEvent, runOutcome, runResult } from './record.ts';

export const fileKind = z.enum(['system', 'cell', 'image', 'script', 'other']);
export type FileKind = z.infer<typeof fileKind>;

/** A file of a project. Text files (C source, scripts) carry `text`; images only hash and size (bytes on demand). */
export const projectFile = z.object({
  path: z.string(),
  kind: fileKind,
  text: z.string().optional(),
  hash: z.string(),
  size: z.number(),
});
export type ProjectFile = z.infer<typeof projectFile>;

export const projectSummary = z.object({
  id: z.string(),
  name: z.string(),
  board: z.string(),
  modified: z.number(),
  cells: z.number(),
  runs: z.number(),
});
export type ProjectSummary = z.infer<typeof projectSummary>;

export const project = projectSummary.extend({
  /** Counts saves; a save names the revision it started from, so that two windows never overwrite each other silently. */
  revision: z.number(),
  files: z.array(projectFile),
  /** The file whose text is the boot script. */
  script: z.string().nullable(),
  /** Window layout and other things remembered per project; opaque to main. */
  layout: z.record(z.string(), z.unknown()),
});
export type Project = z.infer<typeof project>;

/** One change of a save. `bytes` for images, `text` for text files. */
export const projectChange = z.discriminatedUnion('type', [
  z.object({ type: z.literal('put'), path: z.string(), kind: fileKind, text: z.string() }),
  z.object({ type: z.literal('putImage'), path: z.string(), bytes: z.instanceof(Uint8Array) }),
  z.object({ type: z.literal('remove'), path: z.string() }),
  z.object({ type: z.literal('rename'), path: z.string(), to: z.string() }),
  z.object({ type: z.literal('script'), path: z.string().nullable() }),
  z.object({ type: z.literal('name'), name: z.string() }),
  z.object({ type: z.literal('layout'), layout: z.record(z.string(), z.unknown()) }),
]);
export type ProjectChange = z.infer<typeof projectChange>;

export const runSummary = z.object({
  id: z.string(),
  projectId: z.string(),
  /** 1, 2, 3 … within the project. */
  number: z.number(),
  started: z.number(),
  /** Absent while it runs. `crashed` when the engine died; what it wrote until then is kept. */
  outcome: runOutcome.optional(),
  reason: z.string().optional(),
  guestNs: z.number(),
  hostMs: z.number(),
  digest: z.string().optional(),
  /** The system that was started on the bare board; absent: the modelled root Linux. */
  system: systemFiles.optional(),
});
export type RunSummary = z.infer<typeof runSummary>;

export const runRecord = runSummary.extend({
  consoles: z.array(consoleInfo.extend({ size: z.number() })),
  events: z.array(runEvent),
  counters: z.array(counterSample),
  result: runResult.optional(),
  /** Text files and hashes as they were when the run started. */
  files: z.array(projectFile),
  script: z.string().nullable(),
  /** How many CPUs of the board it had; absent: all. */
  cpus: z.number().optional(),
});
export type RunRecord = z.infer<typeof runRecord>;

/** Stamps of a stored console: byte offset of each chunk with its guest time. */
export const consoleText = z.object({
  bytes: z.instanceof(Uint8Array),
  marks: z.array(z.object({ offset: z.number(), guestNs: z.number(), instructions: z.number() })),
});
export type ConsoleText = z.infer<typeof consoleText>;

export const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  /** Everything else the window remembers across projects. */
  window: z.record(z.string(), z.unknown()),
});
export type Settings = z.infer<typeof settings>;

export const download = z.object({ name: z.string(), bytes: z.instanceof(Uint8Array) });
export type Download = z.infer<typeof download>;

const method = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });
const id = z.object({ id: z.string() });

/** Every call a window can make on main. Errors travel as ServiceError. */
export const services = {
  'boards.list': method(z.void(), z.array(z.unknown())),
  'projects.list': method(z.void(), z.array(projectSummary)),
  /** From a board's folder: its root configuration, sample cells, their images and the demo script. */
  'projects.create': method(z.object({ name: z.string(), board: z.string() }), project),
  'projects.open': method(id, project),
  'projects.duplicate': method(id.extend({ name: z.string() }), project),
  /** Recoverable: `projects.restore` undoes it until main ends. */
  'projects.remove': method(id, z.void()),
  'projects.restore': method(id, project),
  'projects.save': method(id.extend({ revision: z.number(), changes: z.array(projectChange) }), project),
  'projects.bytes': method(id.extend({ path: z.string() }), z.instanceof(Uint8Array)),
  'projects.export': method(id, download),
  'projects.import': method(z.object({ bytes: z.instanceof(Uint8Array) }), project),
  'runs.list': method(z.object({ projectId: z.string() }), z.array(runSummary)),
  /** Starts an engine process with the project as saved; then `runs.attach` gives the port. */
  'runs.start': method(
    z.object({
      projectId: z.string(),
      /** Whether the root shell is given the project's boot script. */
      script: z.boolean(),
      /** Files of the project that start the bare board instead of the modelled root Linux; then there is no script. */
      system: systemFiles.optional(),
      cpus: z.number().int().positive().optional(),
      pace: z.enum(['real', 'free']),
    }),
    runSummary,
  ),
  'runs.open': method(id, runRecord),
  'runs.console': method(id.extend({ console: z.string() }), consoleText),
  /** Two runs of one project beside each other; they may still be going on. */
  'runs.compare': method(z.object({ a: z.string(), b: z.string() }), runComparison),
  'runs.remove': method(id, z.void()),
  /** Ends the engine process of a run without asking it (a hung engine). */
  'runs.kill': method(id, z.void()),
  'settings.get': method(z.void(), settings),
  'settings.set': method(settings, z.void()),
  /** Lets the person choose where to save (Electron) or starts a download (browser). False: cancelled. */
  'files.save': method(z.object({ files: z.array(download), title: z.string() }), z.boolean()),
} as const;
export type Services = typeof services;
export type ServiceName = keyof Services;
export type ServiceInput<N extends ServiceName> = z.infer<Services[N]['input']>;
export type ServiceOutput<N extends ServiceName> = z.infer<Services[N]['output']>;

/** What main tells a window unasked. */
export const mainNotice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('projectChanged'), id: z.string(), revision: z.number() }),
  z.object({ type: z.literal('runChanged'), run: runSummary }),
  /** The engine process of a run died or stopped answering. */
  z.object({ type: z.literal('engineLost'), runId: z.string(), reason: z.string() }),
  /** A write to the store failed (full disk): what was affected and what to do. */
  z.object({ type: z.literal('storeTrouble'), reason: z.string() }),
  /** A menu item or a global key: the window runs the command of that name. */
  z.object({ type: z.literal('command'), name: z.string() }),
]);
export type MainNotice = z.infer<typeof mainNotice>;

/** How a service refuses: `code` for programs, `message` for people (thing, reason, next step). */
export const serviceError = z.object({
  code: z.enum(['not-found', 'conflict', 'invalid', 'future-version', 'disk-full', 'failed']),
  message: z.string(),
});
export type ServiceErrorShape = z.infer<typeof serviceError>;
export type ServiceErrorCode = ServiceErrorShape['code'];

/** What `Bridge.call` rejects with. Errors lose their fields where they cross a process, so calls are answered with a `Reply`. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;
  constructor(code: ServiceErrorCode, message: string) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
  }
}

/** The answer to one call, as it crosses. */
export const reply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown().optional() }),
  z.object({ ok: z.literal(false), error: serviceError }),
]);
export type Reply = z.infer<typeof reply>;

/** What a window has of main: renderer/bridge.ts makes it from the preload script's `window.cellblock` or from a WebSocket. */
export interface Bridge {
  readonly shell: 'electron' | 'browser';
  /** Rejects with a ServiceError. */
  call<N extends ServiceName>(name: N, input: ServiceInput<N>): Promise<ServiceOutput<N>>;
  onNotice(listener: (notice: MainNotice) => void): () => void;
  /** A port to the engine of a running run; messages are EngineCommand out, EngineMessage in. Null: it is not running any more. */
  attachRun(runId: string, onMessage: (message: unknown) => void): Promise<EnginePort | null>;
  /** Browser shell: tells at once and at every change whether main can be reached. Ports and notices come back by themselves. */
  onConnection?(listener: (connection: Connection) => void): () => void;
}
/** `refused`: this page has no valid secret; only the address that `npm start` printed helps. */
export type Connection = 'connecting' | 'open' | 'lost' | 'refused';
export interface EnginePort {
  post(command: unknown): void;
  close(): void;
}

/** What the preload script puts at `window.cellblock`. Nothing here is parsed yet. */
export interface PreloadBridge {
  call(name: string, input: unknown): Promise<Reply>;
  onNotice(listener: (notice: unknown) => void): () => void;
  attachRun(runId: string, onMessage: (message: unknown) => void): Promise<EnginePort | null>;
}
