// What moving a CPU would do, told before it is done: where it may not go and why, otherwise the numbers that change and the
// problems that it would bring or solve. The problems come from the rules of engine/config, run over the scenario as it would be.
import type { OpenProject } from '../state/project.svelte.ts';
import { BOARD_COLUMN, HYPERVISOR_COLUMN } from './columns.ts';
import { moveEffects } from './cpus.ts';

export interface Verdict {
  allowed: boolean;
  text: string;
}

const NOT_CELLS: Record<string, string> = {
  [BOARD_COLUMN]: 'The board has its CPUs already: drop it on a cell.',
  [HYPERVISOR_COLUMN]: 'The hypervisor runs on every CPU and owns none: drop it on a cell.',
};

export function moveVerdict(project: OpenProject, cpu: number, to: string): Verdict {
  const target = project.cells.find((entry) => entry.key === to);
  if (!target) return { allowed: false, text: NOT_CELLS[to] ?? 'Drop it on a cell.' };
  return { allowed: true, text: moveEffects(cpu, target, project.cells) };
}
