// The committed bench kernels are what their sources say, and compute what they should on the bare board and on QEMU.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMPILER_VERSION, crossCompilerVersion } from '../../boards/cross-compiler.ts';
import { buildKernels } from './build-kernels.ts';
import { BoardLibrary } from '../service/library.ts';
import { runOnBareBoard } from './bare-board.ts';
import { BENCH_BOARD } from './journeys.ts';
import { KERNEL_GROUPS, KernelOutput, KERNELS, kernelImagePath, loadKernel } from './kernels.ts';
import { qemuVersion, runOnQemu } from './qemu.ts';

describe('kernel images', () => {
  test('half of those for integers run with the MMU on, and all others', () => {
    const { integer, fp } = KERNEL_GROUPS;
    expect(integer.filter((name) => loadKernel(name).mmu)).toHaveLength(integer.length / 2);
    expect(fp.filter((name) => loadKernel(name).mmu)).toEqual(fp);
  });

  test.each(KERNELS)('%s runs the share of its rounds that is asked for', (name) => {
    const whole = loadKernel(name).rounds;
    expect(whole).toBeGreaterThan(1);
    expect(loadKernel(name, 0.5).rounds).toBe(Math.round(whole / 2));
    expect(loadKernel(name, 0).rounds).toBe(1);
  });
});

describe('kernel output', () => {
  test('markers are seen once, wherever the text is cut', () => {
    const text = 'begin\nend 00000000000000ff ok\n';
    for (let cut = 0; cut <= text.length; cut++) {
      const output = new KernelOutput();
      const reached = [output.append(text.slice(0, cut)), output.append(text.slice(cut))];
      expect(reached.filter(({ begin }) => begin)).toHaveLength(1);
      expect(reached.filter(({ end }) => end)).toHaveLength(1);
      expect(output.checksum).toBe('00000000000000ff');
    }
  });

  test('a kernel that finds itself wrong is no result', () => {
    const output = new KernelOutput();
    output.append('begin\nend 00000000000000ff WRONG\n');
    expect(() => output.checksum).toThrow('00000000000000ff');
  });
});

const version = crossCompilerVersion();
describe(`built from source (needs aarch64-linux-gnu-gcc ${COMPILER_VERSION}; ${version ? `found ${version}` : 'not installed'})`, () => {
  test.skipIf(version !== COMPILER_VERSION)('kernels come out byte for byte', () => {
    const built = buildKernels();
    const different = KERNELS.filter((name, index) => !readFileSync(kernelImagePath(name)).equals(built[index]!));
    expect(different).toEqual([]);
  });
});

/** One round of each: the kernel itself finds out if its result is wrong. */
const SHORTEST = 0;

const board = new BoardLibrary(join(import.meta.dirname, '../../boards')).load(BENCH_BOARD);
test.each(KERNELS)('%s computes what it should on the bare board, in as many instructions on either tier', (name) => {
  const { checksum, instructions } = runOnBareBoard(board, loadKernel(name, SHORTEST), false);
  expect(checksum).toMatch(/^[0-9a-f]{16}$/);
  expect(instructions).toBeGreaterThan(1000);
  expect(runOnBareBoard(board, loadKernel(name, SHORTEST), true)).toMatchObject({ checksum, instructions });
});

const qemu = qemuVersion();
describe(`on QEMU (needs qemu-system-aarch64; ${qemu ? `found ${qemu}` : 'not installed'})`, () => {
  test.skipIf(!qemu).each(KERNELS)('%s checks its own result', async (name) => {
    await expect(runOnQemu(loadKernel(name, SHORTEST))).resolves.toMatchObject({
      checksum: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });
});
