import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEM_FLAG } from '../../config/index.ts';
import { gpa } from '../../util/units.ts';
import type { PerCpu } from '../cell/percpu.ts';
import { plainCell, region } from '../testing/sample-configs.ts';
import { session } from '../testing/session.ts';
import { MmioTable, type MmioWindow } from './table.ts';
import { subPageRule } from './subpage.ts';

const { READ, WRITE, IO, IO_8, IO_16, IO_32, IO_64, IO_UNALIGNED, ROOTSHARED } = MEM_FLAG;
const nobody = {} as PerCpu;
const window = (start: number, size: number, answer = start): MmioWindow => ({
  start: gpa(start),
  size,
  name: `window at ${start}`,
  handler: (access) => {
    if (!access.write) access.lo = answer + access.offset;
    return 'handled';
  },
});

describe('dispatch', () => {
  it('needs the whole access inside one window', () => {
    const table = new MmioTable(4);
    table.register(window(0x1000, 0x10));
    const at = (address: number, size: 1 | 2 | 4 | 8) =>
      table.dispatch(nobody, { address: gpa(address), size, write: false, lo: 0, hi: 0 });
    expect([at(0x1000, 8), at(0x1008, 8), at(0x100c, 8), at(0xffc, 8), at(0x1010, 1)]).toEqual([
      'handled',
      'handled',
      'unhandled',
      'unhandled',
      'unhandled',
    ]);
  });

  it('finds the right window among many, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 50 }), { maxLength: 20 }), fc.nat({ max: 0x340 }), (slots, probe) => {
        const table = new MmioTable(20);
        for (const slot of slots) table.register(window(slot * 0x10, 0x10));
        const request = { address: gpa(probe), size: 1 as const, write: false, lo: -1, hi: 0 };
        const hit = slots.includes(probe >> 4);
        expect(table.dispatch(nobody, request)).toBe(hit ? 'handled' : 'unhandled');
        if (hit) expect(request.lo).toBe(probe);
      }),
    );
  });

  it('drops what does not fit', () => {
    const table = new MmioTable(1);
    expect(table.register(window(0, 4))).toBe(true);
    expect(table.register(window(8, 4))).toBe(false);
    expect(table.find(8, 4)).toBeUndefined();
  });
});

describe('sub-page regions', () => {
  it('check permission, then width, then alignment', () => {
    const r = (flags: bigint) => region(0x0900_0000, 0x0900_0000, 0x40, flags);
    expect(subPageRule(r(WRITE | IO_32), 0, 4, false)).toBe('permission');
    expect(subPageRule(r(READ | IO_32), 0, 4, true)).toBe('permission');
    expect(subPageRule(r(READ | IO_32), 0, 2, false)).toBe('width');
    expect(subPageRule(r(READ | IO_32), 2, 4, false)).toBe('alignment');
    expect(subPageRule(r(READ | IO_32 | IO_UNALIGNED), 2, 4, false)).toBeUndefined();
    for (const [size, flag] of [
      [1, IO_8],
      [2, IO_16],
      [4, IO_32],
      [8, IO_64],
    ] as const)
      expect(subPageRule(r(READ | flag), size, size, false)).toBeUndefined();
  });

  const setUp = (flags: bigint) => {
    const s = session();
    const uart = region(0x0900_0000, 0x1800_0000, 0x40, flags | IO | ROOTSHARED);
    s.create(plainCell('sub', [1], 0x7fa0_0000, { memoryRegions: [uart] }));
    s.start(1);
    s.printed();
    return s;
  };

  it('reach the physical device at the region’s offset, as an MMIO exit', () => {
    const s = setUp(READ | WRITE | IO_32);
    s.machine.wire = '';
    s.machine.cpu(1).access(0x1800_0000, 4, true, 0x41);
    expect(s.machine.wire).toBe('A');
    expect(s.machine.writers.at(-1)).toBe('sub');
    expect(s.machine.cpu(1).access(0x1800_0018, 4, false).lo).toBe(0x90);
    expect(s.hv.cpu(1)!.counters.value(1)).toBe(2);
  });

  it('refuse with the reference’s line, a dump and a sentence that names the flag', () => {
    const s = setUp(READ | WRITE | IO_32);
    s.machine.cpu(1).access(0x1800_0010, 2, true, 1);
    expect(s.printed().slice(0, 4)).toEqual([
      'FATAL: Invalid MMIO write, address: 9000010, size: 2',
      '',
      'FATAL: forbidden access (exception class 0x24)',
      'Cell state before exception:',
    ]);
    const event = s.events.find(({ kind }) => kind === 'violation');
    expect(event?.sentence).toContain('Add JAILHOUSE_MEM_IO_16');
    expect(event?.target?.field).toBe('memoryRegions[0].flags');
  });
});
