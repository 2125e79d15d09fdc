// Which fault a console should show a card for.
import type { RunEvent } from '../../engine/contract/index.ts';

/** The cell's last violation since it was started, unless it was put away. */
export function latestFault(
  events: readonly RunEvent[],
  cell: string,
  seen: readonly number[],
): { event: RunEvent; index: number } | undefined {
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index]!;
    if (event.target?.cell !== cell) continue;
    if (event.kind === 'cell.started' || event.kind === 'cell.destroyed' || event.kind === 'cell.loadable')
      return undefined;
    if (event.kind === 'violation') return seen.includes(index) ? undefined : { event, index };
  }
  return undefined;
}

/** First sentence, and the rest. */
export function headline(sentence: string): { first: string; rest: string } {
  const end = /[.!?](?=\s|$)/.exec(sentence);
  if (!end) return { first: sentence, rest: '' };
  return { first: sentence.slice(0, end.index + 1), rest: sentence.slice(end.index + 1).trim() };
}
