// The application menu: the window's own commands by name (renderer/commands), and the system's roles. The window runs a command; the menu
// only names it, so that a key works the same with and without a menu.
import { BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron';
import { PRELOAD_CHANNEL } from '../../engine/contract/preload.ts';
import type { MainNotice } from '../../engine/contract/index.ts';
import { MENU_COMMANDS, type CommandItem } from './menuCommands.ts';

export function installMenu(newWindow: () => void): void {
  const command = ({ label, name, accelerator }: CommandItem): MenuItemConstructorOptions => ({
    id: name,
    label,
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
    click: () => run(name),
  });
  const section = (label: string, ...after: MenuItemConstructorOptions[]): MenuItemConstructorOptions => ({
    label,
    submenu: [
      ...MENU_COMMANDS.filter((item) => item.menu === label).map((item): MenuItemConstructorOptions =>
        'name' in item ? command(item) : { type: 'separator' },
      ),
      ...after,
    ],
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
      section(
        'File',
        separator,
        { id: 'window.new', label: 'New Window', accelerator: 'CmdOrCtrl+Shift+N', click: newWindow },
        { role: process.platform === 'darwin' ? 'close' : 'quit' },
      ),
      section('Edit', separator, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }),
      section(
        'View',
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ),
      section('Run'),
      { role: 'windowMenu' },
    ]),
  );
}

function run(name: string): void {
  const notice: MainNotice = { type: 'command', name };
  BrowserWindow.getFocusedWindow()?.webContents.send(PRELOAD_CHANNEL.notice, notice);
}
