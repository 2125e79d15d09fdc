// Building bare-metal AArch64 images with the cross compiler, the same bytes every time: no paths, dates or build ids in them.
// Used to build what is committed (inmates, bench kernels) and, in tests, to prove that it still comes from its sources.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const COMPILER = 'aarch64-linux-gnu-gcc';
const OBJCOPY = 'aarch64-linux-gnu-objcopy';

/** The committed binaries come from this release; another one may make other bytes of the same sources. */
export const COMPILER_VERSION = '12.2.0';

/** Freestanding code at an address known when linking, the same on every machine. */
const COMPILE_FLAGS = [
  ...['-std=gnu11', '-O2', '-ffreestanding', '-fno-pic', '-mstrict-align'],
  // No calls into libgcc; address 0 is memory like any other; memset is not turned into a call to itself.
  ...['-mno-outline-atomics', '-fno-delete-null-pointer-checks', '-fno-tree-loop-distribute-patterns'],
  ...[
    '-fno-stack-protector',
    '-fno-asynchronous-unwind-tables',
    '-fno-common',
    '-ffunction-sections',
    '-fdata-sections',
  ],
  ...['-fno-ident', '-g0', '-Wall', '-Wextra', '-Werror'],
];
/** Which registers code may use: the general ones only, or those of SIMD and FP too, and then fused only where it says so. */
const REGISTER_FLAGS = {
  general: ['-march=armv8-a', '-mgeneral-regs-only'],
  fp: ['-march=armv8-a+crypto', '-ffp-contract=off', '-fno-math-errno'],
} as const;
const LINK_FLAGS = ['-nostdlib', '-no-pie', '-Wl,--gc-sections', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'];

/** Release of the cross compiler on this machine; undefined if there is none. */
export function crossCompilerVersion(): string | undefined {
  const { status, stdout } = spawnSync(COMPILER, ['-dumpfullversion'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function runTool(command: string, args: string[], directory: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd: directory, encoding: 'utf8' });
  if (error) throw new Error(`${command} does not start: ${error.message}. Install gcc-aarch64-linux-gnu.`);
  if (status !== 0) throw new Error(`${command} failed:\n${stderr}`);
}

/**
 * Compiles C and assembly sources. The objects go to `directory`, which is created.
 * @returns the paths of the objects, in the order of the sources
 * @throws Error with the compiler's own words
 */
export function compileObjects(
  sources: string[],
  includeDirectory: string,
  directory: string,
  registers: keyof typeof REGISTER_FLAGS = 'general',
): string[] {
  mkdirSync(directory, { recursive: true });
  runTool(
    COMPILER,
    [...COMPILE_FLAGS, ...REGISTER_FLAGS[registers], `-I${includeDirectory}`, '-c', ...sources],
    directory,
  );
  return sources.map((source) => join(directory, basename(source).replace(/\.[cS]$/, '.o')));
}

/**
 * Links objects by a linker script and takes the raw binary out of the result. `directory` is for intermediate files.
 * @throws Error with the linker's own words
 */
export function linkImage(objects: string[], linkerScript: string, directory: string): Uint8Array {
  const elf = join(directory, 'image.elf');
  const binary = join(directory, 'image.bin');
  runTool(COMPILER, [...LINK_FLAGS, `-Wl,-T,${linkerScript}`, '-o', elf, ...objects], directory);
  runTool(OBJCOPY, ['-O', 'binary', elf, binary], directory);
  return readFileSync(binary);
}
