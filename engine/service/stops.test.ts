// A run with a window: breakpoints pause it in front of their instruction, steps go one instruction on, and neither is
// seen by the guest.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CodeBreakpoint, EngineMessage, EngineReport, RunStatus } from '../contract/index.ts';
import type { WindowPort } from './host.ts';
import { instructions } from '../util/units.ts';
import { BoardLibrary } from './library.ts';
import { Run } from './run.ts';
import { Session } from './session.ts';

const library = new BoardLibrary(join(import.meta.dirname, '../../boards'));
const board = library.load('qemu-arm64');
const SCRIPT = `jailhouse enable qemu-arm64.c
jailhouse cell create greeter.c
jailhouse cell load greeter inmates/greeter.bin -s "count=4 pause-ms=1" -a 0x1000
jailhouse cell start greeter
expect greeter done 1`;
const GREETER_CPU = 1;

/** A session, a window on it, and what it was told. */
function start() {
  const run = new Run({ board, files: library.files(board), script: SCRIPT, prompt: false });
  const messages: EngineMessage[] = [];
  const reports: EngineReport[] = [];
  const port: WindowPort = {
    post: (message) => messages.push(message),
    onCommand: () => undefined,
    onClose: () => undefined,
  };
  const options = {
    run,
    scripted: true,
    pace: 'free' as const,
    report: (report: EngineReport) => reports.push(report),
    clock: () => performance.now(),
  };
  const session = new Session(options);
  session.attach(port);
  port.onCommand({ type: 'attach' });
  const status = (): RunStatus | undefined => messages.findLast((message) => message.type === 'status')?.status;
  const until = async (met: (status: RunStatus) => boolean): Promise<RunStatus> => {
    for (;;) {
      const now = status();
      if (now && met(now)) return now;
      await new Promise(setImmediate);
    }
  };
  const breakAt = (...breakpoints: CodeBreakpoint[]): void => port.onCommand({ type: 'breakpoints', breakpoints });
  return { run, port, status, until, breakAt, digest: () => reports.find(({ type }) => type === 'finished') };
}

const ENTRY = '0x0';

test('a breakpoint pauses the run, steps go on by one instruction, and the digest is that of a run without them', async () => {
  const straight = start();
  await straight.until(({ phase }) => phase === 'finished');

  const { run, port, until, breakAt, status, digest } = start();
  // The first instruction of the cell, by the address at which the board has it; and what nobody has.
  breakAt(
    { space: 'physical', address: '0x7fa00000' },
    { space: 'physical', address: '0x1' },
    { cpu: 99, space: 'virtual', address: ENTRY },
  );
  const stopped = await until(({ phase }) => phase === 'paused');
  expect(stopped.stopped).toEqual({ cpu: GREETER_CPU, pc: ENTRY });
  const cpu = run.machine.cpus.find(({ index }) => index === GREETER_CPU)!;
  const { retired } = cpu;
  for (const [steps, pc] of [
    [1, '0x4'],
    [2, '0x8'],
    [3, '0xc'],
  ] as const) {
    port.onCommand({ type: 'step', cpu: GREETER_CPU });
    expect(status()).toMatchObject({ phase: 'paused', stopped: { cpu: GREETER_CPU, pc } });
    expect(cpu.retired - retired).toBe(steps);
  }
  breakAt();
  // To where it sleeps, then by what wakes it: a step of a CPU that waits takes the machine there.
  run.pump.step(GREETER_CPU, instructions(5000));
  const inWork = cpu.retired;
  for (let steps = 0; steps < 100; steps++) port.onCommand({ type: 'step', cpu: GREETER_CPU });
  expect(cpu.retired - inWork).toBeGreaterThan(90);
  breakAt({ cpu: GREETER_CPU, space: 'virtual', address: `0x${cpu.pc.toString(16)}` });
  port.onCommand({ type: 'resume' });
  breakAt();
  await until(({ phase }) => phase === 'finished');
  expect(digest()).toMatchObject({ result: { digest: run.digest(), result: 'passed' } });
  expect(run.digest()).toBe(straight.run.digest());
});
