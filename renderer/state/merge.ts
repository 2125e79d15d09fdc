// Two windows on one project: what happens when a save meets a newer revision. Files that only one side changed merge by
// themselves; files that both changed are for the person to decide.

/** Path to content; contents are compared by identity or equality of their hash text. */
export type Contents = ReadonlyMap<string, string>;

export interface Merge {
  /** Files for which the other side's version is to be taken over (undefined content: it was removed there). */
  theirs: string[];
  /** Files that stay as they are here. */
  mine: string[];
  /** Files that both sides changed, differently. */
  conflicts: string[];
}

/** Compares the common ancestor with both sides, file by file. */
export function mergeFiles(base: Contents, mine: Contents, theirs: Contents): Merge {
  const merge: Merge = { theirs: [], mine: [], conflicts: [] };
  for (const path of new Set([...base.keys(), ...mine.keys(), ...theirs.keys()])) {
    const [was, here, there] = [base.get(path), mine.get(path), theirs.get(path)];
    if (here === there) continue;
    if (here === was) merge.theirs.push(path);
    else if (there === was) merge.mine.push(path);
    else merge.conflicts.push(path);
  }
  return merge;
}
