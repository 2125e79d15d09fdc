// Standard input during a run: a person's keys for the root shell, or bytes for the first UART of a bare board.
import { setTimeout as pause } from 'node:timers/promises';
import type { RunOutcome } from '../contract/index.ts';
import { Pacer } from '../service/pacing.ts';
import type { Run } from '../service/run.ts';

const END_OF_INPUT = 0x04;
/** A bite of running: after it, input is looked at. */
const BITE_MS = 10;

/** Ends a run at a terminal, where every other key is the guest's: ^]. */
const ESCAPE = 0x1d;

/**
 * Standard input goes to the first UART, and its end ends nothing; the run ends when the board powers off.
 * At a terminal the UART is the terminal: bytes both ways as they are, and ^] ends the run.
 * As long as something may still come, guest time does not run ahead of whoever types; after that idle time is skipped.
 */
export async function feedUart(run: Run): Promise<RunOutcome> {
  const { stdin } = process;
  const uart = run.machine.uarts[0];
  let wake: () => void = () => undefined;
  let open = true;
  let escaped = false;
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    process.stderr.write('^] ends the run.\r\n');
    run.consoles.onOutput((info, bytes) => info.name === uart && process.stdout.write(bytes));
  }
  stdin.on('data', (bytes: Buffer) => {
    escaped ||= stdin.isTTY && bytes.includes(ESCAPE);
    if (uart !== undefined) run.machine.uartInput(uart, bytes);
    wake();
  });
  stdin.on('end', () => {
    open = false;
    wake();
  });
  const pacer = new Pacer(() => performance.now());
  for (;;) {
    const deadline = performance.now() + BITE_MS;
    const limit = open ? pacer.limit(run.machine.now) : undefined;
    const end = run.pump.advance(limit, () => performance.now() > deadline);
    if (end === 'finished' || escaped) break;
    if (end === 'busy') await new Promise(setImmediate);
    else if (open) {
      const input = new Promise<void>((resolve) => (wake = resolve));
      await (end === 'ahead' ? Promise.race([input, pause(pacer.rest(run.machine.nextWake))]) : input);
    } else if (end === 'idle') break;
  }
  if (stdin.isTTY) stdin.setRawMode(false);
  stdin.destroy();
  return run.poweredOff ? 'passed' : 'stopped';
}

/** A person at a terminal: keys go to the root shell; end of input (^D) ends the run. */
export async function interact(run: Run): Promise<void> {
  const { stdin, stdout } = process;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  run.consoles.onOutput((info, bytes) => info.name === 'root' && stdout.write(bytes));
  const resize = () => run.shell.resize(stdout.columns, stdout.rows);
  resize();
  stdout.on('resize', resize);
  stdin.setRawMode(true);
  stdin.on('data', (bytes: Buffer) => {
    if (bytes.includes(END_OF_INPUT)) return resolve(undefined);
    run.shell.type(bytes);
    pump();
  });
  let timer: NodeJS.Immediate | undefined;
  const pump = (): void => {
    clearImmediate(timer);
    const deadline = performance.now() + BITE_MS;
    const end = run.pump.advance(undefined, () => performance.now() > deadline);
    if (end === 'busy') timer = setImmediate(pump);
    if (end === 'finished') resolve(undefined);
  };
  pump();
  await promise;
  clearImmediate(timer);
  stdin.setRawMode(false);
  stdin.pause();
  stdout.write('\r\n');
}
