// Where the store lives: one place for both shells, the system's own for a program's data, or CELLBLOCK_DATA.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder for a person's data: XDG Base Directory Specification on Linux, the vendor's convention elsewhere. */
export function dataFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.CELLBLOCK_DATA) return resolve(environment.CELLBLOCK_DATA);
  if (platform === 'win32') return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Cellblock');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Cellblock');
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'cellblock');
}

export const storeFile = (folder: string): string => join(folder, 'cellblock.sqlite');
