import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memberAt, membersAt, placeAt } from './structure.ts';

const text = readFileSync(new URL('../../boards/qemu-arm64/qemu-arm64.c', import.meta.url), 'utf8');
const at = (what: string, behind = 0) => placeAt(text, text.indexOf(what) + behind);
const names = (source: string): string[] => {
  const place = placeAt(source, source.length);
  return place ? membersAt(place).map(({ name }) => name) : [];
};
const CELL = 'struct { struct jailhouse_cell_desc cell; struct jailhouse_memory mem_regions[2]; } config = {';

describe('the place in the structures', () => {
  it('is found through nested initialisers', () => {
    expect(at('.gic_version')).toMatchObject({ tag: 'arm', array: false });
    expect(at('.pci_domain')).toMatchObject({ tag: 'jailhouse_system', prefix: 'platform_info.' });
    expect(at('.num_irqchips')).toMatchObject({ tag: 'jailhouse_cell_desc' });
    expect(at('.phys_start = 0x7faf0000', 15)).toMatchObject({ tag: 'jailhouse_memory', member: 'phys_start' });
    expect(memberAt(at('JAILHOUSE_CON_REGDIST_4')!)?.c).toBe('flags');
    expect(memberAt(at('0x08e00000')!)?.c).toBe('platform_info.pci_mmconfig_base');
  });

  it('is nowhere in comments, strings and types', () => {
    expect(at('ivshmem 01:00.0: state table')).toBeNull();
    expect(at('qemu-arm64",', 2)).toBeNull();
    expect(at('struct jailhouse_irqchip')).toBeNull();
    expect(placeAt('', 0)).toBeNull();
  });

  it('is known in text that does not compile yet', () => {
    expect(names(`${CELL} .mem_regions = { { .phys_start = 0x1000, .`)).toEqual([
      'phys_start',
      'virt_start',
      'size',
      'flags',
    ]);
    expect(names(`${CELL} .mem_regions = { `)).toEqual([]);
    expect(names(`${CELL} .cell = { .console = { .addr`)).toContain('address');
    expect(names(`${CELL} .cell.console = { `)).toContain('address');
    const assigned = placeAt(`${CELL} .cell.flags = JAIL`, `${CELL} .cell.flags = JAIL`.length)!;
    expect(memberAt(assigned)?.c).toBe('flags');
  });

  it('knows the members that the variable declares', () => {
    const place = placeAt(`${CELL} .`, CELL.length + 2)!;
    expect([...place.declared.keys()]).toEqual(['cell', 'mem_regions']);
    expect(place.tag).toBeUndefined();
  });
});
