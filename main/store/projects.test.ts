import { describe, expect, test } from 'vitest';
import type { ProjectChange } from '../../engine/contract/index.ts';
import { MAX_FILES, MAX_LAYOUT_BYTES } from './limits.ts';
import { openStore } from './store.ts';
import { refusal, sampleProject, temporaryFolder, temporaryStore } from './testing.ts';
import { join } from 'node:path';

const paths = (project: { files: { path: string }[] }) => project.files.map((file) => file.path);

describe('projects', () => {
  test('what is created is found again, texts with their text, images by hash, and bytes on demand', () => {
    const { projects } = temporaryStore();
    const project = projects.create(sampleProject());
    expect(project).toMatchObject({
      name: 'Sample',
      board: 'qemu-arm64',
      revision: 1,
      script: 'demo.script',
      cells: 1,
      runs: 0,
      layout: { split: [1, 2] },
    });
    expect(paths(project)).toEqual(['cells/a.c', 'demo.script', 'images/hello.bin', 'root.c']);
    expect(project.files.find((file) => file.path === 'root.c')).toMatchObject({
      kind: 'system',
      text: 'struct { } config; // ü\n',
      size: 25,
    });
    const image = project.files.find((file) => file.kind === 'image')!;
    expect(image.text).toBeUndefined();
    expect(image.hash).toBe('3d1f57c984978ef98a18378c8166c1cb8ede02c03eeb6aee7e2f121dfeee3e56');
    expect(projects.bytes(project.id, 'images/hello.bin')).toEqual(Uint8Array.from([0, 1, 2, 255]));
    expect(projects.list()).toMatchObject([{ id: project.id, name: 'Sample', cells: 1 }]);
  });

  test('a text keeps its byte order mark and its line ends', () => {
    const { projects } = temporaryStore();
    const text = '\ufeffa\r\nb\0c';
    const project = projects.create(sampleProject({ script: null, files: [{ path: 'x', kind: 'other', text }] }));
    expect(project.files[0]!.text).toBe(text);
  });

  test('every kind of change, in one save', () => {
    const { projects } = temporaryStore();
    const before = projects.create(sampleProject());
    const changes: ProjectChange[] = [
      { type: 'put', path: 'root.c', kind: 'system', text: 'new' },
      { type: 'putImage', path: 'images/two.bin', bytes: Uint8Array.from([7]) },
      { type: 'remove', path: 'cells/a.c' },
      { type: 'rename', path: 'demo.script', to: 'boot.script' },
      { type: 'name', name: '  Renamed ' },
      { type: 'layout', layout: { rows: 3 } },
    ];
    const { project } = projects.save(before.id, 1, changes);
    expect(project).toMatchObject({
      name: 'Renamed',
      revision: 2,
      script: 'boot.script',
      cells: 0,
      layout: { rows: 3 },
    });
    expect(paths(project)).toEqual(['boot.script', 'images/hello.bin', 'images/two.bin', 'root.c']);
    expect(projects.open(before.id)).toEqual(project);
    const { project: third } = projects.save(before.id, 2, [{ type: 'remove', path: 'boot.script' }]);
    expect(third.script).toBeNull();
  });

  test('a save from an older revision is a conflict that says what changed, and changes nothing', () => {
    const { projects } = temporaryStore();
    const { id } = projects.create(sampleProject());
    projects.save(id, 1, [{ type: 'put', path: 'root.c', kind: 'system', text: 'theirs' }]);
    const { project } = projects.save(id, 2, [{ type: 'name', name: 'Other' }]);
    const said = refusal(() => projects.save(id, 1, [{ type: 'put', path: 'root.c', kind: 'system', text: 'mine' }]));
    expect(said).toBe(
      'conflict: "Other" was changed in another window since this one read it (revision 1, now 3): root.c and the name. Nothing was overwritten; open the newer version and make the change again.',
    );
    expect(projects.open(id)).toEqual(project);
  });

  test('a layout is no revision', () => {
    const { projects } = temporaryStore();
    const { id } = projects.create(sampleProject());
    const { project, content } = projects.save(id, 1, [{ type: 'layout', layout: { left: 1 } }]);
    expect(content).toBe(false);
    expect(project).toMatchObject({ revision: 1, layout: { left: 1 } });
  });

  test('a refused change undoes the whole save', () => {
    const { projects } = temporaryStore();
    const before = projects.create(sampleProject());
    for (const bad of [
      { type: 'remove', path: 'nowhere' },
      { type: 'rename', path: 'root.c', to: 'cells/a.c' },
      { type: 'script', path: 'nowhere' },
      { type: 'name', name: ' ' },
      { type: 'put', path: '../x', kind: 'other', text: '' },
      { type: 'put', path: 'x', kind: 'other', text: '\ud800' },
      { type: 'layout', layout: { big: 'x'.repeat(MAX_LAYOUT_BYTES) } },
    ] satisfies ProjectChange[])
      expect(
        refusal(() => projects.save(before.id, 1, [{ type: 'put', path: 'root.c', kind: 'system', text: 'new' }, bad])),
      ).toMatch(/^invalid: /);
    expect(projects.open(before.id)).toEqual(before);
  });

  test.each(['', '/etc/passwd', 'a//b', 'a/../b', './a', 'a\\b', 'a\nb', 'x'.repeat(256), 'a/', '\udfff'])(
    '%j is no path',
    (path) => {
      const { projects } = temporaryStore();
      expect(
        refusal(() => projects.create(sampleProject({ files: [{ path, kind: 'other', text: '' }], script: null }))),
      ).toMatch(/^invalid: .*cannot be a path/);
      expect(projects.list()).toEqual([]);
    },
  );

  test('limits and contradictions', () => {
    const { projects } = temporaryStore();
    const many = Array.from({ length: MAX_FILES + 1 }, (_, index) => ({
      path: `f${index}`,
      kind: 'other' as const,
      text: '',
    }));
    expect(refusal(() => projects.create(sampleProject({ files: many, script: null })))).toMatch(/2001 files/);
    expect(refusal(() => projects.create(sampleProject({ script: 'none' })))).toMatch(/boot script none/);
    expect(
      refusal(() => projects.create(sampleProject({ files: [...sampleProject().files, ...sampleProject().files] }))),
    ).toMatch(/same path/);
    expect(projects.list()).toEqual([]);
  });

  test('contents stand once, and go when nothing holds them', () => {
    const file = join(temporaryFolder(), 'x.sqlite');
    const store = openStore(file, { owner: 'first', isAlive: () => false });
    const { id } = store.projects.create(sampleProject());
    const copy = store.projects.duplicate(id, 'Copy');
    expect(copy).toMatchObject({ name: 'Copy', revision: 1, script: 'demo.script', layout: { split: [1, 2] } });
    expect(copy.files).toEqual(store.projects.open(id).files);
    store.projects.remove(id);
    store.close();
    const again = temporaryStore(file, { owner: 'second', isAlive: () => false });
    expect(again.projects.bytes(copy.id, 'images/hello.bin')).toHaveLength(4);
    expect(again.projects.list()).toHaveLength(1);
    expect(refusal(() => again.projects.restore(id))).toMatch(/^not-found: .*restarted/);
  });

  test('a removed project is hidden, can be restored, and outlives another process that opens the store', () => {
    const file = join(temporaryFolder(), 'x.sqlite');
    const store = temporaryStore(file, { owner: 'first', isAlive: () => true });
    const project = store.projects.create(sampleProject());
    store.projects.remove(project.id);
    expect(store.projects.list()).toEqual([]);
    expect(refusal(() => store.projects.open(project.id))).toMatch(/^not-found/);
    expect(refusal(() => store.projects.save(project.id, 1, []))).toMatch(/^not-found/);
    temporaryStore(file, { owner: 'second', isAlive: () => true });
    expect(store.projects.restore(project.id)).toEqual(project);
  });
});
