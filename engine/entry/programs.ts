// The engine's programs, as functions that start them: what a process of it starts with. Each loads what it needs, and only that.

/** The command line. @returns the exit status */
export const cellblock = async (args: string[]): Promise<number> => (await import('../cli/commands.ts')).main(args);

/** A run for windows, in a process that the window's main process has started. */
export const engine = async (): Promise<void> => (await import('../service/process.ts')).serveRun();
