import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CELL_FLAG } from '../../config/index.ts';
import { plainCell, rootConfig } from '../../hypervisor/testing/sample-configs.ts';
import { cellFile, shellSession, systemFile } from '../testing.ts';
import { parseCellId, parseImages, parseInteger } from './arguments.ts';

const RAM_A = 0x7fa0_0000;
const enabled = (files: Record<string, Uint8Array | string> = {}, more = '') => {
  const s = shellSession(files);
  expect(s.run(`jailhouse enable root.cell\n${more}`)).toEqual({ ok: true });
  return s;
};

describe('help and usage', () => {
  it('prints the help screen', () => {
    const s = shellSession();
    expect(s.say('jailhouse --help')).toBe(`Usage: jailhouse { COMMAND | --help | --version }

Available commands:
   enable SYSCONFIG
   disable
   console [-f | --follow]
   cell create CELLCONFIG
   cell list
   cell load { ID | [--name] NAME } { IMAGE | { -s | --string } "STRING" } [-a | --address ADDRESS] ...
   cell start { ID | [--name] NAME }
   cell shutdown { ID | [--name] NAME }
   cell destroy { ID | [--name] NAME }
   cell linux [-h] [-d DTB] [-i INITRD] [-c "CMDLINE"] [-w PARAMS_FILE] [-a ARCH] [-k FACTOR] CELLCONFIG KERNEL
   cell stats { ID | [--name] NAME }
   config create [-h] [-g] [-r ROOT] [-t TEMPLATE_DIR] [-c CONSOLE] [--mem-inmates MEM_INMATES] [--mem-hv MEM_HV] FILE
   config collect FILE.TAR
   config check [-h] SYSCONFIG [CELLCONFIG [CELLCONFIG ...]]
   hardware check
`);
    expect(s.shell.lastStatus).toBe(0);
    expect(s.say('jailhouse --version')).toBe('Jailhouse management tool v0.12\n');
  });

  it.each([
    '',
    'enable',
    'enable a b',
    'cell',
    'cell create',
    'cell create a b',
    'cell load',
    'cell load 1',
    'cell load 1 -s',
    'cell load 1 x -a',
    'cell load 1 x -a y',
    'cell load --name',
    'cell start',
    'cell start 1 2',
    'cell shutdown',
    'cell destroy',
    'console -x',
    'console -f x',
    'frobnicate',
    'config',
    '--frob',
  ])('`jailhouse %s` is wrong usage: help, exit 1', (args) => {
    const s = shellSession();
    expect(s.say(`jailhouse ${args}`)).toMatch(/^Usage: jailhouse/);
    expect(s.shell.lastStatus).toBe(1);
  });

  it('disable ignores further arguments', () => {
    const s = enabled();
    expect(s.say('jailhouse disable now please')).toBe('');
  });
});

