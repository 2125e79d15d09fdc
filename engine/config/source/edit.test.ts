import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configArbitrary } from '../arbitraries.ts';
import { cellOf, cpuSetOf } from '../codec.ts';
import { ConfigError } from '../errors.ts';
import { MEM_FLAG, type CellConfig, type Config } from '../model.ts';
import { editSource } from './edit.ts';
import { renderFault } from './file.ts';
import { readSource } from './reader.ts';
import { writeSource } from './writer.ts';

const numRuns = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 2000) / 20);
const corpus = join(import.meta.dirname, 'corpus');
const include = (name: string) => readFileSync(join(corpus, name), 'utf8');

const read = (text: string) => {
  const result = readSource(text, { include });
  if (result instanceof ConfigError) throw new Error(`${renderFault(result)}\n${text}`);
  return result;
};
const edited = (text: string, config: Config): string => {
  const result = editSource(text, config, { include });
  if (result instanceof ConfigError) throw new Error(renderFault(result));
  return result;
};

/** Lines of the old text that are gone, and of the new one that were not there. */
function changedLines(before: string, after: string): { gone: string[]; added: string[] } {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  return { gone: a.slice(head, a.length - tail), added: b.slice(head, b.length - tail) };
}

/** Reads a text, changes the model, edits the text, checks the law and gives the lines that differ. */
function change(text: string, edit: (cell: CellConfig, config: Config) => void) {
  const { config } = read(text);
  edit(cellOf(config), config);
  const after = edited(text, config);
  expect(read(after).config).toEqual(config);
  return { after, ...changedLines(text, after) };
}

const CELL = `#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

#define RAM_BASE 0x7fa00000 /* see the root configuration */

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[8];
	struct jailhouse_irqchip irqchips[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "demo",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG,

		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),

		.console = {
			.address = 0x09000000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_PL011,
		},
	},

	.cpus = {
		0b000110, // one and two
	},

	.mem_regions = {
		/* net */
		JAILHOUSE_SHMEM_NET_REGIONS(0x7fb00000, 1),
		/* UART */ {
			.phys_start = 0x09000000,
			.virt_start = 0x09000000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				JAILHOUSE_MEM_IO | JAILHOUSE_MEM_ROOTSHARED,
		},
		/* RAM */ {
			.phys_start = RAM_BASE,
			.virt_start = 0,
			.size = 0x00010000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE,
		},
		/* comm region */ {
			.virt_start = 0x80000000,
			.size = 0x00001000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_COMM_REGION,
		}, /* the last one is left to be zero */
	},

	.irqchips = {
		{
			.address = 0x08000000,
			.pin_base = 32,
			.pin_bitmap = {
				1 << (33 - 32), 0, (1 << 3) | (1 << 5),
			},
		},
	},
};
`;

