// What `electron` resolves to in the main process of an app on the stand-in.
import { app } from './app.ts';
import { ipcMain } from './ipc.ts';
import { Menu } from './menu.ts';
import { MessageChannelMain } from './ports.ts';
import { guarded, notImplemented } from './refuse.ts';
import { protocol, session } from './session.ts';
import { utilityProcess } from './utility.ts';
import { BrowserWindow, webContents } from './windows.ts';

/** Nobody is there to answer a dialog: a test puts its own function in the place of the one it expects. */
const dialog = guarded('dialog', {
  showErrorBox: (title: string, content: string) => void process.stderr.write(`${title}: ${content}\n`),
  showSaveDialog: () => Promise.reject(notImplemented('dialog.showSaveDialog unless a test replaces it')),
  showOpenDialog: () => Promise.reject(notImplemented('dialog.showOpenDialog unless a test replaces it')),
  showMessageBox: () => Promise.reject(notImplemented('dialog.showMessageBox unless a test replaces it')),
} satisfies Partial<Electron.Dialog>);

const nativeTheme = guarded('nativeTheme', { shouldUseDarkColors: false } satisfies Partial<Electron.NativeTheme>);

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  session,
  utilityProcess,
  webContents,
};