describe('errors', () => {
  it.each([
    ['jailhouse enable nowhere.cell', 'opening nowhere.cell: No such file or directory\n'],
    ['jailhouse enable inmate-demo.cell', 'JAILHOUSE_ENABLE: Invalid argument\n'],
    ['jailhouse disable', 'JAILHOUSE_DISABLE: Invalid argument\n'],
    ['jailhouse cell create inmate-demo.cell', 'JAILHOUSE_CELL_CREATE: Invalid argument\n'],
    ['jailhouse cell load 1 inmate.bin', 'JAILHOUSE_CELL_LOAD: Invalid argument\n'],
    ['jailhouse cell load 1 nowhere.bin', 'opening nowhere.bin: No such file or directory\n'],
    ['jailhouse cell load 1 .', 'reading .: Is a directory\n'],
    ['jailhouse cell start x', 'JAILHOUSE_CELL_START: Invalid argument\n'],
    ['jailhouse cell shutdown x', 'JAILHOUSE_CELL_LOAD: Invalid argument\n'],
    ['jailhouse cell destroy x', 'JAILHOUSE_CELL_DESTROY: Invalid argument\n'],
    ['jailhouse console', 'read(console): Resource temporarily unavailable\n'],
    ['jailhouse hardware check', 'Unsupported architecture\n'],
  ])('%s without a hypervisor', (line, text) => {
    const s = shellSession();
    expect(s.say(line)).toBe(text);
    expect(s.shell.lastStatus).toBe(1);
  });

  it.each([
    ['jailhouse enable root.cell', 'JAILHOUSE_ENABLE: Device or resource busy\n'],
    ['jailhouse cell create root.cell', 'JAILHOUSE_CELL_CREATE: Invalid argument\n'],
    ['jailhouse cell create inmate-demo.cell', 'JAILHOUSE_CELL_CREATE: File exists\n'],
    ['jailhouse cell create rival.cell', 'JAILHOUSE_CELL_CREATE: Device or resource busy\n'],
    ['jailhouse cell start 7', 'JAILHOUSE_CELL_START: No such file or directory\n'],
    ['jailhouse cell start 0', 'JAILHOUSE_CELL_START: Invalid argument\n'],
    ['jailhouse cell load 1 inmate.bin -a 0xfff0', 'JAILHOUSE_CELL_LOAD: Invalid argument\n'],
    ['jailhouse cell destroy --name 1', 'JAILHOUSE_CELL_DESTROY: No such file or directory\n'],
  ])('%s with a cell', (line, text) => {
    const s = enabled(
      { 'rival.cell': cellFile(plainCell('rival', [1], 0x7f80_0000)) },
      'jailhouse cell create inmate-demo.cell',
    );
    expect(s.say(line)).toBe(text);
    expect(s.shell.lastStatus).toBe(1);
  });

  it('a cell that refuses its shutdown', () => {
    const s = enabled({ 'active.cell': cellFile(plainCell('active', [1], RAM_A, { flags: 0 })) });
    s.say('jailhouse cell create active.cell\njailhouse cell start active');
    const { page } = s.driver.hypervisor!.cell(1)!.comm;
    s.machine.after(500, () => s.machine.memory.write32((page + 16) as never, 2));
    expect(s.say('jailhouse cell shutdown active')).toBe('JAILHOUSE_CELL_LOAD: Operation not permitted\n');
  });
});

describe('cell list', () => {
  it('prints nothing while no cell exists', () => {
    const s = shellSession();
    expect(s.say('jailhouse cell list')).toBe('');
    expect(s.shell.lastStatus).toBe(0);
  });

  it('has fixed columns, trailing blanks, and rows sorted as text', () => {
    const cells = Object.fromEntries(
      [...Array(10).keys()].map((n) => [
        `c${n}.cell`,
        cellFile(plainCell(`cell-${n}`, [n + 1], 0x7000_0000 + n * 0x10000)),
      ]),
    );
    const s = enabled(
      cells,
      Object.keys(cells)
        .map((file) => `jailhouse cell create ${file}`)
        .join('\n'),
    );
    const lines = s.say('jailhouse cell list').split('\n').slice(0, -1);
    expect(lines[0]).toBe(
      `${'ID'.padEnd(8)}${'Name'.padEnd(24)}${'State'.padEnd(18)}${'Assigned CPUs'.padEnd(24)}${'Failed CPUs'.padEnd(24)}`,
    );
    expect(lines[1]).toBe(
      `${'0'.padEnd(8)}${'qemu-arm64'.padEnd(24)}${'running'.padEnd(18)}${'0,11-15'.padEnd(24)}${''.padEnd(24)}`,
    );
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual([
      '0',
      '1',
      '10',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
    ]);
  });
});

describe('cell load', () => {
  it('loads images and strings at addresses', () => {
    const s = enabled({}, 'jailhouse cell create inmate-demo.cell');
    expect(s.say('jailhouse cell load inmate-demo inmate.bin -a 0x100 -s "kernel=1 x" --address 4096')).toBe('');
    const at = (offset: number, size: number) =>
      new TextDecoder().decode(s.machine.memory.read((RAM_A + offset) as never, size));
    expect(at(0x100, 4)).toBe('ZZZZ');
    expect(at(0x1000, 12)).toBe('kernel=1 x\0\0');
  });
});