describe('a change touches only what it must', () => {
  it('an unchanged model gives the unchanged text', () => {
    for (const name of readdirSync(corpus)) {
      if (['shared-defaults.c', 'unpacked.c', 'expressions.c', 'initialisers.c'].includes(name)) continue;
      const text = readFileSync(join(corpus, name), 'utf8');
      expect(edited(text, read(text).config)).toBe(text);
    }
  });

  it('a CPU: one number, in its base and width', () => {
    const { gone, added } = change(CELL, (cell) => (cell.cpuSet = cpuSetOf([1, 2, 3])));
    expect(gone).toEqual(['\t\t0b000110, // one and two']);
    expect(added).toEqual(['\t\t0b001110, // one and two']);
  });

  it('an address: the digits', () => {
    const { gone, added } = change(CELL, (cell) => (cell.memoryRegions[6]!.virtStart = 0x80001000n));
    expect(gone).toEqual(['\t\t\t.virt_start = 0x80000000,']);
    expect(added).toEqual(['\t\t\t.virt_start = 0x80001000,']);
    expect(change(CELL, (cell) => (cell.memoryRegions[5]!.size = 0x20000n)).added).toEqual([
      '\t\t\t.size = 0x00020000,',
    ]);
  });

  it('a value from a macro: the use, not the definition', () => {
    const { gone, added } = change(CELL, (cell) => (cell.memoryRegions[5]!.physStart = 0x7f900000n));
    expect(gone).toEqual(['\t\t\t.phys_start = RAM_BASE,']);
    expect(added).toEqual(['\t\t\t.phys_start = 0x7f900000,']);
  });

  it('a flag put in or taken out: its line', () => {
    expect(change(CELL, (cell) => (cell.memoryRegions[6]!.flags |= MEM_FLAG.WRITE)).added).toEqual([
      '\t\t\t.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_COMM_REGION |',
      '\t\t\t\t JAILHOUSE_MEM_WRITE,',
    ]);
    const { gone, added } = change(CELL, (cell) => (cell.memoryRegions[5]!.flags &= ~MEM_FLAG.EXECUTE));
    expect(gone).toEqual(['\t\t\t\tJAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE,']);
    expect(added).toEqual(['\t\t\t\tJAILHOUSE_MEM_LOADABLE,']);
    expect(change(CELL, (cell) => (cell.flags |= 0x40000000)).added).toEqual([
      '\t\t.flags = JAILHOUSE_CELL_PASSIVE_COMMREG |',
      '\t\t\t JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED,',
    ]);
  });

  it('a pin: the bits of its word', () => {
    expect(change(CELL, (cell) => (cell.irqchips[0]!.pinBitmap[2]! |= 1 << 9)).added).toEqual([
      '\t\t\t\t1 << (33 - 32), 0, (1 << 3) | (1 << 5) |',
      '\t\t\t\t\t\t   (1 << 9),',
    ]);
    expect(change(CELL, (cell) => (cell.irqchips[0]!.pinBitmap[2] = 1 << 5)).added).toEqual([
      '\t\t\t\t1 << (33 - 32), 0, (1 << 5),',
    ]);
    expect(change(CELL, (cell) => (cell.irqchips[0]!.pinBitmap[3] = 0x1000)).added).toEqual([
      '\t\t\t\t1 << (33 - 32), 0, (1 << 3) | (1 << 5), 0x1000,',
    ]);
  });

  it('a member that was left out: one line behind the one before it', () => {
    const { gone, added } = change(CELL, (cell) => {
      cell.console.flags = 1;
      cell.vpciIrqBase = 108;
    });
    expect(gone.filter((line) => !added.includes(line))).toEqual([]);
    expect(added.filter((line) => !gone.includes(line))).toEqual([
      '\t\t.vpci_irq_base = 108,',
      '\t\t\t.flags = JAILHOUSE_CON_ACCESS_MMIO,',
    ]);
  });

  it('a region taken out: its lines and the dimension', () => {
    const { gone, added, after } = change(CELL, (cell) => cell.memoryRegions.splice(4, 1));
    expect(gone.length - added.length).toBe(7);
    expect(after).toContain('mem_regions[7];');
    expect(after).toContain('\t\tJAILHOUSE_SHMEM_NET_REGIONS(0x7fb00000, 1),\n\t\t/* RAM */ {\n');
  });

  it('a region put in: its lines and the dimension', () => {
    const region = { physStart: 0x1000n, virtStart: 0x2000n, size: 0x3000n, flags: MEM_FLAG.READ };
    const { after } = change(CELL, (cell) => cell.memoryRegions.splice(5, 0, region));
    expect(after).toContain('mem_regions[9];');
    expect(after).toContain(
      '\t\t\t\tJAILHOUSE_MEM_IO | JAILHOUSE_MEM_ROOTSHARED,\n\t\t},\n\t\t/* read-only memory */ {\n\t\t\t.phys_start = 0x1000,\n' +
        '\t\t\t.virt_start = 0x2000,\n\t\t\t.size = 0x3000,\n\t\t\t.flags = JAILHOUSE_MEM_READ,\n\t\t},\n\t\t/* RAM */ {',
    );
    // Behind the last one, which is only declared.
    const behind = change(CELL, (cell) => cell.memoryRegions.push(region));
    expect(behind.after).toContain(
      '}, /* the last one is left to be zero */\n\t\t{ 0 },\n\t\t/* read-only memory */ {',
    );
  });

  it('one of the regions of a macro: the call is written out', () => {
    const { after } = change(CELL, (cell) => (cell.memoryRegions[2]!.size = 0x1000n));
    expect(after).not.toContain('JAILHOUSE_SHMEM_NET_REGIONS');
    expect(after).toContain('/* net */');
    expect(after).toContain('RAM_BASE,');
  });

  it('an array that appears: declaration, count, entries; and vanishes again', () => {
    const { after } = change(CELL, (cell) => cell.streamIds.push(5, 6));
    expect(after).toContain('irqchips[1];\n\tunion jailhouse_stream_id stream_ids[2];\n}');
    expect(after).toContain('\t\t.num_stream_ids = ARRAY_SIZE(config.stream_ids),\n');
    expect(after).toContain('\t},\n\n\t.stream_ids = {\n\t\t{ 0x5 },\n\t\t{ 0x6 },\n\t},\n};');
    expect(change(after, (cell) => (cell.streamIds = [])).after.replace('\n\n};', '\n};')).toBe(CELL);
  });

  it('a longer CPU set', () => {
    const { after } = change(CELL, (cell) => (cell.cpuSet = cpuSetOf([70])));
    expect(after).toContain('__u64 cpus[2];');
  });

  it('keeps line ends and blanks of the file', () => {
    const dos = CELL.replaceAll('\n', '\r\n').replaceAll('\t', '    ');
    const { after } = change(dos, (cell) => cell.memoryRegions.push({ ...cell.memoryRegions[5]! }));
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
    expect(after).not.toContain('\t.phys_start');
  });
});

