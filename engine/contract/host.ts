// main <-> engine process. Electron: messages of a utility process, and a window's MessagePort is transferred with `port`.
// Plain child process (browser shell, tests): the same messages over Node's IPC pipe, which also carries the ports' traffic
// as numbered `portMessage`s, because a pipe cannot transfer a port. The process's working directory is the folder that holds boards/.
import { z } from 'zod';
import { engineReport, runRequest } from './engine.ts';

/** The engine gives a sign of life (any report will do) at least this often, also while paused or idle. Host milliseconds. */
export const HEARTBEAT_MS = 1000;
/** After so many silent heartbeat periods in a row main takes the engine for hung and ends it. */
export const HEARTBEATS_MISSED = 15;

/** Main -> engine process, once, before any port. */
export const engineStart = z.object({ type: z.literal('start'), request: runRequest });

const portNumber = z.number().int().nonnegative();

/** Main -> engine process. */
export const engineHostMessage = z.discriminatedUnion('type', [
  engineStart,
  /** A window wants to talk to the run. Electron transfers its MessagePort with this message. */
  z.object({ type: z.literal('port'), port: portNumber }),
  /** Plain child process only: what the window of that port sent; an EngineCommand, parsed by the engine. */
  z.object({ type: z.literal('portMessage'), port: portNumber, message: z.unknown().optional() }),
  /** Plain child process only: that window has gone. */
  z.object({ type: z.literal('portClosed'), port: portNumber }),
]);
export type EngineHostMessage = z.infer<typeof engineHostMessage>;

/** Engine process -> main: reports, and in a plain child process the EngineMessages for a port (parsed by the window). */
export const engineProcessMessage = z.discriminatedUnion('type', [
  ...engineReport.options,
  z.object({ type: z.literal('portMessage'), port: portNumber, message: z.unknown().optional() }),
]);
export type EngineProcessMessage = z.infer<typeof engineProcessMessage>;

/**
 * What Node is told for an engine process. Translation leaves a lot of short-lived objects behind, for which V8 would let the
 * young generation grow to 128 MiB in the first minutes; with 16 at a time it runs as fast.
 */
export const ENGINE_NODE_OPTIONS: readonly string[] = ['--max-semi-space-size=16'];
