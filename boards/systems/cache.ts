// Where the test systems are: other people's binaries that tests and benches boot, fetched as Debian packages by fetch.ts
// and never committed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Git ignores this folder. */
export const SYSTEMS_FOLDER = join(import.meta.dirname, '../../.cache/systems');

/** What fetch.ts makes, by name. */
export const SYSTEMS = {
  /** Debian's arm64 kernel as a plain Image. */
  kernel: join(SYSTEMS_FOLDER, 'Image'),
  /** Busybox with an init that gives a shell. */
  initrd: join(SYSTEMS_FOLDER, 'initrd.gz'),
  /** Debian's U-Boot for QEMU's arm64 virt machine. */
  firmware: join(SYSTEMS_FOLDER, 'u-boot.bin'),
} as const;

/** Undefined if all of them are there; else why not, for the name of a skipped test. */
export function systemsMissing(...names: (keyof typeof SYSTEMS)[]): string | undefined {
  const missing = names.filter((name) => !existsSync(SYSTEMS[name]));
  return missing.length > 0 ? `no ${missing.join(', ')}: node boards/systems/fetch.ts fetches them` : undefined;
}
