// Builds the bench kernels: kernels/NAME.c with kernels/harness becomes kernels/NAME.bin beside its source.
// `node engine/bench/build-kernels.ts` writes them; kernels.test.ts rebuilds and compares.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileObjects, linkImage } from '../../boards/cross-compiler.ts';
import { groupOf, KERNEL_DIRECTORY, KERNELS, kernelImagePath } from './kernels.ts';

/**
 * Builds every kernel from its sources.
 * @returns images in the order of KERNELS
 * @throws Error with the compiler's own words
 */
export function buildKernels(): Uint8Array[] {
  const harness = join(KERNEL_DIRECTORY, 'harness');
  const directory = mkdtempSync(join(tmpdir(), 'cellblock-kernels-'));
  try {
    const sources = ['start.S', 'harness.c'].map((file) => join(harness, file));
    const harnessObjects = compileObjects(sources, harness, join(directory, 'harness'));
    return KERNELS.map((name) => {
      const own = join(directory, name);
      const registers = groupOf(name) === 'fp' ? 'fp' : 'general';
      const objects = compileObjects([join(KERNEL_DIRECTORY, `${name}.c`)], harness, own, registers);
      return linkImage([...harnessObjects, ...objects], join(harness, 'image.lds'), own);
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (import.meta.main) {
  for (const [index, image] of buildKernels().entries()) {
    writeFileSync(kernelImagePath(KERNELS[index]!), image);
    console.log(`${KERNELS[index]}: ${image.length} bytes`);
  }
}
