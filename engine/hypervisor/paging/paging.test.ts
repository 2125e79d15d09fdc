import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiB, gpa, MiB, pa, PAGE_SIZE } from '../../util/units.ts';
import { PagePool } from './page-pool.ts';
import { PageTables } from './page-tables.ts';
import { Stage2 } from './stage2.ts';

const access = { read: true, write: true, device: false };

describe('page pool', () => {
  it('gives contiguous pages first fit and takes them back', () => {
    const pool = new PagePool(pa(0x1000_0000), 8);
    expect(pool.alloc(3)).toBe(0x1000_0000);
    expect(pool.alloc()).toBe(0x1000_3000);
    pool.free(pa(0x1000_1000), 1);
    expect(pool.alloc(2)).toBe(0x1000_4000);
    expect(pool.alloc()).toBe(0x1000_1000);
    expect(pool.usage).toBe('6/8');
    expect(pool.alloc(3)).toBeUndefined();
  });

  it('never gives a page twice and counts exactly', () => {
    const step = fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ giveBack: fc.nat({ max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = new PagePool(pa(0), 32);
        const held: { at: number; count: number }[] = [];
        for (const each of steps) {
          if ('take' in each) {
            const at = pool.alloc(each.take);
            if (at !== undefined) held.push({ at, count: each.take });
          } else {
            const [block] = held.splice(each.giveBack, 1);
            if (block) pool.free(pa(block.at), block.count);
          }
          const pages = held.flatMap(({ at, count }) => Array.from({ length: count }, (_, i) => at / PAGE_SIZE + i));
          expect(new Set(pages).size).toBe(pages.length);
          expect(pool.used).toBe(pages.length);
        }
      }),
    );
  });
});

describe('page tables', () => {
  const tables = (pages = 100, bits = 44) => {
    const pool = new PagePool(pa(0), pages);
    return { pool, tables: PageTables.create(pool, bits)! };
  };

  it('uses blocks where addresses and size allow', () => {
    const { pool, tables: t } = tables();
    expect(pool.used).toBe(1);
    t.map(0, 2 * GiB, 0x8000_0000, true);
    expect(pool.used).toBe(2);
    t.map(4 * GiB, 4 * MiB, 0x4000_0000, true);
    expect(pool.used).toBe(3);
    t.map(5 * GiB, 2 * MiB, 0x4000_1000, true);
    expect(pool.used).toBe(5);
  });

  it('maps page by page on request', () => {
    const { pool, tables: t } = tables();
    t.map(0, 4 * MiB, 0, false);
    expect(pool.used).toBe(1 + 1 + 1 + 2);
  });

  it('starts at level 1 with concatenated pages up to 40 bits', () => {
    expect(tables(100, 40).pool.used).toBe(2);
    expect(tables(100, 39).pool.used).toBe(1);
  });

  it('splits a block to unmap a part, and refuses when no page is left', () => {
    const { pool, tables: t } = tables(4);
    t.map(0, 1 * GiB, 0, true);
    expect(pool.used).toBe(2);
    expect(t.unmap(0x20_0000, 0x1000)).toBe(true);
    expect(pool.used).toBe(4);
    expect(t.unmap(0x40_0000, 0x1000)).toBe(false);
  });

  it('gives tables back as they empty', () => {
    const range = fc.record({
      page: fc.nat({ max: 3000 }),
      pages: fc.integer({ min: 1, max: 1200 }),
      huge: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
        const { pool, tables: t } = tables(1000);
        for (const { page, pages, huge } of ranges) t.map(page * PAGE_SIZE, pages * PAGE_SIZE, page * PAGE_SIZE, huge);
        for (const { page, pages } of ranges.toReversed()) t.unmap(page * PAGE_SIZE, pages * PAGE_SIZE);
        expect(pool.used).toBe(1);
        t.destroy();
        expect(pool.used).toBe(0);
      }),
    );
  });
});

describe('stage 2', () => {
  it('translates as a page-by-page model does, whatever was mapped and unmapped before', () => {
    const PAGES = 64;
    const step = fc.record({
      unmap: fc.boolean(),
      page: fc.nat({ max: PAGES - 1 }),
      pages: fc.integer({ min: 1, max: 16 }),
      to: fc.nat({ max: 1000 }),
      write: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const stage2 = Stage2.create(new PagePool(pa(0), 100), 44)!;
        const model = new Map<number, { page: number; write: boolean }>();
        for (const { unmap, page, pages, to, write } of steps) {
          if (unmap) stage2.unmap(gpa(page * PAGE_SIZE), pages * PAGE_SIZE);
          else stage2.map(gpa(page * PAGE_SIZE), pa(to * PAGE_SIZE), pages * PAGE_SIZE, { ...access, write }, true);
          for (let i = 0; i < pages; i++) {
            if (unmap) model.delete(page + i);
            else model.set(page + i, { page: to + i, write });
          }
        }
        for (let page = 0; page < PAGES + 16; page++) {
          const found = stage2.find(page * PAGE_SIZE + 0x123);
          const expected = model.get(page);
          expect(found && found.physical + page * PAGE_SIZE - found.start).toBe(expected && expected.page * PAGE_SIZE);
          expect(found?.access.write).toBe(expected?.write);
        }
        for (const [left, right] of stage2.mappings.slice(1).map((m, i) => [stage2.mappings[i]!, m] as const))
          expect(left.start + left.size).toBeLessThanOrEqual(right.start);
      }),
    );
  });

  it('drops bits below a page as the hardware does', () => {
    const stage2 = Stage2.create(new PagePool(pa(0), 100), 44)!;
    stage2.map(gpa(0x1000), pa(0x4000_0800), 0x1000, access, true);
    expect(stage2.translate(0x1004, 4)).toBe(0x4000_0004);
  });

  it('translates across neighbours only when they are contiguous in physical memory', () => {
    const stage2 = Stage2.create(new PagePool(pa(0), 100), 44)!;
    stage2.map(gpa(0), pa(0x5000), 0x1000, access, true);
    stage2.map(gpa(0x1000), pa(0x6000), 0x1000, { ...access, write: false }, true);
    stage2.map(gpa(0x2000), pa(0x9000), 0x1000, access, true);
    expect(stage2.translate(0xff0, 0x20)).toBe(0x5ff0);
    expect(stage2.translate(0x1ff0, 0x20)).toBeUndefined();
    expect(stage2.translate(0x2ff0, 0x20)).toBeUndefined();
  });
});
