// What moving a CPU would do, told before it is done: where it may not go and why, otherwise the numbers that change and the
// problems that it would bring. The problems come from the rules of engine/config, run over the scenario as it would be.
import { newErrors } from '../state/problems.ts';
import type { OpenProject } from '../state/project.svelte.ts';
import { BOARD_COLUMN, HYPERVISOR_COLUMN } from './columns.ts';
import { moveCpu, moveEffects } from './cpus.ts';
import type { Verdict } from './cpus.ts';

const NOT_CELLS: Record<string, string> = {
  [BOARD_COLUMN]: 'The board has its CPUs already: drop it on a cell.',
  [HYPERVISOR_COLUMN]: 'The hypervisor runs on every CPU and owns none: drop it on a cell.',
};

/** Errors that a next move can mend: they are told, but do not forbid this one (two cells may want to swap CPUs). */
const PASSING = ['cpu-none'];

export function moveVerdict(project: OpenProject, cpu: number, to: string): Verdict {
  const { scenario, cells } = project;
  const target = cells.find((entry) => entry.key === to);
  if (!target || !scenario) return { allowed: false, text: NOT_CELLS[to] ?? 'Drop it on a cell.' };
  const sets = new Map(moveCpu(cpu, to, cells).map(({ key, cpuSet }) => [key, cpuSet]));
  const others = cells.filter((entry) => !entry.root);
  const moved = others.map(({ key, cell }) => ({ ...cell, cpuSet: sets.get(key) ?? cell.cpuSet }));
  const errors = newErrors(scenario, { ...scenario, cells: moved });
  const forbidding = errors.find(({ rule }) => !PASSING.includes(rule));
  if (forbidding) return { allowed: false, text: forbidding.message };
  const told = errors.map(({ message }) => message);
  return { allowed: true, text: [moveEffects(cpu, target, cells), ...told].join(' · ') };
}
