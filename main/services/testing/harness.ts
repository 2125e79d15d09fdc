// Services over a temporary store, one small board and the test engine.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { MainNotice, Project, ServiceInput, ServiceName, ServiceOutput } from '../../../engine/contract/index.ts';
import { ServiceError } from '../../../engine/contract/index.ts';
import { childProcessEngine, type ChildPort } from '../../browser/engine.ts';
import { openStore } from '../../store/store.ts';
import { temporaryFolder } from '../../store/testing.ts';
import { boardFolder } from '../boards.ts';
import { dispatcher } from '../dispatcher.ts';
import type { RunManagerOptions } from '../runs.ts';
import { createServices, type Caller } from '../services.ts';
import { eventually } from './eventually.ts';

export const TEST_ENGINE = fileURLToPath(new URL('./engine.child.ts', import.meta.url));
const BOARDS = fileURLToPath(new URL('../../../boards', import.meta.url));

/** A folder with one board, `bench`, made from the facts of qemu-arm64 and configurations of a few lines. */
export function testBoards(): string {
  const folder = join(temporaryFolder(), 'boards');
  mkdirSync(join(folder, 'bench', 'inmates'), { recursive: true });
  cpSync(join(BOARDS, 'qemu-arm64', 'board.json'), join(folder, 'bench', 'board.json'));
  const put = (path: string, content: string | Uint8Array) => writeFileSync(join(folder, 'bench', path), content);
  const { rootConfig, cells } = boardFolder(folder).list()[0]!;
  put(rootConfig, '#include "shared.h"\n// root\n');
  put('shared.h', '#define SHARED 1\n');
  for (const cell of cells) put(cell, `// ${cell}\n`);
  put('inmates/hello.bin', Uint8Array.from([1, 2, 3]));
  put('inmates/hello.c', 'int main;\n');
  put('demo.script', 'print root hello\nfinish\n');
  return folder;
}

export function testServices(options: RunManagerOptions & { file?: string; engine?: string } = {}) {
  const file = options.file ?? join(temporaryFolder(), 'store.sqlite');
  const store = openStore(file);
  const notices: MainNotice[] = [];
  const excepted: (Caller | undefined)[] = [];
  const services = createServices<ChildPort>({
    store,
    boards: boardFolder(testBoards()),
    startEngine: childProcessEngine(options.engine ?? TEST_ENGINE, process.cwd()),
    broadcast: (notice, except) => {
      notices.push(notice);
      excepted.push(except);
    },
    runs: { gatherMs: 1, retryMs: 20, farewellMs: 50, ...options },
  });
  let closed = false;
  const close = () => {
    if (!closed) services.close();
    closed = true;
  };
  onTestFinished(close);
  const dispatch = dispatcher(services.handlers);
  const caller: Caller = { saveFiles: () => Promise.resolve(true) };
  const call = async <N extends ServiceName>(name: N, input: ServiceInput<N>): Promise<ServiceOutput<N>> => {
    const reply = await dispatch(name, input, caller);
    if (!reply.ok) throw new ServiceError(reply.error.code, reply.error.message);
    return reply.value as ServiceOutput<N>;
  };
  return {
    file,
    store,
    services,
    dispatch,
    caller,
    call,
    notices,
    excepted,
    close,
    /** A project whose boot script is the given lines. */
    async project(...script: string[]): Promise<Project> {
      const project = await call('projects.create', { name: 'Bench', board: 'bench' });
      const text = script.map((line) => `${line}\n`).join('');
      return call('projects.save', {
        id: project.id,
        revision: 1,
        changes: [{ type: 'put', path: 'demo.script', kind: 'script', text }],
      });
    },
    /** Boots the script and answers with the record once the run has ended. */
    async run(projectId: string) {
      const run = await call('runs.start', { projectId, script: true, pace: 'free' });
      await eventually(async () => expectEnded(await call('runs.open', { id: run.id })));
      return call('runs.open', { id: run.id });
    },
    async consoleText(id: string, console: string): Promise<string> {
      return new TextDecoder().decode((await call('runs.console', { id, console })).bytes);
    },
  };
}

function expectEnded(run: { outcome?: unknown }): void {
  if (run.outcome === undefined) throw new Error('the run has not ended');
}
