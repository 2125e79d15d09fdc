// What the palette offers: every command of the table, and the things that can be gone to by name.
import type { Workbench } from '../state/workbench.svelte.ts';
import type { IconName } from '../ui/icons.ts';
import { cellActions } from '../run/cellActions.ts';
import { keysOf } from './dispatch.ts';
import { COMMANDS } from './table.ts';

export interface PaletteEntry {
  id: string;
  title: string;
  icon?: IconName | undefined;
  keys?: string | undefined;
  unavailable?: string | undefined;
  /** A command of the table, or … */
  command?: string;
  /** … something of its own. */
  run?: () => void | Promise<void>;
}

export function paletteEntries(workbench: Workbench): PaletteEntry[] {
  const commands = COMMANDS.map(({ id, title, icon, unavailable }): PaletteEntry => ({
    id,
    title,
    icon,
    keys: keysOf(id),
    unavailable: unavailable?.(workbench),
    command: id,
  }));
  return [...commands, ...cellEntries(workbench), ...runEntries(workbench), ...projectEntries(workbench)];
}

const projectEntries = (workbench: Workbench): PaletteEntry[] =>
  workbench.library.projects
    .filter((project) => project.id !== workbench.project?.id)
    .map((project) => ({
      id: `project.open ${project.id}`,
      title: `Open project ${project.name}`,
      icon: 'projects',
      run: () => workbench.openProject(project.id),
    }));

const runEntries = (workbench: Workbench): PaletteEntry[] =>
  workbench.runs.list.map((run) => ({
    id: `run.open ${run.id}`,
    title: `Open run ${run.number}`,
    icon: 'clock',
    run: async () => {
      workbench.view = 'run';
      await workbench.runs.open(run.id);
    },
  }));

function cellEntries(workbench: Workbench): PaletteEntry[] {
  const shown = (workbench.project?.cells ?? []).map((entry): PaletteEntry => ({
    id: `cell.show ${entry.key}`,
    title: `Show cell ${entry.name} on the board`,
    icon: 'board',
    run: () => {
      workbench.view = 'board';
      workbench.board.select({ kind: 'cell', cell: entry.key }, true);
    },
  }));
  const run = workbench.runs.live;
  const actions = (run?.cells ?? []).flatMap((cell) =>
    cellActions(cell).map((action): PaletteEntry => ({
      id: `cell.${action.name} ${cell.id}`,
      title: `Cell ${cell.name}: ${action.label.toLowerCase()}`,
      icon: 'run',
      run: () => run!.command(action.line),
    })),
  );
  return [...shown, ...actions];
}
