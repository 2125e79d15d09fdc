import { describe, expect, it } from 'vitest';
import { cellOf, cpusOf, cpuSetOf, encode } from '../../engine/config/index.ts';
import { placeOf, readDocument, writeDocument } from './documents.ts';
import { binaryFile, textFile, withFiles, NO_FILES } from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';

const source = `#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>
#include "numbers.h"

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.architecture = JAILHOUSE_ARM64,
		.name = "sample",
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
	},
	.cpus = { 0b0110 }, /* the middle ones */
	.mem_regions = {
		/* RAM */ {
			.phys_start = RAM,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
	},
};
`;
const files = (...list: WorkingFile[]): WorkingFiles =>
  withFiles(
    NO_FILES,
    list.map((file) => ({ path: file.path, file })),
  );
const cellFile = textFile('cells/sample.c', 'cell', source);
const header = (ram: string): WorkingFile => textFile('cells/numbers.h', 'other', `#define RAM ${ram}\n`);

describe('configuration documents', () => {
  it('are read once for each content, and again when a file that they include changes', () => {
    const before = files(cellFile, header('0x1000'));
    const first = readDocument(cellFile, before);
    expect(cellOf(first.config!).memoryRegions[0]!.physStart).toBe(0x1000n);
    expect(readDocument(cellFile, before)).toBe(first);
    const changed = readDocument(cellFile, files(cellFile, header('0x2000')));
    expect(cellOf(changed.config!).memoryRegions[0]!.physStart).toBe(0x2000n);
  });

  it('change one line for one CPU and keep everything else', () => {
    const all = files(cellFile, header('0x1000'));
    const document = readDocument(cellFile, all);
    const config = structuredClone(document.config!);
    cellOf(config).cpuSet = cpuSetOf([1, 2, 3]);
    const written = writeDocument(document, config, all);
    const [was, is] = [source.split('\n'), written.text!.split('\n')];
    expect(is.filter((line, i) => line !== was[i])).toHaveLength(1);
    expect(cpusOf(cellOf(readDocument(written, all).config!).cpuSet)).toEqual([1, 2, 3]);
  });

  it('know where a field stands', () => {
    const document = readDocument(cellFile, files(cellFile, header('0')));
    expect(placeOf(document, 'memoryRegions[0]')?.lineText).toContain('/* RAM */');
  });

  it('round-trip binaries and say why others cannot be read', () => {
    const config = readDocument(cellFile, files(cellFile, header('0'))).config!;
    const binary = binaryFile('x.cell', 'cell', new Uint8Array(encode(config)));
    const document = readDocument(binary, files(binary));
    expect(document.config).toEqual(config);
    expect(writeDocument(document, config, files(binary)).bytes).toEqual(binary.bytes);
    const cut = binaryFile('cut.cell', 'cell', binary.bytes!.slice(0, 40));
    expect(readDocument(cut, files(cut)).error?.message).toContain('cut.cell');
    const broken = textFile('broken.c', 'cell', 'struct {');
    expect(readDocument(broken, files(broken))).toMatchObject({ config: undefined, error: { code: 'source' } });
  });
});
