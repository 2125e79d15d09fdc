// What a run leaves behind: events, console chunks, counter samples, the final result.
import { z } from 'zod';

/** Where a chunk of console output belongs. `uart` is a wire of the board; `cell` a virtual console; see ARCHITECTURE.md. */
export const consoleKind = z.enum(['root', 'hypervisor', 'uart', 'cell']);

export const consoleInfo = z.object({
  /** `root`, `hypervisor`, `uart0`, or a cell's name. */
  name: z.string(),
  kind: consoleKind,
  /** The cell whose hue it wears; absent for root, hypervisor and shared wires. */
  cell: z.string().optional(),
  /** The wire whose bytes of this cell these are; absent for a virtual console. */
  wire: z.string().optional(),
});
export type ConsoleInfo = z.infer<typeof consoleInfo>;

export const consoleChunk = z.object({
  console: z.string(),
  bytes: z.instanceof(Uint8Array),
  /** Guest time and machine-wide instruction count of the first byte. */
  guestNs: z.number(),
  instructions: z.number(),
});
export type ConsoleChunk = z.infer<typeof consoleChunk>;

/** An address range or a field that an event points at, so that the window can show it. */
export const eventTarget = z.object({
  cell: z.string().optional(),
  cpu: z.number().optional(),
  /** Physical or guest-physical address as hex text, without loss. */
  address: z.string().optional(),
  /** The configuration file and line that would change it, when known. */
  file: z.string().optional(),
  line: z.number().optional(),
  /** Path of the model field, e.g. `memoryRegions[3].flags`. */
  field: z.string().optional(),
});

/**
 * One thing that happened. `sentence` is for people: it names the thing, the reason and the next step. `kind` is stable
 * and for programs: `cell.created`, `cell.started`, `violation`, `refusal`, `cpu.parked`, `instruction.unimplemented`, …
 */
export const runEvent = z.object({
  guestNs: z.number(),
  instructions: z.number(),
  severity: z.enum(['info', 'warning', 'error']),
  kind: z.string(),
  sentence: z.string(),
  target: eventTarget.optional(),
  /** Further facts: registers of a fault, errno of a refusal, rule id. */
  detail: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
export type RunEvent = z.infer<typeof runEvent>;

/** Exit counters of one cell at one moment: summed over its CPUs, by sysfs name. */
export const counterSample = z.object({
  guestNs: z.number(),
  cell: z.string(),
  counters: z.record(z.string(), z.number()),
});
export type CounterSample = z.infer<typeof counterSample>;

export const cacheStatistics = z.object({
  pagesDecoded: z.number(),
  instructionsDecoded: z.number(),
  pagesEvicted: z.number(),
  recordsInvalidated: z.number(),
  tlbMisses: z.number(),
  codeTlbMisses: z.number(),
  exits: z.object({ access: z.number(), system: z.number(), call: z.number(), exception: z.number() }),
  regionsTranslated: z.number(),
  regionsEvicted: z.number(),
  instructionsInRegions: z.number(),
  translateMs: z.number(),
  /** Why translated regions came back; absent where none were made, and in older records. */
  regionExits: z.object({ interpreter: z.number(), budget: z.number(), untranslated: z.number() }).optional(),
});
export type CacheStatistics = z.infer<typeof cacheStatistics>;
/** Of a run that has not done anything, or that left none behind. */
export const NO_STATISTICS: CacheStatistics = {
  pagesDecoded: 0,
  instructionsDecoded: 0,
  pagesEvicted: 0,
  recordsInvalidated: 0,
  tlbMisses: 0,
  codeTlbMisses: 0,
  exits: { access: 0, system: 0, call: 0, exception: 0 },
  regionsTranslated: 0,
  regionsEvicted: 0,
  instructionsInRegions: 0,
  translateMs: 0,
};

export const runOutcome = z.enum(['passed', 'failed', 'stopped', 'crashed']);
export type RunOutcome = z.infer<typeof runOutcome>;

/** The object that `cellblock run --json` ends with, and that the store keeps of a finished run. */
export const runResult = z.object({
  result: runOutcome,
  /** Why, when not `passed`: one sentence. */
  reason: z.string().optional(),
  guestSeconds: z.number(),
  hostSeconds: z.number(),
  instructions: z.number(),
  counters: z.record(z.string(), z.record(z.string(), z.number())),
  events: z.array(runEvent),
  statistics: cacheStatistics,
  /** SHA-256 in hex over consoles, events, counters and final machine state; equal for equal inputs on every machine. */
  digest: z.string(),
});
export type RunResult = z.infer<typeof runResult>;
