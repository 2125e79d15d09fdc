// Fetches the systems that tests and benches boot, as packages of Debian stable, into a folder that git ignores:
//   node boards/systems/fetch.ts [--force]
// A kernel for arm64, busybox in an initial RAM disk, U-Boot for QEMU. At once done where they are there already.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unpackKernel } from '../../engine/machine/kernel-image.ts';
import { SYSTEMS, SYSTEMS_FOLDER } from './cache.ts';
import { DebianPackages, PackagesUnavailable, unpackPackage } from './debian.ts';
import type { ControlRecord } from './debian.ts';
import { initramfs } from './initramfs.ts';

/** The package that always depends on the newest kernel. */
const NEWEST_KERNEL = 'linux-image-arm64';
const BUSYBOX = 'busybox-static';
const U_BOOT = 'u-boot-qemu';
const U_BOOT_FILE = 'usr/lib/u-boot/qemu_arm64/u-boot.bin';

/** The one file whose path matches, from an unpacked package. */
function found(folder: string, pattern: RegExp): Buffer {
  const path = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((file) => pattern.test(file));
  if (path === undefined) throw new PackagesUnavailable(`the package has no file like ${pattern.source}`);
  return readFileSync(join(folder, path));
}

function kernelPackage(newest: ControlRecord): string {
  const name = /linux-image-[\w.+-]+/.exec(newest['Depends'] ?? '')?.[0];
  if (name === undefined) throw new PackagesUnavailable(`${NEWEST_KERNEL} depends on no kernel`);
  return name;
}

/** @returns which packages, with their versions @throws PackagesUnavailable */
function fetchSystems(): string[] {
  const work = join(SYSTEMS_FOLDER, `work-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const packages = new DebianPackages('arm64', join(work, 'apt'));
    const [newest, busybox, uBoot] = packages.find(NEWEST_KERNEL, BUSYBOX, `${U_BOOT}:all`);
    const content = (name: string, pattern: string): string => {
      const folder = join(work, name.replace(/:.*/, ''));
      unpackPackage(packages.download(name, folder), [pattern], folder);
      return folder;
    };
    const kernel = kernelPackage(newest!);
    const files: [string, Uint8Array][] = [
      [SYSTEMS.kernel, unpackKernel(found(content(kernel, './boot/vmlinu*'), /^boot\/vmlinu[zx]/))],
      [SYSTEMS.initrd, initramfs(found(content(BUSYBOX, '*bin/busybox'), /bin\/busybox$/))],
      [SYSTEMS.firmware, found(content(`${U_BOOT}:all`, `./${U_BOOT_FILE}`), /u-boot\.bin$/)],
    ];
    // Under their names only when whole: a reader beside us never sees half a file.
    for (const [path, bytes] of files) {
      writeFileSync(`${path}.part`, bytes);
      renameSync(`${path}.part`, path);
    }
    return [
      `${kernel} ${newest!['Version']}`,
      ...[busybox!, uBoot!].map((one) => `${one['Package']} ${one['Version']}`),
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { force: { type: 'boolean' } } });
if (values.force || !Object.values(SYSTEMS).every((path) => existsSync(path))) {
  try {
    console.log(fetchSystems().join('\n'));
  } catch (error) {
    if (!(error instanceof PackagesUnavailable)) throw error;
    console.error(`The test systems cannot be fetched: ${error.message}.`);
    process.exitCode = 1;
  }
}
