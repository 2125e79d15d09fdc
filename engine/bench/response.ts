// How soon a run does what a person asks of it, whatever its guest does: host milliseconds from the message to an engine process,
// through its pipe, to its answer. A pause is answered by the state, typed characters by their echo.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SYSTEMS, systemsMissing } from '../../boards/systems/cache.ts';
import { ENGINE_NODE_OPTIONS } from '../contract/index.ts';
import type {
  EngineCommand,
  EngineHostMessage,
  EngineMessage,
  EngineProcessMessage,
  RunRequest,
} from '../contract/index.ts';
import { BENCH_BOARD, ENGINE_PROCESS, ROOT } from './journeys.ts';
import { loadKernel } from './kernels.ts';
import type { KernelName } from './kernels.ts';
import { median } from './statistics.ts';

export const START_TIMEOUT_MS = 60_000;
/** Between two requests: not in step with anything that the engine does at intervals. */
const BETWEEN_MS = 47;
const WARM_UP_MS = 1500;
/** An answer that takes longer than this counts as so long. */
const GIVE_UP_MS = 5000;

export interface ResponseResult {
  /** What the guest does. */
  guest: string;
  /** Host milliseconds from `pause` to the state that says so. */
  pauseMs: { median: number; worst: number };
  /** From typed bytes to the first of the console's answer to them; absent where the guest reads nothing. */
  inputMs?: { median: number; worst: number };
}

export interface BusyGuest {
  name: string;
  request: Partial<RunRequest>;
  /** A console that echoes while the guest works. */
  console?: string;
}

const words = (...instructions: number[]): Uint8Array => new Uint8Array(Uint32Array.from(instructions).buffer);
const image = (path: string, bytes: Uint8Array): Partial<RunRequest> => ({
  files: [{ path, bytes: Uint8Array.from(bytes) }],
  script: null,
  system: { kernel: path },
});

/** add x5, x5, #1; b . - 4 */
const LOOP = [0x910004a5, 0x17ffffff];
/**
 * Switches CPUs 1 to 15 on, all into the loop at the end (PSCI CPU_ON, DEN 0022, 5.4), and goes there itself:
 * adr x19, loop; mov x20, #1; 1: mov w0, #0xc4000000; movk w0, #3; mov x1, x20; mov x2, x19; hvc #0; add x20, x20, #1;
 * cmp x20, #16; b.ne 1b
 */
const ALL_CPUS = [
  ...[0x10000153, 0xd2800034, 0x52b88000, 0x72800060, 0xaa1403e1, 0xaa1303e2],
  ...[0xd4000002, 0x91000694, 0xf100429f, 0x54ffff21],
];
/** Far more rounds than are measured. */
const ENDLESS = 10_000;

const JIT_SCRIPT = `jailhouse enable qemu-arm64.c
jailhouse cell create greeter.c
jailhouse cell load greeter inmates/jit.bin -s "rounds=0" -a 0x1000
jailhouse cell start greeter
`;

export const GENERATES_CODE: BusyGuest = { name: 'generating code', request: { script: JIT_SCRIPT } };

function guests(): BusyGuest[] {
  const kernel = (name: KernelName) => image(`${name}.bin`, loadKernel(name, ENDLESS).image);
  const linux = (): Partial<RunRequest> => ({
    files: [
      { path: 'Image', bytes: Uint8Array.from(readFileSync(SYSTEMS.kernel)) },
      { path: 'initrd.gz', bytes: Uint8Array.from(readFileSync(SYSTEMS.initrd)) },
    ],
    script: null,
    system: { kernel: 'Image', initrd: 'initrd.gz', append: 'console=ttyAMA0 quiet' },
  });
  return [
    { name: 'a loop', request: { ...image('loop.bin', words(...LOOP)), cpus: 1 } },
    { name: '16 CPUs in a loop', request: image('all.bin', words(...ALL_CPUS, ...LOOP)) },
    { name: 'floating point', request: { ...kernel('fourier'), cpus: 1 } },
    { name: 'vectors', request: { ...kernel('vectors'), cpus: 1 } },
    { name: 'misses of the TLB', request: { ...kernel('chase'), cpus: 1 } },
    GENERATES_CODE,
    ...(systemsMissing('kernel', 'initrd') === undefined
      ? [{ name: "Debian's kernel, booting", request: { ...linux(), cpus: 4 }, console: 'uart0' }]
      : []),
  ];
}

