import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileSource, ConfigError } from '../config/index.ts';
import { runConfigCommand } from './config.ts';

const boards = join(import.meta.dirname, '../../boards/qemu-arm64');
const encoder = new TextEncoder();

/** Runs a command over files in memory. */
async function run(args: string[], given: Record<string, string | Uint8Array> = {}) {
  const files = new Map(
    Object.entries(given).map(([path, text]) => [path, typeof text === 'string' ? encoder.encode(text) : text]),
  );
  let stdout = '';
  let stderr = '';
  const status = await runConfigCommand(args, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    readFile: (path) => {
      const bytes = files.get(path);
      return bytes ? Promise.resolve(bytes) : Promise.reject(Object.assign(new Error('no'), { code: 'ENOENT' }));
    },
    writeFile: (path, bytes) => {
      if (path.startsWith('full/')) return Promise.reject(Object.assign(new Error('no'), { code: 'ENOSPC' }));
      files.set(path, bytes);
      return Promise.resolve();
    },
  });
  const text = (path: string) => new TextDecoder().decode(files.get(path));
  return { status, stdout, stderr, files, text };
}

const BOARD = Object.fromEntries(
  readdirSync(boards)
    .filter((name) => /\.c$|\.json$/.test(name))
    .map((name) => [`b/${name}`, readFileSync(join(boards, name), 'utf8')]),
);
const CELLS = Object.keys(BOARD).filter((path) => path.endsWith('.c') && path !== 'b/qemu-arm64.c');

describe('config build, show, source', () => {
  it('builds, shows, and gives source that builds to the same bytes', async () => {
    const built = await run(['build', 'b/greeter.c'], BOARD);
    expect(built).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const bytes = built.files.get('b/greeter.cell')!;
    const shown = await run(['show', 'x.cell'], { 'x.cell': bytes });
    expect(shown.stdout).toContain('Cell "greeter"');
    expect(shown.stdout).toMatch(/1 +0x7fa00000 +0x0 +64 KiB +READ \| WRITE \| EXECUTE \| LOADABLE +RAM/);
    const source = await run(['source', 'x.cell', '-o', 'y.c'], { 'x.cell': bytes });
    const again = compileSource(source.text('y.c'));
    expect(again instanceof ConfigError ? again : again.bytes).toEqual(bytes);
  });

  it('shows sources and binaries as JSON', async () => {
    const { stdout } = await run(['show', 'b/smp.c', '--json'], BOARD);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'cell',
      name: 'smp',
      cpus: [5, 6, 7],
      flags: ['PASSIVE_COMMREG'],
    });
  });

  it('reads includes of the same folder only', async () => {
    const main =
      '#include "ram.h"\nstruct { struct jailhouse_cell_desc c; } config = { .c = { .signature = "JHCLL", .revision = 14, .id = RAM } };';
    const good = await run(['build', 'd/a.c'], { 'd/a.c': main, 'd/ram.h': '#define RAM 7\n' });
    expect(good.status).toBe(0);
    const bad = await run(['build', 'd/a.c'], { 'd/a.c': '#include "../x.h"\n', 'x.h': '' });
    expect(bad).toMatchObject({ status: 2 });
    expect(bad.stderr).toContain('d/a.c:1:10: error: "../x.h" lies outside the folder');
  });

  it('builds what is no valid configuration, and says so', async () => {
    const { status, stderr, files } = await run(['build', 'a.c'], {
      'a.c': 'struct { struct jailhouse_cell_desc c; } config = { .c = { .signature = "JHCLL", .revision = 13 } };',
    });
    expect(status).toBe(0);
    expect(stderr).toMatch(/warning: a\.c has configuration revision 13/);
    expect(files.get('a.cell')!.length).toBe(132);
  });

  it.each([
    [['build', 'none.c'], /Cannot read none\.c: there is no such file or folder/],
    [['build', 'b/greeter.c', '-o', 'full/x'], /Cannot write full\/x: the disk is full/],
    [['build', 'bad.c'], /bad\.c:1:1: error: .*\n 1 \| nonsense/],
    [['show', 'noise'], /begins with "\\x00\\x01/],
    [['show'], /missing: give a configuration file/],
    [['show', 'a', 'b'], /only one file at a time/],
    [['show', '--nope', 'a'], /--nope/],
    [['frobnicate'], /there is no command "frobnicate"; there are build, show/],
    [[], /usage: cellblock config/],
    [['check'], /system configuration is missing/],
    [['check', 'b/greeter.c'], /is a cell configuration; a system configuration is expected/],
    [['check', 'b/qemu-arm64.c', 'b/qemu-arm64.c'], /is a system configuration; a cell/],
    [['check', 'b/qemu-arm64.c', '--board', 'none'], /Cannot read none/],
    [['check', 'b/qemu-arm64.c', '--board', 'b/greeter.c'], /not JSON/],
    [['new-cell', 'b/qemu-arm64.c'], /give --name/],
    [['new-cell', 'b/qemu-arm64.c', '--name', 'x', '--memory', 'much'], /such as 64K/],
    [['new-cell', 'b/qemu-arm64.c', '--name', 'x', '--cpus', 'x'], /a number of CPUs, or a list/],
    [['new-cell', 'b/qemu-arm64.c', '--name', 'x', '--cpus', '99'], /99 CPUs are wanted/],
  ])('refuses %j with status 2 and a sentence', async (args, message) => {
    const given = { ...BOARD, 'bad.c': 'nonsense', noise: new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8]) };
    const { status, stderr } = await run(args, given);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('has help for every command', async () => {
    for (const command of ['build', 'show', 'source', 'check', 'new-cell'])
      expect(await run([command, '--help'])).toMatchObject({
        status: 0,
        stderr: '',
        stdout: expect.stringMatching(/^usage: /),
      });
    expect((await run(['--help'])).stdout).toContain('new-cell');
  });
});

