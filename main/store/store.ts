// The store as the services see it: one SQLite file (better-sqlite3, write-ahead log) that holds projects, runs and settings.
import { contentStore } from './contents.ts';
import { openDatabase, type Sqlite } from './database.ts';
import { isRunning, thisProcess } from './owner.ts';
import { projectStore } from './projects.ts';
import { runStore } from './runs.ts';
import { settingsStore } from './settings.ts';

/** Opens the store in `file` (see openDatabase for what it throws), marks interrupted runs and purges removed projects. */
export function openStore(file: string, { owner = thisProcess(), isAlive = isRunning } = {}) {
  const db = openDatabase(file);
  const contents = contentStore(db);
  const runs = runStore(db, contents, owner);
  runs.markInterrupted(isAlive);
  purge(db, (other) => other !== owner && isAlive(other));
  contents.sweep();
  return {
    file,
    /** The connection itself: for tests that take the disk's space away. */
    database: db,
    projects: projectStore(db, contents, owner),
    runs,
    settings: settingsStore(db),
    close: () => db.close(),
  };
}
export type Store = ReturnType<typeof openStore>;

/** Projects whose removal can no longer be undone. */
function purge(db: Sqlite, isAlive: (owner: string) => boolean): void {
  const removed = db
    .prepare<[], { id: string; removed_by: string }>('SELECT id, removed_by FROM projects WHERE removed_by IS NOT NULL')
    .all();
  const drop = db.prepare<[string]>('DELETE FROM projects WHERE id = ?');
  for (const project of removed) if (!isAlive(project.removed_by)) drop.run(project.id);
}
