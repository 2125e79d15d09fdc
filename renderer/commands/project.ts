// Commands about whole projects and their files.
import { chooseFile } from '../ui/chooseFile.ts';
import type { Command } from './table.ts';
import { needsProject, needsScenario } from './available.ts';

export const projectCommands: readonly Command[] = [
  {
    id: 'project.new',
    title: 'Project: new from a board',
    icon: 'plus',
    run: (workbench) => {
      workbench.overlay = 'new-project';
    },
  },
  {
    id: 'project.import',
    title: 'Project: import a file',
    icon: 'import',
    run: async (workbench) => {
      const file = await chooseFile('.cellblock,application/json,application/zip');
      if (file) await workbench.show(await workbench.library.import(file.bytes));
    },
  },
  {
    id: 'project.importFolder',
    title: 'Project: import a folder of configurations',
    icon: 'folder',
    run: (workbench) => {
      workbench.overlay = 'import-folder';
    },
  },
  {
    id: 'project.export',
    title: 'Project: export as one file',
    icon: 'export',
    unavailable: needsProject,
    run: async (workbench) => {
      const project = workbench.project!;
      await project.flush();
      await workbench.library.export(project);
    },
  },
  {
    id: 'project.duplicate',
    title: 'Project: duplicate',
    icon: 'copy',
    unavailable: needsProject,
    run: async (workbench) => {
      const project = workbench.project!;
      await project.flush();
      await workbench.show(await workbench.library.duplicate(project));
    },
  },
  {
    id: 'project.delete',
    title: 'Project: delete',
    icon: 'trash',
    unavailable: needsProject,
    run: async (workbench) => {
      const project = workbench.project!;
      await workbench.closeProject();
      await workbench.library.remove(project);
    },
  },
  {
    id: 'project.diff',
    title: 'Project: compare configurations with a run, a revision or another project',
    icon: 'compare',
    unavailable: needsProject,
    run: (workbench) => {
      workbench.overlay = 'diff';
    },
  },
  {
    id: 'export.cells',
    title: 'Export .cell files of the system and every cell',
    keys: ['Mod+E'],
    icon: 'export',
    unavailable: needsScenario,
    run: (workbench) => {
      workbench.overlay = 'export';
    },
  },
];
