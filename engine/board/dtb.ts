// Device tree blobs, read and written. Source: Devicetree Specification v0.4, chapter 5 (flattened devicetree format).
// A tree is plain data: nodes with ordered properties and children; property values are bytes, with helpers for the
// encodings of chapter 2.2.4. Reading checks every offset: a broken blob is refused with a reason, never half-read.

export interface DeviceTreeNode {
  /** With unit address: `cpu@0`; empty for the root. */
  name: string;
  properties: DeviceTreeProperty[];
  children: DeviceTreeNode[];
}

export interface DeviceTreeProperty {
  name: string;
  value: Uint8Array;
}

export interface DeviceTree {
  root: DeviceTreeNode;
  /** Memory reservations: bytes that the operating system must not touch. */
  reservations: { address: bigint; size: bigint }[];
  /** Physical id of the boot CPU. */
  bootCpu: number;
}

/** A blob that is not a device tree, and where it stops being one. */
export class DeviceTreeError extends Error {
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(`device tree blob, offset 0x${offset.toString(16)}: ${reason}`);
    this.name = 'DeviceTreeError';
    this.offset = offset;
  }
}

const MAGIC = 0xd00dfeed;
/** Version 17, readable by version 16 readers (5.2). */
const VERSION = { CURRENT: 17, COMPATIBLE: 16 } as const;
const TOKEN = { BEGIN_NODE: 1, END_NODE: 2, PROP: 3, NOP: 4, END: 9 } as const;
/** Header words in order (5.2). */
const HEADER = [
  'magic',
  'totalSize',
  'structure',
  'strings',
  'reservations',
  'version',
  'compatible',
  'bootCpu',
  'stringsSize',
  'structureSize',
] as const;
const HEADER_SIZE = HEADER.length * 4;
const RESERVATION_SIZE = 16;
/** Deeper trees are refused: a node path is bounded, and so is our recursion. */
const MAX_DEPTH = 64;

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Reads a blob. Bytes behind the stated total size are ignored. @throws DeviceTreeError */
export function readDeviceTree(blob: Uint8Array): DeviceTree {
  if (blob.length < HEADER_SIZE) throw new DeviceTreeError(0, `${blob.length} bytes are less than a header (40)`);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const header = Object.fromEntries(HEADER.map((name, n) => [name, view.getUint32(n * 4)])) as Record<
    (typeof HEADER)[number],
    number
  >;
  if (header.magic !== MAGIC) throw new DeviceTreeError(0, `magic 0x${header.magic.toString(16)}, expected 0xd00dfeed`);
  if (header.compatible > VERSION.CURRENT)
    throw new DeviceTreeError(24, `needs a reader of version ${header.compatible}, this one knows ${VERSION.CURRENT}`);
  if (header.version < VERSION.COMPATIBLE)
    throw new DeviceTreeError(20, `version ${header.version} is too old, expected ${VERSION.COMPATIBLE} or later`);
  const total = header.totalSize;
  if (total > blob.length) throw new DeviceTreeError(4, `says ${total} bytes, there are ${blob.length}`);
  const structureSize = header.version >= 17 ? header.structureSize : total - header.structure;
  const block = (name: string, start: number, size: number): void => {
    if (start + size > total) throw new DeviceTreeError(start, `the ${name} block ends behind the blob`);
  };
  block('structure', header.structure, structureSize);
  block('strings', header.strings, header.stringsSize);

  const end = header.structure + structureSize;
  const stringsEnd = header.strings + header.stringsSize;
  let at = header.structure;
  const word = (): number => {
    if (at + 4 > end) throw new DeviceTreeError(at, 'the structure block ends in the middle of a token');
    at += 4;
    return view.getUint32(at - 4);
  };
  /** A string that ends before `limit`; the offset behind its NUL goes to `next`. */
  const text = (start: number, limit: number): { value: string; next: number } => {
    const stop = blob.indexOf(0, start);
    if (stop < 0 || stop >= limit) throw new DeviceTreeError(start, 'a name does not end');
    return { value: latin1(blob.subarray(start, stop)), next: stop + 1 };
  };

  function node(depth: number): DeviceTreeNode {
    if (depth > MAX_DEPTH) throw new DeviceTreeError(at, `nodes nest deeper than ${MAX_DEPTH}`);
    const { value: name, next } = text(at, end);
    at = header.structure + align(next - header.structure, 4);
    const result: DeviceTreeNode = { name, properties: [], children: [] };
    for (;;) {
      const start = at;
      const token = word();
      if (token === TOKEN.END_NODE) return result;
      if (token === TOKEN.NOP) continue;
      if (token === TOKEN.BEGIN_NODE) {
        result.children.push(node(depth + 1));
      } else if (token === TOKEN.PROP) {
        const length = word();
        const nameOffset = word();
        if (at + length > end)
          throw new DeviceTreeError(at, `a property of ${length} bytes ends behind the structure block`);
        if (nameOffset >= header.stringsSize)
          throw new DeviceTreeError(at - 4, `a property name at ${nameOffset} lies outside the strings block`);
        result.properties.push({
          name: text(header.strings + nameOffset, stringsEnd).value,
          // A copy, also of a Node Buffer (whose slice is a view).
          value: new Uint8Array(blob.subarray(at, at + length)),
        });
        at = header.structure + align(at + length - header.structure, 4);
      } else {
        throw new DeviceTreeError(start, `unknown token ${token} in node "${name}"`);
      }
    }
  }

  let token = word();
  while (token === TOKEN.NOP) token = word();
  if (token !== TOKEN.BEGIN_NODE) throw new DeviceTreeError(header.structure, 'there is no root node');
  const root = node(0);
  token = word();
  while (token === TOKEN.NOP) token = word();
  if (token !== TOKEN.END) throw new DeviceTreeError(at - 4, 'something follows the root node');

  const reservations: DeviceTree['reservations'] = [];
  for (let entry = header.reservations; ; entry += RESERVATION_SIZE) {
    if (entry + RESERVATION_SIZE > total) throw new DeviceTreeError(entry, 'the memory reservations do not end');
    const reservation = { address: view.getBigUint64(entry), size: view.getBigUint64(entry + 8) };
    if (reservation.address === 0n && reservation.size === 0n) break;
    reservations.push(reservation);
  }
  return { root, reservations, bootCpu: header.bootCpu };
}

