// Files as the root shell sees them. The service provides them: a script's folder over a board's, or a project's files.

/** Paths use `/`; relative ones are looked up by the provider. */
export interface Files {
  /** Contents, or undefined if there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** Names in a folder, folders with a trailing `/`; undefined if there is no such folder. */
  list(path: string): string[] | undefined;
  /** Makes or replaces a file. Absent: nothing can be written in this run. */
  write?(path: string, bytes: Uint8Array): void;
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
