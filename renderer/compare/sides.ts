// What a scenario can be compared with: the project as it is, as it was when it was opened, as a run had it, and other projects.
import type { Bridge, ProjectFile } from '../../engine/contract/index.ts';
import { momentText } from '../format/time.ts';
import { realFiles } from '../state/files.ts';
import type { WorkingFiles } from '../state/files.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import type { SideFile } from './files.ts';

export interface Side {
  key: string;
  label: string;
  files: () => Promise<readonly SideFile[]>;
}

const working = (files: WorkingFiles): SideFile[] =>
  realFiles(files).map(({ path, kind, text, bytes, hash }) => ({ path, kind, text, bytes, hash }));

/** Binary configurations are fetched, so that their fields can be read. */
const stored = (bridge: Bridge, project: string, files: readonly ProjectFile[]): Promise<SideFile[]> =>
  Promise.all(
    files.map(async ({ path, kind, text, hash }): Promise<SideFile> => {
      const isBinary = (kind === 'system' || kind === 'cell') && text === undefined;
      const bytes = isBinary ? await bridge.call('projects.bytes', { id: project, path }) : undefined;
      return { path, kind, text, bytes, hash };
    }),
  );

export function sidesOf(workbench: Workbench, now: number): Side[] {
  const { bridge, runs, library } = workbench;
  const project = workbench.project!;
  return [
    { key: 'now', label: `${project.name}, as it is now`, files: () => Promise.resolve(working(project.files)) },
    {
      key: 'opened',
      label: `${project.name}, as it was opened`,
      files: () => Promise.resolve(working(project.opened)),
    },
    ...runs.list.map(({ id, number, started }): Side => ({
      key: `run ${id}`,
      label: `run ${number}, ${momentText(started, now)}`,
      // A run's binary configurations are not kept by name: they are told apart by their hashes.
      files: async () =>
        (await bridge.call('runs.open', { id })).files.map(({ path, kind, text, hash }) => ({
          path,
          kind,
          text,
          hash,
        })),
    })),
    ...library.projects
      .filter(({ id }) => id !== project.id)
      .map(({ id, name }): Side => ({
        key: `project ${id}`,
        label: `project ${name}`,
        files: async () => stored(bridge, id, (await bridge.call('projects.open', { id })).files),
      })),
  ];
}
