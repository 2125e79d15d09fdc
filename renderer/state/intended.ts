// Findings that a person marked as intended, each with a reason. They are kept in a file of the project, so that marks travel with
// it, are undone like every edit, and can be read by anyone. A mark holds for the very situation it was made for: when a range
// changes, the finding is back.
import type { OwnedRange } from '../../engine/config/index.ts';
import { textFile } from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';

export const INTENDED_FILE = 'intended.json';

/** What a mark says about which finding. */
export interface Intended {
  rule: string;
  /** The file that the finding points into, and the field in it. */
  file: string;
  field: string;
  /** The ranges that the finding named, `0x1000-0x1fff`; for findings without, the field tells them apart. */
  ranges: readonly string[];
  reason: string;
}

/** The facts of a finding by which marks are matched. */
export interface Markable {
  rule: string;
  file: string;
  field: string;
  ranges: readonly OwnedRange[];
}

export const rangeTexts = (ranges: readonly OwnedRange[]): string[] =>
  ranges.map(({ start, size }) => `0x${start.toString(16)}-0x${(start + size - 1n).toString(16)}`);

const isMark = (value: unknown): value is Intended => {
  const mark = value as Partial<Record<keyof Intended, unknown>> | null;
  return (
    typeof mark === 'object' &&
    mark !== null &&
    [mark.rule, mark.file, mark.field, mark.reason].every((each) => typeof each === 'string') &&
    Array.isArray(mark.ranges) &&
    mark.ranges.every((each) => typeof each === 'string')
  );
};

/** The marks of a project. A file that is none of ours gives none. */
export function intendedOf(files: WorkingFiles): readonly Intended[] {
  try {
    const { intended } = JSON.parse(files.get(INTENDED_FILE)?.text ?? '{}') as { intended?: unknown };
    return Array.isArray(intended) ? intended.filter(isMark) : [];
  } catch {
    return [];
  }
}

const same = (mark: Omit<Intended, 'reason'>, { rule, file, field, ranges }: Markable): boolean => {
  if (mark.rule !== rule || mark.file !== file) return false;
  const texts = rangeTexts(ranges);
  if (texts.length === 0 && mark.ranges.length === 0) return mark.field === field;
  return texts.length === mark.ranges.length && texts.every((text, i) => text === mark.ranges[i]);
};

export const markOf = (marks: readonly Intended[], finding: Markable): Intended | undefined =>
  marks.find((mark) => same(mark, finding));

/** The marks with one more; an older one about the same finding gives way. */
export const marked = (marks: readonly Intended[], finding: Markable, reason: string): Intended[] => [
  ...marks.filter((mark) => !same(mark, finding)),
  { rule: finding.rule, file: finding.file, field: finding.field, ranges: rangeTexts(finding.ranges), reason },
];

export const unmarked = (marks: readonly Intended[], finding: Markable): Intended[] =>
  marks.filter((mark) => !same(mark, finding));

/** The file that holds these marks; undefined when there is nothing to hold. */
export const intendedFile = (marks: readonly Intended[]): WorkingFile | undefined =>
  marks.length === 0
    ? undefined
    : textFile(INTENDED_FILE, 'other', `${JSON.stringify({ intended: marks }, null, 2)}\n`);
