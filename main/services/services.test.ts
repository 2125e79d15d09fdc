import { readFileSync, rmSync } from 'node:fs';
import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { services as contract, type ServiceName } from '../../engine/contract/index.ts';
import { boardFolder } from './boards.ts';
import { testBoards, testServices } from './testing/harness.ts';

describe('projects', () => {
  test('a project made from a board has its configurations, what they include, the images and the demo script', async () => {
    const { call } = testServices();
    const project = await call('projects.create', { name: 'Bench', board: 'bench' });
    const kinds = Object.fromEntries(project.files.map((file) => [file.path, file.kind]));
    expect(kinds).toMatchObject({
      'qemu-arm64.c': 'system',
      'shared.h': 'other',
      'greeter.c': 'cell',
      'inmates/hello.bin': 'image',
      'demo.script': 'script',
    });
    expect(kinds).not.toHaveProperty('inmates/hello.c');
    expect(project).toMatchObject({ script: 'demo.script', board: 'bench' });
  });

  test('a board that is unknown or incomplete is refused by name', async () => {
    const { call } = testServices();
    await expect(call('projects.create', { name: 'x', board: '../bench' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/There is no board \.\.\/bench/),
    });
    const folder = testBoards();
    rmSync(join(folder, 'bench', 'greeter.c'));
    expect(() => boardFolder(folder).template('bench')).toThrow(/lacks greeter\.c/);
  });

  test('export and import carry everything to another store', async () => {
    const from = testServices();
    const { id, ...project } = await from.project('finish');
    const file = await from.call('projects.export', { id });
    expect(file.name).toBe('Bench.cellblock');
    const to = testServices();
    const { id: otherId, ...imported } = await to.call('projects.import', { bytes: file.bytes });
    expect(otherId).not.toBe(id);
    expect({ ...imported, revision: 0, modified: 0 }).toEqual({ ...project, revision: 0, modified: 0 });
    expect(await to.call('projects.bytes', { id: otherId, path: 'inmates/hello.bin' })).toEqual(
      Uint8Array.from([1, 2, 3]),
    );
    const strange = new TextEncoder().encode(new TextDecoder().decode(file.bytes).replace('"bench"', '"mars-rover"'));
    await expect(to.call('projects.import', { bytes: strange })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/mars-rover/),
    });
  });

  test('a save is told to the other windows and not to the one that saved; a layout to nobody', async () => {
    const { project, notices, excepted, caller, call } = testServices();
    const { id, revision } = await project('finish');
    expect(notices).toEqual([{ type: 'projectChanged', id, revision: 2 }]);
    expect(excepted).toEqual([caller]);
    await call('projects.save', { id, revision, changes: [{ type: 'layout', layout: { a: 1 } }] });
    expect(notices).toHaveLength(1);
  });

  test('settings are kept', async () => {
    const { call, close, file } = testServices();
    expect(await call('settings.get', undefined)).toEqual({ theme: 'system', window: {} });
    await call('settings.set', { theme: 'dark', window: { rail: 48 } });
    close();
    expect(await testServices({ file }).call('settings.get', undefined)).toEqual({
      theme: 'dark',
      window: { rail: 48 },
    });
  });
});

describe('the dispatcher', () => {
  test('refuses names and inputs that are not in the contract', async () => {
    const { dispatch, caller } = testServices();
    expect(await dispatch('toString', undefined, caller)).toMatchObject({ ok: false, error: { code: 'invalid' } });
    expect(await dispatch('projects.open', { id: 7 }, caller)).toEqual({
      ok: false,
      error: {
        code: 'invalid',
        message: expect.stringMatching(/^projects\.open was called with something it cannot take: id: /),
      },
    });
  });

  test('answers anything with a Reply', async () => {
    const { dispatch, caller } = testServices();
    const names = Object.keys(contract) as ServiceName[];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.oneof(fc.anything(), fc.record({ id: fc.string(), name: fc.string(), path: fc.string() })),
        async (name, input) => {
          const reply = await dispatch(name, input, caller);
          if (!reply.ok) expect(reply.error.message).not.toMatch(/\n\s+at /);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('tells an unforeseen error without its stack', async () => {
    const { dispatch, caller, services } = testServices();
    const shown = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    services.handlers['projects.list'] = () => {
      throw new TypeError('x is undefined');
    };
    expect(await dispatch('projects.list', undefined, caller)).toEqual({
      ok: false,
      error: { code: 'failed', message: 'This change to the project could not be done: x is undefined.' },
    });
    expect(shown).toHaveBeenCalledOnce();
    shown.mockRestore();
  });
});

describe('boards', () => {
  test('those of this checkout are whole', () => {
    const boards = boardFolder('boards');
    // The one that a first project is made from.
    expect(boards.list()[0]?.name).toBe('qemu-arm64');
    expect(boards.template('rpi4').files.map(({ path }) => path)).toContain('inmates/greeter.bin');
    for (const { name, rootConfig } of boards.list()) {
      const { files, script } = boards.template(name);
      const path = rootConfig.replace(/^.*\//, '');
      expect(files.some((file) => file.path.endsWith(path) && file.kind === 'system')).toBe(true);
      if (script !== null) expect(readFileSync(join('boards', name, script), 'utf8')).not.toBe('');
    }
  });
});
