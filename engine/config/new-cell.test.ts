import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../board/load.ts';
import { cpusOf, decode, encode } from './codec.ts';
import { ConfigError } from './errors.ts';
import { newCell, type NewCell, type NewCellRequest } from './new-cell.ts';
import { checkScenario, type CheckedScenario } from './rules/index.ts';
import { readSource } from './source/reader.ts';

const folder = join(import.meta.dirname, '../../boards/qemu-arm64');
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const board = parseBoard('qemu-arm64', text('board.json'));
const read = (name: string) => {
  const result = readSource(text(name));
  if (result instanceof ConfigError) throw result;
  return result.config;
};
const root = read(board.rootConfig);
if (root.kind !== 'system') throw new Error('kind');
const scenario: CheckedScenario = {
  system: root.system,
  cells: board.cells.map((name) => {
    const config = read(name);
    if (config.kind !== 'cell') throw new Error('kind');
    return config.cell;
  }),
  board,
};

const REQUEST: NewCellRequest = {
  name: 'new',
  cpus: 1,
  memory: 0x10000n,
  uart: 'shared',
  linux: false,
  network: false,
};
const made = (request: Partial<NewCellRequest>, given = scenario): NewCell => {
  const result = newCell(given, { ...REQUEST, ...request });
  if (result instanceof ConfigError) throw result;
  return result;
};
const after = ({ cell, system, kernelArguments }: NewCell, given = scenario): CheckedScenario => ({
  ...given,
  system,
  cells: [...given.cells, cell],
  kernelArguments: kernelArguments.join(' '),
});

describe('a new cell', () => {
  it.each<[string, Partial<NewCellRequest>]>([
    ['the simplest', {}],
    ['with the virtual console', { uart: 'virtual' }],
    ['without console', { uart: 'none' }],
    ['on the debug UART by name', { uart: 'uart0' }],
    ['with given CPUs', { cpus: [13, 15] }],
    ['for Linux with a network', { linux: true, memory: 64n << 20n, network: true, cpus: 2 }],
  ])('%s: fits with everything that is there, by all rules', (_, request) => {
    const result = made(request);
    expect(checkScenario(after(result)).map(({ rule, message }) => `${rule}: ${message}`)).toEqual([]);
    expect(decode(encode({ kind: 'cell', cell: result.cell }))).not.toBeInstanceOf(ConfigError);
  });

  it('takes free CPUs from above and leaves root its first', () => {
    expect(cpusOf(made({ cpus: 2 }).cell.cpuSet)).toEqual([14, 15]);
    expect(cpusOf(made({ cpus: 3 }).cell.cpuSet)).toEqual([13, 14, 15]);
  });

  it('changes the system configuration only where it must', () => {
    expect(made({}).system).toEqual(scenario.system);
    expect(made({}).systemChanges).toEqual([]);
    const { system, systemChanges } = made({ network: true });
    expect(systemChanges).toHaveLength(1);
    expect(system.rootCell.pciDevices).toHaveLength(3);
  });

  it('says what the kernel must be told', () => {
    expect(made({}).kernelArguments).toEqual(['mem=768M']);
    const small = made({ linux: true, memory: 512n << 20n }, { ...scenario, cells: [] });
    expect(small.kernelArguments).toEqual([expect.stringMatching(/^mem=\d+M$/)]);
    expect(checkScenario(after(small, { ...scenario, cells: [] })).map(({ rule }) => rule)).toEqual([]);
  });

  it('a second one beside the first', () => {
    const first = made({ network: true });
    const second = made({ name: 'second', network: true }, after(first));
    expect(checkScenario(after(second, after(first))).map(({ message }) => message)).toEqual([]);
  });

  it.each<[string, Partial<NewCellRequest>, RegExp]>([
    ['too many CPUs', { cpus: 4 }, /4 CPUs are wanted, and only 13, 14, 15 are free/],
    ['no CPUs', { cpus: 0 }, /at least one CPU/],
    ["another cell's CPU", { cpus: [4] }, /CPU 4 already belongs/],
    ['a CPU that is not there', { cpus: [16] }, /has no CPU 16/],
    ['too much memory', { memory: 2n << 30n }, /no free stretch of 2 GiB/],
    ['half a page', { memory: 2048n }, /not a number of 4 KiB pages/],
    ['an unknown UART', { uart: 'uart7' }, /the board has uart0/],
    ['a name that is taken', { name: 'greeter' }, /already is a cell "greeter"/],
    ['no name', { name: '' }, /1 to 31 characters/],
  ])('is refused: %s', (_, request, message) => {
    const result = newCell(scenario, { ...REQUEST, ...request });
    expect(result).toBeInstanceOf(ConfigError);
    expect((result as ConfigError).message).toMatch(message);
  });
});
