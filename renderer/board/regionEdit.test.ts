import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridFor, PAGE, reshaped, snapped } from './regionEdit.ts';

const region = { physStart: 0x7000_0000n, virtStart: 0n, size: 0x10000n };

describe('a region in the hand', () => {
  it('is seen elsewhere only if it is seen at its physical address', () => {
    expect(reshaped(region, 'whole', 0x7100_0000n)).toEqual({ ...region, physStart: 0x7100_0000n });
    expect(reshaped({ ...region, virtStart: region.physStart }, 'whole', 0x7100_0000n)).toMatchObject({
      virtStart: 0x7100_0000n,
    });
  });

  it('grows and shrinks at its edges', () => {
    expect(reshaped(region, 'end', 0x7000_4000n)).toEqual({ ...region, size: 0x4000n });
    expect(reshaped(region, 'start', 0x7000_4000n)).toEqual({
      physStart: 0x7000_4000n,
      virtStart: 0x4000n,
      size: 0xc000n,
    });
  });

  it('keeps a page at least, and stays in the address space', () => {
    expect(reshaped(region, 'end', region.physStart)).toBeUndefined();
    expect(reshaped(region, 'start', region.physStart + region.size)).toBeUndefined();
    expect(reshaped(region, 'start', region.physStart - PAGE)).toBeUndefined(); // its guest address would be below 0
    expect(reshaped(region, 'whole', (1n << 64n) - PAGE)).toBeUndefined();
  });

  it('keeps the offset of what is left when an edge moves', () => {
    fc.assert(
      fc.property(fc.constantFrom('start' as const, 'end' as const), fc.bigInt(0n, 32n), (grip, pages) => {
        const next = reshaped({ ...region, virtStart: 0x1000_0000n }, grip, region.physStart + pages * PAGE);
        return !next || next.virtStart - next.physStart === 0x1000_0000n - region.physStart;
      }),
    );
  });
});

describe('an edge', () => {
  it('comes to rest at another edge, else on the grid', () => {
    expect(snapped(0x1234n, [0x2000n], 0x1000n, PAGE)).toBe(0x2000n);
    expect(snapped(0x1234n, [0x2000n], 0x100n, PAGE)).toBe(0x1000n);
    expect(snapped(0x1a34n, [0x1a30n], 0x100n, PAGE)).toBe(0x2000n);
    expect(gridFor(0x5000n)).toBe(0x4000n);
    expect(gridFor(10n)).toBe(PAGE);
  });

  it('is always on a page', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 1n << 40n),
        fc.array(fc.bigInt(0n, 1n << 40n)),
        fc.bigInt(0n, 1n << 20n),
        (at, edges, reach) => {
          expect(snapped(at, edges, reach, gridFor(reach)) % PAGE).toBe(0n);
        },
      ),
    );
  });
});