export class EngineUnderTest {
  readonly #child: ChildProcess;
  readonly #waiting: { is: (message: EngineMessage) => boolean; resolve: (ms: number) => void }[] = [];
  readonly failed = Promise.withResolvers<never>();

  /** Powers the bench's board on, for a busy guest. */
  constructor({ request: busy }: BusyGuest) {
    const request: RunRequest = {
      runId: 'bench',
      board: BENCH_BOARD,
      files: [],
      script: null,
      pace: 'free',
      ...busy,
    };
    const child = fork(ENGINE_PROCESS, [], {
      cwd: ROOT,
      execArgv: [...ENGINE_NODE_OPTIONS],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.failed.promise.catch(() => undefined);
    child.on('message', (message: EngineProcessMessage) => {
      if (message.type === 'refused') this.failed.reject(new Error(message.reason));
      if (message.type === 'portMessage') this.#take(message.message as EngineMessage);
    });
    child.on('exit', (status) => this.failed.reject(new Error(`the engine process ended with ${status}`)));
    this.#send({ type: 'start', request });
    this.#send({ type: 'port', port: 1 });
  }

  get processId(): number {
    return this.#child.pid!;
  }

  /** Host milliseconds until a pause is answered; the run goes on afterwards. */
  async pauseAndResume(): Promise<number> {
    this.command({ type: 'pause' });
    const ms = await this.until(phaseIs('paused'));
    this.command({ type: 'resume' });
    await this.until(phaseIs('running'));
    return ms;
  }

  command(command: EngineCommand): void {
    this.#send({ type: 'portMessage', port: 1, message: command });
  }

  /** Host milliseconds until a message of that kind comes. */
  async until(is: (message: EngineMessage) => boolean, giveUpMs = GIVE_UP_MS): Promise<number> {
    const started = performance.now();
    const came = new Promise<number>((resolve) => this.#waiting.push({ is, resolve }));
    return (await Promise.race([came, this.failed.promise, pause(giveUpMs, Infinity)])) - started;
  }

  end(): void {
    this.#child.removeAllListeners();
    this.#child.kill('SIGKILL');
  }

  #send(message: EngineHostMessage): void {
    this.#child.send(message);
  }

  #take(message: EngineMessage): void {
    for (const waiting of this.#waiting.filter(({ is }) => is(message))) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve(performance.now());
    }
  }
}

const phaseIs = (phase: string) => (message: EngineMessage) =>
  message.type === 'status' && message.status.phase === phase;

const spread = (times: readonly number[]) => ({ median: median([...times]), worst: Math.max(...times) });

async function measure(guest: BusyGuest, count: number): Promise<ResponseResult> {
  const { name, console } = guest;
  const engine = new EngineUnderTest(guest);
  try {
    engine.command({ type: 'attach' });
    await engine.until(({ type }) => type === 'snapshot', START_TIMEOUT_MS);
    const pauses: number[] = [];
    const inputs: number[] = [];
    await pause(console === undefined ? WARM_UP_MS : 0);
    for (let n = 0; n < count; n++) {
      await pause(BETWEEN_MS);
      pauses.push(await engine.pauseAndResume());
    }
    if (console !== undefined) {
      // The shell is there, and a loop of it works beside the next command line.
      await engine.until((message) => says(message, '# '), START_TIMEOUT_MS);
      const type = (text: string) => engine.command({ type: 'input', console, bytes: Buffer.from(text) });
      type('while :; do :; done &\n');
      await pause(WARM_UP_MS);
      for (let n = 0; n < count; n++) {
        await pause(BETWEEN_MS);
        type('x');
        inputs.push(await engine.until((message) => says(message, 'x')));
      }
    }
    return { guest: name, pauseMs: spread(pauses), ...(inputs.length > 0 && { inputMs: spread(inputs) }) };
  } finally {
    engine.end();
  }
}

const says = (message: EngineMessage, text: string): boolean =>
  message.type === 'console' && Buffer.from(message.chunk.bytes).includes(text);

/** @param count requests for each guest @param report called with each result as it comes */
export async function measureResponse(
  count: number,
  report: (result: ResponseResult) => void,
): Promise<ResponseResult[]> {
  const results: ResponseResult[] = [];
  for (const guest of guests()) {
    const result = await measure(guest, count);
    results.push(result);
    report(result);
  }
  return results;
}
