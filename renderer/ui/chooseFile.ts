// Lets the person choose a file to read: the browser's own file dialog, which Electron shows natively.

export interface ChosenFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Undefined if the person chose none. `accept` as in HTML: endings and media types. */
export function chooseFile(accept: string): Promise<ChosenFile | undefined> {
  return new Promise((resolve, reject) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('cancel', () => resolve(undefined));
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (!file) resolve(undefined);
      else file.arrayBuffer().then((buffer) => resolve({ name: file.name, bytes: new Uint8Array(buffer) }), reject);
    });
    input.click();
  });
}

/** A file of a folder that the person chose or dropped; `path` is relative to the folder. Its bytes are read on demand. */
export interface FolderEntry {
  path: string;
  size: number;
  read: () => Promise<Uint8Array<ArrayBuffer>>;
}

const entryOf = (file: File, path: string): FolderEntry => ({
  path,
  size: file.size,
  read: async () => new Uint8Array(await file.arrayBuffer()),
});

/** Lets the person choose a folder; undefined: none was chosen. */
export function chooseFolder(): Promise<{ name: string; files: FolderEntry[] } | undefined> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.webkitdirectory = true;
    input.addEventListener('cancel', () => resolve(undefined));
    input.addEventListener('change', () => {
      const files = [...(input.files ?? [])];
      const name = files[0]?.webkitRelativePath.split('/')[0];
      resolve(
        name === undefined
          ? undefined
          : { name, files: files.map((file) => entryOf(file, file.webkitRelativePath.slice(name.length + 1))) },
      );
    });
    input.click();
  });
}

/** The files of what was dropped: a folder with all below it, or files side by side. */
export async function droppedFolder(data: DataTransfer): Promise<{ name: string; files: FolderEntry[] }> {
  const roots = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const files: FolderEntry[] = [];
  const visit = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      files.push(entryOf(file, path));
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives at most a hundred entries at a time.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const each of some) await visit(each, path === '' ? each.name : `${path}/${each.name}`);
    }
  };
  const only = roots.length === 1 && roots[0]!.isDirectory ? roots[0] : undefined;
  if (only) await visit(only, '');
  else for (const root of roots) await visit(root, root.name);
  return { name: only?.name ?? 'dropped files', files };
}
