import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const NODE_20 = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })`;

test('an old Node is told which one it takes and who brings it', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${NODE_20}`, join(import.meta.dirname, 'cellblock.mjs'), 'boards'],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect(stderr).toMatch(/^cellblock: this is Node 20\.1\.0, and it takes 24 or newer\. .*npm run -s cellblock.*\n$/);
  expect(status).toBe(2);
});
