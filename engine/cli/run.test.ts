// `cellblock run` with a real system on the bare board, as a program: what it prints, how it ends, what it refuses.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'cellblock-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function cellblock(args: string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../entry/cellblock.ts'), 'run', ...args],
    {
      encoding: 'utf8',
      input,
      timeout: 60_000,
    },
  );
  return { status, stdout, stderr };
}

/** Echoes what is typed until a "q" (SYSTEM_OFF) or an "r" (SYSTEM_RESET). Runs from wherever it is. */
const ECHO = new Uint8Array(
  Uint32Array.from([
    0xd2a12001, // mov x1, #0x09000000
    0xb9401822, // poll: ldr w2, [x1, #0x18]
    0x3727ffe2, // tbnz w2, #4, poll
    0xb9400020, // ldr w0, [x1]
    0xb9000020, // str w0, [x1]
    0x7101c41f, // cmp w0, #'q'
    0x54000080, // b.eq off
    0x7101c81f, // cmp w0, #'r'
    0x540000c0, // b.eq reset
    0x17fffff8, // b poll
    0x52b08000, // off: mov w0, #0x84000000
    0x11002000, // add w0, w0, #8
    0xd4000002, // hvc #0
    0x14000000, // b .
    0x52b08000, // reset: mov w0, #0x84000000
    0x11002400, // add w0, w0, #9
    0xd4000002, // hvc #0
    0x14000000, // b .
  ]).buffer,
);

test.each(['--kernel', '--firmware'])(
  '%s: standard input goes to the UART, a reset starts anew, power-off ends',
  (option) => {
    const system = file('echo.bin', ECHO);
    const { status, stdout, stderr } = cellblock(['qemu-arm64', '--cpus', '1', option, system], 'abr\nxyq');
    expect(stderr).toBe('');
    // What stands in the UART is lost with it, what is still on the wire is not.
    expect(stdout).toMatch(/uart0: abrxyq\n$/);
    expect(status).toBe(0);
  },
);

test('a script types and expects', () => {
  const system = file('echo.bin', ECHO);
  const script = file('echo.script', 'send uart0 "hello"\nexpect uart0 hello 1\nsend uart0 "q"\nsleep 0.001\n');
  const { status, stdout } = cellblock(['qemu-arm64-gicv2', script, '--cpus', '1', '--kernel', system, '--json']);
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    result: 'passed',
    events: [{ kind: 'board.off' }, { kind: 'script.ended' }],
  });
  expect(status).toBe(0);
});

test.each<[string, string[], RegExp]>([
  ['kernel and firmware', ['--kernel', 'k', '--firmware', 'f'], /exclude each other/],
  ['a RAM disk without a kernel', ['--initrd', 'i'], /--initrd and --append go with --kernel/],
  ['a command line for firmware', ['--firmware', 'f', '--append', 'x'], /--initrd and --append go with --kernel/],
  ['no such file', ['--kernel', 'nowhere'], /there is no kernel "nowhere"/],
  ['a folder', ['--firmware', '.'], /the firmware "." is not a file/],
])('%s is refused', async (_, args, reason) => {
  await expect(runCommand(['qemu-arm64', ...args])).rejects.toThrow(reason);
});

test('a kernel for another machine is refused in one line', () => {
  const elf = new Uint8Array(64);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 1, 1]);
  const { status, stdout, stderr } = cellblock(['qemu-arm64', '--kernel', file('other.elf', elf)]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toBe(
    'cellblock run: The kernel is an ELF file that cannot be started: it is not for little-endian AArch64.\n',
  );
});
