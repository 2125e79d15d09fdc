// From a problem to the thing: selected on the map, its characters in the source.
import { fileOfPlace, placeOf } from '../state/documents.ts';
import type { Problem } from '../state/problems.ts';
import type { OpenProject } from '../state/project.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import { openSource, sourceIsOpen } from './panes.ts';
import { problemKey } from './problemRows.ts';

/** Where a problem stands in the project's texts. */
export function placeOfProblem(
  project: OpenProject,
  problem: Problem,
): { file: string; start: number; end: number; line: number } | undefined {
  const document = project.document(problem.file);
  const place = document && (problem.location ?? placeOf(document, problem.field));
  return place && { file: fileOfPlace(document, place), start: place.start, end: place.end, line: place.line };
}

/** @param source whether the source pane is to be opened for it */
export function goToProblem(workbench: Workbench, project: OpenProject, problem: Problem, source = false): void {
  const { board } = workbench;
  workbench.view = 'board';
  board.problem = problemKey(problem);
  const [region] = problem.regions;
  const place = placeOfProblem(project, problem);
  const hasEntry = project.cells.some((entry) => entry.key === problem.file);
  if (region) board.select({ kind: 'region', ...region }, true, true);
  else if (/^(hypervisorMemory|debugConsole|platform|pciMmconfig|iommu)/.test(problem.field))
    board.select({ kind: 'hypervisor' }, false, true);
  else if (hasEntry) board.select({ kind: 'cell', cell: problem.file }, true, true);
  if (source || !hasEntry) openSource(project, true);
  if (place && sourceIsOpen(project)) board.showPlace({ ...place, focus: source });
}
