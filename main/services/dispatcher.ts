// The one door of main: a call by name with unparsed input in, a Reply out. Never rejects, never lets a stack trace through.
import type { z } from 'zod';
import { ServiceError, services, type Reply, type ServiceName } from '../../engine/contract/index.ts';
import { isDiskFull, storeError } from '../store/database.ts';
import type { Caller, Handlers } from './services.ts';

export type Dispatch = (name: string, input: unknown, caller: Caller) => Promise<Reply>;

export function dispatcher(handlers: Handlers): Dispatch {
  return async (name, input, caller) => {
    try {
      if (!isServiceName(name))
        throw new ServiceError('invalid', `There is no service ${JSON.stringify(name.slice(0, 100))}.`);
      const parsed = services[name].input.safeParse(input);
      if (!parsed.success)
        throw new ServiceError(
          'invalid',
          `${name} was called with something it cannot take: ${firstLine(parsed.error)}.`,
        );
      const handle = handlers[name] as (input: unknown, caller: Caller) => unknown;
      return { ok: true, value: await handle(parsed.data, caller) };
    } catch (error) {
      const known = error instanceof ServiceError;
      if (!known && !isDiskFull(error)) console.error(`${name}:`, error);
      const { code, message } = known
        ? error
        : storeError(error, `${FAILED[name.split('.')[0]!] ?? 'This'} could not be done`);
      return { ok: false, error: { code, message } };
    }
  };
}

/** What failed, by the service's room, for errors that nobody foresaw. */
const FAILED: Record<string, string> = {
  projects: 'This change to the project',
  runs: 'This step with the run',
  settings: 'Keeping the settings',
};

const isServiceName = (name: string): name is ServiceName => Object.hasOwn(services, name);

const firstLine = (error: z.ZodError): string => {
  const { path, message } = error.issues[0]!;
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
};
