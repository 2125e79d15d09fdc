import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConsoleLog, plainText } from './log.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const log = (text: string, marks: { offset: number; guestNs: number }[] = []): ConsoleLog =>
  new ConsoleLog({ bytes: encode(text), marks: marks.map((mark) => ({ ...mark, instructions: 0 })) });

describe('stored consoles', () => {
  it('have the lines that were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 30 }), (lines) => {
        const text = lines.map((line) => `${line}\r\n`).join('');
        const read = log(text);
        expect(read.lines).toBe(lines.length);
        lines.forEach((line, i) => expect(read.text(i)).toBe(line));
      }),
    );
    expect(log('').lines).toBe(0);
    expect(log('no end').text(0)).toBe('no end');
  });

  it('lose their control sequences, not their text', () => {
    expect(plainText('\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\r')).toBe('red plain');
    expect(log('a\x00b\tc\n').text(0)).toBe('ab\tc');
  });

  it('show what a carriage return wrote over', () => {
    expect(plainText('root:~# \r\x1b[Kroot:~# jailhouse\r')).toBe('root:~# jailhouse');
    expect(plainText('10 %\r55 %\r100')).toBe('100%');
  });

  it('know when each line was begun', () => {
    const read = log('one\ntwo\nthree\n', [
      { offset: 0, guestNs: 10 },
      { offset: 5, guestNs: 20 },
    ]);
    expect([0, 1, 2, 3].map((line) => read.guestNs(line))).toEqual([10, 10, 20, undefined]);
    expect([5, 10, 19, 20, 99].map((ns) => read.lineAt(ns))).toEqual([0, 1, 1, 2, 2]);
  });

  it('are searched without regard to case', () => {
    const read = log('Timer fired\nnothing\ntimer TIMER\n');
    expect(read.find('timer', 10)).toEqual([
      { line: 0, start: 0, end: 5 },
      { line: 2, start: 0, end: 5 },
      { line: 2, start: 6, end: 11 },
    ]);
    expect(read.find('timer', 2)).toHaveLength(2);
    expect(read.find('', 2)).toEqual([]);
  });

  it('open ten megabytes without making their text', () => {
    const bytes = encode('0123456789 abcdefghij\n'.repeat(480_000));
    const read = new ConsoleLog({ bytes, marks: [] });
    expect(read.lines).toBe(480_000);
    expect(read.text(479_999)).toBe('0123456789 abcdefghij');
  });

  it('breaks lines into rows as a terminal of that width does', () => {
    const read = log('\x1b[1mabcdefg\x1b[m\n\nxyz   \n');
    const rows = read.rows(3).map(({ line, start }) => [line, read.text(line).slice(start, start + 3)]);
    expect(rows).toEqual([
      [0, 'abc'],
      [0, 'def'],
      [0, 'g'],
      [1, ''],
      [2, 'xyz'],
    ]);
    expect(read.rows(80)).toHaveLength(read.lines);
  });
});
