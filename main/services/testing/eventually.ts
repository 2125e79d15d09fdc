// Waiting for what another process or a socket brings about: as long as it takes on a busy machine.
import { vi } from 'vitest';

export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 50_000, interval: 5 });
