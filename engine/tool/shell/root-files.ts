// The file tree of the modelled root: the driver's sysfs, CPU hotplug, a few files of /proc, and the run's own files.
// Everything else that a real Linux would have is named as not modelled. Source: ABI reference, E.6;
// Linux, Documentation/ABI/testing/sysfs-devices-system-cpu.
import { cpuList } from '../../config/index.ts';
import { SYSFS_ROOT, sysfsNode, type JailhouseDriver, type SysfsNode } from '../../driver/index.ts';
import { ERRNO } from '../../hypervisor/index.ts';
import type { Files } from '../files.ts';

export interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  /** Bytes, or a negated error number. */
  read(): Uint8Array | number;
  /** 0 or a negated error number. Absent: read only. */
  write?(text: string): number;
}
export interface FolderNode {
  readonly kind: 'folder';
  /** Names, folders with a trailing slash. */
  list(): string[];
}
export type Node = FileNode | FolderNode;

/** A path that a real Linux would have and the modelled one does not. */
export const NOT_MODELLED = 'not modelled';

const CPU_ROOT = '/sys/devices/system/cpu';
const READ_ONLY = 0o444;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (read: () => string): FileNode => ({ kind: 'file', mode: READ_ONLY, read: () => encode(read()) });
const folder = (list: () => string[]): FolderNode => ({ kind: 'folder', list });

/** Folders above the modelled files. */
const SCAFFOLD: Readonly<Record<string, readonly string[]>> = {
  '/': ['proc/', 'sys/'],
  '/sys': ['devices/'],
  '/sys/devices': ['jailhouse/', 'system/'],
  '/sys/devices/system': ['cpu/'],
};
const SYSTEM_PREFIXES = ['/proc', '/sys', '/dev', '/etc', '/var', '/boot', '/lib', '/root'];

export class RootFiles {
  readonly #driver: JailhouseDriver;
  readonly #files: Files;

  constructor(driver: JailhouseDriver, files: Files) {
    this.#driver = driver;
    this.#files = files;
  }

  /** Undefined: no such file. */
  find(path: string): Node | typeof NOT_MODELLED | undefined {
    if (!path.startsWith('/')) return this.#runFile(path);
    const clean = normalise(path);
    const scaffold = SCAFFOLD[clean];
    if (scaffold) return folder(() => [...scaffold]);
    const known = this.#sysfs(clean) ?? this.#cpu(clean) ?? this.#proc(clean);
    if (known) return known;
    const host = this.#runFile(path);
    if (host) return host;
    const below = (prefix: string) => clean === prefix || clean.startsWith(`${prefix}/`);
    if (below(SYSFS_ROOT) || below(CPU_ROOT)) return undefined;
    return SYSTEM_PREFIXES.some(below) ? NOT_MODELLED : undefined;
  }

  #runFile(path: string): Node | undefined {
    const bytes = this.#files.read(path);
    if (bytes) return { kind: 'file', mode: 0o644, read: () => bytes };
    return this.#files.list(path) ? folder(() => this.#files.list(path) ?? []) : undefined;
  }

  #sysfs(path: string): Node | undefined {
    if (path !== SYSFS_ROOT && !path.startsWith(`${SYSFS_ROOT}/`)) return undefined;
    const node = sysfsNode(this.#driver, path.slice(SYSFS_ROOT.length));
    return node && this.#fromSysfs(node);
  }

  #fromSysfs(node: SysfsNode): Node {
    if (node.kind === 'file') return { kind: 'file', mode: node.mode, read: () => node.read(this.#driver.asking) };
    return folder(() => [...node.entries].map(([name, child]) => (child.kind === 'directory' ? `${name}/` : name)));
  }

  #cpu(path: string): Node | undefined {
    if (path !== CPU_ROOT && !path.startsWith(`${CPU_ROOT}/`)) return undefined;
    const { linux } = this.#driver;
    const all = linux.presentCpus;
    const lists: Readonly<Record<string, () => readonly number[]>> = {
      online: () => linux.onlineCpus,
      offline: () => all.filter((cpu) => !linux.isOnline(cpu)),
      possible: () => Array.from({ length: linux.possibleCpus }, (_, cpu) => cpu),
      present: () => all,
    };
    const name = path.slice(CPU_ROOT.length + 1);
    if (name === '') return folder(() => [...all.map((cpu) => `cpu${cpu}/`), ...Object.keys(lists).sort()]);
    const list = lists[name];
    if (list) return text(() => `${cpuList(list())}\n`);
    const match = /^cpu(\d+)(\/online)?$/.exec(name);
    const cpu = Number(match?.[1]);
    if (!match || !all.includes(cpu)) return undefined;
    if (!match[2]) return folder(() => ['online']);
    return {
      kind: 'file',
      mode: 0o644,
      read: () => encode(linux.isOnline(cpu) ? '1\n' : '0\n'),
      write: (value) => {
        if (value.trim() === '1') return this.#driver.cpuOnline(cpu);
        return value.trim() === '0' ? linux.takeOffline(cpu) : -ERRNO.EINVAL;
      },
    };
  }

  #proc(path: string): Node | undefined {
    if (path === '/proc') return folder(() => Object.keys(this.#procFiles).sort());
    const read = path.startsWith('/proc/') ? this.#procFiles[path.slice('/proc/'.length)] : undefined;
    return read && text(read);
  }

  readonly #procFiles: Readonly<Record<string, () => string>> = {
    cmdline: () => `${this.#driver.machine.board.kernelArguments}\n`,
    cpuinfo: () => this.#driver.linux.onlineCpus.map((cpu) => `processor\t: ${cpu}\n`).join('\n'),
    iomem: () => iomem(this.#driver),
    uptime: () => `${(this.#driver.machine.now / 1e9).toFixed(2)}\n`,
  };
}

/** Without `.`, `..`, double and trailing slashes. */
function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function iomem({ linux, machine, hypervisor }: JailhouseDriver): string {
  const { board } = machine;
  const ranges = [
    ...linux.memory.map(({ base, size }) => ({ base, size, name: 'System RAM' })),
    ...board.uarts,
    ...board.devices,
    ...(hypervisor
      ? [{ base: hypervisor.base, size: Number(hypervisor.system.hypervisorMemory.size), name: 'Jailhouse hypervisor' }]
      : []),
  ];
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  return ranges
    .sort((a, b) => a.base - b.base)
    .map(({ base, size, name }) => `${hex(base)}-${hex(base + size - 1)} : ${name}\n`)
    .join('');
}
