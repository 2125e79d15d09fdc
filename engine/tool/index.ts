// The door of the tool room: the root shell and what the service needs to run it.
export { RootShell, ROOT_CONSOLE, type ScriptResult, type ShellOptions } from './shell/shell.ts';
export { ConsoleBook } from './console-book.ts';
export type { Files } from './files.ts';
export { COMMANDS } from './shell/commands.ts';
export { wireOf } from './commands/time.ts';