describe('the law: what was asked for is what reads back', () => {
  it('between any two models', () => {
    fc.assert(
      fc.property(configArbitrary(), configArbitrary(), (from, to) => {
        expect(read(edited(writeSource(from), to)).config).toEqual(to);
      }),
      { numRuns },
    );
  });

  it('for random changes of sources that use every feature of the language', () => {
    const names = ['qemu-style-root.c', 'x86-cell.c', 'macros.c', 'larger-arrays.c', 'including.c'];
    const texts = names.map((name) => readFileSync(join(corpus, name), 'utf8')).concat(CELL);
    const step = fc.record({ what: fc.nat(), at: fc.nat(), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) });
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(step, { minLength: 1, maxLength: 4 }), (text, steps) => {
        const { config } = read(text);
        const cell = cellOf(config);
        for (const { what, at, value } of steps) mutate(cell, what, at, value);
        expect(read(edited(text, config)).config).toEqual(config);
      }),
      { numRuns: numRuns * 2 },
    );
  });

  it('refuses a text that is no configuration, and a model that does not fit', () => {
    expect(editSource('int x;', read(CELL).config)).toBeInstanceOf(ConfigError);
    const { config } = read(CELL);
    cellOf(config).memoryRegions[0]!.size = -1n;
    expect(() => editSource(CELL, config)).toThrow(/memoryRegions\[0\]\.size is -1/);
  });
});

/** One of the changes that a window makes. */
function mutate(cell: CellConfig, what: number, at: number, value: bigint): void {
  const regions = cell.memoryRegions;
  const region = { physStart: value, virtStart: value >> 1n, size: 0x1000n, flags: value & 0x3ffn };
  const small = Number(value & 0xffffn);
  const edits: (() => void)[] = [
    () => regions.length > 0 && (regions[at % regions.length]!.flags ^= 1n << (value & 7n)),
    () => regions.length > 0 && (regions[at % regions.length]!.physStart = value),
    () => regions.length > 1 && regions.splice(at % regions.length, 1),
    () => regions.splice(at % (regions.length + 1), 0, region),
    () => (cell.cpuSet = cpuSetOf([at % 64, small % 64])),
    () => (cell.name = `n${small}`),
    () => (cell.console.address = value),
    () => (cell.cpuResetAddress = value),
    () => cell.irqchips.length > 0 && (cell.irqchips[0]!.pinBitmap[at & 3] = small),
    () => cell.pciCaps.push({ id: small, start: 1, len: 2, flags: 1 }),
    () => (cell.pciDevices = []),
    () => cell.pciDevices.length > 0 && (cell.pciDevices[0]!.msiBits ^= 1 + (at & 1)),
    () => cell.streamIds.unshift(small),
    () => cell.pioRegions.reverse(),
  ];
  edits[what % edits.length]!();
}
