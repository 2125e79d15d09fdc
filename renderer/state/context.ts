// How components reach the workbench: through Svelte's context, set once by App.
import { createContext } from 'svelte';
import type { OpenProject } from './project.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

export const [useWorkbench, provideWorkbench] = createContext<Workbench>();

/** The open project, in components that are only shown while there is one. */
export function useProject(): OpenProject {
  const workbench = useWorkbench();
  if (!workbench.project) throw new Error('This part of the window is shown only with an open project.');
  return workbench.project;
}
