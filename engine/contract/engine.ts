// Window <-> engine. The window gets a port to the engine process from main and talks to it directly.
import { z } from 'zod';
import { cacheStatistics, consoleChunk, consoleInfo, counterSample, runEvent, runResult } from './record.ts';

/** A file that the root shell can see: configurations as .cell binaries, sources, images, scripts. */
export const runFile = z.object({ path: z.string(), bytes: z.instanceof(Uint8Array) });
export type RunFile = z.infer<typeof runFile>;

/** A real system instead of the modelled root Linux on the bare board: which of the run's files start it. */
export const systemFiles = z.union([
  z.strictObject({
    /** Linux Image, ELF or raw binary. */
    kernel: z.string(),
    initrd: z.string().optional(),
    /** Kernel command line. */
    append: z.string().optional(),
  }),
  /** What the board's first flash bank holds; started as after a reset. */
  z.strictObject({ firmware: z.string() }),
]);
export type SystemFiles = z.infer<typeof systemFiles>;

/** In a few words: what the bare board is started with. */
export const systemText = (system: SystemFiles): string =>
  'firmware' in system
    ? `firmware ${system.firmware}`
    : `kernel ${system.kernel}${system.initrd === undefined ? '' : `, RAM disk ${system.initrd}`}`;

/** Everything a run depends on besides what is typed into it. */
export const runRequest = z.object({
  runId: z.string(),
  board: z.string(),
  files: z.array(runFile),
  /** Lines for the root shell; null: an interactive run with nothing typed yet. */
  script: z.string().nullable(),
  /** Without it the board starts with the modelled root Linux. */
  system: systemFiles.optional(),
  /** Limits the board's CPUs to the first N. */
  cpus: z.number().int().positive().optional(),
  /** `real`: guest time is held back to host time (idle engine rests). `free`: as fast as it goes. */
  pace: z.enum(['real', 'free']),
  jit: z.boolean().optional(),
});
export type RunRequest = z.infer<typeof runRequest>;

/** A CPU (absent: any) stops in front of the instruction at an address: its own view's, or the board's. */
export const codeBreakpoint = z.object({
  cpu: z.number().int().optional(),
  space: z.enum(['virtual', 'physical']),
  /** 64 bits do not fit a number. */
  address: z.string().regex(/^0x[0-9a-f]{1,16}$/),
});
export type CodeBreakpoint = z.infer<typeof codeBreakpoint>;

/** Window -> engine. */
export const engineCommand = z.discriminatedUnion('type', [
  /** A new or returning window: the engine answers with one `snapshot` and streams from there. */
  z.object({ type: z.literal('attach') }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  /** Runs one instruction on the given CPU, at most to the end of the next slice if it sleeps, or one slice of the machine. */
  z.object({ type: z.literal('step'), cpu: z.number().int().optional() }),
  /** All breakpoints from now on, for those that there were; one that is come to pauses the run. Other boards' are left out. */
  z.object({ type: z.literal('breakpoints'), breakpoints: z.array(codeBreakpoint) }),
  z.object({ type: z.literal('stop') }),
  z.object({ type: z.literal('pace'), pace: z.enum(['real', 'free']) }),
  /** Bytes typed into a console: the root shell, a UART, or a cell (its UART). */
  z.object({ type: z.literal('input'), console: z.string(), bytes: z.instanceof(Uint8Array) }),
  /** A root-shell command as a button gives it; appears in the root console as if typed. */
  z.object({ type: z.literal('command'), line: z.string() }),
  z.object({ type: z.literal('resize'), console: z.string(), cols: z.number().int(), rows: z.number().int() }),
]);
export type EngineCommand = z.infer<typeof engineCommand>;

export const runPhase = z.enum(['starting', 'running', 'paused', 'finished']);

export const runStatus = z.object({
  phase: runPhase,
  guestNs: z.number(),
  hostMs: z.number(),
  instructions: z.number(),
  /** Over the last second: guest seconds per host second, and million instructions per host second. */
  speed: z.number(),
  mips: z.number(),
  /** The CPU that stands inside its slice, in front of a breakpoint's instruction or behind a step. */
  stopped: z.object({ cpu: z.number(), pc: z.string() }).optional(),
  /** The script line being run, 1-based, if any. */
  scriptLine: z.number().optional(),
});
export type RunStatus = z.infer<typeof runStatus>;

export const cpuLamp = z.enum(['running', 'idle', 'off', 'parked']);
export type CpuLamp = z.infer<typeof cpuLamp>;
export const cellStatus = z.object({
  id: z.number(),
  name: z.string(),
  /** sysfs text: `running`, `running/locked`, `shut down`, `failed`, … */
  state: z.string(),
  cpus: z.array(z.object({ id: z.number(), lamp: cpuLamp })),
  /** A file of the project that this cell was created from, and what was loaded, if the shell knows. */
  config: z.string().optional(),
});
export type CellStatus = z.infer<typeof cellStatus>;

/** Changed sysfs leaves since the last message: path below /sys/devices/jailhouse to content; null: gone. */
export const sysfsChange = z.record(z.string(), z.string().nullable());

export const engineSnapshot = z.object({
  status: runStatus,
  consoles: z.array(
    consoleInfo.extend({
      /** Terminal state as escape sequences that redraw it (headless terminal beside the source). */
      screen: z.string(),
    }),
  ),
  cells: z.array(cellStatus),
  sysfs: z.record(z.string(), z.string()),
  events: z.array(runEvent),
  counters: z.array(counterSample),
  statistics: cacheStatistics,
});
export type EngineSnapshot = z.infer<typeof engineSnapshot>;

/** Engine -> window. */
export const engineMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), snapshot: engineSnapshot }),
  z.object({ type: z.literal('status'), status: runStatus }),
  z.object({ type: z.literal('console'), info: consoleInfo, chunk: consoleChunk }),
  z.object({ type: z.literal('cells'), cells: z.array(cellStatus) }),
  z.object({ type: z.literal('sysfs'), change: sysfsChange }),
  z.object({ type: z.literal('events'), events: z.array(runEvent) }),
  z.object({ type: z.literal('counters'), samples: z.array(counterSample) }),
  z.object({ type: z.literal('statistics'), statistics: cacheStatistics }),
  z.object({ type: z.literal('finished'), result: runResult }),
]);
export type EngineMessage = z.infer<typeof engineMessage>;

/** Engine -> main, over the process channel: what must be stored, and a sign of life. */
export const engineReport = z.discriminatedUnion('type', [
  z.object({ type: z.literal('heartbeat'), guestNs: z.number(), phase: runPhase }),
  z.object({
    type: z.literal('record'),
    consoles: z.array(consoleInfo),
    chunks: z.array(consoleChunk),
    events: z.array(runEvent),
    counters: z.array(counterSample),
  }),
  z.object({ type: z.literal('finished'), result: runResult }),
  /** The engine could not start the run: one sentence that says why and what to do. */
  z.object({ type: z.literal('refused'), reason: z.string() }),
]);
export type EngineReport = z.infer<typeof engineReport>;
