import { describe, expect, it } from 'vitest';
import { snippet } from './snippet.ts';

const text = `struct x = {
\t.mem_regions = {
\t\t/* RAM */ {
\t\t\t.size = 0x1000,
\t\t},
\t\t/* UART */ {
\t\t},
\t},
};
`;
const place = (needle: string) => {
  const start = text.indexOf(needle);
  const line = text.slice(0, start).split('\n').length;
  return { file: 'x.c', start, end: start + 1, line, column: 1, lineText: text.split('\n')[line - 1]! };
};

describe('source snippets', () => {
  it('show the whole initialiser, outdented, with a comment before it', () => {
    expect(snippet(text, place('{\n\t\t\t.size'))).toEqual([
      { number: 3, text: '/* RAM */ {', hit: true },
      { number: 4, text: '\t.size = 0x1000,', hit: true },
      { number: 5, text: '},', hit: true },
    ]);
  });

  it('show one line where no braces begin', () => {
    expect(snippet(text, place('.size')).map((line) => line.number)).toEqual([3, 4]);
    expect(snippet('x', { file: 'x.c', start: 0, end: 1, line: 1, column: 1, lineText: 'x' })).toEqual([
      { number: 1, text: 'x', hit: true },
    ]);
  });
});
