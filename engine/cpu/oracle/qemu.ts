// Runs an oracle image on qemu-system-aarch64 and reads back the results.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILE_NAME, NoResults } from './ending.ts';
import { LAYOUT } from './layout.ts';

const QEMU = 'qemu-system-aarch64';
const TIMEOUT_MS = 60_000;

/** QEMU's version line, or undefined where it is not installed. */
export function qemuVersion(): string | undefined {
  const run = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.split('\n')[0] : undefined;
}

/** The memory that an image hands over at its end. Throws if QEMU did not finish. */
export function runOnQemu(image: Uint8Array, cpu: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'cpu-oracle-'));
  try {
    writeFileSync(join(directory, 'image.bin'), image);
    const address = `0x${LAYOUT.code.toString(16)}`;
    const run = spawnSync(
      QEMU,
      [
        ...[
          '-M',
          'virt',
          '-cpu',
          cpu,
          '-m',
          '64',
          '-nic',
          'none',
          '-display',
          'none',
          '-monitor',
          'none',
          '-serial',
          'none',
        ],
        ...['-semihosting-config', 'enable=on,target=native'],
        ...[
          '-device',
          `loader,file=image.bin,addr=${address},force-raw=on`,
          '-device',
          `loader,addr=${address},cpu-num=0`,
        ],
      ],
      { cwd: directory, encoding: 'utf8', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' },
    );
    if (run.status !== 0)
      throw new NoResults(`${QEMU} -cpu ${cpu} did not finish: ${run.stderr || run.signal || run.status}`);
    const results = join(directory, FILE_NAME);
    if (!existsSync(results)) throw new NoResults(`${QEMU} -cpu ${cpu} left no results`);
    return readFileSync(results);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
