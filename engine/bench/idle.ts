// How much of a core an engine at rest takes: a paced run, all CPUs of a cell in WFI, nothing to do.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ENGINE_NODE_OPTIONS } from '../contract/index.ts';
import type { EngineHostMessage, EngineProcessMessage, RunRequest } from '../contract/index.ts';
import { BENCH_BOARD, ENGINE_PROCESS, ROOT } from './journeys.ts';

/** All CPUs of this cell end in WFI, with no timer running. The run goes on when the script has ended. */
const SCRIPT = `jailhouse enable qemu-arm64.c
jailhouse cell create smp.c
jailhouse cell load smp inmates/smp.bin
jailhouse cell start smp
`;
const AT_REST = /SMP done/;
const START_TIMEOUT_MS = 30_000;
/** Compilers of the host's JavaScript engine finish their work after the guest has gone to rest. */
const SETTLE_MS = 2000;
const MEASURE_MS = 5000;

/** Clock ticks of /proc/PID/stat are 1/100 s on every Linux (USER_HZ, proc(5)). */
const TICK_MS = 10;

/** CPU time of a process in host milliseconds. */
function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) * TICK_MS;
}

/** True where /proc tells the CPU time of another process. */
export const canMeasureIdle = process.platform === 'linux';

/** Share of one core, 0..1, that an engine process at rest takes. Rejects with the run's output if it does not come to rest. */
export async function measureIdleShare(): Promise<number> {
  const child = fork(ENGINE_PROCESS, [], {
    cwd: ROOT,
    execArgv: [...ENGINE_NODE_OPTIONS],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const request: RunRequest = { runId: 'bench', board: BENCH_BOARD, files: [], script: SCRIPT, pace: 'real' };
  const atRest = Promise.withResolvers<undefined>();
  let output = '';
  child.on('message', (message: EngineProcessMessage) => {
    if (message.type === 'refused') atRest.reject(new Error(message.reason));
    if (message.type !== 'record') return;
    output += message.chunks.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('');
    if (AT_REST.test(output)) atRest.resolve(undefined);
  });
  child.on('exit', (status) => atRest.reject(new Error(`the engine process ended with ${status}\n${output}`)));
  const timer = setTimeout(
    () => atRest.reject(new Error(`the cell did not come to rest\n${output}`)),
    START_TIMEOUT_MS,
  );
  try {
    child.send({ type: 'start', request } satisfies EngineHostMessage);
    await atRest.promise;
    await pause(SETTLE_MS);
    const before = { cpu: cpuTimeMs(child.pid!), host: performance.now() };
    await pause(MEASURE_MS);
    return (cpuTimeMs(child.pid!) - before.cpu) / (performance.now() - before.host);
  } finally {
    clearTimeout(timer);
    child.removeAllListeners();
    child.kill('SIGKILL');
  }
}
