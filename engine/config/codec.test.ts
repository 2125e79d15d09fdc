import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configArbitrary } from './arbitraries.ts';
import {
  cellName,
  cellOf,
  configSize,
  cpuList,
  cpuSetOf,
  cpusOf,
  decode,
  encode,
  iommuSpecific,
  mmconfigWindow,
} from './codec.ts';
import { ConfigError } from './errors.ts';
import { ARM_PLATFORM_LAYOUT, STRUCTURES, TRAILING_ARRAYS, X86_PLATFORM_LAYOUT } from './layout.ts';
import type { Config } from './model.ts';

// FUZZ_RUNS=100000 for the long run.
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2000);

const decoded = (bytes: Uint8Array) => {
  const result = decode(bytes);
  if (result instanceof ConfigError) throw result;
  return result;
};
const refused = (bytes: Uint8Array, expected?: Config['kind']) => {
  const result = decode(bytes, expected, 'x.cell');
  if (!(result instanceof ConfigError)) throw new Error('was accepted');
  return result;
};

/** A minimal valid cell: 8 bytes of CPU set, one memory region. */
function smallCell(): Uint8Array {
  const bytes = new Uint8Array(132 + 8 + 32);
  bytes.set([0x4a, 0x48, 0x43, 0x4c, 0x4c, 2, 14, 0]);
  bytes.set([0x67, 0x69, 0x63], 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(48, 8, true);
  view.setUint32(52, 1, true);
  bytes[132] = 0b110;
  view.setBigUint64(140 + 8, 0x80000000n, true);
  return bytes;
}

describe('layout', () => {
  const layouts = [...STRUCTURES, X86_PLATFORM_LAYOUT, ARM_PLATFORM_LAYOUT];
  it.each(layouts)('$c: the fields tile the structure without gap or overlap', ({ fields, size }) => {
    let next = 0;
    for (const { offset, width } of fields) {
      expect(offset).toBe(next);
      next = offset + width;
    }
    expect(next).toBe(size);
  });
  it('has the sizes of the reference', () => {
    expect(layouts.map(({ c, size }) => [c, size])).toEqual([
      ['jailhouse_memory', 32],
      ['jailhouse_console', 32],
      ['jailhouse_cache', 12],
      ['jailhouse_irqchip', 32],
      ['jailhouse_pio', 4],
      ['jailhouse_pci_device', 56],
      ['jailhouse_pci_capability', 8],
      ['jailhouse_iommu', 28],
      ['jailhouse_cell_desc', 132],
      ['jailhouse_system', 488],
      ['x86', 44],
      ['arm', 44],
    ]);
    expect(TRAILING_ARRAYS.map(({ entrySize }) => entrySize)).toEqual([1, 32, 12, 32, 4, 56, 8, 4]);
  });
});

describe('decode and encode', () => {
  it('are inverses for every model', () => {
    fc.assert(
      fc.property(configArbitrary(), fc.uint8Array({ maxLength: 64 }), (config, trailing) => {
        const bytes = encode(config, trailing);
        expect(bytes.length).toBe(configSize(config) + trailing.length);
        const back = decoded(bytes);
        expect(back.config).toEqual(config);
        expect(back.size).toBe(configSize(config));
        expect(back.trailing).toEqual(trailing);
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });

  it('give back every byte of a file that is accepted, and refuse the others with a reason', () => {
    const seeds = configArbitrary().map((config) => encode(config));
    const mutated = fc
      .tuple(seeds, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.option(fc.nat(), { freq: 4 }))
      .map(([bytes, changes, cut]) => {
        const copy = bytes.slice();
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return cut === null ? copy : copy.slice(0, cut % (copy.length + 1));
      });
    const noise = fc.uint8Array({ maxLength: 700 });
    const noisyBody = fc.tuple(seeds, noise).map(([seed, body]) => new Uint8Array([...seed.slice(0, 8), ...body]));
    fc.assert(
      fc.property(fc.oneof(mutated, noise, noisyBody), (bytes) => {
        const result = decode(bytes);
        if (result instanceof ConfigError) {
          expect(result.message).toMatch(/\.$/);
          expect(result.offset).toBeTypeOf('number');
        } else expect(encode(result.config, result.trailing)).toEqual(bytes);
      }),
      { numRuns },
    );
  });

  it('works on a view into a larger buffer', () => {
    const bytes = smallCell();
    const big = new Uint8Array(bytes.length + 20);
    big.set(bytes, 7);
    expect(decoded(big.subarray(7, 7 + bytes.length)).config).toEqual(decoded(bytes).config);
  });

  it('reads fields where the reference puts them', () => {
    const { config, size } = decoded(smallCell());
    const cell = cellOf(config);
    expect(size).toBe(172);
    expect(cell.name).toBe('gic');
    expect(cpusOf(cell.cpuSet)).toEqual([1, 2]);
    expect(cell.memoryRegions[0]).toEqual({ physStart: 0n, virtStart: 0x80000000n, size: 0n, flags: 0n });
  });
});

describe('refusals name the thing, the place and the next step', () => {
  const patched = (change: (bytes: Uint8Array, view: DataView) => void) => {
    const bytes = smallCell();
    change(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  const withRoom = (length: number, change: (view: DataView) => void = () => undefined) => {
    const bytes = new Uint8Array(length);
    bytes.set(smallCell().slice(0, 132));
    change(new DataView(bytes.buffer));
    return bytes;
  };
  it.each([
    ['an empty file', new Uint8Array(), 'truncated', /x\.cell ends after 0 bytes/],
    ['noise', new TextEncoder().encode('\x7fELF\x02\x01\x01\0'), 'signature', /begins with "\\x7fELF\\x02"/],
    ['another revision', patched((b) => (b[6] = 13)), 'revision', /revision 13 at offset 6, expected 14/],
    ['another architecture', patched((b) => (b[5] = 3)), 'architecture', /byte 3 at offset 5/],
    ['a cut descriptor', smallCell().slice(0, 60), 'truncated', /ends after 60 bytes.*num_irqchips at offset 60/],
    ['a cut array', smallCell().slice(0, 171), 'counts', /1 memory regions \(num_memory_regions at offset 52\)/],
    ['a huge count', patched((_, v) => v.setUint32(76, 0xffffffff, true)), 'counts', /num_stream_ids/],
    [
      'a cell beyond 64 KiB',
      withRoom(132 + 65536, (view) => view.setUint32(52, 2046, true)),
      'cell-too-large',
      /65612 bytes; the hypervisor reads at most 65536/,
    ],
    ['a disk image', withRoom(17 << 20), 'oversized', /17825792/],
  ] as const)('%s', (_, bytes, code, message) => {
    const error = refused(bytes);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('says when the other kind was given', () => {
    expect(refused(smallCell(), 'system').message).toContain('give the system configuration here');
  });

  it('names the field that does not fit when a model is written', () => {
    const { config } = decoded(smallCell());
    const broken = (change: (cell: ReturnType<typeof cellOf>) => void) => {
      const copy = structuredClone(config);
      change(cellOf(copy));
      return () => encode(copy);
    };
    expect(broken((c) => (c.memoryRegions[0]!.size = -1n))).toThrow(/memoryRegions\[0\]\.size is -1/);
    expect(broken((c) => (c.vpciIrqBase = 2 ** 32))).toThrow(/vpciIrqBase is 4294967296/);
    expect(broken((c) => (c.name = 'x'.repeat(33)))).toThrow(/room for 32/);
    expect(broken((c) => (c.name = 'größe→'))).toThrow(/outside Latin-1 at position 6/);
    expect(broken((c) => (c.console.type = 1.5))).toThrow(/console\.type is 1\.5/);
  });
});

describe('readings', () => {
  it('turns CPU sets into numbers and back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), (cpus) => {
        const ascending = [...cpus].sort((a, b) => a - b);
        expect(cpusOf(cpuSetOf(cpus))).toEqual(ascending);
        expect(cpuSetOf(cpus).length % 8).toBe(0);
      }),
    );
    expect(cpuList([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
    expect(cpuList([])).toBe('');
    expect(() => cpuSetOf([64], 8)).toThrow(/CPU 64 does not fit/);
  });
  it('reads names as C does', () => {
    expect(cellName({ name: 'abc\0def' })).toBe('abc');
    expect(cellName({ name: 'x'.repeat(32) })).toBe('x'.repeat(31));
  });
  it('reads the union of an IOMMU unit by its type', () => {
    const specific = new Uint8Array([2, 0, 0x40, 0x50, 1, 0, 0, 0, 9, 0, 0, 0]);
    expect(iommuSpecific({ type: 1, specific })).toEqual({
      kind: 'amd',
      bdf: 2,
      baseCap: 0x40,
      msiCap: 0x50,
      features: 1,
    });
    expect(iommuSpecific({ type: 4, specific })).toEqual({ kind: 'pvu', tlbBase: 0x150400002n, tlbSize: 9 });
    expect(iommuSpecific({ type: 2, specific })).toEqual({ kind: 'raw' });
  });
  it('gives the MMCONFIG window its (end bus + 1) MiB', () => {
    fc.assert(
      fc.property(
        configArbitrary().filter((c) => c.kind === 'system'),
        (config) => {
          if (config.kind !== 'system') return;
          config.system.pciMmconfigBase = 0x8e00000n;
          config.system.pciMmconfigEndBus = 3;
          expect(mmconfigWindow(config.system)).toEqual({ base: 0x8e00000n, size: 0x400000n });
        },
      ),
      { numRuns: 1 },
    );
  });
});
