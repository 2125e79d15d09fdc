// What Tab offers: commands at the start, the tool's subcommands, then paths.
import type { Completion } from './line-editor.ts';

/** Names in a folder of the shell's whole file tree, folders with a trailing slash. */
export type ListFolder = (path: string) => readonly string[] | undefined;

export interface Vocabulary {
  readonly commands: readonly string[];
  /** `jailhouse` and its second and third words: `cell` to `create`, …. */
  readonly subcommands: ReadonlyMap<string, readonly string[]>;
}

export function completeLine(line: string, { commands, subcommands }: Vocabulary, list: ListFolder): Completion {
  const word = /[^\s]*$/.exec(line)![0];
  const before = line.slice(0, line.length - word.length).trim();
  const matching = (words: readonly string[]) =>
    words.filter((text) => text.startsWith(word)).map((text) => `${text} `);
  if (before === '') return { replace: word.length, candidates: matching(commands) };
  const second = subcommands.get(before);
  if (second) return { replace: word.length, candidates: matching(second) };
  const slash = word.lastIndexOf('/') + 1;
  const folder = word.slice(0, slash);
  const names = (list(folder === '' ? '.' : folder) ?? []).filter((name) => name.startsWith(word.slice(slash)));
  return { replace: word.length, candidates: names.map((name) => folder + (name.endsWith('/') ? name : `${name} `)) };
}
