import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cells,
  findNode,
  property,
  readCells,
  readDeviceTree,
  readStrings,
  string,
  twoCells,
  writeDeviceTree,
} from './dtb.ts';
import type { DeviceTree, DeviceTreeNode } from './dtb.ts';

const dtcMissing = spawnSync('dtc', ['--version'], { stdio: 'ignore' }).status !== 0;

const name = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,15}$/);
const uniqueBy = <Item>(arbitrary: fc.Arbitrary<Item>, selector: (item: Item) => string): fc.Arbitrary<Item[]> =>
  fc.uniqueArray(arbitrary, { selector, maxLength: 4 });
const properties = uniqueBy(fc.record({ name, value: fc.uint8Array({ maxLength: 20 }) }), (one) => one.name);
const LEAF: fc.Arbitrary<DeviceTreeNode[]> = fc.array(fc.constant({ name: 'n', properties: [], children: [] }), {
  maxLength: 0,
});
const { node } = fc.letrec<{ node: DeviceTreeNode }>((tie) => ({
  node: fc.record({
    name,
    properties,
    children: fc.oneof(
      { maxDepth: 4 },
      LEAF,
      uniqueBy(tie('node'), (one) => one.name),
    ),
  }),
}));
const tree: fc.Arbitrary<DeviceTree> = fc.record({
  root: node.map((one) => ({ ...one, name: '' })),
  reservations: fc.array(
    fc.record({
      address: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      size: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    }),
    { maxLength: 3 },
  ),
  bootCpu: fc.nat(),
});

describe('device tree blobs', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(tree, (one) => {
        expect(readDeviceTree(writeDeviceTree(one))).toEqual(one);
      }),
    );
  });

  it('are refused with a reason when they are broken, and never crash or hang', () => {
    fc.assert(
      fc.property(
        tree,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (one, damage, cut) => {
          const blob = writeDeviceTree(one);
          for (const [at, value] of damage) blob[at % blob.length] = value;
          const shortened = blob.subarray(0, cut % 3 === 0 ? cut % blob.length : blob.length);
          try {
            readDeviceTree(shortened);
          } catch (error) {
            expect((error as Error).name).toBe('DeviceTreeError');
            expect((error as Error).message).toMatch(/^device tree blob, offset 0x[0-9a-f]+: ./);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('say what is wrong with them', () => {
    const blob = writeDeviceTree({ root: { name: '', properties: [], children: [] }, reservations: [], bootCpu: 0 });
    const broken = (offset: number, value: number): Uint8Array => {
      const copy = blob.slice();
      new DataView(copy.buffer).setUint32(offset, value);
      return copy;
    };
    expect(() => readDeviceTree(new Uint8Array(10))).toThrow('10 bytes are less than a header');
    expect(() => readDeviceTree(broken(0, 0x12345678))).toThrow('magic 0x12345678');
    expect(() => readDeviceTree(broken(24, 99))).toThrow('needs a reader of version 99');
    expect(() => readDeviceTree(broken(20, 3))).toThrow('version 3 is too old');
    expect(() => readDeviceTree(broken(4, 9999))).toThrow(`says 9999 bytes, there are ${blob.length}`);
    expect(() => readDeviceTree(broken(8, blob.length))).toThrow('the structure block ends behind the blob');
    const deep = (depth: number): DeviceTreeNode => ({
      name: depth === 0 ? '' : 'n',
      properties: [],
      children: depth < 70 ? [deep(depth + 1)] : [],
    });
    expect(() => readDeviceTree(writeDeviceTree({ root: deep(0), reservations: [], bootCpu: 0 }))).toThrow(
      'nest deeper',
    );
  });

  it('carry cells and strings', () => {
    expect([...cells(1, 0xdeadbeef)]).toEqual([0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef]);
    expect(readCells(cells(7, 8))).toEqual([7, 8]);
    expect(twoCells(0x40_1000_0000)).toEqual([0x40, 0x1000_0000]);
    expect(readStrings(string('a,b', 'c'))).toEqual(['a,b', 'c']);
    expect([...string('')]).toEqual([0]);
  });

  it('are searched by path, with and without unit addresses', () => {
    const cpu = { name: 'cpu@0', properties: [{ name: 'reg', value: cells(0) }], children: [] };
    const root = { name: '', properties: [], children: [{ name: 'cpus', properties: [], children: [cpu] }] };
    expect(findNode(root, '/cpus/cpu@0')).toBe(cpu);
    expect(findNode(root, '/cpus/cpu')).toBe(cpu);
    expect(findNode(root, '/cpus/cpu@1')).toBeUndefined();
    expect(findNode(root, '/')).toBe(root);
    expect(property(cpu, 'reg')).toEqual(cells(0));
  });

  it.skipIf(dtcMissing)(`agree with dtc${dtcMissing ? ' (skipped: dtc is not installed)' : ''}`, () => {
    const dtc = (from: 'dtb' | 'dts', to: 'dtb' | 'dts', input: Uint8Array | string): Buffer =>
      execFileSync('dtc', ['-q', '-f', '-I', from, '-O', to], { input, stdio: ['pipe', 'pipe', 'ignore'] });
    fc.assert(
      fc.property(tree, (one) => {
        // dtc's reading of our blob, compiled again by dtc, is the same tree to us.
        const again = dtc('dts', 'dtb', dtc('dtb', 'dts', writeDeviceTree(one)).toString());
        expect(readDeviceTree(new Uint8Array(again)).root).toEqual(one.root);
      }),
      { numRuns: 8 },
    );
  });
});
