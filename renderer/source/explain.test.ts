import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';

const text = readFileSync(new URL('../../boards/qemu-arm64/qemu-arm64.c', import.meta.url), 'utf8');
const at = (what: string, behind = 0) =>
  explain(text, text.indexOf(what) + behind, () => ({ there: ['RAM'], reached: ['greeter: RAM'] }));

describe('the hover', () => {
  it('says what a macro stands for', () => {
    expect(at('JAILHOUSE_CON_REGDIST_4')).toMatchObject({ title: 'JAILHOUSE_CON_REGDIST_4', detail: '0x2' });
  });

  it('says what a member is', () => {
    expect(at('.vpci_irq_base', 3)).toMatchObject({ title: 'vpci_irq_base', detail: 'jailhouse_cell_desc' });
    expect(at('.mem_regions = {', 3)?.lines).toEqual(['Memory and devices that the cell reaches.']);
  });

  it('says who owns an address, and how large a size is', () => {
    expect(at('0x7fc00000,')?.lines.slice(1)).toEqual(['On the board: RAM.', 'Reached by greeter: RAM.']);
    expect(at('0x400000,')).toMatchObject({ title: 'size', detail: '4 MiB' });
  });

  it('is silent about what it does not know', () => {
    expect(at('Root configuration')).toBeNull();
    expect(explain('', 0, () => ({ there: [], reached: [] }))).toBeNull();
  });
});
