// `npm start` itself, where the workbench opens in a browser: what it says, that the address works, and that Ctrl-C ends everything.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from './workbench.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('opens the browser shell with an address, and Ctrl-C ends all of it', async ({ systemBrowser }) => {
  const data = mkdtempSync(join(tmpdir(), 'cellblock-e2e-'));
  const mark = `start-spec-${process.pid}-${Date.now()}`;
  const env: NodeJS.ProcessEnv = { ...process.env, CELLBLOCK_MARK: mark };
  const start = spawn('npm', ['start', '--silent', '--', '--browser', '--no-open', '--data', data], {
    cwd: root,
    env,
    detached: true,
  });
  const exited = once(start, 'exit');
  let said = '';
  start.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  start.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await expect.poll(() => said, { timeout: 60_000 }).toMatch(/Cellblock is at http:\/\/127\.0\.0\.1:\d+\/#token=\S+/);
    const context = await systemBrowser.newContext();
    const page = await context.newPage();
    await page.goto(/http:\S+/.exec(said)![0]);
    await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
    // As a terminal does it: to the whole foreground process group.
    process.kill(-start.pid!, 'SIGINT');
    // npm itself ends by the signal.
    const [code, signal] = (await exited) as [number | null, string | null];
    expect(code === 0 || signal === 'SIGINT').toBe(true);
    await expect.poll(() => carriers(mark)).toEqual([]);
    expect(said).not.toMatch(/^\s+at /m);
    await context.close();
  } finally {
    for (const pid of carriers(mark)) process.kill(pid, 'SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
});

/** Processes that inherited our mark. */
function carriers(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`CELLBLOCK_MARK=${mark}`);
      } catch {
        return false;
      }
    });
}
