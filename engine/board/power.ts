// What a board must have to be powered on. Its configurations need none of it.
import type { BoardDescription } from './description.ts';

/** Why the board cannot be powered on, in words that end a sentence; undefined: it can. */
export function whyNoPower(board: BoardDescription): string | undefined {
  if (board.architecture !== 'arm64') return `${board.architecture} CPUs are not built yet`;
  if (!board.gic || !board.timers) return 'it names no interrupt controller or no timers';
  return undefined;
}
