// How commands refuse their arguments: one sentence, exit status 2.
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

export class UsageError extends Error {}

/** parseArgs with its complaints as UsageErrors. */
export function parseArguments<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A whole number of at least `least`. @throws UsageError naming the option */
export function parseCount(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || text.trim() === '')
    throw new UsageError(`${option} takes a whole number from ${least} on, not "${text}".`);
  return value;
}
