// The reader against the compiler: the same source through gcc and objcopy gives the same bytes.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configArbitrary } from '../arbitraries.ts';
import { encode } from '../codec.ts';
import { ARCHITECTURES, type Architecture } from '../model.ts';
import { compileFile, Compiler, hasCompiler } from './testing/compiler.ts';
import { randomExpressions, randomVariable } from './random-c.ts';
import { writeSource } from './writer.ts';

const targets = ARCHITECTURES.filter(hasCompiler);
const missing = ARCHITECTURES.filter((target) => !targets.includes(target));
const numRuns = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 2000) / 200);

let folder = '';
let compiler: Compiler;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cellblock-oracle-'));
  compiler = new Compiler(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Cases that the compiler refuses say nothing: the generator of initialisers does not know all of C's constraints. */
function agree(text: string, target: Architecture): void {
  const file = join(folder, 'case.c');
  writeFileSync(file, text);
  let expected: Uint8Array;
  try {
    expected = compiler.build(file, target);
  } catch {
    return fc.pre(false);
  }
  const actual = compileFile(file, target);
  // A variable of zeros is not in the data section.
  if (expected.length === 0) expected = new Uint8Array(actual.length);
  if (Buffer.compare(actual, expected) !== 0) {
    const at = [...expected].findIndex((byte, i) => byte !== actual[i]);
    throw new Error(
      `differs at ${at} of ${expected.length} (ours ${actual.length}): gcc ${expected[at]}, ours ${actual[at]}\n${text}`,
    );
  }
}

const corpus = join(import.meta.dirname, 'corpus');
const sources = readdirSync(corpus).filter((name) => name !== 'shared-defaults.c');

describe.each(targets)('as gcc for %s', (target) => {
  it.each(sources)('%s', (name) => {
    expect(Buffer.from(compileFile(join(corpus, name), target)).toString('hex')).toBe(
      Buffer.from(compiler.build(join(corpus, name), target)).toString('hex'),
    );
  });

  it('random constant expressions', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => agree(randomExpressions(seed, 200), target)),
      { numRuns },
    );
  });

  it('random types and initialisers', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => agree(randomVariable(seed), target)),
      { numRuns: numRuns * 2 },
    );
  });

  it('every source that the writer writes', () => {
    fc.assert(
      fc.property(configArbitrary(), fc.uint8Array({ maxLength: 20 }), (config, trailing) => {
        const file = join(folder, 'written.c');
        writeFileSync(file, writeSource(config, trailing));
        expect(compiler.build(file, target)).toEqual(encode(config, trailing));
      }),
      { numRuns },
    );
  });
});

it.skip.each(missing)('as gcc for %s: there is no compiler for it here', () => undefined);
