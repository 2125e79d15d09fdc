import { describe, expect, test, vi } from 'vitest';
import type { MainNotice } from '../../engine/contract/index.ts';
import type { ChildPort } from '../browser/engine.ts';
import { fillDisk } from '../store/testing.ts';
import { eventually } from './testing/eventually.ts';
import { testServices } from './testing/harness.ts';

const of = <T extends MainNotice['type']>(notices: MainNotice[], type: T) =>
  notices.filter((notice): notice is Extract<MainNotice, { type: T }> => notice.type === type);

const port = () => {
  const heard: unknown[] = [];
  const end: ChildPort = {
    post: (message) => void heard.push(message),
    onMessage: () => undefined,
    onClose: () => undefined,
  };
  return { heard, end };
};

describe('a run', () => {
  test('gets the files and the script, is recorded, and its end is kept with its digest', async () => {
    const { project, run, consoleText, notices, call } = testServices();
    const { id } = await project('print root hello', 'print cell world', 'event a thing happened', 'files', 'finish');
    const record = await run(id);
    expect(record).toMatchObject({
      number: 1,
      outcome: 'passed',
      digest: 'f'.repeat(64),
      result: { result: 'passed' },
    });
    expect(await consoleText(record.id, 'root')).toMatch(/^hello\n.*inmates\/hello\.bin:3/);
    expect(await consoleText(record.id, 'cell')).toBe('world\n');
    expect(record.events.map((event) => event.sentence)).toEqual(['a thing happened']);
    expect(of(notices, 'runChanged').at(-1)!.run).toMatchObject({ id: record.id, outcome: 'passed' });
    expect(await call('runs.list', { projectId: id })).toMatchObject([
      { id: record.id, outcome: 'passed', guestNs: 3000 },
    ]);
  });

  test('speaks with its windows', async () => {
    const { project, services, call, consoleText } = testServices();
    const { id } = await project('print root ready');
    const run = await call('runs.start', { projectId: id, script: true, pace: 'real' });
    const first = port();
    const second = port();
    expect(services.attach(run.id, first.end)).toBe(true);
    expect(services.attach(run.id, second.end)).toBe(true);
    second.end.onMessage({ type: 'attach' });
    await eventually(() => expect(second.heard).toContainEqual({ type: 'status', windows: 2 }));
    second.end.onClose();
    first.end.onMessage({ type: 'attach' });
    await eventually(() => expect(first.heard).toContainEqual({ type: 'status', windows: 1 }));
    first.end.onMessage({ type: 'input', console: 'root', bytes: new TextEncoder().encode('typed') });
    await eventually(async () => expect(await consoleText(run.id, 'root')).toBe('ready\ntyped'));
    await expect(call('runs.remove', { id: run.id })).rejects.toThrow(/still under way/);
    first.end.onMessage({ type: 'stop' });
    await eventually(async () => expect((await call('runs.open', { id: run.id })).outcome).toBe('stopped'));
    expect(services.attach(run.id, port().end)).toBe(false);
    await call('runs.remove', { id: run.id });
    expect(await call('runs.list', { projectId: id })).toEqual([]);
  });

  test('whose engine is killed is marked as crashed, with its record until then, and another can be started', async () => {
    const { project, run, consoleText, notices } = testServices();
    const { id } = await project('print root before', 'die 3');
    const record = await run(id);
    expect(record).toMatchObject({
      outcome: 'crashed',
      reason: expect.stringMatching(/^The engine of run 1 has died: it ended with exit code 3\. .*kept/),
    });
    expect(await consoleText(record.id, 'root')).toBe('before\n');
    expect(of(notices, 'engineLost')).toEqual([{ type: 'engineLost', runId: record.id, reason: record.reason }]);
    expect((await run(id)).number).toBe(2);
  });

  test('whose engine throws is told in the words of the error, without a stack', async () => {
    const { project, run } = testServices();
    const { reason } = await run((await project('throw')).id);
    expect(reason).toMatch(/exit code 1 \(TypeError: the test engine was told to throw\)/);
    expect(reason).not.toMatch(/\n/);
  });

  test('whose engine hangs is ended and marked', async () => {
    const { project, run, consoleText, notices } = testServices({ heartbeatMs: 300 });
    const record = await run((await project('print root before', 'hang')).id);
    expect(record).toMatchObject({
      outcome: 'crashed',
      reason: expect.stringMatching(/has stopped answering and was ended/),
    });
    expect(await consoleText(record.id, 'root')).toBe('before\n');
    expect(of(notices, 'engineLost')).toHaveLength(1);
  });

  test('that the engine refuses has failed, in its words', async () => {
    const { project, run, notices } = testServices();
    expect(await run((await project('refuse qemu-arm64 has 16 CPUs.')).id)).toMatchObject({
      outcome: 'failed',
      reason: 'qemu-arm64 has 16 CPUs.',
    });
    expect(of(notices, 'engineLost')).toEqual([]);
  });

  test('survives messages that are not in the contract', async () => {
    const shown = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { project, run, consoleText } = testServices();
    const record = await run((await project('noise', 'print root after', 'finish')).id);
    expect(record.outcome).toBe('passed');
    expect(await consoleText(record.id, 'root')).toBe('after\n');
    expect(shown).toHaveBeenCalledTimes(2);
    shown.mockRestore();
  });

  test('can be killed by hand', async () => {
    const { project, call, notices } = testServices();
    const { id } = await project('hang');
    const run = await call('runs.start', { projectId: id, script: true, pace: 'free' });
    await call('runs.kill', { id: run.id });
    expect(await call('runs.open', { id: run.id })).toMatchObject({
      outcome: 'stopped',
      reason: expect.stringMatching(/by hand/),
    });
    await call('runs.kill', { id: run.id });
    expect(of(notices, 'engineLost')).toEqual([]);
  });

  test('without a script is refused if it asks for one', async () => {
    const { project, call } = testServices();
    const { id, revision } = await project('finish');
    await call('projects.save', { id, revision, changes: [{ type: 'script', path: null }] });
    await expect(call('runs.start', { projectId: id, script: true, pace: 'free' })).rejects.toThrow(
      /has no boot script/,
    );
    expect(await call('runs.list', { projectId: id })).toEqual([]);
  });

  test('that is under way when main closes is kept as stopped', async () => {
    const { project, call, close, file, consoleText } = testServices();
    const { id } = await project('print root before');
    const run = await call('runs.start', { projectId: id, script: true, pace: 'real' });
    await eventually(async () => expect(await consoleText(run.id, 'root')).toBe('before\n'));
    close();
    const again = testServices({ file });
    expect(await again.call('runs.open', { id: run.id })).toMatchObject({
      outcome: 'stopped',
      reason: expect.stringMatching(/was closed/),
    });
    expect(await again.consoleText(run.id, 'root')).toBe('before\n');
  });

  test('goes on while the disk is full; nothing is lost, readers see all of it, and it is stored once there is space', async () => {
    const { project, store, call, notices, consoleText } = testServices();
    const line = 'x'.repeat(4000);
    const { id } = await project(...Array.from({ length: 50 }, () => `print root ${line}`), 'event late', 'finish');
    const run = await call('runs.start', { projectId: id, script: true, pace: 'free' });
    const free = fillDisk(store);
    await eventually(async () => expect((await call('runs.open', { id: run.id })).outcome).toBe('passed'));
    expect(of(notices, 'storeTrouble')).toEqual([
      { type: 'storeTrouble', reason: expect.stringMatching(/disk is full.*kept in memory/) },
    ]);
    expect(store.runs.summary(run.id).outcome).toBeUndefined();
    const whole = `${line}\n`.repeat(50);
    expect(await consoleText(run.id, 'root')).toBe(whole);
    const shown = await call('runs.open', { id: run.id });
    expect(shown.consoles).toEqual([{ name: 'root', kind: 'root', size: whole.length }]);
    expect(shown.events.map((event) => event.sentence)).toEqual(['late']);
    expect(await call('runs.list', { projectId: id })).toMatchObject([{ outcome: 'passed' }]);

    await expect(
      call('projects.save', {
        id,
        revision: 2,
        changes: [{ type: 'putImage', path: 'big', bytes: new Uint8Array(1 << 20) }],
      }),
    ).rejects.toMatchObject({ code: 'disk-full' });

    free();
    await eventually(() => expect(store.runs.summary(run.id).outcome).toBe('passed'));
    expect(new TextDecoder().decode(store.runs.console(run.id, 'root').bytes)).toBe(whole);
    expect(await call('runs.open', { id: run.id })).toEqual({ ...shown, hostMs: expect.any(Number) });
    expect(of(notices, 'storeTrouble')).toHaveLength(1);
  });

  test('that prints more than is kept says so and goes on', async () => {
    const { project, run, consoleText } = testServices({ limit: 10 });
    const record = await run((await project('print root 12345', 'print root 6789', 'print root more', 'finish')).id);
    expect(await consoleText(record.id, 'root')).toBe('12345\n6789');
    expect(record.events).toMatchObject([{ kind: 'record.full', severity: 'warning' }]);
    expect(record.outcome).toBe('passed');
  });
});
