// `cellblock compare`: two recorded runs beside each other.
import { readFileSync } from 'node:fs';
import { compareRuns } from '../record/compare.ts';
import type { Comparison, Difference } from '../record/compare.ts';
import { readRunFile } from '../record/file.ts';
import { parseArguments, UsageError } from './usage.ts';

const USAGE = `usage: cellblock compare RUN_A RUN_B [--json]

Compares two runs recorded with \`cellblock run … --record FILE\`: what they were given, how they ended, their consoles line by
line, their counters. Exit status 0 when they are the same, 1 when they differ, 2 when one cannot be read.
`;

/** Lines of the same text shown around a difference. */
const CONTEXT = 2;

export async function compareCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [a, b, ...rest] = positionals;
  if (a === undefined || b === undefined || rest.length > 0) throw new UsageError(`it takes two runs.\n${USAGE}`);
  const comparison = compareRuns(readRunFile(readFileSync(a, 'utf8'), a), readRunFile(readFileSync(b, 'utf8'), b));
  process.stdout.write(values.json ? `${JSON.stringify(comparison)}\n` : report(comparison));
  return comparison.same ? 0 : 1;
}

function report({ same, given, ended, consoles, counters, firstDifference }: Comparison): string {
  if (same) return 'The runs are the same.\n';
  const seconds = (ns: number): string => (ns / 1e9).toFixed(6);
  let out = '';
  const table = (title: string, rows: readonly Difference[]): void => {
    if (rows.length === 0) return;
    const width = Math.max(...rows.map(({ what }) => what.length));
    out += `${title}\n${rows.map(({ what, a, b }) => `  ${what.padEnd(width)}  ${brief(a)} → ${brief(b)}\n`).join('')}\n`;
  };
  table('Given', given);
  table('Ended', ended);
  if (firstDifference)
    out +=
      `First different line: ${firstDifference.console} at ${seconds(firstDifference.guestNs)} s, ` +
      `only in run ${firstDifference.run.toUpperCase()}: ${firstDifference.text}\n\n`;
  for (const { console, stretches, differing } of consoles) {
    if (differing === 0) continue;
    out += `Console ${console}: ${differing} lines differ\n`;
    for (const [index, { kind, lines }] of stretches.entries()) {
      if (kind !== 'same') {
        const mark = kind === 'removed' ? '-' : '+';
        for (const { a, b } of lines) out += `  ${mark} [${seconds((a ?? b)!.guestNs)}] ${(a ?? b)!.text}\n`;
        continue;
      }
      const before = index > 0 ? lines.slice(0, CONTEXT) : [];
      const after = index < stretches.length - 1 ? lines.slice(Math.max(before.length, lines.length - CONTEXT)) : [];
      const folded = lines.length - before.length - after.length;
      for (const { a } of before) out += `    [${seconds(a!.guestNs)}] ${a!.text}\n`;
      if (folded > 0) out += `    … ${folded} lines the same\n`;
      for (const { a } of after) out += `    [${seconds(a!.guestNs)}] ${a!.text}\n`;
    }
    out += '\n';
  }
  table('Counters', counters);
  return out;
}

const brief = (text: string): string => {
  const line = text.replaceAll('\n', '; ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
};
