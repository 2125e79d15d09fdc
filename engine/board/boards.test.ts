// Every board that ships: its description is valid, and its device tree is the one that QEMU gives for the same machine.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boardDeviceTree } from './devicetree.ts';
import { findNode, property, readCells, readDeviceTree, writeDeviceTree } from './dtb.ts';
import type { DeviceTreeNode } from './dtb.ts';
import { listBoards } from './load.ts';

const BOARDS = join(import.meta.dirname, '../../boards');

const { boards, errors } = listBoards({
  folders: () => readdirSync(BOARDS),
  read: (folder, file) => {
    const path = join(BOARDS, folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  },
});

describe('shipped boards', () => {
  it('are all valid', () => {
    expect(errors.map((error) => error.message)).toEqual([]);
    expect(boards.map((board) => board.name)).toContain('qemu-arm64');
  });

  for (const board of boards) {
    it(`${board.name} has the configurations that it names`, () => {
      const missing = [board.rootConfig, ...board.cells].filter((file) => !existsSync(join(BOARDS, board.name, file)));
      expect(missing).toEqual([]);
    });

    it(`${board.name} says where each group of facts comes from`, () => {
      const groups = [
        'cpus',
        'ram',
        'uarts',
        'kernelArguments',
        ...(board.gic ? ['gic'] : []),
        ...(board.performanceMonitors ? ['performanceMonitors'] : []),
        ...(board.pci.length ? ['pci'] : []),
      ];
      expect(groups.filter((group) => !board.sources[group])).toEqual([]);
    });
  }
});

const qemuMissing = spawnSync('qemu-system-aarch64', ['--version'], { stdio: 'ignore' }).status !== 0;

/** The tree that QEMU makes for its virt machine. */
function qemuTree(gicVersion: number, cpus: number): DeviceTreeNode {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-dtb-'));
  try {
    const file = join(folder, 'virt.dtb');
    const machine = `virt,gic-version=${gicVersion},its=off,dumpdtb=${file}`;
    const quiet = ['-nic', 'none', '-display', 'none'];
    spawnSync('qemu-system-aarch64', ['-M', machine, '-cpu', 'cortex-a57', '-smp', `${cpus}`, '-m', '1G', ...quiet]);
    return readDeviceTree(readFileSync(file)).root;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** QEMU numbers CPU nodes in decimal; the unit address is the affinity in hexadecimal (Devicetree Specification, 2.2.1.1). */
function nodeName(node: DeviceTreeNode): string {
  const reg = property(node, 'reg');
  return node.name.startsWith('cpu@') && reg ? `cpu@${readCells(reg)[0]!.toString(16)}` : node.name;
}

/** All properties by path, values in hex; values that only name another node (phandles) made equal. */
function flatten(node: DeviceTreeNode, handles: ReadonlyMap<number, string>, path = ''): Map<string, string> {
  const here = `${path}${nodeName(node)}/`;
  const flat = new Map<string, string>();
  for (const { name, value } of node.properties) {
    if (name === 'phandle' || name === 'linux,phandle') continue;
    const text = REFERENCES.has(name)
      ? readCells(value)
          .map((cell) => handles.get(cell) ?? cell.toString(16))
          .join(' ')
      : Buffer.from(value).toString('hex');
    flat.set(here + name, text);
  }
  for (const child of node.children) for (const [key, value] of flatten(child, handles, here)) flat.set(key, value);
  return flat;
}

const REFERENCES = new Set(['interrupt-parent', 'clocks', 'gpios', 'cpu', 'interrupt-map', 'msi-map']);

function handlesOf(node: DeviceTreeNode, handles = new Map<number, string>()): Map<number, string> {
  const phandle = property(node, 'phandle');
  if (phandle) handles.set(readCells(phandle)[0]!, `<${nodeName(node)}>`);
  for (const child of node.children) handlesOf(child, handles);
  return handles;
}

/** What our tree says otherwise than QEMU's, and why. */
const DIFFERENCES: readonly { path: RegExp; why: string }[] = [
  { path: /^\/chosen\/(rng|kaslr)-seed$/, why: 'ours are given by the boot parameters' },
  { path: /^\/platform-bus@/, why: 'a bus for devices that are added by hand' },
  { path: /^\/psci\/(migrate|cpu_suspend)$/, why: 'MIGRATE is not there; named function ids are PSCI 0.1' },
  { path: /^\/intc@8000000\/reg$/, why: 'redistributors for the CPUs there are' },
  { path: /^\/chosen\/(bootargs|linux,initrd-start|linux,initrd-end)$/, why: 'given at boot' },
];

describe.skipIf(qemuMissing)(
  `the device trees of qemu-arm64 and qemu-arm64-gicv2 against QEMU's${qemuMissing ? ' (skipped: qemu-system-aarch64 is not installed)' : ''}`,
  () => {
    const board = boards.find((one) => one.name === 'qemu-arm64')!;

    it.each([
      { gicVersion: 3, name: 'qemu-arm64' },
      { gicVersion: 2, name: 'qemu-arm64-gicv2' },
    ])('describes the same machine with GICv$gicVersion', ({ gicVersion, name }) => {
      const described = boards.find((one) => one.name === name)!;
      const theirs = qemuTree(gicVersion, described.cpus.length);
      const ours = readDeviceTree(writeDeviceTree(boardDeviceTree(described))).root;
      const expected = flatten(theirs, handlesOf(theirs));
      const actual = flatten(ours, handlesOf(ours));
      const wanted = (key: string): boolean => !DIFFERENCES.some(({ path }) => path.test(key));
      const pick = (flat: Map<string, string>) => Object.fromEntries([...flat].filter(([key]) => wanted(key)).sort());
      expect(pick(actual)).toEqual(pick(expected));
    });

    it('describes as many CPUs as are used, and what the loader was told', () => {
      const { root } = boardDeviceTree(board, {
        cpus: 2,
        commandLine: 'console=ttyAMA0',
        initrd: { start: 0x4800_0000, end: 0x1_4900_0000 },
      });
      expect(findNode(root, '/cpus')!.children.map((child) => child.name)).toEqual(['cpu@0', 'cpu@1', 'cpu-map']);
      expect(readCells(property(findNode(root, '/intc')!, 'reg')!).slice(4)).toEqual([0, 0x080a_0000, 0, 0x40000]);
      const chosen = findNode(root, '/chosen')!;
      expect(Buffer.from(property(chosen, 'bootargs')!).toString()).toBe('console=ttyAMA0\0');
      expect(readCells(property(chosen, 'linux,initrd-end')!)).toEqual([1, 0x4900_0000]);
    });
  },
);
