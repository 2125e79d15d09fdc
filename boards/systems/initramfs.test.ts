import { execFileSync, spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseControl } from './debian.ts';
import { cpioArchive, initramfs } from './initramfs.ts';

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

/** Reads the archive back by the format's own words: header of 13 numbers, name, padding, content, padding. */
function entries(archive: Uint8Array): { path: string; mode: number; text: string }[] {
  const found: { path: string; mode: number; text: string }[] = [];
  for (let at = 0; at < archive.length;) {
    expect(ascii(archive, at, at + 6)).toBe('070701');
    const field = (n: number): number => parseInt(ascii(archive, at + 6 + n * 8, at + 14 + n * 8), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const path = ascii(archive, at + 110, at + 110 + nameSize - 1);
    const content = (at + 110 + nameSize + 3) & ~3;
    found.push({ path, mode, text: ascii(archive, content, content + size) });
    at = (content + size + 3) & ~3;
  }
  return found;
}

test('an archive reads back', () => {
  const archive = cpioArchive([
    { path: 'a', mode: 0o040755 },
    { path: 'a/file', mode: 0o100644, bytes: Buffer.from('12345') },
  ]);
  expect(archive.length % 4).toBe(0);
  expect(entries(archive)).toEqual([
    { path: 'a', mode: 0o040755, text: '' },
    { path: 'a/file', mode: 0o100644, text: '12345' },
    { path: 'TRAILER!!!', mode: 0, text: '' },
  ]);
});

const cpioMissing = spawnSync('cpio', ['--version'], { stdio: 'ignore' }).status !== 0;

test.skipIf(cpioMissing)(`cpio lists it${cpioMissing ? ' (skipped: cpio is not installed)' : ''}`, () => {
  const archive = cpioArchive([{ path: 'a', mode: 0o040755 }]);
  expect(execFileSync('cpio', ['-t', '--quiet'], { input: archive, encoding: 'utf8' })).toBe('a\n');
});

test('the RAM disk has busybox and an init that can be executed, the same every time', () => {
  const disk = initramfs(Buffer.from('busybox'));
  expect(initramfs(Buffer.from('busybox'))).toEqual(disk);
  const found = entries(gunzipSync(disk));
  expect(found.find(({ path }) => path === 'bin/busybox')).toMatchObject({ mode: 0o100755, text: 'busybox' });
  expect(found.find(({ path }) => path === 'init')).toMatchObject({ mode: 0o100755 });
});

test('a control record is read field by field', () => {
  const record = parseControl(
    'Package: a\nVersion: 1.2-3\nDescription: one\n two\nDepends: b (= 1)\n\nPackage: other\n',
  );
  expect(record).toEqual({ Package: 'a', Version: '1.2-3', Description: 'one two', Depends: 'b (= 1)' });
});
