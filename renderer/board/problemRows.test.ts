import { describe, expect, it } from 'vitest';
import type { Problem } from '../state/problems.ts';
import { problemBeside, problemKey, problemRows } from './problemRows.ts';

const problem = (rule: string, severity: Problem['severity'], file: string): Problem => ({
  rule,
  severity,
  file,
  sentence: `${rule} in ${file}`,
  field: 'name',
  regions: [],
  ranges: [],
});
const [a, b, c] = [problem('one', 'error', 'a.c'), problem('two', 'warning', 'b.c'), problem('one', 'warning', 'a.c')];
const list = [a, b, c];
const shape = (by: 'severity' | 'file' | 'rule', closed: string[] = [], intended: Problem[] = []) =>
  problemRows(list, intended, by, new Set(closed), (file) => file.toUpperCase()).map((row) =>
    row.kind === 'group'
      ? `${row.label} ${row.counts.map(({ severity, count }) => `${count} ${severity}`)}`
      : row.problem,
  );

describe('rows of the problems panel', () => {
  it('are grouped with counts', () => {
    expect(shape('severity')).toEqual(['Errors 1 error', a, 'Warnings 2 warning', b, c]);
    expect(shape('file')).toEqual(['A.C 1 error,1 warning', a, c, 'B.C 1 warning', b]);
    expect(shape('rule')).toEqual(['one 1 error,1 warning', a, c, 'two 1 warning', b]);
  });

  it('close, and end with what is intended', () => {
    expect(shape('severity', ['warning'], [b])).toEqual([
      'Errors 1 error',
      a,
      'Warnings 2 warning',
      'Marked as intended 1 warning',
      b,
    ]);
  });
});

describe('the next problem', () => {
  it('goes round in the order that is shown', () => {
    expect(problemBeside(list, 'file', undefined, 1)).toBe(a);
    expect(problemBeside(list, 'file', problemKey(a), 1)).toBe(c);
    expect(problemBeside(list, 'file', problemKey(b), 1)).toBe(a);
    expect(problemBeside(list, 'severity', problemKey(a), -1)).toBe(c);
    expect(problemBeside(list, 'severity', 'gone', -1)).toBe(c);
    expect(problemBeside([], 'severity', undefined, 1)).toBeUndefined();
  });
});
