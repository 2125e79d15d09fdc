// All configurations of the board library and of the reader's corpus: read, built and checked in one process, beside what
// gcc and objcopy take for the same files on the same machine.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BOARD_FILE, parseBoard, type BoardDescription } from '../board/index.ts';
import { checkScenario, ConfigError, decode, kindOf, type CellConfig, type SystemConfig } from '../config/index.ts';
import { compileFile, Compiler, hasCompiler } from '../config/source/testing/compiler.ts';
import type { Architecture } from '../util/architecture.ts';

export interface ConfigurationsResult {
  files: number;
  /** Host seconds for all files: read, built, decoded, and every scenario checked. */
  seconds: number;
  limit: number;
  /** Host seconds of gcc -c and objcopy over those of the files that a compiler is there for, and ours for the same. */
  compiler: { files: number; seconds: number; ours: number; ratio: number; limit: number } | null;
}

const SECONDS_LIMIT = 1;
/** Of the compiler's time. */
const RATIO_LIMIT = 1 / 8;

/** Sources that lie together: a board's, or any folder's. */
interface Folder {
  readonly target: Architecture;
  readonly board?: BoardDescription;
  /** Paths of sources that are configurations; those that only others include are not here. */
  readonly sources: readonly string[];
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(folder, name));

/** Every board's folder and the corpus. */
export function findConfigurations(boards: string, corpus: string): Folder[] {
  const folders: Folder[] = [];
  for (const name of readdirSync(boards).sort()) {
    const file = join(boards, name, BOARD_FILE);
    if (!existsSync(file)) continue;
    const board = parseBoard(name, readFileSync(file, 'utf8'));
    folders.push({ target: board.architecture, board, sources: configurationsAmong(sourcesIn(join(boards, name))) });
  }
  folders.push({ target: 'arm64', sources: configurationsAmong(sourcesIn(corpus)) });
  return folders;
}

/** Without those that another one includes. */
function configurationsAmong(sources: readonly string[]): string[] {
  const included = new Set<string>();
  for (const source of sources)
    for (const [, name] of readFileSync(source, 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm))
      included.add(join(dirname(source), name!));
  return sources.filter((source) => !included.has(source));
}

/** Builds all of a folder, and checks what makes a scenario. */
function buildAndCheck({ target, board, sources }: Folder): void {
  const systems: SystemConfig[] = [];
  const cells: CellConfig[] = [];
  for (const source of sources) {
    const bytes = compileFile(source, target);
    // The corpus has sources that are no configurations.
    if (kindOf(bytes) === undefined) continue;
    const decoded = decode(bytes);
    if (decoded instanceof ConfigError) continue;
    if (decoded.config.kind === 'system') systems.push(decoded.config.system);
    else cells.push(decoded.config.cell);
  }
  for (const system of systems) checkScenario({ system, cells, ...(board ? { board } : {}) });
}

const secondsFor = (work: () => void): number => {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
};

/** Measures once, from cold: a person waits for the first time. */
export function measureConfigurations(boards: string, corpus: string): ConfigurationsResult {
  const folders = findConfigurations(boards, corpus);
  const count = (list: readonly Folder[]): number => list.reduce((sum, { sources }) => sum + sources.length, 0);
  const seconds = secondsFor(() => folders.forEach(buildAndCheck));
  const result: ConfigurationsResult = { files: count(folders), seconds, limit: SECONDS_LIMIT, compiler: null };

  const comparable = folders.filter(({ target }) => hasCompiler(target));
  if (comparable.length === 0) return result;
  const scratch = mkdtempSync(join(tmpdir(), 'cellblock-bench-'));
  try {
    const compiler = new Compiler(scratch);
    const theirs = secondsFor(() => {
      for (const { target, sources } of comparable) for (const source of sources) compiler.build(source, target);
    });
    const ours = secondsFor(() => comparable.forEach(buildAndCheck));
    result.compiler = {
      files: count(comparable),
      seconds: theirs,
      ours,
      ratio: ours / theirs,
      limit: RATIO_LIMIT,
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return result;
}
