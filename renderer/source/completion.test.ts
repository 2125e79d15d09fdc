import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { complete } from './completion.ts';

const CELL = 'struct { struct jailhouse_cell_desc cell; struct jailhouse_memory mem_regions[2]; } config = {';
const offered = (text: string) =>
  complete(new CompletionContext(EditorState.create({ doc: text }), text.length, false))?.options ?? [];

describe('completion', () => {
  it('offers the members of the structure with their meaning', () => {
    const options = offered(`${CELL} .mem_regions = { { .ph`);
    expect(options.map(({ label }) => label)).toEqual(['.phys_start', '.virt_start', '.size', '.flags']);
    expect(options[0]?.info).toContain('on the board');
    expect(offered(`${CELL} .`).map(({ label }) => label)).toEqual(['.cell', '.mem_regions']);
  });

  it('offers macros, those of the field first, and those of the file', () => {
    const options = offered(`#define UART_BASE 0x9000000\n${CELL} .mem_regions = { { .flags = JAIL`);
    expect(options.find(({ label }) => label === 'JAILHOUSE_MEM_READ')?.boost).toBeGreaterThan(0);
    expect(options.find(({ label }) => label === 'JAILHOUSE_CELL_AARCH32')?.boost).toBeUndefined();
    expect(options.find(({ label }) => label === 'UART_BASE')?.info).toContain('0x9000000');
  });

  it('offers nothing in comments, strings and numbers', () => {
    expect(offered(`${CELL} /* JAIL`)).toEqual([]);
    expect(offered(`${CELL} .cell = { .name = "JAIL`)).toEqual([]);
    expect(offered(`${CELL} .cell = { .id = 12`)).toEqual([]);
  });
});
