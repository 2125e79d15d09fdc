// Keys to commands. Plain letters act only where nothing is being typed; combinations and function keys act everywhere.
import type { Workbench } from '../state/workbench.svelte.ts';
import { isGlobal, keysText, matches } from './keys.ts';
import type { KeyEvent } from './keys.ts';
import { command, COMMANDS, runCommand } from './table.ts';
import type { Command } from './table.ts';

export const onMac = typeof navigator !== 'undefined' && /Mac|iPhone/.test(navigator.platform);

/** The command that an event would run, if any. */
function commandFor(event: KeyEvent, typing: boolean): Command | undefined {
  return COMMANDS.find(({ keys }) =>
    keys?.some((combination) => (!typing || isGlobal(combination)) && matches(combination, event, onMac)),
  );
}

/** Text fields keep their own undo. */
const OWN_IN_FIELDS = ['undo', 'redo'];

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

export function handleKey(workbench: Workbench, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const typing = isTyping(event.target);
  const found = commandFor(event, typing);
  if (!found || (typing && OWN_IN_FIELDS.includes(found.id))) return;
  if (workbench.overlay !== undefined && found.id !== 'palette') return;
  if (found.unavailable?.(workbench) !== undefined && !isGlobal(found.keys![0]!)) return;
  event.preventDefault();
  void runCommand(workbench, found.id);
}

/**
 * True for events that are the window's own even while a console has the focus. Control with a letter is the console's where it takes
 * input: shells and editors have uses for all of them. Only the palette's stays with the window, except in a guest's console.
 */
export const isWindowKey = (event: KeyboardEvent, console: 'guest' | 'shell' | 'output'): boolean => {
  const found = commandFor(event, true);
  if (found === undefined || OWN_IN_FIELDS.includes(found.id)) return false;
  const controlLetter = event.ctrlKey && !event.shiftKey && !event.altKey && /^[a-z]$/i.test(event.key);
  return !controlLetter || console === 'output' || (console === 'shell' && found.id === 'palette');
};

/** The first key of a command as this platform shows it. */
export function keysOf(id: string): string | undefined {
  const keys = command(id).keys?.[0];
  return keys === undefined ? undefined : keysText(keys, onMac);
}
