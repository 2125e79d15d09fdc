// What a person waits for, measured from outside through `cellblock run`: until an inmate speaks, and until all CPUs of the
// board are under the hypervisor.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = join(import.meta.dirname, '../..');
/** As `npm run cellblock` starts it. */
export const COMMAND_LINE = join(ROOT, 'main/launch/cellblock.mjs');
/** What the browser shell starts for a run; the bench is run on what is built. */
export const ENGINE_PROCESS = join(ROOT, 'out/main/engine.js');
export const BENCH_BOARD = 'qemu-arm64';

/** A journey that has not ended by then never will. */
const TIMEOUT_MS = 60_000;

export interface Journey {
  name: 'firstCharacter' | 'enable';
  /** What is measured, for the table. */
  title: string;
  /** Upper limit that the project has set itself, in seconds. */
  limitSeconds: number;
  script: string;
  /** The clock starts at the first line of output that matches, or with the process. */
  from?: RegExp;
  /** The clock stops at the first line of output that matches. */
  until: RegExp;
}

export const JOURNEYS: readonly Journey[] = [
  {
    name: 'firstCharacter',
    title: 'cellblock run to the first words of an inmate',
    limitSeconds: 1.5,
    script: `jailhouse enable qemu-arm64.c
jailhouse cell create greeter.c
jailhouse cell load greeter inmates/greeter.bin
jailhouse cell start greeter
expect greeter Hello
`,
    until: /: Hello world/,
  },
  {
    name: 'enable',
    title: 'jailhouse enable with 16 CPUs',
    limitSeconds: 0.5,
    script: `echo before-enable
jailhouse enable qemu-arm64.c
echo behind-enable
`,
    from: /root: before-enable/,
    until: /root: behind-enable/,
  },
];

/** Runs a journey once; resolves with its host seconds. Rejects with the output if it fails. */
export function measureJourney(journey: Journey): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'cellblock-bench-'));
  const script = join(directory, 'journey.script');
  writeFileSync(script, journey.script);

  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const started = performance.now();
  const child = spawn(process.execPath, [COMMAND_LINE, 'run', BENCH_BOARD, script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let fromMs = journey.from ? undefined : started;
  let untilMs: number | undefined;
  let output = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    const now = performance.now();
    output += `${line}\n`;
    if (fromMs === undefined && journey.from?.test(line)) fromMs = now;
    else if (fromMs !== undefined && journey.until.test(line)) untilMs ??= now;
  });
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  child.on('error', reject);
  child.on('close', (status) => {
    if (status === 0 && fromMs !== undefined && untilMs !== undefined) resolve((untilMs - fromMs) / 1000);
    else reject(new Error(`${journey.title}: cellblock run ended with ${status ?? 'a signal'}\n${output}`));
  });
  return promise.finally(() => {
    clearTimeout(timer);
    rmSync(directory, { recursive: true });
  });
}
