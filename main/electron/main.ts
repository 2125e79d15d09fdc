// The Electron shell: windows, menu and dialogs over the services. What it adds to them is kept to this folder.
import { app, BrowserWindow, dialog, ipcMain, MessageChannelMain, type IpcMainInvokeEvent } from 'electron';
import { join } from 'node:path';
import { PRELOAD_CHANNEL } from '../../engine/contract/preload.ts';
import { ServiceError } from '../../engine/contract/index.ts';
import { boardFolder } from '../services/boards.ts';
import { dispatcher } from '../services/dispatcher.ts';
import { createServices, type Caller } from '../services/services.ts';
import { dataFolder, storeFile } from '../store/location.ts';
import { openStore, type Store } from '../store/store.ts';
import { utilityProcessEngine } from './engine.ts';
import { saveFiles } from './files.ts';
import { installMenu } from './menu.ts';
import { declarePageScheme, isPage, servePage } from './page.ts';
import { denyPermissions, openWindow } from './window.ts';

const root = app.getAppPath();
const built = (...path: string[]) => join(root, 'out', ...path);
const data = dataFolder();

app.setPath('userData', join(data, 'electron'));
declarePageScheme();
// One main process per store: a second start shows itself as a second window of the first.
if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();

function start(): void {
  let store: Store;
  try {
    store = openStore(storeFile(data));
  } catch (error) {
    dialog.showErrorBox('Cellblock cannot start', error instanceof Error ? error.message : String(error));
    app.exit(1);
    return;
  }
  const callers = new Map<number, Caller>();
  const services = createServices({
    store,
    boards: boardFolder(join(root, 'boards')),
    startEngine: utilityProcessEngine(built('main', 'engine.js'), root),
    broadcast(notice, except) {
      for (const window of BrowserWindow.getAllWindows())
        if (except === undefined || callers.get(window.webContents.id) !== except)
          window.webContents.send(PRELOAD_CHANNEL.notice, notice);
    },
  });
  const dispatch = dispatcher(services.handlers);

  const newWindow = () => {
    const window = openWindow(built('preload', 'index.cjs'));
    const { id } = window.webContents;
    callers.set(id, { saveFiles: (files, title) => saveFiles(window, files, title) });
    window.once('closed', () => callers.delete(id));
  };

  /** The window behind an event: only the main frame of a page of ours in a window of ours is heard. */
  const callerOf = (event: IpcMainInvokeEvent): Caller => {
    const caller = callers.get(event.sender.id);
    if (caller === undefined || event.senderFrame !== event.sender.mainFrame || !isPage(event.senderFrame.url))
      throw new ServiceError('invalid', 'Only the window itself may call its services.');
    return caller;
  };
  ipcMain.handle(PRELOAD_CHANNEL.call, (event, name: unknown, input: unknown) =>
    dispatch(String(name), input, callerOf(event)),
  );
  ipcMain.handle(PRELOAD_CHANNEL.attach, (event, runId: unknown, key: unknown) => {
    callerOf(event);
    const { port1, port2 } = new MessageChannelMain();
    const attached = services.attach(String(runId), port2);
    if (attached) event.sender.postMessage(PRELOAD_CHANNEL.port, key, [port1]);
    return attached;
  });

  servePage(built('renderer'));
  denyPermissions();
  installMenu(newWindow);
  newWindow();
  app.on('second-instance', newWindow);
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) newWindow();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', () => services.close());
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
