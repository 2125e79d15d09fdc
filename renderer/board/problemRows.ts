// The problems panel's rows: groups by severity, file or rule, with counts, and what was marked as intended at the end.
import type { Problem, Severity } from '../state/problems.ts';
import { SEVERITIES } from '../state/problems.ts';

export type Grouping = 'severity' | 'file' | 'rule';
export const GROUPINGS: readonly Grouping[] = ['severity', 'file', 'rule'];

export interface ProblemGroup {
  kind: 'group';
  key: string;
  label: string;
  /** How many of each severity, worst first, those that there are. */
  counts: readonly { severity: Severity; count: number }[];
  open: boolean;
}
export type ProblemRow = ProblemGroup | { kind: 'problem'; problem: Problem; intended: boolean };

export const INTENDED_GROUP = 'intended';

const LABELS: Record<Severity, string> = { error: 'Errors', warning: 'Warnings', info: 'Notes' };

/** Tells problems of one moment apart, and finds the same one again after an edit. */
export const problemKey = ({ rule, file, field, sentence }: Problem): string =>
  [rule, file, field, sentence].join('\0');

const groupOf = (problem: Problem, by: Grouping): string => (by === 'severity' ? problem.severity : problem[by]);

const countsOf = (problems: readonly Problem[]): ProblemGroup['counts'] =>
  SEVERITIES.map((severity) => ({
    severity,
    count: problems.filter((problem) => problem.severity === severity).length,
  })).filter(({ count }) => count > 0);

/** Groups in the order of their worst problem, each in the order of the list. */
export function groupsOf(list: readonly Problem[], by: Grouping): { key: string; problems: Problem[] }[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of list) {
    const key = groupOf(problem, by);
    const group = groups.get(key);
    if (group) group.push(problem);
    else groups.set(key, [problem]);
  }
  return [...groups].map(([key, problems]) => ({ key, problems }));
}

/** @param names what a file is called for people: the cell that it holds */
export function problemRows(
  list: readonly Problem[],
  intended: readonly Problem[],
  by: Grouping,
  closed: ReadonlySet<string>,
  names: (file: string) => string,
): ProblemRow[] {
  const rows = (key: string, label: string, problems: readonly Problem[], isIntended: boolean): ProblemRow[] => {
    const open = !closed.has(key);
    return [
      { kind: 'group', key, label, counts: countsOf(problems), open },
      ...(open ? problems.map((problem): ProblemRow => ({ kind: 'problem', problem, intended: isIntended })) : []),
    ];
  };
  const labelOf = (key: string): string =>
    by === 'severity' ? LABELS[key as Severity] : by === 'file' ? names(key) : key;
  return [
    ...groupsOf(list, by).flatMap(({ key, problems }) => rows(key, labelOf(key), problems, false)),
    ...(intended.length > 0 ? rows(INTENDED_GROUP, 'Marked as intended', intended, true) : []),
  ];
}

/** The problem before or behind another one in the order in which the panel shows them, around the ends. */
export function problemBeside(
  list: readonly Problem[],
  by: Grouping,
  from: string | undefined,
  step: 1 | -1,
): Problem | undefined {
  const order = groupsOf(list, by).flatMap(({ problems }) => problems);
  const at = order.findIndex((problem) => problemKey(problem) === from);
  if (at < 0) return step === 1 ? order[0] : order.at(-1);
  return order[(at + step + order.length) % order.length];
}
