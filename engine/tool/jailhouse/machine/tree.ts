// The files of /proc and /sys that describe a machine: from a collected tar, from a folder, or of a modelled machine.
import { readTar } from './tar.ts';
import type { TarEntry } from './tar.ts';
import type { Files } from '../../files.ts';

/** Paths without a leading slash, such as `proc/iomem`. */
export interface MachineTree {
  read(path: string): Uint8Array | undefined;
  /** Names in a folder, without trailing slashes, sorted. */
  list(path: string): string[];
}

export class MissingFile extends Error {
  constructor(path: string) {
    super(`/${path} is missing. Collect it on the machine: jailhouse config collect FILE.TAR`);
  }
}

export const readText = (tree: MachineTree, path: string): string | undefined => {
  const bytes = tree.read(path);
  return bytes && new TextDecoder('latin1').decode(bytes);
};

/** @throws MissingFile */
export function needText(tree: MachineTree, path: string): string {
  const text = readText(tree, path);
  if (text === undefined) throw new MissingFile(path);
  return text;
}

export function treeOf(entries: readonly TarEntry[]): MachineTree {
  const files = new Map(entries.map(({ path, bytes }) => [path, bytes]));
  return {
    read: (path) => files.get(path),
    list(path) {
      const prefix = path === '' ? '' : `${path}/`;
      const names = [...files.keys()]
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length).split('/')[0]!);
      return [...new Set(names)].sort();
    },
  };
}

/** ROOT as the user names it: a tar archive, or a folder with proc/ and sys/. Undefined if it is neither. @throws TarError */
export function openTree(files: Files, root: string): MachineTree | undefined {
  const archive = files.read(root);
  if (archive) return treeOf(readTar(archive));
  const folder = root.replace(/\/+$/, '');
  if (!files.list(folder)) return undefined;
  const at = (path: string): string => (path === '' ? folder : `${folder}/${path}`);
  return {
    read: (path) => files.read(at(path)),
    list: (path) => (files.list(at(path)) ?? []).map((name) => name.replace(/\/$/, '')).sort(),
  };
}
