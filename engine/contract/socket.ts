// The browser shell's WebSocket: window <-> main's services and, relayed, window <-> engine. Every message is one frame of codec.ts. The
// window names its secret in the second subprotocol it offers; the first is SOCKET_PROTOCOL.
import { z } from 'zod';
import { mainNotice, reply } from './services.ts';

export const SOCKET_PATH = '/socket';
export const SOCKET_PROTOCOL = 'cellblock.1';

const id = z.number().int().nonnegative();
const port = z.number().int().nonnegative();

/** Window -> main. */
export const socketRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id, name: z.string(), input: z.unknown().optional() }),
  /** Answered with the number of a port, or null if the run is not running any more. */
  z.object({ type: z.literal('attach'), id, runId: z.string() }),
  z.object({ type: z.literal('portMessage'), port, message: z.unknown().optional() }),
  z.object({ type: z.literal('portClosed'), port }),
]);
export type SocketRequest = z.infer<typeof socketRequest>;

/** Main -> window. */
export const socketMessage = z.discriminatedUnion('type', [
  /** The secret was right; from now on requests are heard. */
  z.object({ type: z.literal('welcome') }),
  z.object({ type: z.literal('reply'), id, reply }),
  z.object({ type: z.literal('notice'), notice: mainNotice }),
  z.object({ type: z.literal('portMessage'), port, message: z.unknown().optional() }),
]);
export type SocketMessage = z.infer<typeof socketMessage>;
