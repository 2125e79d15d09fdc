// Device trees of cells: the committed blob is what dtc makes of the source beside it.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const missing = spawnSync('dtc', ['--version']).status !== 0;
const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.dts'),
);

describe('device trees', () => {
  test('there are some', () => expect(sources).toContain('qemu-arm64/linux-demo.dts'));
  const reason = missing ? ' (skipped: dtc, package device-tree-compiler, is not installed)' : '';
  test.skipIf(missing).each(sources)(`%s: the blob is the compiled source${reason}`, (path) => {
    const file = join(import.meta.dirname, path);
    const blob = execFileSync('dtc', ['-q', '-I', 'dts', '-O', 'dtb', file]);
    expect(readFileSync(file.replace(/\.dts$/, '.dtb')).equals(blob)).toBe(true);
  });
});
