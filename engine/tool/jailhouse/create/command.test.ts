// `config create`, `config collect` and `hardware check` as a person types them.
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBoard } from '../../../board/index.ts';
import type { Process } from '../../process.ts';
import { fakeMachine } from '../../../hypervisor/testing/fake-machine.ts';
import { hardwareCheck } from '../hardware-check.ts';
import { collect } from '../machine/collect.ts';
import { modelledTree } from '../machine/modelled.ts';
import { readTar, writeTar } from '../machine/tar.ts';
import { configCollect, configCreate } from './command.ts';

const board = parseBoard(
  'qemu-x86',
  readFileSync(join(import.meta.dirname, '../../../../boards/qemu-x86/board.json'), 'utf8'),
);
const pc = writeTar(collect(modelledTree(board)));

function run(
  command: (process: Process, args: readonly string[]) => number,
  args: readonly string[],
  { writable = true } = {},
) {
  const written: Record<string, Uint8Array> = {};
  let out = '';
  let err = '';
  const process = {
    driver: { machine: fakeMachine() },
    files: {
      read: (path: string) =>
        path === 'pc.tar' ? pc : path === 'noise.tar' ? new Uint8Array(2048).fill(1) : undefined,
      list: () => undefined,
      ...(writable && { write: (path: string, bytes: Uint8Array) => void (written[path] = bytes) }),
    },
    out: (text: string | Uint8Array) => void (out += typeof text === 'string' ? text : new TextDecoder().decode(text)),
    err: (text: string) => void (err += text),
  } as unknown as Process;
  return { status: command(process, args), out, err, written };
}

describe('config create', () => {
  test('writes a configuration for a collected machine', () => {
    const { status, err, written } = run(configCreate, ['-r', 'pc.tar', 'root.c']);
    expect([status, err]).toEqual([0, '']);
    const source = new TextDecoder().decode(written['root.c']);
    expect(source).toContain('.name = "RootCell"');
    expect(source).toContain('.phys_start = 0x3a000000');
  });

  test('takes sizes and the console', () => {
    const args = ['--root=pc.tar', '--mem-hv', '8M', '--mem-inmates=64M', '-c', 'none', '-t', 'unused', '-'];
    const { status, out } = run(configCreate, args, { writable: false });
    expect(status).toBe(0);
    expect(out).toContain('.size = 0x800000');
    expect(out).not.toContain('JAILHOUSE_CON_TYPE_8250');
  });

  test('writes the collector', () => {
    const { status, written } = run(configCreate, ['-g', 'collect.sh']);
    expect(status).toBe(0);
    expect(new TextDecoder().decode(written['collect.sh'])).toMatch(/^#!\/bin\/sh\n/);
  });

  test.each<[string[], number, string]>([
    [[], 2, 'the following arguments are required: FILE'],
    [['a', 'b'], 2, 'unrecognized arguments: b'],
    [['--what', 'a'], 2, 'unrecognized arguments: --what'],
    [['-r'], 2, 'argument -r: expected one argument'],
    [['--mem-hv', '6X', 'a'], 2, 'invalid size'],
    [['a'], 1, 'ERROR: /proc/cpuinfo names no x86 vendor'],
    [['-r', 'nowhere', 'a'], 1, 'there is no folder or tar archive nowhere'],
    [['-r', 'noise.tar', 'a'], 1, 'ERROR: no tar header'],
    [['-r', 'pc.tar', '-c', 'ttyS9', 'a'], 1, 'ERROR: Nothing is known of ttyS9'],
    [['-r', 'pc.tar', '--mem-inmates', '1G', 'a'], 1, 'too small'],
  ])('with %j ends with %i', (args, expected, message) => {
    const { status, err, written } = run(configCreate, args);
    expect(status).toBe(expected);
    expect(err).toContain(message);
    expect(written).toEqual({});
  });

  test('helps, and says when nothing can be written', () => {
    expect(run(configCreate, ['--help'])).toMatchObject({
      status: 0,
      err: '',
      out: expect.stringContaining('--mem-hv'),
    });
    const { status, err } = run(configCreate, ['-r', 'pc.tar', 'root.c'], { writable: false });
    expect([status, err]).toEqual([1, expect.stringContaining('cannot write files')]);
  });
});

test('config collect writes what describes this machine', () => {
  const { status, written } = run(configCollect, ['this.tar']);
  expect(status).toBe(0);
  expect(readTar(written['this.tar']!).map(({ path }) => path)).toEqual(
    expect.arrayContaining(['proc/iomem', 'proc/cpuinfo', 'sys/devices/system/cpu/cpu0/uevent']),
  );
  for (const args of [[], ['--help'], ['a', 'b']]) expect(run(configCollect, args).status).toBe(1);
});

test('hardware check looks at this machine or a collected one', () => {
  expect(run(hardwareCheck, [])).toMatchObject({ status: 1, err: 'Unsupported architecture\n' });
  // A modelled PC has no VMX flag.
  expect(run(hardwareCheck, ['-r', 'pc.tar'])).toMatchObject({
    status: 2,
    out: expect.stringContaining('Check FAILED!'),
  });
  expect(run(hardwareCheck, ['-r', 'noise.tar']).status).toBe(1);
  expect(run(hardwareCheck, ['nonsense']).status).toBe(2);
});
