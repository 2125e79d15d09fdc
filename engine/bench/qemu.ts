// The other side of the bench: kernels on qemu-system-aarch64 (TCG), timed by when their markers arrive.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelOutput, type Kernel } from './kernels.ts';

export const QEMU = 'qemu-system-aarch64';
const MACHINE = [
  '-M',
  'virt',
  '-cpu',
  'cortex-a57',
  '-m',
  '128',
  '-nodefaults',
  '-display',
  'none',
  '-serial',
  'stdio',
];

/** A kernel that has not ended by then never will. */
const TIMEOUT_MS = 60_000;

/** Release of QEMU on this machine; undefined if there is none. */
export function qemuVersion(): string | undefined {
  const { status, stdout } = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /version (\S+)/.exec(stdout)?.[1] : undefined;
}

export interface QemuRun {
  /** Host seconds between the kernel's markers. */
  seconds: number;
  checksum: string;
}

/** Runs a kernel to its end. Rejects with a sentence if QEMU fails or the kernel's result is wrong. */
export function runOnQemu(kernel: Kernel): Promise<QemuRun> {
  const directory = mkdtempSync(join(tmpdir(), 'cellblock-bench-'));
  const imagePath = join(directory, 'kernel.bin');
  writeFileSync(imagePath, kernel.image);

  const { promise, resolve, reject } = Promise.withResolvers<QemuRun>();
  const output = new KernelOutput();
  let errors = '';
  let beginMs = 0;
  let endMs = 0;
  const child = spawn(QEMU, [...MACHINE, '-kernel', imagePath], { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  child.on('error', (error) => reject(new Error(`${QEMU} does not start: ${error.message}`)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    const now = performance.now();
    const reached = output.append(text);
    if (reached.begin) beginMs = now;
    if (reached.end) endMs = now;
  });
  child.on('close', () => {
    try {
      const checksum = output.checksum;
      if (!checksum) throw new Error(`the kernel did not end within ${TIMEOUT_MS / 1000} s; ${errors || output.text}`);
      resolve({ seconds: (endMs - beginMs) / 1000, checksum });
    } catch (error) {
      reject(new Error(`${kernel.name} on QEMU: ${(error as Error).message}`));
    }
  });
  return promise.finally(() => {
    clearTimeout(timer);
    rmSync(directory, { recursive: true });
  });
}