/**
 * Writes a blob: header, reservations, structure, strings, in that order.
 * @param size bytes of the blob at least: what is left is room for readers that edit the tree in place
 */
export function writeDeviceTree(tree: DeviceTree, size = 0): Uint8Array {
  const strings = new Map<string, number>();
  let stringsSize = 0;
  const nameOffset = (name: string): number => {
    const known = strings.get(name);
    if (known !== undefined) return known;
    const offset = stringsSize;
    strings.set(name, offset);
    stringsSize += name.length + 1;
    return offset;
  };
  const chunks: Uint8Array[] = [];
  let structureSize = 0;
  const put = (bytes: Uint8Array): void => {
    const padded = new Uint8Array(align(bytes.length, 4));
    padded.set(bytes);
    chunks.push(padded);
    structureSize += padded.length;
  };
  const emit = (node: DeviceTreeNode): void => {
    put(cells(TOKEN.BEGIN_NODE));
    put(string(node.name));
    for (const { name, value } of node.properties) {
      put(cells(TOKEN.PROP, value.length, nameOffset(name)));
      put(value);
    }
    node.children.forEach(emit);
    put(cells(TOKEN.END_NODE));
  };
  emit(tree.root);
  put(cells(TOKEN.END));

  const reservations = align(HEADER_SIZE, 8);
  const structure = reservations + (tree.reservations.length + 1) * RESERVATION_SIZE;
  const stringsStart = structure + structureSize;
  const total = Math.max(stringsStart + stringsSize, size);
  const blob = new Uint8Array(total);
  const view = new DataView(blob.buffer);
  const header: Record<(typeof HEADER)[number], number> = {
    magic: MAGIC,
    totalSize: total,
    structure,
    strings: stringsStart,
    reservations,
    version: VERSION.CURRENT,
    compatible: VERSION.COMPATIBLE,
    bootCpu: tree.bootCpu,
    stringsSize,
    structureSize,
  };
  HEADER.forEach((name, n) => view.setUint32(n * 4, header[name]));
  tree.reservations.forEach(({ address, size }, n) => {
    view.setBigUint64(reservations + n * RESERVATION_SIZE, address);
    view.setBigUint64(reservations + n * RESERVATION_SIZE + 8, size);
  });
  let at = structure;
  for (const chunk of chunks) {
    blob.set(chunk, at);
    at += chunk.length;
  }
  for (const [name, offset] of strings) blob.set(string(name), stringsStart + offset);
  return blob;
}

// Property values (2.2.4): big-endian cells, NUL-terminated strings, string lists.

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** u32 cells. */
export function cells(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, n) => view.setUint32(n * 4, value));
  return new Uint8Array(view.buffer);
}

/** A number of up to 53 bits as two cells. */
export const twoCells = (value: number): [number, number] => [Math.floor(value / 2 ** 32), value >>> 0];

/** One string, or a string list. */
export const string = (...values: readonly string[]): Uint8Array =>
  Uint8Array.from([...values.join('\0')].map((letter) => letter.charCodeAt(0)).concat(0));

export const readCells = (value: Uint8Array): number[] => {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: Math.floor(value.length / 4) }, (_, n) => view.getUint32(n * 4));
};

export const readStrings = (value: Uint8Array): string[] => latin1(value).replace(/\0$/, '').split('\0');

export const property = (node: DeviceTreeNode, name: string): Uint8Array | undefined =>
  node.properties.find((one) => one.name === name)?.value;

/** A node by path (`/cpus/cpu@0`); unit addresses may be left out where the name is unique. */
export function findNode(root: DeviceTreeNode, path: string): DeviceTreeNode | undefined {
  return path
    .split('/')
    .filter((part) => part !== '')
    .reduce<DeviceTreeNode | undefined>(
      (node, part) =>
        node?.children.find((child) => child.name === part) ??
        node?.children.find((child) => child.name.split('@')[0] === part),
      root,
    );
}
