// The same script gives the same digest on the command line, from source and as it was built, and in the window, whatever
// the pace.
import Database from 'better-sqlite3';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinnedNode } from '../main/launch/setup.mjs';
import { storeFile } from '../main/store/location.ts';
import { newProject, runCommand, terminal } from './steps.ts';
import { expect, test, type Workbench } from './workbench.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const board = join(root, 'boards', 'qemu-arm64');

async function digestOnCommandLine(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    pinnedNode(),
    [join(root, program), 'run', 'qemu-arm64', join(board, 'demo.script'), '--digest'],
    { cwd: root },
  );
  return /^digest ([0-9a-f]{64})$/m.exec(stdout)![1]!;
}

test('on the command line, from source and built, and in the window', async ({ workbench }) => {
  const { page } = workbench;
  const first = await digestOnCommandLine('engine/entry/cellblock.ts');
  expect(await digestOnCommandLine('out/main/cellblock.js')).toBe(first);
  await newProject(page, 'same');
  await runCommand(page, 'Run: boot');
  await expect(terminal(page, 'root')).toContainText('root@qemu-arm64');
  // Whatever is shown and typed into other consoles meanwhile leaves no trace.
  await page.setViewportSize({ width: 1100, height: 700 });
  await expect.poll(() => digestInStore(workbench), { timeout: 60_000 }).toBe(first);
});

/** Of the event that the end of the script leaves in the record. */
function digestInStore({ data }: Workbench): string | undefined {
  const db = new Database(storeFile(data), { readonly: true });
  try {
    const events = db.prepare<[], string>('SELECT event FROM events').pluck().all();
    return events
      .map((text) => JSON.parse(text) as { kind: string; detail?: { digest?: string } })
      .find(({ kind }) => kind === 'script.ended')?.detail?.digest;
  } finally {
    db.close();
  }
}
