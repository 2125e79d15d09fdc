// Booting a distribution's kernel, ours and QEMU's, in turn: from starting the program to the line with which the kernel
// starts init. The kernel and the RAM disk are those that boards/systems fetches.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEMS, systemsMissing } from '../../boards/systems/cache.ts';
import { COMMAND_LINE } from './journeys.ts';
import { QEMU } from './qemu.ts';
import { median } from './statistics.ts';

export interface BootResult {
  /** Host seconds, medians. */
  seconds: number;
  /** Null where QEMU is not installed. */
  qemuSeconds: number | null;
  /** seconds / qemuSeconds: QEMU is that many times faster. */
  ratio: number | null;
}

/** Why it can not be measured here, or undefined. */
export const bootMissing = (): string | undefined => systemsMissing('kernel', 'initrd');

const KERNEL_ARGUMENTS = 'console=ttyAMA0';
const INIT_STARTS = 'Run /init as init process';
const TIMEOUT_MS = 300_000;

/**
 * Host seconds from starting a program to the line in its output. Rejects if it ends or takes too long before. A program
 * that `ends` by itself soon is let, so that it leaves what it keeps for its next start.
 */
async function secondsUntil(line: string, command: string, args: readonly string[], ends = false): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<undefined>();
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text;
    if (output.includes(line)) resolve((performance.now() - started) / 1000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.on('error', reject);
  child.on('close', (status) => {
    closed.resolve(undefined);
    reject(new Error(`${command} ended with ${status} before "${line}"; ${errors || output.slice(-500)}`));
  });
  try {
    const seconds = await promise;
    if (ends) await closed.promise;
    return seconds;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

const system = ['-kernel', SYSTEMS.kernel, '-initrd', SYSTEMS.initrd, '-append', KERNEL_ARGUMENTS];

const onQemu = (): Promise<number> =>
  secondsUntil(INIT_STARTS, QEMU, [
    ...['-M', 'virt,gic-version=3', '-cpu', 'cortex-a57', '-m', '1G', '-nodefaults', '-display', 'none'],
    ...['-serial', 'stdio', ...system],
  ]);

const here = (board: string, script: string, regions: boolean): Promise<number> => {
  const args = [
    COMMAND_LINE,
    ...['run', board, script, '--cpus', '1', ...(regions ? [] : ['--no-jit'])],
    ...system.map((argument) => argument.replace(/^-(?=\w+$)/, '--')),
  ];
  return secondsUntil(INIT_STARTS, process.execPath, args, true);
};

/** Boots `repeat` times on each side. Rejects if a boot does not get to init. */
export async function measureBoot(
  board: string,
  { repeat, withQemu, regions }: { repeat: number; withQemu: boolean; regions: boolean },
): Promise<BootResult> {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-bench-'));
  try {
    const script = join(folder, 'boot.script');
    // Written otherwise than the line, for the script's own lines are shown as well.
    writeFileSync(script, `expect uart0 "${INIT_STARTS.replaceAll(' ', '[ ]')}" 600\n`);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let run = 0; run < repeat; run++) {
      if (withQemu) theirs.push(await onQemu());
      ours.push(await here(board, script, regions));
    }
    const seconds = median(ours);
    const qemuSeconds = withQemu ? median(theirs) : null;
    return { seconds, qemuSeconds, ratio: qemuSeconds && seconds / qemuSeconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
