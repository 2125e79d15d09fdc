import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../engine/contract/index.ts';
import { decodeProjectFile, encodeProjectFile } from './projectFile.ts';
import { refusal, sampleProject, temporaryStore } from './testing.ts';

const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const valid = () => JSON.parse(new TextDecoder().decode(encodeProjectFile(sampleProject()))) as Record<string, unknown>;

describe('project files', () => {
  test('what is exported is imported unchanged', () => {
    expect(decodeProjectFile(encodeProjectFile(sampleProject()))).toEqual(sampleProject());
  });

  test('any project comes back', () => {
    const file = fc.oneof(
      fc.record({ path: fc.string(), kind: fc.constant('other' as const), text: fc.string({ unit: 'grapheme' }) }),
      fc.record({ path: fc.string(), kind: fc.constant('image' as const), bytes: fc.uint8Array({ maxLength: 50 }) }),
    );
    fc.assert(
      fc.property(fc.array(file, { maxLength: 6 }), fc.string(), (files, name) => {
        const project = sampleProject({ files, name, script: null });
        expect(decodeProjectFile(encodeProjectFile(project))).toEqual(project);
      }),
    );
  });

  test('an image that two files hold stands once', () => {
    const bytes = new Uint8Array(3000).fill(0xaa);
    const files = [1, 2, 3].map((n) => ({ path: `i${n}`, kind: 'image' as const, bytes }));
    expect(encodeProjectFile(sampleProject({ files })).length).toBeLessThan(5000);
  });

  test('a file from the future is refused as such', () => {
    expect(refusal(() => decodeProjectFile(text({ ...valid(), version: 2, files: 'in another shape' })))).toMatch(
      /^future-version: .*format 2; this one reads up to 1.*Update Cellblock/,
    );
  });

  test.each([
    ['an empty file', '', /not a Cellblock project/],
    ['an ELF', '\x7fELF', /not a Cellblock project/],
    ['another JSON', '{"name": "x"}', /not a Cellblock project/],
    ['null', 'null', /not a Cellblock project/],
    ['a torn export', new TextDecoder().decode(encodeProjectFile(sampleProject())).slice(0, 300), /breaks off/],
    ['a missing field', { ...valid(), files: undefined }, /field files/],
    ['a wrong kind', { ...valid(), files: [{ path: 'a', kind: 'virus', text: '' }] }, /field files\.0/],
    ['a missing image', { ...valid(), images: {} }, /images\/hello\.bin refers to an image that is not in it/],
    ['a changed image', { ...valid(), images: { [Object.keys(valid().images as object)[0]!]: 'AAAA' } }, /is damaged/],
  ])('%s is refused with its reason', (_name, content, reason) => {
    const said = refusal(() => decodeProjectFile(text(content)));
    expect(said).toMatch(/^invalid: This file cannot be imported: /);
    expect(said).toMatch(reason);
  });

  test('damaged files are refused or imported whole, and a refused one leaves nothing behind', () => {
    const { projects } = temporaryStore();
    const original = encodeProjectFile(sampleProject());
    const imported = (bytes: Uint8Array) => {
      const before = projects.list().length;
      try {
        const project = projects.create(decodeProjectFile(bytes));
        expect(projects.open(project.id)).toEqual(project);
        projects.remove(project.id);
      } catch (error) {
        expect(error).toBeInstanceOf(ServiceError);
      }
      expect(projects.list()).toHaveLength(before);
    };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(original.length),
        (bytes, cut) => {
          const damaged = original.slice();
          for (const [at, byte] of bytes) damaged[at] = byte;
          imported(damaged);
          imported(damaged.subarray(0, cut));
        },
      ),
      { numRuns: 1500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), imported), { numRuns: 500 });
    // Well-formed JSON of wrong shapes: one field replaced by any value.
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(valid())), fc.jsonValue(), (field, value) =>
        imported(text({ ...valid(), [field]: value })),
      ),
      { numRuns: 1500 },
    );
    imported(
      text(
        `{"format":"cellblock-project","version":1,"name":"x","board":"b","script":null,"files":[],"images":{},"layout":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
      ),
    );
  });
});
