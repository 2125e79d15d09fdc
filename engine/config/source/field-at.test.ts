import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { fieldLeaves } from '../leaves.ts';
import { fieldAt } from './field-at.ts';
import { locateField, readSource, type SourceConfig } from './reader.ts';

const boards = new URL('../../../boards/qemu-arm64/', import.meta.url);
const read = (text: string, file: string, include?: (name: string) => string | null): SourceConfig => {
  const source = readSource(text, { file, ...(include && { include }) });
  if (source instanceof ConfigError) throw source;
  return source;
};
const board = (file: string): { text: string; source: SourceConfig; at: (what: string) => string | null } => {
  const text = readFileSync(new URL(file, boards), 'utf8');
  const source = read(text, file);
  return { text, source, at: (what) => fieldAt(source, text.indexOf(what), file) };
};

describe('the field at a place', () => {
  it('is the field whose value stands there', () => {
    const { at } = board('linux-demo.c');
    expect(at('0x7faf1000')).toBe('memoryRegions[1].physStart');
    expect(at('.vpci_irq_base')).toBe('vpciIrqBase');
    expect(at('"linux-demo"')).toBe('name');
    expect(at('JAILHOUSE_CON_REGDIST_4')).toBe('console.flags');
    expect(at('ARRAY_SIZE(config.irqchips)')).toBe('irqchips');
    expect(at('0b1100')).toBe('cpuSet');
  });

  it('is the entry that a comment is about, and the array on the line that opens it', () => {
    const { at } = board('linux-demo.c');
    expect(at('read/write section')).toBe('memoryRegions[1]');
    expect(at('.mem_regions = {')).toBe('memoryRegions');
    expect(at('INTA..INTD')).toBe('vpciIrqBase');
    expect(at('CPUs 2 and 3')).toBe('cpuSet');
  });

  it('is the first of the entries that a macro stands for', () => {
    expect(board('linux-demo.c').at('JAILHOUSE_SHMEM_NET_REGIONS')).toBe('memoryRegions[5]');
  });

  it('is nothing outside the initialiser, and below rootCell in a system', () => {
    const { text, source, at } = board('qemu-arm64.c');
    expect(at('#include')).toBeNull();
    expect(at('struct {')).toBeNull();
    expect(at('.hypervisor_memory')).toBe('hypervisorMemory');
    expect(at('.mem_regions = {')).toBe('rootCell.memoryRegions');
    expect(fieldAt(source, text.length - 1, 'qemu-arm64.c')).toBeNull();
  });

  it('is found in an included file', () => {
    const included = '\t/* RAM */ {\n\t\t.phys_start = 0x1000,\n\t\t.size = 0x2000,\n\t},\n';
    const source = read(
      `struct { struct jailhouse_cell_desc cell; struct jailhouse_memory mem_regions[2]; } __attribute__((packed)) config = {
	.cell = { .signature = "JHCLL", .architecture = JAILHOUSE_ARM64, .revision = 14, .num_memory_regions = 2 },
	.mem_regions = {
		{ .size = 0x1000 },
#include "more.h"
	},
};`,
      'main.c',
      () => included,
    );
    expect(fieldAt(source, included.indexOf('0x2000'), 'more.h')).toBe('memoryRegions[1].size');
    expect(fieldAt(source, included.indexOf('RAM'), 'more.h')).toBe('memoryRegions[1]');
  });

  it.each(['linux-demo.c', 'qemu-arm64.c', 'smp.c'])('undoes locateField for every field of %s', (file) => {
    const { source } = board(file);
    const wrong = fieldLeaves(source.config).flatMap(({ path, field }) => {
      // The numbers of entries go by the names of the arrays that they count.
      if (field.type.kind === 'count') return [];
      const place = locateField(source, path)!;
      const found = fieldAt(source, place.start, file);
      // A field without text is located at the part around it; entries of one macro share its call.
      const shared = found !== null && found !== '' && locateField(source, found)!.start === place.start;
      return found !== null && (path.startsWith(found) || shared) ? [] : [`${path} → ${found}`];
    });
    expect(wrong).toEqual([]);
  });
});
