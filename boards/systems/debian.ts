// Debian packages of another architecture, from the machine's own package sources: nothing is installed and, unless arm64
// is known already, nothing of the machine's own set-up changes: apt keeps a second set of lists in a folder of ours.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Packages cannot be had here; the message is one line that says why. */
export class PackagesUnavailable extends Error {}

const TEN_MINUTES_MS = 600_000;
const LARGE = 1 << 28;

function call(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: TEN_MINUTES_MS,
    maxBuffer: LARGE,
    env: { ...process.env, LC_ALL: 'C' },
    ...(cwd !== undefined && { cwd }),
  });
  if (error) throw new PackagesUnavailable(`${command} does not run here (${error.message})`);
  if (status !== 0) {
    const reason = /^(?:E|W): (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split('\n').at(-1) ?? '';
    throw new PackagesUnavailable(`${command} ${args.at(-2) ?? ''} ${args.at(-1) ?? ''}: ${reason}`);
  }
  return stdout;
}

/** The fields of a package's control record: `Package`, `Version`, `Depends`, … */
export type ControlRecord = Readonly<Record<string, string>>;

/** One record of `apt-cache show`. Continuation lines belong to the field above. */
export function parseControl(text: string): ControlRecord {
  const record = text.split(/\n\n/)[0] ?? '';
  return Object.fromEntries(
    [...record.replaceAll(/\n[ \t]/g, ' ').matchAll(/^([\w-]+):[ \t]*(.*)$/gm)].map(([, key, value]) => [key, value]),
  );
}

export class DebianPackages {
  readonly #architecture: string;
  readonly #folder: string;
  #options: readonly string[] = [];

  /** @param folder for apt's second set of lists */
  constructor(architecture: string, folder: string) {
    this.#architecture = architecture;
    this.#folder = folder;
  }

  /**
   * Asks for packages by name; refreshes a set of lists of our own if the machine's do not know them.
   * @throws PackagesUnavailable
   */
  find(...names: string[]): ControlRecord[] {
    try {
      return this.#show(names);
    } catch (error) {
      if (!(error instanceof PackagesUnavailable) || this.#options.length > 0) throw error;
    }
    const folders = { lists: join(this.#folder, 'lists'), archives: join(this.#folder, 'archives') };
    for (const path of Object.values(folders)) mkdirSync(join(path, 'partial'), { recursive: true });
    const native = call('dpkg', ['--print-architecture']).trim();
    this.#options = [
      ...[native, this.#architecture].map((name) => `APT::Architectures::=${name}`),
      `Dir::State::Lists=${folders.lists}`,
      `Dir::Cache::archives=${folders.archives}`,
      ...['pkgcache', 'srcpkgcache'].map((name) => `Dir::Cache::${name}=`),
      'Acquire::Languages=none',
      'APT::Update::Error-Mode=any',
      'APT::Sandbox::User=',
    ].flatMap((option) => ['-o', option]);
    call('apt-get', [...this.#options, '-q', 'update']);
    return this.#show(names);
  }

  /** Fetches a package into a folder. @returns its path @throws PackagesUnavailable */
  download(name: string, folder: string): string {
    mkdirSync(folder, { recursive: true });
    const before = new Set(readdirSync(folder));
    // Root fetches as itself: apt's own user may not write to a folder of ours.
    const options = [...this.#options, '-o', 'APT::Sandbox::User='];
    call('apt-get', [...options, '-q', 'download', this.#qualified(name)], folder);
    const file = readdirSync(folder).find((path) => path.endsWith('.deb') && !before.has(path));
    if (file === undefined) throw new PackagesUnavailable(`apt-get download ${name} brought no file`);
    return join(folder, file);
  }

  #show(names: readonly string[]): ControlRecord[] {
    return names.map((name) => {
      const record = parseControl(
        call('apt-cache', [...this.#options, 'show', '--no-all-versions', this.#qualified(name)]),
      );
      if (record['Package'] === undefined) throw new PackagesUnavailable(`apt knows no package ${name}`);
      return record;
    });
  }

  #qualified(name: string): string {
    return name.includes(':') ? name : `${name}:${this.#architecture}`;
  }
}

/** Unpacks what matches shell patterns (`./boot/vmlinuz*`) from a package into a folder. @throws PackagesUnavailable */
export function unpackPackage(file: string, patterns: readonly string[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  const archive = `${file}.tar`;
  call('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', file, archive]);
  call('tar', ['-x', '-f', archive, '-C', folder, '--wildcards', ...patterns]);
}