describe('console', () => {
  it('dumps the log and follows it until ^C', () => {
    const s = enabled();
    expect(s.say('jailhouse console')).toContain('\nActivating hypervisor\n');
    s.machine.after(3e8, () => s.driver.hypervisor!.print('later\n'));
    s.machine.after(6e8, () => s.shell.type(Uint8Array.of(3)));
    const text = s.say('jailhouse console -f');
    expect(text).toContain('\nlater\n');
    expect(s.shell.lastStatus).toBe(130);
  });

  it('is EPERM without the system flag', () => {
    const s = shellSession({ 'root.cell': systemFile({ ...rootConfig(), flags: 0 }) });
    s.say('jailhouse enable root.cell');
    expect(s.say('jailhouse console')).toBe('read(console): Operation not permitted\n');
  });

  it('shows a cell’s virtual console', () => {
    const cell = plainCell('v', [1], RAM_A, { flags: CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE });
    const s = enabled({ 'v.cell': cellFile(cell) }, 'jailhouse cell create v.cell\njailhouse cell start v');
    for (const character of 'hello\n') s.machine.cpu(1).hvc(8, character.charCodeAt(0));
    expect(s.shown['v']).toBe('hello\n');
    expect(s.say('jailhouse console')).toContain('hello\n');
  });
});

describe('cell stats', () => {
  it('prints one table off a terminal, by change, value and name', () => {
    const s = enabled({}, 'jailhouse cell create inmate-demo.cell\njailhouse cell start 1');
    s.machine.after(5e8, () => {
      for (let i = 0; i < 3; i++) s.machine.cpu(1).access(0x0800_0004, 4, false);
    });
    const text = s.say('jailhouse cell stats inmate-demo');
    expect(text.split('\n').slice(0, 6)).toEqual([
      'Statistics for inmate-demo cell',
      '',
      'COUNTER (All CPUs)                   SUM   PER SEC',
      'vmexits_total                          4         3',
      'vmexits_mmio                           3         3',
      'vmexits_management                     1         0',
    ]);
    expect(s.machine.now).toBe(1e9);
  });

  it('knows its errors', () => {
    const s = enabled();
    expect(s.say('jailhouse cell stats')).toMatch(/^usage: /);
    expect(s.shell.lastStatus).toBe(1);
    expect(s.say('jailhouse cell stats --help')).toMatch(/^usage: /);
    expect(s.shell.lastStatus).toBe(0);
    expect(s.say('jailhouse cell stats nobody')).toBe('reading stats: No such file or directory\n');
  });
});

describe('configurations as C sources', () => {
  const source = `#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>
struct { struct jailhouse_cell_desc cell; __u64 cpus[1]; struct jailhouse_memory mem_regions[1]; } __attribute__((packed)) config = {
  .cell = {
    .signature = JAILHOUSE_CELL_DESC_SIGNATURE, .revision = JAILHOUSE_CONFIG_REVISION, .architecture = JAILHOUSE_ARM64,
    .name = "from-source", .flags = JAILHOUSE_CELL_PASSIVE_COMMREG, .cpu_set_size = sizeof(config.cpus),
    .num_memory_regions = ARRAY_SIZE(config.mem_regions),
  },
  .cpus = { 0x2 },
  .mem_regions = {
    { .phys_start = 0x7fa00000, .virt_start = 0, .size = 0x10000,
      .flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_LOADABLE },
  },
};
`;

  it('are compiled on the fly, also when only FILE.c lies there for FILE.cell, and events point at their lines', () => {
    for (const name of ['demo.c', 'demo.cell']) {
      const s = enabled({ 'demo.c': source });
      expect(s.say(`jailhouse cell create ${name}`)).toBe('');
      s.say('jailhouse cell load from-source inmate.bin');
      expect(s.events.at(-1)).toMatchObject({
        detail: { rule: 'not-loadable' },
        target: { cell: 'from-source', file: 'demo.c', line: 12, field: 'memoryRegions[0].flags' },
      });
    }
  });

  it('of systems too: a refused enable points at its line', () => {
    const shipped = readFileSync(new URL('../../../boards/qemu-arm64/qemu-arm64.c', import.meta.url), 'utf8');
    const s = shellSession({ 'board.c': shipped.replace('= 0x7fc00000', '= 0x60000000') });
    expect(s.say('jailhouse enable board.c')).toBe('JAILHOUSE_ENABLE: Invalid argument\n');
    const line = shipped.slice(0, shipped.indexOf('.hypervisor_memory')).split('\n').length;
    const target = s.events.at(-1)?.target;
    expect(target).toMatchObject({ file: 'board.c', field: 'hypervisorMemory', cell: 'qemu-arm64' });
    expect(Math.abs(target!.line! - line)).toBeLessThanOrEqual(1);
  });

  it('with a mistake are shown with file and line', () => {
    const s = enabled({ 'bad.c': source.replace('.size = 0x10000', '.sice = 0x10000') });
    expect(s.say('jailhouse cell create bad.c')).toContain('bad.c:11:51: error:');
    expect(s.shell.lastStatus).toBe(1);
  });
});

