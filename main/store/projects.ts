// Projects and their files. A save names the revision it started from; what was saved in between is refused as a conflict that says what.
import { randomUUID } from 'node:crypto';
import {
  ServiceError,
  type FileKind,
  type Project,
  type ProjectChange,
  type ProjectSummary,
} from '../../engine/contract/index.ts';
import { kindOf } from '../../engine/config/index.ts';
import type { ContentStore, FileRow } from './contents.ts';
import type { Sqlite } from './database.ts';
import { checkedName, checkImage, checkLayout, checkPath, checkText, checkTotal } from './limits.ts';

/** A file on its way in: text, or bytes that stay bytes. */
export type NewFile = { path: string; kind: FileKind } & ({ text: string } | { bytes: Uint8Array<ArrayBuffer> });

export interface NewProject {
  name: string;
  board: string;
  script: string | null;
  layout: Readonly<Record<string, unknown>>;
  files: readonly NewFile[];
}

interface ProjectRow {
  id: string;
  name: string;
  board: string;
  script: string | null;
  layout: string;
  revision: number;
  modified: number;
}

/** How a save names what it changed, for the other window: a path, or one of these. */
const SCRIPT_CHANGED = 'the choice of boot script';
const NAME_CHANGED = 'the name';

/**
 * `owner` identifies this main process (owner.ts). All methods throw ServiceError for what a person can mend, and SQLite's own errors
 * for what the store could not do; nothing is half done in either case.
 */
