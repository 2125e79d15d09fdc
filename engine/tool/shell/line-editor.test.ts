import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeLine } from './completion.ts';
import { LineEditor } from './line-editor.ts';

/** A terminal of one endless row that understands what the editor sends. */
class Row {
  text: string[] = [];
  cursor = 0;
  history: string[] = [];

  write(output: string): void {
    for (const [part] of output.matchAll(/\x1b\[(\d*)([A-Za-z])|[\s\S]/gu)) {
      const control = /^\x1b\[(\d*)([A-Za-z])$/.exec(part);
      const count = Number(control?.[1] || 1);
      if (control?.[2] === 'D') this.cursor -= count;
      else if (control?.[2] === 'C') this.cursor += count;
      else if (control?.[2] === 'K') this.text.length = this.cursor;
      else if (part === '\r') this.cursor = 0;
      else if (part === '\n') {
        this.history.push(this.text.join(''));
        [this.text, this.cursor] = [[], 0];
      } else if (!control) this.text[this.cursor++] = part;
      if (this.cursor < 0) throw new Error('the cursor left the row');
    }
  }
}

function setUp() {
  const row = new Row();
  const lines: string[] = [];
  let interrupts = 0;
  const editor = new LineEditor({
    echo: (text) => row.write(text),
    line: (line) => lines.push(line),
    interrupt: () => interrupts++,
    complete: (line) =>
      completeLine(
        line,
        { commands: ['cat', 'clear'], subcommands: new Map([['cat x', ['create', 'list']]]) },
        (path) =>
          path === '.' ? ['inmates/', 'root.cell', 'root.c'] : path === 'inmates/' ? ['greeter.bin'] : undefined,
      ),
    clearScreen: () => row.write('\r\x1b[K'),
  });
  editor.prompt('# ');
  const type = (text: string) => editor.feed(new TextEncoder().encode(text));
  return { editor, row, lines, type, interrupts: () => interrupts, shown: () => row.text.join('') };
}

describe('line editor', () => {
  it('enters what was typed', () => {
    const s = setUp();
    s.type('echo hi\r');
    expect(s.lines).toEqual(['echo hi']);
    expect(s.row.history).toEqual(['# echo hi']);
  });

  it('takes CR LF as one end of line', () => {
    const s = setUp();
    s.type('a\r\nb\nc\r');
    expect(s.lines).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['abc\x7f', 'ab'],
    ['abc\x1b[D\x1b[DX', 'aXbc'],
    ['abc\x01X', 'Xabc'],
    ['abc\x1b[HX\x1b[FY', 'XabcY'],
    ['abc def\x17X', 'abc X'],
    ['abc\x15X', 'X'],
    ['abc\x1b[D\x0bX', 'abX'],
    ['abc\x1b[D\x1b[3~', 'ab'],
    ['äöü\x7fß', 'äöß'],
    ['a\x1b[5~\x07b', 'ab'],
  ])('%j gives %s', (keys, line) => {
    const s = setUp();
    s.type(keys);
    expect(s.shown()).toBe(`# ${line}`);
    s.type('\r');
    expect(s.lines).toEqual([line]);
  });

  it('shows what it holds, whatever keys come', () => {
    const key = fc.constantFrom(
      'a',
      'b',
      ' ',
      'é',
      '\x7f',
      '\x1b[D',
      '\x1b[C',
      '\x01',
      '\x05',
      '\x15',
      '\x0b',
      '\x17',
      '\x1b[A',
      '\x1b[B',
      '\x1b[3~',
      '\r',
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        const s = setUp();
        for (const each of keys) {
          s.type(each);
          if (!s.editor.active) s.editor.prompt('# ');
        }
        const shown = s.shown();
        s.type('\r');
        expect(`# ${s.lines.at(-1)}`).toBe(shown);
      }),
    );
  });

  it('browses the history and keeps the draft', () => {
    const s = setUp();
    s.type('one\r');
    s.editor.prompt('# ');
    s.type('two\r');
    s.editor.prompt('# ');
    s.type('dra\x1b[A\x1b[A');
    expect(s.shown()).toBe('# one');
    s.type('\x1b[B\x1b[B');
    expect(s.shown()).toBe('# dra');
  });

  it('^C drops the line and prompts again', () => {
    const s = setUp();
    s.type('abc\x03');
    expect(s.interrupts()).toBe(1);
    expect(s.row.history).toEqual(['# abc^C']);
    expect(s.shown()).toBe('# ');
  });

  it('keeps keys typed before the prompt', () => {
    const s = setUp();
    s.type('a\r');
    s.type('later');
    expect(s.shown()).toBe('');
    s.editor.prompt('# ');
    expect(s.shown()).toBe('# later');
  });

  it('completes commands, subcommands and paths', () => {
    const s = setUp();
    s.type('ca\t');
    expect(s.shown()).toBe('# cat ');
    s.type('in\tg\t');
    expect(s.shown()).toBe('# cat inmates/greeter.bin ');
    s.type('\x15cat x l\t');
    expect(s.shown()).toBe('# cat x list ');
  });

  it('shows candidates when nothing more is common', () => {
    const s = setUp();
    s.type('cat r\t');
    expect(s.shown()).toBe('# cat root.c');
    s.type('\t');
    expect(s.row.history.at(-1)).toBe('root.cell  root.c');
    expect(s.shown()).toBe('# cat root.c');
  });
});