describe('config check', () => {
  it('finds nothing in what we ship', async () => {
    expect(await run(['check', 'b/qemu-arm64.c', ...CELLS], BOARD)).toMatchObject({
      status: 0,
      stdout: 'No findings.\n',
      stderr: '',
    });
  });

  const broken = { ...BOARD, 'b/greeter.c': BOARD['b/greeter.c']!.replace('0x7fa00000', '0x7fc00000') };
  it('names file, line, rule and fix as text', async () => {
    const { status, stdout } = await run(['check', 'b/qemu-arm64.c', 'b/greeter.c'], broken);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^b\/greeter\.c:\d+:\d+: error: Region 1 \(RAM\) of cell "greeter" at 0x7fc00000-0x7fc0ffff overlaps the hypervisor's memory/m,
    );
    expect(stdout).toContain('[memory-overlap-hypervisor]');
    expect(stdout).toMatch(/\d+ errors?.*\.\n$/);
  });

  it('the same as JSON', async () => {
    const { stdout } = await run(['check', '--json', 'b/qemu-arm64.c', 'b/greeter.c'], broken);
    const { findings, errors } = JSON.parse(stdout) as { findings: Record<string, unknown>[]; errors: number };
    expect(errors).toBe(findings.length);
    expect(findings[0]).toMatchObject({
      severity: 'error',
      cell: 'greeter',
      file: 'b/greeter.c',
      field: 'memoryRegions[1]',
      ranges: [{ start: '0x7fc00000', size: '0x10000' }, expect.anything()],
    });
    expect(findings[0]!['line']).toBeTypeOf('number');
  });

  it('the same as SARIF, with the change of the text', async () => {
    const shared = {
      ...BOARD,
      'b/greeter.c': BOARD['b/greeter.c']!.replace(
        'JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE',
        'JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE | JAILHOUSE_MEM_ROOTSHARED',
      ),
    };
    const { stdout } = await run(['check', '--sarif', 'b/qemu-arm64.c', 'b/greeter.c'], shared);
    const sarif = JSON.parse(stdout) as { version: string; runs: { results: Record<string, never>[] }[] };
    expect(sarif.version).toBe('2.1.0');
    const [result] = sarif.runs[0]!.results as unknown as [
      {
        ruleId: string;
        level: string;
        fixes: {
          artifactChanges: { replacements: { deletedRegion: { charOffset: number; charLength: number } }[] }[];
        }[];
      },
    ];
    expect(result).toMatchObject({ ruleId: 'memory-loadable-shared', level: 'error' });
    const { charOffset, charLength } = result.fixes[0]!.artifactChanges[0]!.replacements[0]!.deletedRegion;
    expect(shared['b/greeter.c'].slice(charOffset, charOffset + charLength)).toContain('JAILHOUSE_MEM_ROOTSHARED');
  });

  it('takes binaries and counts trailing bytes', async () => {
    const { files } = await run(['build', 'b/greeter.c'], BOARD);
    const bytes = new Uint8Array([...files.get('b/greeter.cell')!, 1, 2, 3]);
    const { status, stdout } = await run(['check', 'b/qemu-arm64.c', 'g.cell'], { ...BOARD, 'g.cell': bytes });
    expect(status).toBe(1);
    expect(stdout).toContain('g.cell: warning: The file of cell "greeter" has 3 bytes behind its configuration');
  });

  it('hands on what the reader remarked', async () => {
    const odd = { ...BOARD, 'b/greeter.c': BOARD['b/greeter.c']!.replace('0b10,', '1 << 35 | 0b10,') };
    const { status, stdout } = await run(['check', 'b/qemu-arm64.c', 'b/greeter.c'], odd);
    expect(status).toBe(1);
    expect(stdout).toMatch(/b\/greeter\.c:\d+:\d+: warning: Shift by 35 .* \[source-warning\]/);
  });

  it('looks at the kernel command line', async () => {
    const { stdout } = await run(['check', 'b/qemu-arm64.c', 'b/linux-demo.c', '--append', 'mem=900M'], BOARD);
    expect(stdout).toContain('boot it with "mem=768M" instead of "mem=900M"');
  });
});

