// The initial RAM disk of the test systems: Debian's busybox and an init of our own, as a cpio archive in the "newc" format.
// Source of the format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst; cpio(5), "New ASCII Format".
import { gzipSync } from 'node:zlib';

export interface ArchiveEntry {
  /** Path without a leading slash. */
  path: string;
  /** Type and permissions as in stat(2): 0o100755 for a program, 0o040755 for a folder. */
  mode: number;
  bytes?: Uint8Array;
}

const MAGIC = '070701';
const TRAILER = 'TRAILER!!!';
const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const TEXT = 0o100644;

const padded = (bytes: Uint8Array): Uint8Array[] => [bytes, new Uint8Array(-bytes.length & 3)];

/** A cpio archive (newc). No times, owners or devices: the same entries give the same bytes. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const pieces = [...entries, { path: TRAILER, mode: 0 }].flatMap(({ path, mode, bytes }: ArchiveEntry, index) => {
    const name = Buffer.from(`${path}\0`);
    const content = bytes ?? new Uint8Array(0);
    // inode, mode, uid, gid, links, mtime, size, device and rdevice (major, minor), length of the name, checksum
    const fields = [index + 1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
    const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    return [...padded(Buffer.concat([Buffer.from(header), name])), ...padded(content)];
  });
  return Buffer.concat(pieces);
}

const FILES: Readonly<Record<string, string>> = {
  init: `#!/bin/busybox sh
# First program of the test systems: what the kernel offers is mounted, then busybox is init.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
exec /bin/busybox init
`,
  // A shell with job control on the console; poweroff, reboot and halt work as everywhere.
  'etc/inittab': `::respawn:/bin/cttyhack /bin/sh -l
::ctrlaltdel:/bin/reboot
`,
  'etc/profile': `export PATH=/bin HOME=/ PS1='# '
`,
};

/** The RAM disk as bytes, compressed with gzip. */
export function initramfs(busybox: Uint8Array): Uint8Array {
  const archive = cpioArchive([
    ...['bin', 'dev', 'etc', 'proc', 'sys', 'tmp'].map((path) => ({ path, mode: FOLDER })),
    { path: 'bin/busybox', mode: PROGRAM, bytes: busybox },
    ...Object.entries(FILES).map(([path, text]) => ({
      path,
      mode: path === 'init' ? PROGRAM : TEXT,
      bytes: Buffer.from(text),
    })),
  ]);
  return gzipSync(archive);
}
