// The device tree of a cell's Linux with memory, command line and initrd filled in. Source: ABI reference, F.6;
// Devicetree Specification v0.4, 2.3.5 (#address-cells), 3.4 (/memory), 3.6 (/chosen).
import {
  cells,
  property,
  readCells,
  readDeviceTree,
  string,
  twoCells,
  writeDeviceTree,
  type DeviceTreeNode,
} from '../../../board/index.ts';

export interface LinuxBoot {
  readonly ram: readonly { start: number; size: number }[];
  readonly commandLine: string;
  readonly initrd: { start: number; end: number } | undefined;
}

/** A region at 0 of at most this size holds the loader and is not Linux's memory. */
const LOADER_REGION = 0x10000;

/** @throws DeviceTreeError if the blob is none */
export function editDeviceTree(blob: Uint8Array, { ram, commandLine, initrd }: LinuxBoot): Uint8Array {
  const tree = readDeviceTree(blob);
  const count = (name: string, fallback: number) =>
    readCells(property(tree.root, name) ?? cells(fallback))[0] ?? fallback;
  const address = encoder(count('#address-cells', 2));
  const size = encoder(count('#size-cells', 1));

  const memory = child(tree.root, 'memory');
  set(memory, 'device_type', string('memory'));
  const ranges = ram.filter((region) => region.start !== 0 || region.size > LOADER_REGION);
  set(memory, 'reg', cells(...ranges.flatMap((region) => [...address(region.start), ...size(region.size)])));

  const chosen = child(tree.root, 'chosen');
  if (commandLine !== '') set(chosen, 'bootargs', string(commandLine));
  if (initrd) {
    set(chosen, 'linux,initrd-start', cells(...address(initrd.start)));
    set(chosen, 'linux,initrd-end', cells(...address(initrd.end)));
  }
  return writeDeviceTree(tree);
}

/** A number as that many cells, one or two. */
const encoder =
  (count: number) =>
  (value: number): number[] =>
    count === 1 ? [value] : twoCells(value);

/** The child of that name, with or without unit address; made when missing. */
function child(parent: DeviceTreeNode, name: string): DeviceTreeNode {
  const found = parent.children.find((node) => node.name === name || node.name.startsWith(`${name}@`));
  if (found) return found;
  const made: DeviceTreeNode = { name, properties: [], children: [] };
  parent.children.push(made);
  return made;
}

function set(node: DeviceTreeNode, name: string, value: Uint8Array): void {
  const found = node.properties.find((one) => one.name === name);
  if (found) found.value = value;
  else node.properties.push({ name, value });
}
