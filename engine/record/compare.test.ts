import { expect, test } from 'vitest';
import { NO_STATISTICS } from '../contract/record.ts';
import type { RunResult } from '../contract/record.ts';
import { guestNs, instructions } from '../util/units.ts';
import { compareRuns } from './compare.ts';
import { ConsoleRecorder, readRunFile, RunFileError, writeRunFile } from './file.ts';
import type { RecordedRun } from './file.ts';

const result = (digest: string): RunResult => ({
  result: 'passed',
  guestSeconds: 1,
  hostSeconds: Number(digest),
  instructions: 1000,
  counters: { demo: { vmexits_total: Number(digest) } },
  events: [],
  statistics: NO_STATISTICS,
  digest,
});

/** A run that printed these lines on uart0, each 10 ns after the other. */
function recorded(lines: readonly string[], digest: string): RecordedRun {
  const recorder = new ConsoleRecorder();
  lines.forEach((line, i) =>
    recorder.add({ name: 'uart0', kind: 'uart' }, new TextEncoder().encode(`${line}\r\n`), {
      guestNs: guestNs(i * 10),
      instructions: instructions(i),
    }),
  );
  const inputs = { board: 'qemu-arm64', cpus: 16, script: null, files: [] };
  return readRunFile(writeRunFile({ ...inputs, consoles: recorder.consoles, result: result(digest) }), 'run.json');
}

test('a run read back from its file is the same run', () => {
  expect(compareRuns(recorded(['a', 'b'], '1'), recorded(['a', 'b'], '1'))).toMatchObject({
    same: true,
    given: [],
    ended: [],
    counters: [],
  });
});

test('lines are aligned without what only tells the time, and the first different one is named', () => {
  const a = recorded(['[    0.100000] Booting', 'CPUs: 1', '[    0.200000] done'], '1');
  const b = recorded(['[    0.100500] Booting', 'CPUs: 2', 'more', '[    0.300000] done'], '2');
  const { consoles, firstDifference, counters } = compareRuns(a, b);
  expect(consoles[0]!.stretches.map(({ kind, lines }) => [kind, lines.length])).toEqual([
    ['same', 1],
    ['removed', 1],
    ['added', 2],
    ['same', 1],
  ]);
  expect(firstDifference).toEqual({ console: 'uart0', guestNs: 10, text: 'CPUs: 1', run: 'a' });
  expect(counters).toEqual([{ what: 'demo vmexits_total', a: '1', b: '2' }]);
});

test.each([
  ['not JSON', 'jailhouse enable', /x is not a recorded run/],
  ['other JSON', '{"format":"something"}', /x is not a recorded run: /],
  ['a newer format', '{"format":"cellblock-run","version":99}', /newer Cellblock .*format 99/],
])('%s is refused with a sentence', (_, text, message) => {
  expect(() => readRunFile(text, 'x')).toThrow(RunFileError);
  expect(() => readRunFile(text, 'x')).toThrow(message);
});
