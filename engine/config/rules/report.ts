// Findings as text for people, as JSON for scripts, and as SARIF 2.1.0 (OASIS) for code review tools.
import type { SourceLocation } from '../location.ts';
import type { Json } from '../show.ts';
import { renderFault } from '../source/file.ts';
import { ConfigError } from '../errors.ts';
import { RULES, type Finding, type Severity } from './index.ts';

/** A finding with the file that it is in and, for C sources, the place there. */
export interface PlacedFinding {
  finding: Finding;
  file: string;
  location: SourceLocation | null;
  /** For C sources: the change of the text that the fix makes in this file. */
  replacement?: { start: number; end: number; text: string };
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

export const countOf = (findings: readonly PlacedFinding[], severity: Severity): number =>
  findings.filter(({ finding }) => finding.severity === severity).length;

/** `2 errors, 1 warning`, or `No findings.` */
export function summary(findings: readonly PlacedFinding[]): string {
  const parts = SEVERITIES.flatMap((severity) => {
    const count = countOf(findings, severity);
    return count === 0 ? [] : [`${count} ${severity === 'info' ? 'note' : severity}${count > 1 ? 's' : ''}`];
  });
  return parts.length === 0 ? 'No findings.' : `${parts.join(', ')}.`;
}

/** One paragraph a finding, in the form of a compiler's messages, and a summary. */
export function findingsText(findings: readonly PlacedFinding[]): string {
  const paragraphs = findings.map(({ finding, file, location }) => {
    const message = `${finding.message} [${finding.rule}]`;
    const head = location
      ? renderFault(new ConfigError('value', message, { location }), finding.severity)
      : `${file}: ${finding.severity}: ${message}\n ${finding.path || finding.cell}`;
    return finding.fix ? `${head}\n fix: ${finding.fix.title}` : head;
  });
  return `${[...paragraphs, summary(findings)].join('\n\n')}\n`;
}

export function findingsJson(findings: readonly PlacedFinding[]): Json {
  return {
    findings: findings.map(({ finding, file, location }) => ({
      rule: finding.rule,
      severity: finding.severity,
      cell: finding.cell,
      file,
      line: location?.line ?? null,
      column: location?.column ?? null,
      field: finding.path,
      message: finding.message,
      ranges: (finding.ranges ?? []).map(({ owner, start, size }) => ({ owner, start: hex(start), size: hex(size) })),
      fix: finding.fix?.title ?? null,
    })),
    errors: countOf(findings, 'error'),
    warnings: countOf(findings, 'warning'),
    notes: countOf(findings, 'info'),
  };
}

const LEVEL: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'note' };

/** A relative path as a URI reference. */
const uriOf = (file: string): string => file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');

export function findingsSarif(findings: readonly PlacedFinding[], version: string): Json {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'cellblock',
            version,
            rules: RULES.map(({ id, title, severity }) => ({
              id,
              shortDescription: { text: title },
              defaultConfiguration: { level: LEVEL[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ finding, file, location, replacement }) => ({
          ruleId: finding.rule,
          ruleIndex: RULES.findIndex(({ id }) => id === finding.rule),
          level: LEVEL[finding.severity],
          message: { text: finding.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(location?.file ?? file) },
                ...(location && {
                  region: {
                    startLine: location.line,
                    startColumn: location.column,
                    charOffset: location.start,
                    charLength: location.end - location.start,
                  },
                }),
              },
              logicalLocations: [{ fullyQualifiedName: `${finding.cell}/${finding.path}` }],
            },
          ],
          ...(finding.fix &&
            replacement && {
              fixes: [
                {
                  description: { text: finding.fix.title },
                  artifactChanges: [
                    {
                      artifactLocation: { uri: uriOf(file) },
                      replacements: [
                        {
                          deletedRegion: {
                            charOffset: replacement.start,
                            charLength: replacement.end - replacement.start,
                          },
                          insertedContent: { text: replacement.text },
                        },
                      ],
                    },
                  ],
                },
              ],
            }),
        })),
      },
    ],
  };
}

/** The one stretch in which two texts differ. */
export function replacementBetween(before: string, after: string): { start: number; end: number; text: string } {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < before.length - start && tail < after.length - start && before.at(-1 - tail) === after.at(-1 - tail))
    tail++;
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}
