// Stores in fresh folders, for tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore, type Store } from './store.ts';
import type { NewProject } from './projects.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function temporaryStore(
  file = join(temporaryFolder(), 'cellblock.sqlite'),
  options?: Parameters<typeof openStore>[1],
) {
  const store = openStore(file, options);
  onTestFinished(() => void store.close());
  return store;
}

/** As if the disk were full from now on (SQLite answers SQLITE_FULL); the returned function frees it again. */
export function fillDisk(store: Store): () => void {
  const pages = store.database.pragma('page_count', { simple: true }) as number;
  store.database.pragma(`max_page_count = ${pages}`);
  return () => store.database.pragma(`max_page_count = ${2 ** 31 - 2}`);
}

export const sampleProject = (over: Partial<NewProject> = {}): NewProject => ({
  name: 'Sample',
  board: 'qemu-arm64',
  script: 'demo.script',
  layout: { split: [1, 2] },
  files: [
    { path: 'root.c', kind: 'system', text: 'struct { } config; // ü\n' },
    { path: 'cells/a.c', kind: 'cell', text: 'struct { } config;\n' },
    { path: 'images/hello.bin', kind: 'image', bytes: Uint8Array.from([0, 1, 2, 255]) },
    { path: 'demo.script', kind: 'script', text: 'jailhouse enable root.cell\n' },
  ],
  ...over,
});

/** The ServiceError that `action` throws, as `code: message`; fails the test if it throws nothing or something else. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.name === 'ServiceError')
      return `${String(error.code)}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was refused');
}