export function projectStore(db: Sqlite, contents: ContentStore, owner: string) {
  const SUMMARY = `SELECT id, name, board, modified,
      (SELECT count(*) FROM files WHERE project = projects.id AND kind = 'cell') AS cells,
      (SELECT count(*) FROM runs WHERE project = projects.id) AS runs
    FROM projects`;
  const selectSummaries = db.prepare<[], ProjectSummary>(
    `${SUMMARY} WHERE removed_by IS NULL ORDER BY modified DESC, rowid DESC`,
  );
  const selectSummary = db.prepare<[string], ProjectSummary>(`${SUMMARY} WHERE id = ?`);
  const selectProject = db.prepare<[string], ProjectRow>('SELECT * FROM projects WHERE id = ? AND removed_by IS NULL');
  const selectFiles = db.prepare<[string], FileRow>(
    'SELECT path, kind, is_text, hash, size FROM files WHERE project = ? ORDER BY path',
  );
  const insertProject = db.prepare(
    'INSERT INTO projects (id, name, board, script, layout, modified) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const updateProject = db.prepare(
    'UPDATE projects SET name = ?, script = ?, layout = ?, revision = ?, modified = ? WHERE id = ?',
  );
  const putFile = db.prepare(
    'INSERT OR REPLACE INTO files (project, path, kind, is_text, hash, size) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const deleteFile = db.prepare<[string, string]>('DELETE FROM files WHERE project = ? AND path = ?');
  const insertRevision = db.prepare('INSERT INTO revisions (project, revision, saved, changed) VALUES (?, ?, ?, ?)');
  const selectChanged = db
    .prepare<[string, number], string>(
      'SELECT changed FROM revisions WHERE project = ? AND revision > ? ORDER BY revision',
    )
    .pluck();
  const setRemoved = db.prepare<[string | null, string]>('UPDATE projects SET removed_by = ? WHERE id = ?');
  const selectRemoved = db.prepare<[string], { removed_by: string | null }>(
    'SELECT removed_by FROM projects WHERE id = ?',
  );

  const find = (id: string): ProjectRow => {
    const row = selectProject.get(id);
    if (row === undefined)
      throw new ServiceError(
        'not-found',
        'This project is not there any more: it was removed in another window. Go back to the project list.',
      );
    return row;
  };

  const write = (project: string, file: NewFile): FileRow => {
    checkPath(file.path);
    const bytes = 'text' in file ? checkText(file.path, file.text) : file.bytes;
    checkImage(file.path, bytes);
    const row: FileRow = {
      path: file.path,
      kind: file.kind,
      is_text: 'text' in file ? 1 : 0,
      hash: contents.put(bytes),
      size: bytes.length,
    };
    putRow(project, row);
    return row;
  };
  const putRow = (project: string, { path, kind, is_text, hash, size }: FileRow) =>
    putFile.run(project, path, kind, is_text, hash, size);

  const open = (id: string): Project => {
    const row = find(id);
    return {
      ...selectSummary.get(id)!,
      revision: row.revision,
      files: contents.present(selectFiles.all(id)),
      script: row.script,
      layout: JSON.parse(row.layout) as Project['layout'],
    };
  };

  const create = db.transaction((given: NewProject): string => {
    const id = randomUUID();
    const name = checkedName(given.name);
    const paths = new Set(given.files.map((file) => file.path));
    if (paths.size < given.files.length)
      throw new ServiceError('invalid', `"${name}" has two files of the same path; every path may occur once.`);
    if (given.script !== null && !paths.has(given.script))
      throw new ServiceError('invalid', `The boot script ${given.script} is not among the files of "${name}".`);
    insertProject.run(id, name, given.board, given.script, checkLayout(given.layout), Date.now());
    checkTotal(
      name,
      given.files.map((file) => write(id, file)),
    );
    return id;
  });

  const duplicate = db.transaction((id: string, name: string): string => {
    const from = find(id);
    const copy = randomUUID();
    insertProject.run(copy, checkedName(name), from.board, from.script, from.layout, Date.now());
    for (const file of selectFiles.all(id)) putRow(copy, file);
    return copy;
  });

  const save = db.transaction(
    (id: string, revision: number, changes: readonly ProjectChange[]): { content: boolean } => {
      const row = find(id);
      if (revision !== row.revision) throw conflict(row, revision, selectChanged.all(id, revision));
      const files = new Map(selectFiles.all(id).map((file) => [file.path, file]));
      const changed = new Set<string>();
      const existing = (path: string): FileRow => {
        const file = files.get(path);
        if (file === undefined) throw new ServiceError('invalid', `There is no file ${path} in "${row.name}".`);
        return file;
      };
      const put = (file: NewFile) => {
        files.set(file.path, write(id, file));
        changed.add(file.path);
      };
      for (const change of changes) {
        switch (change.type) {
          case 'put':
            put(change);
            break;
          case 'putImage':
            put({
              path: change.path,
              kind: files.get(change.path)?.kind ?? kindOf(change.bytes) ?? 'image',
              bytes: Uint8Array.from(change.bytes),
            });
            break;
          case 'remove':
            existing(change.path);
            deleteFile.run(id, change.path);
            files.delete(change.path);
            changed.add(change.path);
            if (row.script === change.path) row.script = null;
            break;
          case 'rename': {
            const file = existing(change.path);
            checkPath(change.to);
            if (change.to === change.path) break;
            if (files.has(change.to))
              throw new ServiceError(
                'invalid',
                `There is a file ${change.to} already; choose another name or remove it first.`,
              );
            deleteFile.run(id, change.path);
            files.delete(change.path);
            const renamed = { ...file, path: change.to };
            putRow(id, renamed);
            files.set(change.to, renamed);
            changed.add(change.path).add(change.to);
            if (row.script === change.path) row.script = change.to;
            break;
          }
          case 'script':
            if (change.path !== null) existing(change.path);
            row.script = change.path;
            changed.add(SCRIPT_CHANGED);
            break;
          case 'name':
            row.name = checkedName(change.name);
            changed.add(NAME_CHANGED);
            break;
          case 'layout':
            row.layout = checkLayout(change.layout);
            break;
        }
      }
      checkTotal(row.name, [...files.values()]);
      // Moving a panel is no revision: it must not make another window's edit a conflict.
      if (changed.size > 0) {
        row.revision += 1;
        row.modified = Date.now();
        insertRevision.run(id, row.revision, row.modified, JSON.stringify([...changed]));
      }
      updateProject.run(row.name, row.script, row.layout, row.revision, row.modified, id);
      return { content: changed.size > 0 };
    },
  );

  return {
    list: (): ProjectSummary[] => selectSummaries.all(),
    open,
    create: (given: NewProject): Project => open(create.immediate(given)),
    duplicate: (id: string, name: string): Project => open(duplicate.immediate(id, name)),
    /** `content`: false if only the layout changed. */
    save(id: string, revision: number, changes: readonly ProjectChange[]): { project: Project; content: boolean } {
      const { content } = save.immediate(id, revision, changes);
      return { project: open(id), content };
    },
    /** Hides the project; `restore` brings it back until this main process has ended. */
    remove(id: string): void {
      find(id);
      setRemoved.run(owner, id);
    },
    restore(id: string): Project {
      if (selectRemoved.get(id) === undefined)
        throw new ServiceError(
          'not-found',
          'This project cannot be brought back: Cellblock was restarted since it was removed.',
        );
      setRemoved.run(null, id);
      return open(id);
    },
    /** All files with their content. */
    files: (id: string): NewFile[] =>
      open(id).files.map(({ path, kind, text, hash }) =>
        text === undefined ? { path, kind, bytes: contents.get(hash) } : { path, kind, text },
      ),
    bytes(id: string, path: string): Uint8Array<ArrayBuffer> {
      const row = find(id);
      const file = selectFiles.all(id).find((candidate) => candidate.path === path);
      if (file === undefined) throw new ServiceError('not-found', `There is no file ${path} in "${row.name}".`);
      return contents.get(file.hash);
    },
  };
}
export type ProjectStore = ReturnType<typeof projectStore>;

function conflict(row: ProjectRow, revision: number, changed: readonly string[]): ServiceError {
  const what = [...new Set(changed.flatMap((names) => JSON.parse(names) as string[]))];
  const listed = what.length > 5 ? [...what.slice(0, 4), `${what.length - 4} more`] : what;
  const list = listed.length > 1 ? `${listed.slice(0, -1).join(', ')} and ${listed.at(-1)}` : listed[0];
  return new ServiceError(
    'conflict',
    `"${row.name}" was changed in another window since this one read it (revision ${revision}, now ${row.revision})` +
      `${list === undefined ? '' : `: ${list}`}. Nothing was overwritten; open the newer version and make the change again.`,
  );
}