describe('config new-cell', () => {
  it('writes the cell, shows what root needs, and the kernel arguments; the result checks clean', async () => {
    const first = await run(
      [
        'new-cell',
        'b/qemu-arm64.c',
        ...CELLS,
        '--name',
        'fresh',
        '--cpus',
        '2',
        '--memory',
        '1M',
        '--network',
        '--system-out',
        'b/qemu-arm64.c',
      ],
      BOARD,
    );
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^Wrote b\/fresh\.c: CPUs 14-15, RAM 1 MiB at 0x[0-9a-f]+\.\n/);
    expect(first.stdout).toContain('@@');
    expect(first.stdout).toContain('Kernel arguments: mem=768M\n');
    const after = Object.fromEntries([...first.files]);
    expect(await run(['check', 'b/qemu-arm64.c', ...CELLS, 'b/fresh.c'], after)).toMatchObject({
      status: 0,
      stdout: 'No findings.\n',
    });
    expect(first.text('b/qemu-arm64.c')).toContain('/* ivshmem 01:00.0: state table */');
  });

  it('takes CPUs by number', async () => {
    const { files } = await run(
      ['new-cell', 'b/qemu-arm64.c', '--name', 'n', '--cpus', '=4,6-7', '--uart', 'virtual'],
      BOARD,
    );
    const { stdout } = await run(['show', '--json', 'b/n.c'], Object.fromEntries(files));
    expect(JSON.parse(stdout)).toMatchObject({ cpus: [4, 6, 7] });
  });
});

it('runs as a program', () => {
  const main = join(import.meta.dirname, '../entry/cellblock.ts');
  const output = execFileSync(process.execPath, [main, 'config', 'check', join(boards, 'qemu-arm64.c')], {
    encoding: 'utf8',
  });
  expect(output).toBe('No findings.\n');
});
