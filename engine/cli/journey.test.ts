// The journey of the window from the command line: a new cell out of the root's CPUs, binaries for the board, a boot, every
// console, and two recorded runs beside each other. Through the program itself, so that exit statuses and files are real.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../entry/cellblock.ts');
const BOARD = join(import.meta.dirname, '../../boards/qemu-arm64');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellblock-journey-'));
  cpSync(join(BOARD, 'qemu-arm64.c'), join(folder, 'root.c'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs cellblock in the folder. */
const cellblock = (...args: string[]): Promise<Outcome> =>
  new Promise((resolve) =>
    execFile(process.execPath, [PROGRAM, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );

const SCRIPT = `jailhouse enable root.cell
jailhouse cell create fresh.cell
jailhouse cell load fresh inmates/greeter.bin -s "name=journey pause-ms=10 count=2" -a 0x1000
jailhouse cell start fresh
expect fresh "Greeter done" 5
cat /sys/devices/jailhouse/cells/1/cpus_assigned_list
`;

test('from sources to compared runs', async () => {
  const made = await cellblock('config', 'new-cell', 'root.c', '--name', 'fresh', '--cpus', '=14');
  expect(made).toMatchObject({ status: 0, stderr: '' });
  for (const source of ['root.c', 'fresh.c'])
    expect(await cellblock('config', 'build', source)).toMatchObject({ status: 0 });
  expect(await cellblock('config', 'check', 'root.cell', 'fresh.cell', '--board', join(BOARD, 'board.json'))).toEqual(
    expect.objectContaining({ status: 0 }),
  );

  writeFileSync(join(folder, 'boot.script'), SCRIPT);
  const first = await cellblock(
    ...['run', 'qemu-arm64', 'boot.script', '--console-dir', 'logs', '--record', 'first.run', '--digest'],
  );
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toMatch(/^\[ {4}0\.\d{6}\] uart0: Hello journey, greeting 1$/m);
  expect(first.stdout).toMatch(/\] root: 14$/m);
  expect(readdirSync(join(folder, 'logs')).sort()).toEqual(expect.arrayContaining(['fresh.log', 'hypervisor.log']));
  expect(readFileSync(join(folder, 'logs/fresh.log'), 'latin1')).toMatch(/^Hello journey, greeting 1\r?\n/);

  const second = await cellblock('run', 'qemu-arm64', 'boot.script', '--record', 'second.run', '--digest');
  expect(second.stdout.split('\n').at(-2)).toBe(first.stdout.split('\n').at(-2));
  expect(await cellblock('compare', 'first.run', 'second.run')).toMatchObject({ status: 0 });

  writeFileSync(join(folder, 'boot.script'), SCRIPT.replace('count=2', 'count=3'));
  await cellblock('run', 'qemu-arm64', 'boot.script', '--record', 'third.run');
  const difference = await cellblock('compare', 'first.run', 'third.run');
  expect(difference).toMatchObject({ status: 1 });
  expect(difference.stdout).toContain('Hello journey, greeting 3');
}, 120_000);

test('what goes wrong is one sentence and an exit status', async () => {
  writeFileSync(join(folder, 'wrong.script'), 'jailhouse cell create root.c\n');
  const failed = await cellblock('run', 'qemu-arm64', 'wrong.script');
  expect(failed.status).toBe(1);
  expect(failed.stderr).toMatch(/line 1: `jailhouse cell create root\.c` failed with exit status \d+\. .+\.\n$/);
  for (const args of [
    ['run', 'no-board', 'wrong.script'],
    ['run', 'qemu-arm64', 'no.script'],
    ['run', 'qemu-arm64', 'wrong.script', '--cpus', '17'],
    ['frobnicate'],
  ]) {
    const { status, stdout, stderr } = await cellblock(...args);
    expect(status, args.join(' ')).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trimEnd(), args.join(' ')).not.toMatch(/\n|\bat \S+:\d+/);
  }
}, 60_000);
