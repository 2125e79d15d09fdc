import { describe, expect, it } from 'vitest';
import type { ComparedConsole, ComparedLine } from '../../engine/contract/index.ts';
import { consolesToShow, differencesIn, foldedRows, mergedLines } from './rows.ts';
import { differingWords, likeness } from './words.ts';

const MS = 1e6;
const both = (text: string, a: number, b = a): ComparedLine => ({ text, a, b });
const same = (...lines: ComparedLine[]) => ({ kind: 'same' as const, lines });
const removed = (...lines: [string, number][]) => ({
  kind: 'removed' as const,
  lines: lines.map(([text, a]) => ({ text, a })),
});
const added = (...lines: [string, number][]) => ({
  kind: 'added' as const,
  lines: lines.map(([text, b]) => ({ text, b })),
});
const console = (name: string, ...stretches: ComparedConsole['stretches']): ComparedConsole => ({
  info: { name, kind: name === 'hypervisor' ? 'hypervisor' : name.startsWith('uart') ? 'uart' : 'cell' },
  stretches,
  differing: 0,
});

describe('lines of two runs', () => {
  it('come in the order of guest time over all consoles', () => {
    const lines = mergedLines([
      console('hypervisor', same(both('h1', 1), both('h2', 30))),
      console('cell', same(both('c1', 10), both('c2', 40))),
    ]);
    expect(lines.map(({ text }) => text)).toEqual(['h1', 'c1', 'h2', 'c2']);
    expect(differencesIn(lines)).toBe(0);
  });

  it('keep the order of a console whose second run is late, among the others', () => {
    const lines = mergedLines([
      console('a', same(both('a1', 10 * MS, 110 * MS)), added(['a2', 111 * MS])),
      console('b', same(both('b1', 12 * MS))),
    ]);
    expect(lines.map(({ text }) => text)).toEqual(['a1', 'a2', 'b1']);
    expect(lines[0]!.shift).toBe(100 * MS);
  });

  it('that changed a word are one line, others two', () => {
    const lines = mergedLines([
      console(
        'a',
        removed(['pool: mem 159/994', 1], ['gone', 2]),
        added(['pool: mem 161/994', 1], ['something else', 3]),
      ),
    ]);
    expect(lines.map(({ change, text, other }) => [change, text, other])).toEqual([
      ['changed', 'pool: mem 159/994', 'pool: mem 161/994'],
      ['removed', 'gone', undefined],
      ['added', 'something else', undefined],
    ]);
    expect(differencesIn(lines)).toBe(1);
  });

  it('tell when times come apart, once', () => {
    const lines = mergedLines([
      console('a', same(both('1', 0), both('2', 10 * MS, 15 * MS), both('3', 20 * MS, 25 * MS), both('4', 30 * MS))),
    ]);
    expect(lines.map(({ shift }) => shift)).toEqual([undefined, 5 * MS, undefined, 0]);
  });

  it('that are the same fold, but not around a difference', () => {
    const quiet = Array.from({ length: 10 }, (_, i) => both(`line ${i}`, i));
    const late = Array.from({ length: 3 }, (_, i) => both(`end ${i}`, 100 + i));
    const lines = mergedLines([console('a', same(...quiet), removed(['x', 50]), same(...late))]);
    const rows = foldedRows(lines, new Set());
    expect(rows.map((row) => (row.kind === 'fold' ? `fold ${row.count}` : row.text))).toEqual([
      'fold 8',
      'line 8',
      'line 9',
      'x',
      'end 0',
      'end 1',
      'end 2',
    ]);
    expect(foldedRows(lines, new Set([0]))).toHaveLength(lines.length);
  });

  it('may be very many', () => {
    const many = Array.from({ length: 130_000 }, (_, i) => both(`line ${i}`, i));
    const lines = mergedLines([console('a', same(...many.slice(0, 100)), { kind: 'same', lines: many })]);
    expect(foldedRows(lines, new Set())).toHaveLength(1);
    expect(foldedRows(lines, new Set([0]))).toHaveLength(lines.length);
  });

  it('of wires are left out while the cells show the same', () => {
    expect(consolesToShow([console('uart0'), console('hypervisor'), console('cell')])).toEqual(['hypervisor', 'cell']);
    expect(consolesToShow([console('uart0')])).toEqual(['uart0']);
  });
});

describe('words of two lines', () => {
  it('are told apart', () => {
    expect(differingWords('mem 159/994', 'mem 161/994')).toEqual([
      { kind: 'same', text: 'mem ' },
      { kind: 'removed', text: '159' },
      { kind: 'added', text: '161' },
      { kind: 'same', text: '/994' },
    ]);
    expect(likeness('a b c', 'a b c')).toBe(1);
    expect(likeness('Booting Linux', 'xyz')).toBe(0);
  });
});
