// Saving files where the person says, with the system's own dialogs.
import { dialog, type BrowserWindow } from 'electron';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ServiceError, type Download } from '../../engine/contract/index.ts';

/** One file: its name can be chosen. Several: a folder, and a question before any is replaced. False: cancelled. */
export async function saveFiles(window: BrowserWindow, files: readonly Download[], title: string): Promise<boolean> {
  if (files.length === 1) {
    const [file] = files as [Download];
    const { canceled, filePath } = await dialog.showSaveDialog(window, { title, defaultPath: basename(file.name) });
    if (canceled) return false;
    await write(filePath, file.bytes);
    return true;
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title,
    properties: ['openDirectory', 'createDirectory'],
  });
  if (canceled || filePaths[0] === undefined) return false;
  const targets = files.map((file) => ({ path: join(filePaths[0]!, basename(file.name)), bytes: file.bytes }));
  const replaced = targets.filter(({ path }) => existsSync(path)).map(({ path }) => basename(path));
  if (replaced.length > 0) {
    const { response } = await dialog.showMessageBox(window, {
      type: 'question',
      message: `Replace ${replaced.length === 1 ? replaced[0] : `${replaced.length} files`} in ${filePaths[0]}?`,
      detail: replaced.join('\n'),
      buttons: ['Replace', 'Cancel'],
      defaultId: 0,
      cancelId: 1,
    });
    if (response !== 0) return false;
  }
  for (const { path, bytes } of targets) await write(path, bytes);
  return true;
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ServiceError(
      code === 'ENOSPC' ? 'disk-full' : 'failed',
      code === 'ENOSPC'
        ? `${path} could not be saved: the disk is full. Free some space or choose another place.`
        : `${path} could not be saved: ${message}. Choose another place.`,
    );
  }
}
