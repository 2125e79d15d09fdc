// The files of the open project as this window works on them, and the changes that a save sends to main.
// The project's name and its choice of boot script are kept in the same table under names that no file can have, so that
// undo, saving and merging treat everything that belongs to a project alike.
import type { FileKind, Project, ProjectChange } from '../../engine/contract/index.ts';

/** One file; never changed, only replaced. Exactly what is new here carries its content; an image that main has carries its hash. */
export interface WorkingFile {
  readonly path: string;
  readonly kind: FileKind;
  /** Sources, scripts, and the two entries that are not files. */
  readonly text?: string;
  /** Binary content where it is known here: added in this window, or a `.cell` file that was fetched to be read. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** SHA-256 as main knows it; empty for what main has not seen. */
  readonly hash: string;
  readonly size: number;
}

export type WorkingFiles = ReadonlyMap<string, WorkingFile>;

export const NAME_ENTRY = '\0name';
export const SCRIPT_ENTRY = '\0script';

const entry = (path: string, text: string): WorkingFile => ({ path, kind: 'other', text, hash: '', size: 0 });

export const textFile = (path: string, kind: FileKind, text: string): WorkingFile => ({
  path,
  kind,
  text,
  hash: '',
  size: new TextEncoder().encode(text).length,
});

export const binaryFile = (path: string, kind: FileKind, bytes: Uint8Array<ArrayBuffer>): WorkingFile => ({
  path,
  kind,
  bytes,
  hash: '',
  size: bytes.length,
});

/** The entries that are files: without the project's name and its choice of boot script. */
export const realFiles = (files: WorkingFiles): WorkingFile[] =>
  [...files.values()].filter(({ path }) => path !== NAME_ENTRY && path !== SCRIPT_ENTRY);

/** What main has, as working files. Bytes that were fetched before stay with files whose hash is the same. */
export function filesOf(project: Project, known?: WorkingFiles): WorkingFiles {
  const files = new Map<string, WorkingFile>();
  for (const { path, kind, text, hash, size } of project.files) {
    const before = known?.get(path);
    const same = before?.hash === hash && before.kind === kind && before.text === text;
    files.set(path, same ? before : { path, kind, hash, size, ...(text !== undefined && { text }) });
  }
  files.set(NAME_ENTRY, entry(NAME_ENTRY, project.name));
  if (project.script !== null) files.set(SCRIPT_ENTRY, entry(SCRIPT_ENTRY, project.script));
  return files;
}

export const nameEntry = (name: string): WorkingFile => entry(NAME_ENTRY, name);
export const scriptEntry = (path: string): WorkingFile => entry(SCRIPT_ENTRY, path);

export const NO_FILES: WorkingFiles = new Map();

/** The files with some of them replaced, added, or (undefined) removed. */
export function withFiles(
  files: WorkingFiles,
  changes: readonly { path: string; file: WorkingFile | undefined }[],
): WorkingFiles {
  const changed = new Map(files);
  for (const { path, file } of changes) {
    if (file) changed.set(path, file);
    else changed.delete(path);
  }
  return changed;
}

/** True if both have the same content, as far as it is known here. */
export function sameContent(a: WorkingFile | undefined, b: WorkingFile | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || a.kind !== b.kind) return false;
  if (a.text !== undefined || b.text !== undefined) return a.text === b.text;
  if (a.hash !== '' && b.hash !== '') return a.hash === b.hash;
  return a.bytes !== undefined && b.bytes !== undefined && equalBytes(a.bytes, b.bytes);
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Each file's content as one text that is equal exactly for equal contents; what main has not seen equals nothing of main's. */
export const contentsOf = (files: WorkingFiles): Map<string, string> =>
  new Map([...files].map(([path, { text, hash }]) => [path, text !== undefined ? `text ${text}` : `hash ${hash}`]));

/** The files as they were sent, with the hashes that main found for binary ones. */
export function withHashes(sent: WorkingFiles, saved: Project): WorkingFiles {
  const hashes = new Map(saved.files.map((file) => [file.path, file.hash]));
  return new Map(
    [...sent].map(([path, file]) => {
      const hash = hashes.get(path) ?? '';
      return [path, file.text === undefined && file.hash !== hash ? { ...file, hash } : file];
    }),
  );
}

/** `files`, where those that are still as they were sent become the ones that main confirmed. */
export const confirmed = (files: WorkingFiles, sent: WorkingFiles, stamped: WorkingFiles): WorkingFiles =>
  new Map([...files].map(([path, file]) => [path, file === sent.get(path) ? stamped.get(path)! : file]));

/** What a save must send so that main's files become the working ones. */
export function changesBetween(saved: WorkingFiles, working: WorkingFiles): ProjectChange[] {
  const changes: ProjectChange[] = [];
  const gone = [...saved.values()].filter((file) => !working.has(file.path));
  const renamed = new Set<string>();
  for (const file of working.values()) {
    if (sameContent(saved.get(file.path), file)) continue;
    if (file.path === NAME_ENTRY) changes.push({ type: 'name', name: file.text! });
    else if (file.path === SCRIPT_ENTRY) continue;
    else if (file.text !== undefined) changes.push({ type: 'put', path: file.path, kind: file.kind, text: file.text });
    else if (file.bytes) changes.push({ type: 'putImage', path: file.path, bytes: file.bytes });
    else {
      const origin = gone.find((other) => other.hash === file.hash && !renamed.has(other.path));
      if (!origin) throw new Error(`${file.path} has no content in this window and none of main's files has its hash.`);
      renamed.add(origin.path);
      changes.push({ type: 'rename', path: origin.path, to: file.path });
    }
  }
  for (const { path } of gone) {
    if (path !== SCRIPT_ENTRY && !renamed.has(path)) changes.push({ type: 'remove', path });
  }
  const script = working.get(SCRIPT_ENTRY);
  if (!sameContent(saved.get(SCRIPT_ENTRY), script)) changes.push({ type: 'script', path: script?.text ?? null });
  return changes;
}

/** A path beside the given ones that none of them has: `cell.c`, `cell-2.c`, … */
export function freePath(files: WorkingFiles, wanted: string): string {
  if (!files.has(wanted)) return wanted;
  const dot = wanted.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ''];
  for (let n = 2; ; n++) if (!files.has(`${stem}-${n}${ending}`)) return `${stem}-${n}${ending}`;
}
