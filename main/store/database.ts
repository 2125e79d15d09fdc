// Opening the SQLite file: journal mode, migrations by `user_version`, and the refusal of files that this version must not touch.
// SQLite file format: https://www.sqlite.org/fileformat2.html#the_database_header (user version at 60, application id at 68).
import Database from 'better-sqlite3';
import { closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { ServiceError } from '../../engine/contract/index.ts';
import { MIGRATIONS } from './migrations.ts';

export type Sqlite = Database.Database;

/** `CBLK`, in SQLite's application_id: tells our files from other programs' databases. */
const APPLICATION_ID = 0x43424c4b;
const HEADER_SIZE = 100;
const SQLITE_MAGIC = 'SQLite format 3\0';
const BUSY_TIMEOUT_MS = 5000;

/**
 * Opens or creates the store's database and brings it to this version's schema.
 * Throws ServiceError: `future-version` for a file of a later Cellblock and `failed` for a file that is no store of ours, both untouched;
 * `disk-full`; `failed` for a folder or file that cannot be used.
 */
export function openDatabase(file: string, migrations: readonly string[] = MIGRATIONS): Sqlite {
  try {
    mkdirSync(dirname(file), { recursive: true });
    refuseForeign(file, migrations.length);
    const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      migrate(db, file, migrations);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw storeError(error, `The store ${file} could not be opened`);
  }
}

/** Looks at the header before SQLite does: opening a database may already write to it. */
function refuseForeign(file: string, newest: number): void {
  const header = Buffer.alloc(HEADER_SIZE);
  let length: number;
  try {
    const descriptor = openSync(file, 'r');
    length = readSync(descriptor, header, 0, HEADER_SIZE, 0);
    closeSync(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (length === 0) return;
  if (length < HEADER_SIZE || header.toString('latin1', 0, 16) !== SQLITE_MAGIC) throw notOurs(file);
  refuseVersion(file, header.readUInt32BE(60), newest);
  const application = header.readUInt32BE(68);
  if (application !== APPLICATION_ID && application !== 0) throw notOurs(file);
}

const notOurs = (file: string) =>
  new ServiceError(
    'failed',
    `${file} is not a Cellblock store. Move it away, or name another folder with CELLBLOCK_DATA; it was left untouched.`,
  );

function refuseVersion(file: string, version: number, newest: number): void {
  if (version > newest)
    throw new ServiceError(
      'future-version',
      `The store ${file} was written by a newer Cellblock (store version ${version}; this one reads up to ${newest}). Update Cellblock, or name another folder with CELLBLOCK_DATA; it was left untouched.`,
    );
}

function migrate(db: Sqlite, file: string, migrations: readonly string[]): void {
  const version = () => db.pragma('user_version', { simple: true }) as number;
  // The header may be older than what stands in the write-ahead log: look again through SQLite before the first write.
  refuseVersion(file, version(), migrations.length);
  if (version() === 0 && db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() !== 0) throw notOurs(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  // One step, one transaction; the version is read again inside it because another process may be migrating too.
  const step = db.transaction(() => {
    const from = version();
    if (from >= migrations.length) return false;
    db.exec(migrations[from]!);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${from + 1}`);
    return true;
  });
  while (step.immediate());
}

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** True for what freeing space will cure. */
export const isDiskFull = (error: unknown): boolean => {
  const code = error instanceof ServiceError ? '' : codeOf(error);
  return (
    code === 'SQLITE_FULL' ||
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    code === 'SQLITE_IOERR_WRITE' ||
    code === 'SQLITE_IOERR_SHMSIZE'
  );
};

const REASONS: Record<string, string> = {
  SQLITE_BUSY: 'another process holds it; close other Cellblock windows or tools that have it open, and try again',
  SQLITE_CORRUPT:
    'its content is damaged; move it away (keep it: exported projects and `sqlite3 .recover` may save what is in it) and start again',
  SQLITE_NOTADB: 'it is not a SQLite database; move it away and start again',
  SQLITE_READONLY: 'it cannot be written; check the permissions of the file and its folder',
  SQLITE_CANTOPEN: 'it cannot be opened; check the permissions of the file and its folder',
  EACCES: 'permission denied; check who owns the folder, or name another one with CELLBLOCK_DATA',
  EROFS: 'the file system is read-only; name another folder with CELLBLOCK_DATA',
  ENOTDIR: 'a part of its path is a file; name another folder with CELLBLOCK_DATA',
  EISDIR: 'it is a folder; name another folder with CELLBLOCK_DATA',
};

/** What a failed read or write of the store means for a person. `what` is a clause such as "The project was not saved". */
export function storeError(error: unknown, what: string): ServiceError {
  if (error instanceof ServiceError) return error;
  if (isDiskFull(error))
    return new ServiceError(
      'disk-full',
      `${what}: the disk is full. Free some space and try again; what was stored before is intact.`,
    );
  const code = codeOf(error);
  const reason = REASONS[code] ?? REASONS[code.split('_').slice(0, 2).join('_')];
  return new ServiceError('failed', `${what}: ${reason ?? (error instanceof Error ? error.message : String(error))}.`);
}
