import { describe, expect, it } from 'vitest';
import { History } from './history.svelte.ts';

const typed = (path: string, before: string, after: string, group?: string) => ({
  label: `Edit ${path}`,
  changes: [{ path, before, after }],
  ...(group !== undefined && { group }),
});

describe('the history', () => {
  it('takes steps of one group in a row as one', () => {
    const history = new History<string>();
    history.push(typed('a', '', 'x', 'typing 1'));
    history.push(typed('a', 'x', 'xy', 'typing 1'));
    expect(history.undo()?.changes).toEqual([{ path: 'a', before: '', after: 'xy' }]);
    expect(history.undo()).toBeUndefined();
  });

  it('parts groups where anything else was done between', () => {
    const history = new History<string>();
    history.push(typed('a', '', 'x', 'typing 1'));
    history.push(typed('b', '', 'y'));
    history.push(typed('a', 'x', 'xy', 'typing 1'));
    expect([history.undo(), history.undo(), history.undo()].map((step) => step?.changes[0]?.after)).toEqual([
      'xy',
      'y',
      'x',
    ]);
  });

  it('joins steps over several files', () => {
    const history = new History<string>();
    history.push(typed('a', '1', '2', 'g'));
    history.push(typed('b', '5', '6', 'g'));
    expect(history.undo()?.changes).toEqual([
      { path: 'a', before: '1', after: '2' },
      { path: 'b', before: '5', after: '6' },
    ]);
  });
});
