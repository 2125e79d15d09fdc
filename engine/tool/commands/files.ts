// cat, ls and tree over the root's file tree. Texts as coreutils and tree(1) print them.
import { ERRNO, strerror } from '../../hypervisor/index.ts';
import { EXIT, type Command, type Process } from '../process.ts';
import { NOT_MODELLED, RootFiles, type FolderNode, type Node } from '../shell/root-files.ts';

const tree = (process: Process): RootFiles => new RootFiles(process.driver, process.files);

/** `*` and `?` in a path stand for names in its folders, sorted; a path that matches nothing stays as it is. */
export function expandPaths(process: Process, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!/[*?]/.test(path)) return [path];
    const matches = expandPattern(tree(process), path);
    return matches.length > 0 ? matches : [path];
  });
}

function expandPattern(files: RootFiles, path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.reduce<string[]>(
    (folders, part) => folders.flatMap((folder) => namesIn(files, folder, part)),
    [path.startsWith('/') ? '/' : ''],
  );
}

function namesIn(files: RootFiles, folder: string, pattern: string): string[] {
  const node = files.find(folder === '' ? '.' : folder);
  if (node === undefined || node === NOT_MODELLED || node.kind !== 'folder') return [];
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const regex = new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const at = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  return entriesOf(node)
    .filter((name) => regex.test(name))
    .map((name) => at + name);
}

/** The node, or undefined after a line on standard error that says why not. */
function findOrComplain(process: Process, path: string): Node | undefined {
  const node = tree(process).find(path);
  const name = process.args[0]!;
  if (node === NOT_MODELLED) {
    process.err(
      `${name}: ${path}: not there: the root cell's Linux is modelled; see /sys/devices/jailhouse, /sys/devices/system/cpu and /proc\n`,
    );
    return undefined;
  }
  if (!node) process.err(`${name}: ${path}: ${strerror(ERRNO.ENOENT)}\n`);
  return node;
}

export const cat: Command = (process) => {
  let status: number = EXIT.OK;
  if (process.args.length < 2) {
    process.err('cat: name a file\n');
    return EXIT.FAILURE;
  }
  for (const path of expandPaths(process, process.args.slice(1))) {
    const node = findOrComplain(process, path);
    const content = node?.kind === 'file' ? node.read() : undefined;
    if (node?.kind === 'folder') process.err(`cat: ${path}: ${strerror(ERRNO.EISDIR)}\n`);
    if (typeof content === 'number') process.err(`cat: ${path}: ${strerror(content)}\n`);
    if (content instanceof Uint8Array) process.out(content);
    else status = EXIT.FAILURE;
  }
  return status;
};

/** Sorted as the C locale does; folders without their slash. */
const entriesOf = (folder: FolderNode): string[] =>
  folder
    .list()
    .map((name) => name.replace(/\/$/, ''))
    .sort();

const modeText = (node: Node): string => {
  const mode = node.kind === 'folder' ? 0o755 : node.mode;
  const bits = [...'rwxrwxrwx'].map((letter, i) => (mode & (1 << (8 - i)) ? letter : '-')).join('');
  return (node.kind === 'folder' ? 'd' : '-') + bits;
};

export const ls: Command = (process) => {
  const options = process.args.slice(1).filter((argument) => argument.startsWith('-'));
  const unknown = options.join('').replace(/[-la1]/g, '');
  if (unknown !== '') {
    process.err(`ls: invalid option -- '${unknown[0]}'; there are -l, -a and -1\n`);
    return EXIT.USAGE;
  }
  const long = options.some((option) => option.includes('l'));
  const paths = expandPaths(
    process,
    process.args.slice(1).filter((argument) => !argument.startsWith('-')),
  );
  let status: number = EXIT.OK;
  for (const [index, path] of (paths.length > 0 ? paths : ['.']).entries()) {
    const node = findOrComplain(process, path);
    if (!node) {
      status = EXIT.FAILURE;
      continue;
    }
    if (paths.length > 1 && node.kind === 'folder') process.out(`${index > 0 ? '\n' : ''}${path}:\n`);
    for (const name of node.kind === 'folder' ? entriesOf(node) : [path]) {
      const child = node.kind === 'folder' ? tree(process).find(join(path, name)) : node;
      const mode = child && child !== NOT_MODELLED ? modeText(child) : '----------';
      process.out(`${long ? `${mode} root ` : ''}${name}\n`);
    }
  }
  return status;
};

export const treeCommand: Command = (process) => {
  const path = process.args[1] ?? '.';
  const node = findOrComplain(process, path);
  if (!node) return EXIT.FAILURE;
  process.out(`${path}\n`);
  const counts = { folders: 0, files: 0 };
  if (node.kind === 'folder') drawFolder(process, path, node, '', counts);
  const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
  process.out(`\n${many(counts.folders, 'directory', 'directories')}, ${many(counts.files, 'file', 'files')}\n`);
  return EXIT.OK;
};

function drawFolder(
  process: Process,
  path: string,
  folder: FolderNode,
  indent: string,
  counts: { folders: number; files: number },
): void {
  const names = entriesOf(folder);
  for (const [index, name] of names.entries()) {
    const last = index === names.length - 1;
    process.out(`${indent}${last ? '└── ' : '├── '}${name}\n`);
    const child = tree(process).find(join(path, name));
    if (child && child !== NOT_MODELLED && child.kind === 'folder') {
      counts.folders++;
      drawFolder(process, join(path, name), child, indent + (last ? '    ' : '│   '), counts);
    } else {
      counts.files++;
    }
  }
}

const join = (folder: string, name: string): string => {
  const clean = name.replace(/\/$/, '');
  return folder === '.' ? clean : `${folder.replace(/\/$/, '')}/${clean}`;
};
