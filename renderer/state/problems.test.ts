import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../engine/board/index.ts';
import { checkScenario, ConfigError, cpuSetOf, readSource } from '../../engine/config/index.ts';
import type { CheckedScenario } from '../../engine/config/index.ts';
import { textFile } from './files.ts';
import { marked } from './intended.ts';
import type { Intended } from './intended.ts';
import { allFixed, findProblems, fixed, newErrors, Problems, unreadable } from './problems.ts';
import type { ProblemCell } from './problems.ts';

const folder = new URL('../../boards/qemu-arm64/', import.meta.url);
const text = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
function read(file: string) {
  const result = readSource(text(file), { file });
  if (result instanceof ConfigError) throw result;
  return result.config;
}
const board = parseBoard('qemu-arm64', text('board.json'));

function sample(): { scenario: CheckedScenario; cells: ProblemCell[] } {
  const root = read('qemu-arm64.c');
  if (root.kind !== 'system') throw new Error('not a system');
  const entries = ['greeter.c', 'timer.c'].map((key): ProblemCell => {
    const config = read(key);
    if (config.kind !== 'cell') throw new Error('not a cell');
    return { key, name: config.cell.name, root: false, cell: config.cell };
  });
  return {
    scenario: { system: root.system, cells: entries.map((entry) => entry.cell), board },
    cells: [
      { key: 'qemu-arm64.c', name: root.system.rootCell.name, root: true, cell: root.system.rootCell },
      ...entries,
    ],
  };
}
const ramOf = (cell: ProblemCell): number => cell.cell.memoryRegions.findIndex((region) => region.virtStart === 0n);

describe('problems', () => {
  it('are none in what ships', () => {
    const { scenario, cells } = sample();
    expect(findProblems(scenario, cells).filter((problem) => problem.severity !== 'info')).toEqual([]);
  });

  it('mark both ends of an overlap', () => {
    const { scenario, cells } = sample();
    const [, greeter, timer] = cells as [ProblemCell, ProblemCell, ProblemCell];
    timer.cell.memoryRegions[ramOf(timer)]!.physStart = greeter.cell.memoryRegions[ramOf(greeter)]!.physStart;
    const problems = new Problems(findProblems(scenario, cells));
    expect(problems.errors + problems.warnings).toBeGreaterThan(0);
    expect(problems.ofRegion('greeter.c', ramOf(greeter))).toBeDefined();
    expect(problems.ofRegion('timer.c', ramOf(timer))).toBeDefined();
    expect(problems.ofRegion('greeter.c', ramOf(greeter) + 1)).toBeUndefined();
  });

  it('go away with their fix', () => {
    const { scenario, cells } = sample();
    cells[2]!.cell.cpuSet = cells[1]!.cell.cpuSet;
    const [problem] = findProblems(scenario, cells);
    expect(problem).toMatchObject({ rule: 'cpu-twice', severity: 'error', file: 'timer.c' });
    const rules = checkScenario(fixed(scenario, problem!)!).map(({ rule }) => rule);
    expect(rules).not.toContain('cpu-twice');
  });

  it('tell what a change would break before it is made', () => {
    const { scenario } = sample();
    expect(newErrors(scenario, scenario)).toEqual([]);
    const all = { ...scenario, cells: [{ ...scenario.cells[0]!, cpuSet: cpuSetOf([...Array(16).keys()], 8) }] };
    expect(newErrors(scenario, all).map(({ rule }) => rule)).toContain('cpu-none-left');
  });
});

describe('all fixes of a kind', () => {
  it('are made one after the other, and end', () => {
    const { scenario, cells } = sample();
    cells[2]!.cell.cpuSet = cells[1]!.cell.cpuSet;
    const { scenario: next, fixes } = allFixed(scenario, 'cpu-twice');
    expect(fixes).toBeGreaterThan(0);
    expect(checkScenario(next).filter(({ rule }) => rule === 'cpu-twice')).toEqual([]);
    expect(allFixed(scenario, 'no such rule')).toEqual({ scenario, fixes: 0 });
  });
});

describe('problems that are intended', () => {
  it('are told apart and mark no region', () => {
    const { scenario, cells } = sample();
    const [, greeter, timer] = cells as [ProblemCell, ProblemCell, ProblemCell];
    timer.cell.memoryRegions[ramOf(timer)]!.physStart = greeter.cell.memoryRegions[ramOf(greeter)]!.physStart;
    const found = findProblems(scenario, cells);
    const marks = found.reduce<Intended[]>((all, problem) => marked(all, problem, 'on purpose'), []);
    const problems = new Problems(found, marks);
    expect(problems).toMatchObject({ list: [], errors: 0, warnings: 0 });
    expect(problems.intended.map(({ reason }) => reason)).toEqual(found.map(() => 'on purpose'));
    expect(problems.ofRegion('greeter.c', ramOf(greeter))).toBeUndefined();
  });
});

describe('a problem that names a region twice', () => {
  it('is told once beside it', () => {
    const { scenario, cells } = sample();
    cells[2]!.cell.cpuSet = cells[1]!.cell.cpuSet;
    const [found] = findProblems(scenario, cells);
    const region = { cell: 'timer.c', index: 0 };
    expect(new Problems([{ ...found!, regions: [region, region] }]).about('timer.c', 0)).toHaveLength(1);
  });
});

describe('files that cannot be read', () => {
  it('are problems with a place', () => {
    const error = readSource('struct {', { file: 'a.c' });
    if (!(error instanceof ConfigError)) throw new Error('it can be read');
    const file = textFile('a.c', 'cell', 'struct {');
    const document = { path: 'a.c', file, config: undefined, error, trailing: 0, source: undefined };
    expect(unreadable([document])).toMatchObject([
      { rule: 'unreadable', severity: 'error', file: 'a.c', location: { line: 1 } },
    ]);
  });
});
