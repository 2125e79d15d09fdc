import Database from 'better-sqlite3';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_STATISTICS } from '../../engine/contract/index.ts';
import type { ConsoleChunk, RunEvent, RunResult } from '../../engine/contract/index.ts';
import { isDiskFull, storeError } from './database.ts';
import type { RecordBatch } from './runs.ts';
import { openStore } from './store.ts';
import { fillDisk, refusal, sampleProject, temporaryFolder, temporaryStore } from './testing.ts';

const chunk = (console: string, text: string, guestNs: number): ConsoleChunk => ({
  console,
  bytes: new TextEncoder().encode(text),
  guestNs,
  instructions: guestNs,
});
const event = (sentence: string): RunEvent => ({
  guestNs: 1,
  instructions: 1,
  severity: 'info',
  kind: 'cell.created',
  sentence,
});
const batch = (over: Partial<RecordBatch>): RecordBatch => ({
  consoles: [],
  chunks: [],
  events: [],
  counters: [],
  ...over,
});
const result: RunResult = {
  result: 'passed',
  guestSeconds: 1,
  hostSeconds: 2,
  instructions: 3,
  counters: {},
  events: [],
  statistics: NO_STATISTICS,
  digest: 'd'.repeat(64),
};

describe('runs', () => {
  test('a run is recorded in batches and found again after a restart', () => {
    const file = join(temporaryFolder(), 'x.sqlite');
    const first = openStore(file);
    const project = first.projects.create(sampleProject());
    const run = first.runs.create(project.id, { pace: 'free' }, 'jailhouse enable root.cell\n');
    expect(run).toMatchObject({ number: 1, projectId: project.id, guestNs: 0 });
    first.runs.append(
      run.id,
      batch({
        consoles: [
          { name: 'root', kind: 'root' },
          { name: 'uart0', kind: 'uart' },
        ],
        chunks: [chunk('root', 'hello ', 10), chunk('uart0', 'x', 11)],
        events: [event('one')],
      }),
      { guestNs: 11, hostMs: 5 },
    );
    first.runs.append(
      run.id,
      batch({
        chunks: [chunk('root', 'world', 20)],
        events: [event('two')],
        counters: [{ guestNs: 20, cell: 'root', counters: { vmexits_total: 4 } }],
      }),
      { guestNs: 20, hostMs: 7 },
    );
    first.runs.end(run.id, { outcome: 'passed', result }, { guestNs: 30, hostMs: 9 });
    first.close();

    const { runs, projects } = temporaryStore(file);
    const record = runs.open(run.id);
    expect(record).toMatchObject({
      outcome: 'passed',
      guestNs: 30,
      hostMs: 9,
      digest: result.digest,
      result,
      script: 'jailhouse enable root.cell\n',
    });
    expect(record.consoles).toEqual([
      { name: 'root', kind: 'root', size: 11 },
      { name: 'uart0', kind: 'uart', size: 1 },
    ]);
    expect(record.events.map((one) => one.sentence)).toEqual(['one', 'two']);
    expect(record.counters).toEqual([{ guestNs: 20, cell: 'root', counters: { vmexits_total: 4 } }]);
    expect(record.files).toEqual(project.files);
    const console = runs.console(run.id, 'root');
    expect(new TextDecoder().decode(console.bytes)).toBe('hello world');
    expect(console.marks).toEqual([
      { offset: 0, guestNs: 10, instructions: 10 },
      { offset: 6, guestNs: 20, instructions: 20 },
    ]);
    expect(runs.console(run.id, 'nothing').bytes).toHaveLength(0);
    expect(projects.list()[0]!.runs).toBe(1);
  });

  test('what was started on the bare board is part of the record', () => {
    const store = openStore(join(temporaryFolder(), 'x.sqlite'));
    const project = store.projects.create(sampleProject());
    const system = { kernel: 'Image', initrd: 'initrd.gz', append: 'quiet' };
    const { id } = store.runs.create(project.id, { pace: 'free', system }, null);
    const other = store.runs.create(project.id, { pace: 'free' }, null);
    expect(store.runs.open(id).system).toEqual(system);
    expect(store.runs.list(project.id).map((run) => run.system)).toEqual([undefined, system]);
    expect(other).not.toHaveProperty('system');
    store.close();
  });

  test('the files of a run stay as they were when it started', () => {
    const { projects, runs } = temporaryStore();
    const { id } = projects.create(sampleProject());
    const run = runs.create(id, { pace: 'real' }, null);
    projects.save(id, 1, [
      { type: 'put', path: 'root.c', kind: 'system', text: 'later' },
      { type: 'remove', path: 'images/hello.bin' },
    ]);
    expect(runs.open(run.id).files.find((file) => file.path === 'root.c')!.text).toBe('struct { } config; // ü\n');
    expect(runs.files(run.id).find((file) => file.path === 'images/hello.bin')!.bytes).toEqual(
      Uint8Array.from([0, 1, 2, 255]),
    );
  });

  test('numbers go on after a deletion', () => {
    const { projects, runs } = temporaryStore();
    const { id } = projects.create(sampleProject());
    const first = runs.create(id, { pace: 'free' }, null);
    runs.remove(first.id);
    expect(runs.create(id, { pace: 'free' }, null).number).toBe(2);
    expect(refusal(() => runs.open(first.id))).toMatch(/^not-found/);
    expect(refusal(() => runs.create('none', { pace: 'free' }, null))).toMatch(/^not-found/);
  });

  test('runs without an end are marked when their main process has ended, and only then', () => {
    const file = join(temporaryFolder(), 'x.sqlite');
    const first = temporaryStore(file, { owner: 'first', isAlive: () => false });
    const { id } = first.projects.create(sampleProject());
    const run = first.runs.create(id, { pace: 'free' }, null);
    first.runs.append(run.id, batch({ chunks: [chunk('root', 'kept', 5)] }), { guestNs: 5, hostMs: 1 });
    const beside = temporaryStore(file, { owner: 'second', isAlive: (owner) => owner === 'first' });
    expect(beside.runs.summary(run.id).outcome).toBeUndefined();
    const after = temporaryStore(file, { owner: 'third', isAlive: () => false });
    expect(after.runs.summary(run.id)).toMatchObject({ outcome: 'crashed', guestNs: 5 });
    expect(after.runs.summary(run.id).reason).toMatch(/Cellblock itself ended/);
    expect(new TextDecoder().decode(after.runs.console(run.id, 'root').bytes)).toBe('kept');
  });

  test('a full disk undoes the batch as a whole, and the same batch goes in once there is space', () => {
    const store = temporaryStore();
    const { id } = store.projects.create(sampleProject());
    const run = store.runs.create(id, { pace: 'free' }, null);
    store.runs.append(run.id, batch({ chunks: [chunk('root', 'before ', 1)] }), { guestNs: 1, hostMs: 1 });
    const large = batch({
      chunks: [chunk('root', 'a', 2), chunk('root', 'x'.repeat(1 << 20), 3)],
      events: [event('late')],
    });
    const free = fillDisk(store);
    let error: unknown;
    try {
      store.runs.append(run.id, large, { guestNs: 3, hostMs: 3 });
    } catch (thrown) {
      error = thrown;
    }
    expect(isDiskFull(error)).toBe(true);
    expect(storeError(error, 'The run was not recorded')).toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/disk is full. Free some space/),
    });
    expect(new TextDecoder().decode(store.runs.console(run.id, 'root').bytes)).toBe('before ');
    expect(store.runs.open(run.id).events).toEqual([]);
    free();
    store.runs.append(run.id, large, { guestNs: 3, hostMs: 3 });
    expect(store.runs.console(run.id, 'root').bytes).toHaveLength(7 + 1 + (1 << 20));
    expect(store.runs.open(run.id).events).toHaveLength(1);
  });

  test('a main process killed in the middle of writing leaves a whole record', async () => {
    const file = join(temporaryFolder(), 'x.sqlite');
    const writer = fork(new URL('./writer.child.ts', import.meta.url), [file], { stdio: 'ignore' });
    const exited = once(writer, 'exit');
    const [runId] = (await Promise.race([once(writer, 'message'), exited])) as [string];
    for (let batches = 0; batches < 20; batches++) await Promise.race([once(writer, 'message'), exited]);
    writer.kill('SIGKILL');
    await exited;

    const check = new Database(file);
    expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
    check.close();
    const { runs } = temporaryStore(file);
    const record = runs.open(runId);
    expect(record).toMatchObject({ outcome: 'crashed' });
    const text = new TextDecoder().decode(runs.console(runId, 'root').bytes);
    const lines = text.split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThanOrEqual(20 * 5);
    expect(lines.length % 5).toBe(0);
    expect(lines).toEqual(lines.map((_, index) => `line ${index}`));
    expect(record.events).toHaveLength(lines.length / 5);
  });
});
