// /sys/devices/jailhouse as a tree of rows, from the flat paths that the engine sends. Cells are shown by number with their name
// beside it, as someone reads them; everything else as the files are called.

export interface SysfsRow {
  path: string;
  /** Last part of the path. */
  label: string;
  depth: number;
  /** Files have content, folders do not. */
  content: string | undefined;
  /** For folders: whether they are open. */
  open: boolean;
  /** For a cell's folder: the cell's name. */
  note: string | undefined;
}

/** Folders that start closed: one per CPU and per counter is too much to read at a glance. */
export const startsClosed = (path: string): boolean => /(^|\/)(statistics|cpu\d+)$/.test(path);

const collator = new Intl.Collator('en', { numeric: true });

/**
 * The rows to show, depth first, files before folders.
 * @param files path below /sys/devices/jailhouse to content
 * @param toggled folders that are not in the state they start in
 */
export function sysfsRows(files: Readonly<Record<string, string>>, toggled: ReadonlySet<string>): SysfsRow[] {
  const rows: SysfsRow[] = [];
  const visit = (node: Node, path: string, depth: number): void => {
    const names = [...node.keys()].sort((a, b) => rank(node.get(a)!) - rank(node.get(b)!) || collator.compare(a, b));
    for (const label of names) {
      const child = node.get(label)!;
      const childPath = path === '' ? label : `${path}/${label}`;
      if (typeof child === 'string') {
        rows.push({ path: childPath, label, depth, content: child.replace(/\n$/, ''), open: false, note: undefined });
        continue;
      }
      const open = startsClosed(childPath) === toggled.has(childPath);
      const name = child.get('name');
      rows.push({
        path: childPath,
        label,
        depth,
        content: undefined,
        open,
        note: typeof name === 'string' ? name.trim() : undefined,
      });
      if (open) visit(child, childPath, depth + 1);
    }
  };
  visit(treeOf(files), '', 0);
  return rows;
}

type Node = Map<string, Node | string>;

const rank = (node: Node | string): number => (typeof node === 'string' ? 0 : 1);

function treeOf(files: Readonly<Record<string, string>>): Node {
  const root: Node = new Map();
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/').filter((part) => part !== '');
    const file = parts.pop();
    if (file === undefined) continue;
    let node = root;
    for (const part of parts) {
      let child = node.get(part);
      if (typeof child !== 'object') node.set(part, (child = new Map()));
      node = child;
    }
    if (typeof node.get(file) !== 'object') node.set(file, content);
  }
  return root;
}
