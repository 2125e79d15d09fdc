// Reasons that several commands share for not being available.
import type { Workbench } from '../state/workbench.svelte.ts';

export const needsProject = (workbench: Workbench): string | undefined =>
  workbench.project ? undefined : 'Open a project first.';

export const needsScenario = (workbench: Workbench): string | undefined =>
  needsProject(workbench) ??
  (workbench.project?.scenario ? undefined : 'The project has no system configuration that can be read.');

export const needsLiveRun = (workbench: Workbench): string | undefined =>
  needsProject(workbench) ?? (workbench.runs.live ? undefined : 'Nothing is running. Boot the board first.');
