// Which parts of the board view are open; remembered with the project.
import type { OpenProject } from '../state/project.svelte.ts';
import { GROUPINGS } from './problemRows.ts';
import type { Grouping } from './problemRows.ts';

export const sourceIsOpen = (project: OpenProject): boolean => project.layout['source.open'] === true;
export const openSource = (project: OpenProject, open: boolean): void => project.remember('source.open', open);

/** How the problems panel groups. */
export const groupingOf = (project: OpenProject): Grouping =>
  GROUPINGS.find((each) => each === project.layout['problems.by']) ?? 'severity';
export const setGrouping = (project: OpenProject, by: Grouping): void => project.remember('problems.by', by);
