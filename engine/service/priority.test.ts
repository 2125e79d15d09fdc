// Threads that compile stand behind the one that runs guest code.
import { getPriority } from 'node:os';
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const program = `
  const { parentPort } = require('node:worker_threads');
  const { getPriority } = require('node:os');
  import(${JSON.stringify(new URL('./priority.ts', import.meta.url).href)}).then(({ standBehindGuest }) => {
    standBehindGuest();
    parentPort.postMessage(getPriority(0));
  });
`;

describe.runIf(process.platform === 'linux')('a thread that compiles', () => {
  it("and V8's stand behind, the one that started it does not", async () => {
    const before = getPriority(process.pid);
    const worker = new Worker(program, { eval: true });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    worker.once('message', resolve).once('error', reject);
    const theirs = await promise;
    await worker.terminate();
    expect(theirs).toBe(before + 5);
    expect(getPriority(process.pid)).toBe(before);
    const ofV8 = readdirSync('/proc/self/task').filter((thread) => {
      return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim() === 'V8Worker';
    });
    expect(ofV8.length).toBeGreaterThan(0);
    expect(ofV8.map((thread) => getPriority(Number(thread)))).toEqual(ofV8.map(() => before + 5));
  });
});
