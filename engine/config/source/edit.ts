// Source-preserving edits: a text and the model that it shall have, to a text that differs only where it must. Comments, macro
// names and formatting elsewhere stay. Every step is checked by reading the result again; what small changes cannot do is
// done by writing a larger piece anew, in the end the whole file, so that the result always has the model that was asked for.
import { cellOf, encode } from '../codec.ts';
import { ConfigError } from '../errors.ts';
import { TRAILING_ARRAYS } from '../layout.ts';
import type { CellConfig, Config } from '../model.ts';
import { arrayEdits } from './edit-arrays.ts';
import { fieldEdits } from './edit-fields.ts';
import { readSource, type SourceConfig, type SourceOptions } from './reader.ts';
import { Draft, type Edit } from './draft.ts';
import { writeSource } from './writer.ts';

/** How much is written anew around a change, from the field alone to everything. */
const LEVELS = [0, 1, 2, 3, 4] as const;

/**
 * Changes a source so that it reads as `config`. Unchanged models give the unchanged text.
 * @returns the new text, or the error of a text that cannot be read in the first place
 * @throws ConfigError `value` when the model does not fit the format
 */
export function editSource(text: string, config: Config, options: SourceOptions = {}): string | ConfigError {
  const source = readSource(text, options);
  if (source instanceof ConfigError) return source;
  const goal = encode(config);
  if (sameBytes(encode(source.config), goal)) return text;
  if (source.config.kind === config.kind) {
    let draft = new Draft(text, source);
    for (const level of LEVELS) {
      draft = tried(draft, arrayEdits(draft, config, level), options, (next) => arraysFit(next.source, config));
      if (!arraysFit(draft.source, config)) continue;
      const before = difference(draft.source, goal);
      draft = tried(
        draft,
        fieldEdits(draft, config, goal, level),
        options,
        (next) => difference(next.source, goal) < before,
      );
      if (difference(draft.source, goal) === 0) return draft.text;
    }
  }
  return writeSource(config, source.trailing);
}

/** The draft with the edits, if it reads and is better; else the draft as it was. */
function tried(draft: Draft, edits: Edit[], options: SourceOptions, better: (next: Draft) => boolean): Draft {
  if (edits.length === 0) return draft;
  const text = draft.applied(edits);
  if (text === null) return draft;
  const source = readSource(text, options);
  if (source instanceof ConfigError) return draft;
  const next = new Draft(text, source);
  return better(next) ? next : draft;
}

const lengthsOf = (cell: CellConfig): number[] => TRAILING_ARRAYS.map(({ key }) => cell[key].length);

const arraysFit = ({ config }: SourceConfig, goal: Config): boolean =>
  lengthsOf(cellOf(config)).every((length, i) => length === lengthsOf(cellOf(goal))[i]);

/** Number of bytes that differ from the goal. */
function difference({ config }: SourceConfig, goal: Uint8Array): number {
  const bytes = encode(config);
  let count = Math.abs(bytes.length - goal.length);
  for (let i = 0; i < Math.min(bytes.length, goal.length); i++) if (bytes[i] !== goal[i]) count++;
  return count;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