describe('config check', () => {
  it('prints the reference’s own findings and exits with its codes', () => {
    const s = shellSession({
      'plain.cell': cellFile(plainCell('plain', [1], RAM_A)),
      'bad.cell': cellFile(plainCell('bad', [1], 0x7fc0_0000)),
      'bad.c': 'int x = ;',
    });
    expect(s.say('jailhouse config check root.cell plain.cell')).toBe(`Reading configuration set:
  Architecture:  arm64
  Root cell:     qemu-arm64 (root.cell)
  Non-root cell: plain (plain.cell)
Overlapping memory regions inside cell: None
Overlapping memory regions with hypervisor: None
Missing PCI MMCONFIG interceptions: None
Missing resource interceptions for architecture arm64: None
`);
    expect(s.shell.lastStatus).toBe(0);
    expect(s.say('jailhouse config check root.cell bad.cell')).toContain("In cell 'bad', region 1");
    expect(s.shell.lastStatus).toBe(1);
    expect(s.say('jailhouse config check plain.cell')).toContain('Not a root cell configuration: plain.cell\n');
    expect(s.say('jailhouse config check')).toMatch(/^usage: /);
    expect(s.shell.lastStatus).toBe(2);
    expect(s.say('jailhouse config check nowhere.cell')).toContain("can't open 'nowhere.cell'");
    expect(s.shell.lastStatus).toBe(2);
    expect(s.say('jailhouse config check root.cell bad.c')).toContain('bad.c:1:');
    expect(s.say('jailhouse config check --help')).toMatch(/^usage: /);
    expect(s.shell.lastStatus).toBe(0);
  });
});

describe('arguments', () => {
  it('integers as C reads them', () => {
    expect(['0', '12', '0x1F', '010', '-3', '+4', ' 5'].map(parseInteger)).toEqual([0n, 12n, 31n, 8n, -3n, 4n, 5n]);
    for (const text of ['', 'x', '1x', '0x', '08', '1 ', '--1']) expect(parseInteger(text)).toBeUndefined();
  });

  it('ids and names', () => {
    expect(parseCellId(['3'])?.cell).toEqual({ id: 3, name: '' });
    expect(parseCellId(['0x10', 'rest'])).toEqual({ cell: { id: 16, name: '' }, rest: ['rest'] });
    expect(parseCellId(['-3'])?.cell).toEqual({ id: -1, name: '-3' });
    expect(parseCellId(['--name', '3'])?.cell).toEqual({ id: -1, name: '3' });
    expect(parseCellId(['n'.repeat(40)])?.cell.name).toHaveLength(31);
  });

  it('images', () => {
    expect(parseImages(['a', '-a', '0x10', '-s', '-a', 'b'])).toEqual([
      { kind: 'file', path: 'a', address: 16n },
      { kind: 'string', text: '-a', address: 0n },
      { kind: 'file', path: 'b', address: 0n },
    ]);
    expect(parseImages([])).toBeUndefined();
  });
});
