// Every command of the window, once: the palette, the keys, menus, buttons and their tooltips all read this table. Main's menu
// and the command line of e2e name commands by `id`.
import type { IconName } from '../ui/icons.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import { boardCommands } from './board.ts';
import { projectCommands } from './project.ts';
import { runCommands } from './run.ts';
import { windowCommands } from './window.ts';

export interface Command {
  id: string;
  /** Begins with what it is about: `Run: pause`. */
  title: string;
  keys?: readonly string[];
  icon?: IconName;
  /** Why it cannot be done now, as a sentence; undefined: it can. */
  unavailable?: (workbench: Workbench) => string | undefined;
  run: (workbench: Workbench) => void | Promise<void>;
}

export const COMMANDS: readonly Command[] = [...windowCommands, ...projectCommands, ...boardCommands, ...runCommands];

const byId = new Map(COMMANDS.map((command) => [command.id, command]));

export type CommandId = string;

/** The command of that name; throws for a name that is not in the table. */
export function command(id: CommandId): Command {
  const found = byId.get(id);
  if (!found) throw new Error(`There is no command named ${id}.`);
  return found;
}

export const hasCommand = (id: string): boolean => byId.has(id);

/** Runs a command if it is available; otherwise says why it is not. */
export async function runCommand(workbench: Workbench, id: CommandId): Promise<void> {
  const { unavailable, run } = command(id);
  const reason = unavailable?.(workbench);
  if (reason !== undefined) workbench.notices.show('info', reason);
  else await workbench.doing(async () => run(workbench));
}
