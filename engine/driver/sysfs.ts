// /sys/devices/jailhouse as a tree: every node with its mode and what reading it gives. Source: ABI reference, E.6.
import { cpuList } from '../config/index.ts';
import {
  CELL_STATE,
  COUNTERS,
  CPU_INFO,
  CPU_STATE,
  ERRNO,
  HYPERVISOR_INFO,
  readRing,
  type CounterName,
} from '../hypervisor/index.ts';
import type { DriverCell } from './cells.ts';
import { cpuMaskText } from './cpumask.ts';
import type { JailhouseDriver, Questions } from './driver.ts';
import { coreImage } from './firmware.ts';

export const SYSFS_ROOT = '/sys/devices/jailhouse';

export interface SysfsFile {
  readonly kind: 'file';
  readonly mode: number;
  /** Content, or a negated error number of the read. */
  read(questions: Questions): Uint8Array | number;
}
export interface SysfsDirectory {
  readonly kind: 'directory';
  readonly entries: ReadonlyMap<string, SysfsNode>;
}
export type SysfsNode = SysfsFile | SysfsDirectory;

const READ_ONLY = 0o444;
const OWNER_ONLY = 0o400;

const STATE_TEXT: Readonly<Record<number, string>> = {
  [CELL_STATE.RUNNING]: 'running',
  [CELL_STATE.RUNNING_LOCKED]: 'running/locked',
  [CELL_STATE.SHUT_DOWN]: 'shut down',
  [CELL_STATE.FAILED]: 'failed',
  [CELL_STATE.FAILED_COMM_REV]: 'Comm ABI mismatch',
};

/** The text of cells/ID/state for the answer of CELL_GET_STATE. */
export const stateText = (state: number): string => STATE_TEXT[state] ?? 'invalid';

const encoder = new TextEncoder();
const line = (text: string | number): Uint8Array => encoder.encode(`${text}\n`);
const file = (read: SysfsFile['read'], mode = READ_ONLY): SysfsFile => ({ kind: 'file', mode, read });
const directory = (entries: Iterable<readonly [string, SysfsNode]>): SysfsDirectory => ({
  kind: 'directory',
  entries: new Map(entries),
});

/** The tree as it is now. Directories change with every cell, so ask again instead of keeping it. */
export function sysfsTree(driver: JailhouseDriver): SysfsDirectory {
  const pool = (type: number) => file((ask) => line(Math.max(0, ask.hypervisorInfo(type))));
  return directory([
    ['enabled', file(() => line(driver.enabled ? 1 : 0))],
    ['console', file(() => consolePage(driver))],
    ['mem_pool_size', pool(HYPERVISOR_INFO.MEM_POOL_SIZE)],
    ['mem_pool_used', pool(HYPERVISOR_INFO.MEM_POOL_USED)],
    ['remap_pool_size', pool(HYPERVISOR_INFO.REMAP_POOL_SIZE)],
    ['remap_pool_used', pool(HYPERVISOR_INFO.REMAP_POOL_USED)],
    ...(driver.image
      ? [['core', file(() => coreImage(driver.image!, driver.consoleSnapshot()), OWNER_ONLY)] as const]
      : []),
    ['cells', directory(driver.cells.map((cell) => [String(cell.id), cellDirectory(driver, cell)] as const))],
  ]);
}

/** What `console` shows: up to a ring full; nothing when disabled. */
function consolePage(driver: JailhouseDriver): Uint8Array | number {
  if (!driver.hypervisor) return new Uint8Array();
  if (!driver.mayReadConsole) return -ERRNO.EPERM;
  return readRing(driver.hypervisor.console.ring.snapshot(), 0).bytes;
}

function cellDirectory(driver: JailhouseDriver, cell: DriverCell): SysfsDirectory {
  const possible = driver.linux.possibleCpus;
  const failed = (ask: Questions) => cell.cpus.filter((cpu) => ask.cpuInfo(cpu, CPU_INFO.STATE) === CPU_STATE.FAILED);
  return directory([
    ['name', file(() => line(cell.name))],
    ['state', file((ask) => line(stateText(ask.cellState(cell.id))))],
    ['cpus_assigned', file(() => line(cpuMaskText(cell.cpus, possible)))],
    ['cpus_assigned_list', file(() => line(cpuList(cell.cpus)))],
    ['cpus_failed', file((ask) => line(cpuMaskText(failed(ask), possible)))],
    ['cpus_failed_list', file((ask) => line(cpuList(failed(ask))))],
    ['statistics', statistics(driver, cell)],
  ]);
}

function statistics(driver: JailhouseDriver, cell: DriverCell): SysfsDirectory {
  const names: readonly CounterName[] = COUNTERS[driver.machine.board.architecture];
  const counters = (cpus: readonly number[]) =>
    names.map((name, number) => [name, file((ask) => line(sumOf(ask, cpus, number)))] as const);
  return directory([
    ...counters(cell.cpus),
    ...cell.cpus.map((cpu) => [`cpu${cpu}`, directory(counters([cpu]))] as const),
  ]);
}

/** Errors count as nothing. */
const sumOf = (ask: Questions, cpus: readonly number[], number: number): number =>
  cpus.reduce((sum, cpu) => sum + Math.max(0, ask.cpuInfo(cpu, CPU_INFO.FIRST_COUNTER + number)), 0);

/** The node at a path below SYSFS_ROOT (`cells/0/state`; empty for the root). */
export function sysfsNode(driver: JailhouseDriver, path: string): SysfsNode | undefined {
  let node: SysfsNode | undefined = sysfsTree(driver);
  for (const part of path.split('/').filter(Boolean)) {
    if (node?.kind !== 'directory') return undefined;
    node = node.entries.get(part);
  }
  return node;
}

/** Every text file with its content, for the window: path below SYSFS_ROOT. Leaves no trace in the guest. */
export function sysfsSnapshot(driver: JailhouseDriver): Record<string, string> {
  const out: Record<string, string> = {};
  const visit = (node: SysfsNode, path: string): void => {
    if (node.kind === 'directory') {
      for (const [name, child] of node.entries) visit(child, path ? `${path}/${name}` : name);
    } else if (node.mode === READ_ONLY) {
      const content = node.read(driver.peeking);
      if (typeof content !== 'number') out[path] = new TextDecoder().decode(content);
    }
  };
  visit(sysfsTree(driver), '');
  return out;
}
