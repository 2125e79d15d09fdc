// What can be done to a cell now, as root-shell commands. The driver takes numbers or names; numbers need no quoting
// (ABI reference, F.1).
import type { CellStatus } from '../../engine/contract/index.ts';

export interface CellAction {
  name: 'start' | 'shutdown' | 'destroy';
  label: string;
  /** The line for the root shell. */
  line: string;
}

export const ROOT_CELL_ID = 0;

export const isRunning = (state: string): boolean => state.startsWith('running');

/** Nothing for the root; loading is a dialog of its own. */
export function cellActions({ id, state }: Pick<CellStatus, 'id' | 'state'>): CellAction[] {
  if (id === ROOT_CELL_ID) return [];
  const action = (name: CellAction['name'], label: string): CellAction => ({
    name,
    label,
    line: `jailhouse cell ${name} ${id}`,
  });
  return [isRunning(state) ? action('shutdown', 'Shut down') : action('start', 'Start'), action('destroy', 'Destroy')];
}

/** A word of a shell command, quoted where it needs to be. */
export const shellWord = (word: string): string =>
  /^[\w./+:@%-]+$/.test(word) ? word : `"${word.replace(/(["\\$`])/g, '\\$1')}"`;

export const enableLine = (path: string): string => `jailhouse enable ${shellWord(path)}`;
export const createLine = (path: string): string => `jailhouse cell create ${shellWord(path)}`;
export const loadLine = (id: number, images: readonly { path: string; address: string }[]): string =>
  [
    `jailhouse cell load ${id}`,
    ...images.map(({ path, address }) => `${shellWord(path)}${address === '' ? '' : ` -a ${address}`}`),
  ].join(' ');
