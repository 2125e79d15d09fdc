// Commands about the window itself: views, palette, undo, theme.
import type { Command } from './table.ts';
import type { Theme } from '../state/settings.svelte.ts';
import type { ViewName, Workbench } from '../state/workbench.svelte.ts';
import { needsProject } from './available.ts';

const view = (name: ViewName, title: string, key: string): Command => ({
  id: `view.${name}`,
  title: `Go to ${title}`,
  keys: [key],
  icon: name,
  ...(name !== 'projects' && name !== 'settings' && { unavailable: needsProject }),
  run: (workbench) => {
    workbench.view = name;
  },
});

const theme = (name: Theme, title: string): Command => ({
  id: `theme.${name}`,
  title: `Theme: ${title}`,
  run: (workbench) => workbench.settings.setTheme(name),
});

const nothing = (workbench: Workbench, what: 'undo' | 'redo'): string | undefined =>
  needsProject(workbench) ??
  (workbench.project!.history[`${what}Label`] === undefined ? `There is nothing to ${what}.` : undefined);

export const windowCommands: readonly Command[] = [
  view('projects', 'projects', 'Mod+1'),
  view('board', 'the board', 'Mod+2'),
  view('run', 'the run', 'Mod+3'),
  view('compare', 'compare', 'Mod+4'),
  view('settings', 'settings', 'Mod+,'),
  {
    id: 'palette',
    title: 'Find a command',
    keys: ['Mod+K', 'F1'],
    icon: 'search',
    run: (workbench) => {
      workbench.overlay = workbench.overlay === 'palette' ? undefined : 'palette';
    },
  },
  {
    id: 'undo',
    title: 'Undo',
    keys: ['Mod+Z'],
    icon: 'undo',
    unavailable: (workbench) => nothing(workbench, 'undo'),
    run: (workbench) => workbench.project!.undo(),
  },
  {
    id: 'redo',
    title: 'Redo',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    icon: 'redo',
    unavailable: (workbench) => nothing(workbench, 'redo'),
    run: (workbench) => workbench.project!.redo(),
  },
  theme('system', 'as the system'),
  theme('light', 'light'),
  theme('dark', 'dark'),
];
