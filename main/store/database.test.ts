import Database from 'better-sqlite3';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import { refusal, temporaryFolder } from './testing.ts';

const file = () => join(temporaryFolder(), 'deep', 'folder', 'store.sqlite');

describe('opening', () => {
  test('a new store has the newest version and a write-ahead log', () => {
    const db = openDatabase(file());
    expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    db.close();
  });

  test('an older store is taken through the missing steps only, with its data', () => {
    const path = file();
    const older = openDatabase(path, ['CREATE TABLE things (name TEXT)']);
    older.exec("INSERT INTO things VALUES ('kept')");
    older.close();
    const newer = openDatabase(path, ['SELECT broken', 'ALTER TABLE things ADD COLUMN age INTEGER DEFAULT 7']);
    expect(newer.prepare('SELECT * FROM things').all()).toEqual([{ name: 'kept', age: 7 }]);
    newer.close();
  });

  test('a step that fails leaves the store at the version before it', () => {
    const path = file();
    openDatabase(path, ['CREATE TABLE things (name TEXT)']).close();
    expect(() => openDatabase(path, ['', 'CREATE TABLE more (x); SYNTAX ERROR'])).toThrow();
    const db = openDatabase(path, ['']);
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").pluck().get()).toBe(0);
    db.close();
  });

  test('a store from the future is refused with a sentence and left untouched', () => {
    const path = file();
    openDatabase(path, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']).close();
    const before = readFileSync(path);
    const listing = readdirSync(join(path, '..'));
    const said = refusal(() => openDatabase(path, ['CREATE TABLE a (x)']));
    expect(said).toMatch(
      /^future-version: The store .*store\.sqlite was written by a newer Cellblock \(store version 2; this one reads up to 1\)/,
    );
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(join(path, '..'))).toEqual(listing);
  });

  test('a version that still stands in the write-ahead log of a killed process is seen as well', () => {
    const path = file();
    const other = openDatabase(path, ['CREATE TABLE a (x)']);
    other.pragma('wal_checkpoint(TRUNCATE)');
    other.exec('PRAGMA user_version = 9');
    // not closed: the main file's header still says 1
    expect(readFileSync(path).readUInt32BE(60)).toBe(1);
    expect(refusal(() => openDatabase(path, ['CREATE TABLE a (x)']))).toMatch(/^future-version/);
    other.close();
  });

  test.each([
    [
      'text',
      'not a database, only some text that is longer than a header would be, so that the header is looked at as a whole',
    ],
    ['a torn file', 'SQLite f'],
  ])('%s is refused and left as it is', (_name, content) => {
    const path = join(temporaryFolder(), 'store.sqlite');
    writeFileSync(path, content);
    expect(refusal(() => openDatabase(path))).toMatch(/^failed: .* is not a Cellblock store/);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test("another program's database is refused", () => {
    const path = join(temporaryFolder(), 'places.sqlite');
    const db = new Database(path);
    db.exec('CREATE TABLE bookmarks (url)');
    db.close();
    const before = readFileSync(path);
    expect(refusal(() => openDatabase(path))).toMatch(/is not a Cellblock store/);
    expect(readFileSync(path)).toEqual(before);
  });

  test('damage inside the file is told as damage', () => {
    const path = file();
    const db = openDatabase(path);
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 100, 4096);
    writeFileSync(path, bytes);
    expect(refusal(() => openDatabase(path))).toMatch(/^failed: .*damaged/);
  });

  test('a folder that cannot be used is named', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'plain'), '');
    expect(refusal(() => openDatabase(join(folder, 'plain', 'store.sqlite')))).toMatch(
      /^failed: The store .* could not be opened: /,
    );
    mkdirSync(join(folder, 'dir'));
    expect(refusal(() => openDatabase(join(folder, 'dir')))).toMatch(
      /^failed: The store .* could not be opened: it is a folder/,
    );
    if (process.getuid?.() !== 0) {
      chmodSync(folder, 0o500);
      expect(refusal(() => openDatabase(join(folder, 'x', 'store.sqlite')))).toMatch(/permission/);
      expect(existsSync(join(folder, 'x'))).toBe(false);
    }
  });
});
