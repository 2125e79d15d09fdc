// Contents by SHA-256: every text and image stands once, however many projects and runs hold it.
import { createHash } from 'node:crypto';
import type { FileKind, ProjectFile } from '../../engine/contract/index.ts';
import type { Sqlite } from './database.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A row of `files` or `run_files`, content aside. */
export interface FileRow {
  path: string;
  kind: FileKind;
  is_text: 0 | 1;
  hash: string;
  size: number;
}

export function contentStore(db: Sqlite) {
  const insert = db.prepare<[string, Uint8Array]>('INSERT OR IGNORE INTO contents (hash, bytes) VALUES (?, ?)');
  const select = db.prepare<[string], Buffer>('SELECT bytes FROM contents WHERE hash = ?').pluck();
  const sweep = db.prepare(
    'DELETE FROM contents WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.hash = contents.hash)' +
      ' AND NOT EXISTS (SELECT 1 FROM run_files WHERE run_files.hash = contents.hash)',
  );

  const get = (hash: string): Uint8Array<ArrayBuffer> => {
    const bytes = select.get(hash);
    if (bytes === undefined) throw new Error(`content ${hash} is missing from the store`);
    return Uint8Array.from(bytes);
  };
  return {
    /** Keeps the bytes and answers with their hash. */
    put(bytes: Uint8Array): string {
      const hash = sha256(bytes);
      insert.run(hash, bytes);
      return hash;
    },
    get,
    /** Files as the window sees them: texts with their text, images by hash and size. */
    present: (rows: readonly FileRow[]): ProjectFile[] =>
      rows.map(({ path, kind, is_text, hash, size }) => ({
        path,
        kind,
        ...(is_text ? { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(get(hash)) } : {}),
        hash,
        size,
      })),
    /** Drops what no file points at any more. */
    sweep: () => void sweep.run(),
  };
}
export type ContentStore = ReturnType<typeof contentStore>;
