import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeFiles } from './merge.ts';

const contents = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3'))
  .map((entries) => new Map(Object.entries(entries)));

describe('merging two windows', () => {
  it('decides every file that differs exactly once', () => {
    fc.assert(
      fc.property(contents, contents, contents, (base, mine, theirs) => {
        const merge = mergeFiles(base, mine, theirs);
        const decided = [...merge.theirs, ...merge.mine, ...merge.conflicts].sort();
        const differing = ['a', 'b', 'c', 'd'].filter((path) => mine.get(path) !== theirs.get(path));
        expect(decided).toEqual(differing);
      }),
    );
  });

  it('takes over what only the other side changed, and nothing that was changed here', () => {
    fc.assert(
      fc.property(contents, contents, (base, theirs) => {
        expect(mergeFiles(base, base, theirs)).toMatchObject({ mine: [], conflicts: [] });
        expect(mergeFiles(base, theirs, base)).toMatchObject({ theirs: [], conflicts: [] });
      }),
    );
    expect(mergeFiles(new Map([['a', '1']]), new Map([['a', '2']]), new Map())).toEqual({
      theirs: [],
      mine: [],
      conflicts: ['a'],
    });
  });
});
