// The committed inmates are what their sources say, and keep to the layout that a loader relies on.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildInmates, inmates } from './build-inmates.ts';
import { COMPILER_VERSION, crossCompilerVersion } from './cross-compiler.ts';

const COMMAND_LINE = { start: 0x1000, end: 0x1100 };
const INMATE_RAM = 0x10000;
/** One page of stack behind the image, and three tables of the first address map. */
const RAM_BEHIND_IMAGE = 4 * 4096;

const list = inmates();
const version = crossCompilerVersion();

test('every board with inmates is found', () => {
  expect(list.map(({ id }) => id)).toContain('qemu-arm64/greeter');
});

describe.each(list)('$id', ({ binary }) => {
  const image = readFileSync(binary);

  test('leaves room for its stack and its page tables in 64 KiB', () => {
    expect(Math.ceil(image.length / 4096) * 4096 + RAM_BEHIND_IMAGE).toBeLessThanOrEqual(INMATE_RAM);
  });

  test('has an empty command-line buffer at 0x1000', () => {
    const buffer = image.subarray(COMMAND_LINE.start, COMMAND_LINE.end);
    expect(buffer).toHaveLength(COMMAND_LINE.end - COMMAND_LINE.start);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
  });

  test('names no file of the machine that built it', () => {
    expect(image.toString('latin1')).not.toMatch(/\.[cSh]\b|GCC:/);
  });
});

const needs = `aarch64-linux-gnu-gcc ${COMPILER_VERSION}`;
describe(`built from source (needs ${needs}; ${version ? `found ${version}` : 'not installed'})`, () => {
  test.skipIf(version !== COMPILER_VERSION)('inmates come out byte for byte', () => {
    const built = buildInmates(list);
    const different = list.filter(({ binary }, index) => !readFileSync(binary).equals(built[index]!));
    expect(different.map(({ id }) => id)).toEqual([]);
  });
});
