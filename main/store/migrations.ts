// The store's schema as numbered steps: entry n takes a database from `user_version` n to n + 1. Steps are never edited once released.
// Contents (texts and images alike) stand once by SHA-256; a project's files and a run's snapshot of them point there.

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE contents (
    hash  TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
  );

  CREATE TABLE projects (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    board    TEXT NOT NULL,
    script   TEXT,
    layout   TEXT NOT NULL DEFAULT '{}',
    revision INTEGER NOT NULL DEFAULT 1,
    modified INTEGER NOT NULL,
    last_run INTEGER NOT NULL DEFAULT 0,
    -- the main process (owner.ts) in which it was removed; purged once that process has ended
    removed_by TEXT
  );

  CREATE TABLE files (
    project TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    path    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    is_text INTEGER NOT NULL,
    hash    TEXT NOT NULL REFERENCES contents,
    size    INTEGER NOT NULL,
    PRIMARY KEY (project, path)
  ) WITHOUT ROWID;
  CREATE INDEX files_by_hash ON files (hash);

  -- what each save changed: tells a window with an older revision what it would have overwritten
  CREATE TABLE revisions (
    project  TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    saved    INTEGER NOT NULL,
    changed  TEXT NOT NULL,
    PRIMARY KEY (project, revision)
  ) WITHOUT ROWID;

  CREATE TABLE runs (
    id       TEXT PRIMARY KEY,
    project  TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    started  INTEGER NOT NULL,
    -- the main process (owner.ts) that runs it; a run without outcome whose owner has ended was interrupted
    owner    TEXT NOT NULL,
    request  TEXT NOT NULL,
    script   TEXT,
    outcome  TEXT,
    reason   TEXT,
    guest_ns REAL NOT NULL DEFAULT 0,
    host_ms  REAL NOT NULL DEFAULT 0,
    digest   TEXT,
    result   TEXT,
    UNIQUE (project, number)
  );

  CREATE TABLE run_files (
    run     TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    path    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    is_text INTEGER NOT NULL,
    hash    TEXT NOT NULL REFERENCES contents,
    size    INTEGER NOT NULL,
    PRIMARY KEY (run, path)
  ) WITHOUT ROWID;
  CREATE INDEX run_files_by_hash ON run_files (hash);

  CREATE TABLE consoles (
    run  TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL,
    info TEXT NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, name)
  );

  CREATE TABLE chunks (
    run          TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    console      TEXT NOT NULL,
    position     INTEGER NOT NULL,
    guest_ns     REAL NOT NULL,
    instructions REAL NOT NULL,
    bytes        BLOB NOT NULL,
    PRIMARY KEY (run, console, position)
  );

  CREATE TABLE events (
    run    TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    event  TEXT NOT NULL
  );
  CREATE INDEX events_by_run ON events (run);

  CREATE TABLE counters (
    run    TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    sample TEXT NOT NULL
  );
  CREATE INDEX counters_by_run ON counters (run);

  CREATE TABLE settings (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value TEXT NOT NULL
  );
  `,
];
