// What the application menu offers of the window's commands, in order. Names are those of renderer/commands.

export interface CommandItem {
  menu: string;
  label: string;
  name: string;
  /** As Electron writes it; shown only: the window itself listens for the key. */
  accelerator?: string;
}
export interface SeparatorItem {
  menu: string;
  separator: true;
}

export const MENU_COMMANDS: readonly (CommandItem | SeparatorItem)[] = [
  { menu: 'File', label: 'New Project…', name: 'project.new' },
  { menu: 'File', label: 'Import Project…', name: 'project.import' },
  { menu: 'File', label: 'Export Project…', name: 'project.export' },
  { menu: 'File', label: 'Duplicate Project', name: 'project.duplicate' },
  { menu: 'File', separator: true },
  { menu: 'File', label: 'Export .cell Files…', name: 'export.cells', accelerator: 'CmdOrCtrl+E' },
  { menu: 'Edit', label: 'Undo', name: 'undo', accelerator: 'CmdOrCtrl+Z' },
  { menu: 'Edit', label: 'Redo', name: 'redo', accelerator: 'CmdOrCtrl+Shift+Z' },
  { menu: 'View', label: 'Projects', name: 'view.projects', accelerator: 'CmdOrCtrl+1' },
  { menu: 'View', label: 'Board', name: 'view.board', accelerator: 'CmdOrCtrl+2' },
  { menu: 'View', label: 'Run', name: 'view.run', accelerator: 'CmdOrCtrl+3' },
  { menu: 'View', label: 'Settings', name: 'view.settings', accelerator: 'CmdOrCtrl+,' },
  { menu: 'View', separator: true },
  { menu: 'View', label: 'Find a Command…', name: 'palette', accelerator: 'CmdOrCtrl+K' },
  { menu: 'Run', label: 'Boot', name: 'run.boot', accelerator: 'F5' },
  { menu: 'Run', label: 'Boot to the Root Shell', name: 'run.bootShell' },
  { menu: 'Run', label: 'Pause or Go On', name: 'run.pause', accelerator: 'F6' },
  { menu: 'Run', label: 'Step', name: 'run.step', accelerator: 'F10' },
  { menu: 'Run', label: 'Stop', name: 'run.stop', accelerator: 'Shift+F5' },
];
