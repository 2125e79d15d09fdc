// Gets a program: from source, or as it was built, which is a script with the code that V8 had compiled when the build tried
// it out (keep.ts). Node keeps what is compiled when a module is loaded; the functions that run later it would have compiled
// anew in each start, and a start of the command line takes a sixth less without that.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import type * as programs from './programs.ts';
import type * as translation from './translation.ts';

interface Scripts {
  programs: typeof programs;
  translation: typeof translation;
}
type ScriptName = keyof Scripts;

/** The scripts; each is a module with what it exports. */
export const SCRIPTS: readonly ScriptName[] = ['programs', 'translation'];
/** A built script, beside the entries that load it: a function expression with the parameters of a CommonJS module. */
export const scriptFile = (name: ScriptName): string => `${name}.script.js`;
export const SCRIPT_PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'] as const;

export async function loadScript<Name extends ScriptName>(name: Name): Promise<Scripts[Name]> {
  if (!import.meta.url.endsWith('.ts')) return new BuiltScript(name).exports;
  // In the host's folder for temporary files, where it can be written.
  enableCompileCache();
  return (await import(new URL(`./${name}.ts`, import.meta.url).href)) as Scripts[Name];
}

export class BuiltScript<Name extends ScriptName> {
  readonly exports: Scripts[Name];
  private readonly script: Script;
  private readonly kept: string;

  constructor(name: Name) {
    const file = fileURLToPath(new URL(scriptFile(name), import.meta.url));
    // Compiled code is good for one version of V8 and one set of its options.
    this.kept = `${file}.${cachedDataVersionTag().toString(16)}`;
    const cachedData = readIfThere(this.kept);
    this.script = new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData && { cachedData }) });
    const module = { exports: {} };
    const run = this.script.runInThisContext() as (...args: unknown[]) => void;
    run(module.exports, createRequire(file), module, file, dirname(file));
    this.exports = module.exports as Scripts[Name];
  }

  /** Keeps what is compiled by now for the next starts. */
  keep(): void {
    writeFileSync(this.kept, this.script.createCachedData());
  }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
