// A person at a terminal: keys go to the root shell, guest time follows host time, end of input (^D) ends the run.
import type { Run } from '../service/run.ts';

const END_OF_INPUT = 0x04;

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
    const deadline = performance.now() + 10;
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
