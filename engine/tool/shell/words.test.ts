import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine, splitWords, SyntaxProblem, withStatus } from './words.ts';

const words = (line: string) => splitWords(line).map((word) => withStatus(word.text, 7));

describe('words', () => {
  it.each([
    ['  a  b\tc ', ['a', 'b', 'c']],
    [`'a b' "c d" e' 'f`, ['a b', 'c d', 'e f']],
    [`"a \\"b\\" \\\\ \\d $? \\$?" '$? \\n'`, ['a "b" \\ \\d 7 $?', '$? \\n']],
    ['a # comment', ['a']],
    ['a#b', ['a#b']],
    ['Hello\\ \\d+\\.', ['Hello \\d+\\.']],
    ['echo $?', ['echo', '7']],
    [`''`, ['']],
    ['a;b&&c||d>e>>f', ['a', ';', 'b', '&&', 'c', '||', 'd', '>', 'e', '>>', 'f']],
  ])('%s', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  it.each([`'a`, `"a`, '"a\\"', 'a |b', 'a & b', 'a < b', '`a`', 'a \\'])('%s is a syntax error', (line) => {
    expect(() => splitWords(line)).toThrow(SyntaxProblem);
  });

  it('quoting a text in single quotes gives the text', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/['\ue000]/.test(text)),
        (text) => {
          expect(words(`'${text}'`)).toEqual([text]);
        },
      ),
    );
  });

  it('never does anything but parse or refuse', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        try {
          parseLine(line);
        } catch (problem) {
          expect(problem).toBeInstanceOf(SyntaxProblem);
        }
      }),
    );
  });
});

describe('commands', () => {
  it('hang together by operators', () => {
    expect(parseLine('a 1 && ! b || c; d > f')).toEqual([
      { words: ['a', '1'], after: ';', negated: false },
      { words: ['b'], after: '&&', negated: true },
      { words: ['c'], after: '||', negated: false },
      { words: ['d'], after: ';', negated: false, redirect: { path: 'f', append: false } },
    ]);
    expect(parseLine('a;')).toHaveLength(1);
  });

  it.each(['&& a', 'a &&', 'a || || b', 'a >', '!', 'a && ;'])('%s is a syntax error', (line) => {
    expect(() => parseLine(line)).toThrow(SyntaxProblem);
  });
});
