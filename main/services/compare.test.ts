import { describe, expect, test } from 'vitest';
import { runComparison } from '../../engine/contract/index.ts';
import { testServices } from './testing/harness.ts';

describe('two runs beside each other', () => {
  test('show what they were given, how they ended and which lines differ', async () => {
    const { project, run, call } = testServices();
    const { id, revision } = await project('print root hello', 'print cell one', 'finish');
    const first = await run(id);
    const text = 'print root hello\nprint cell two\nprint cell three\nfinish\n';
    await call('projects.save', {
      id,
      revision,
      changes: [{ type: 'put', path: 'demo.script', kind: 'script', text }],
    });
    const second = await run(id);
    const comparison = await call('runs.compare', { a: first.id, b: second.id });
    expect(runComparison.parse(comparison)).toEqual(comparison);
    expect(comparison.given.map(({ what }) => what)).toEqual(['script', 'demo.script']);
    const cell = comparison.consoles.find(({ info }) => info.name === 'cell')!;
    expect(cell.stretches.map(({ kind, lines }) => [kind, ...lines.map((line) => line.text)])).toEqual([
      ['removed', 'one'],
      ['added', 'two', 'three'],
    ]);
    expect(cell.differing).toBe(3);
    const root = comparison.consoles.find(({ info }) => info.name === 'root')!;
    expect(root.stretches).toMatchObject([{ kind: 'same', lines: [{ text: 'hello' }] }]);
    expect(root.stretches[0]!.lines[0]).toHaveProperty('a');
    expect(comparison.first).toMatchObject({ console: 'cell', text: 'one', run: 'a' });
  });

  test('are the same with equal digests, and can still be going on', async () => {
    const { project, run, call } = testServices();
    const { id } = await project('print root hello', 'finish');
    const first = await run(id);
    const second = await run(id);
    expect(await call('runs.compare', { a: first.id, b: second.id })).toMatchObject({
      same: true,
      given: [],
      ended: [],
    });
    const going = await call('runs.start', { projectId: id, script: false, pace: 'real', cpus: 2 });
    const beside = await call('runs.compare', { a: first.id, b: going.id });
    expect(beside.same).toBe(false);
    expect(beside.given).toContainEqual({ what: 'CPUs', a: 'all', b: '2' });
    expect(beside.ended).toContainEqual(expect.objectContaining({ what: 'reason', b: 'It is still going on.' }));
    await call('runs.kill', { id: going.id });
  });

  test('have to be there', async () => {
    const { call } = testServices();
    await expect(call('runs.compare', { a: 'x', b: 'y' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
