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
/** Where inmates look for their command line (ABI reference, G.1). */
const COMMAND_LINE_ADDRESS = '0x1000';

export function loadLine(id: number, images: readonly { path: string; address: string }[], commandLine = ''): string {
  const parts = images.map(({ path, address }) => `${shellWord(path)}${address === '' ? '' : ` -a ${address}`}`);
  if (commandLine !== '') parts.push(`-s ${shellWord(commandLine)} -a ${COMMAND_LINE_ADDRESS}`);
  return [`jailhouse cell load ${id}`, ...parts].join(' ');
}
