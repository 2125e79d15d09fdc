// Which kernel or firmware a project starts its bare board with. Remembered with the project.
import { systemFiles } from '../../engine/contract/index.ts';
import type { SystemFiles } from '../../engine/contract/index.ts';
import type { OpenProject } from '../state/project.svelte.ts';

const KEY = 'boot.system';

/** What was started last; undefined: nothing yet, or its files are gone. */
export function bootSystem(project: OpenProject): SystemFiles | undefined {
  const kept = systemFiles.safeParse(project.layout[KEY]);
  return kept.success && filesOf(kept.data).every((path) => project.files.has(path)) ? kept.data : undefined;
}

export const setBootSystem = (project: OpenProject, system: SystemFiles): void => project.remember(KEY, system);

const filesOf = (system: SystemFiles): string[] =>
  'firmware' in system ? [system.firmware] : [system.kernel, ...(system.initrd === undefined ? [] : [system.initrd])];
