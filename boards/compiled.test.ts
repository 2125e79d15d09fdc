// What the reader makes of every configuration of the library, against gcc and objcopy.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kindOf } from '../engine/config/index.ts';
import { compileFile, Compiler, hasCompiler } from '../engine/config/source/testing/compiler.ts';
import { BoardLibrary } from '../engine/service/library.ts';
import { ARCHITECTURES } from '../engine/util/architecture.ts';

let scratch = '';
let compiler: Compiler;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'cellblock-compiled-'));
  compiler = new Compiler(scratch);
});
afterAll(() => rmSync(scratch, { recursive: true }));

const library = new BoardLibrary(import.meta.dirname);
const { boards } = library.list();

describe.each(ARCHITECTURES)('configurations for %s', (target) => {
  const folders = boards
    .filter(({ architecture }) => architecture === target)
    .map(({ name }) => join(library.folder, name));
  it.skipIf(!hasCompiler(target))('are the bytes that gcc and objcopy make', () => {
    let compared = 0;
    for (const folder of folders)
      for (const name of readdirSync(folder).filter((file) => file.endsWith('.c'))) {
        const bytes = compileFile(join(folder, name), target);
        expect(kindOf(bytes), name).toBeDefined();
        expect(Buffer.compare(bytes, compiler.build(join(folder, name), target)), `${folder}/${name}`).toBe(0);
        compared++;
      }
    expect(compared).toBeGreaterThan(2 * folders.length);
  });
});
