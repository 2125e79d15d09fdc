import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configArbitrary } from '../arbitraries.ts';
import { ConfigError } from '../errors.ts';
import { readSource } from './reader.ts';
import { renderFault } from './file.ts';
import { writeSource } from './writer.ts';

const numRuns = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 2000) / 10);

const read = (text: string) => {
  const result = readSource(text);
  if (result instanceof ConfigError) throw new Error(`${renderFault(result)}\n${text}`);
  return result;
};

describe('writeSource', () => {
  it('gives a source that reads back as the same model and trailing bytes, for every model', () => {
    fc.assert(
      fc.property(configArbitrary(), fc.uint8Array({ maxLength: 40 }), (config, trailing) => {
        const back = read(writeSource(config, trailing));
        expect(back.config).toEqual(config);
        expect(back.trailing).toEqual(trailing);
        expect(back.warnings).toEqual([]);
      }),
      { numRuns },
    );
  });
});
