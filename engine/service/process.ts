// Entry of the engine process: started by main, one run, ends with it. Its working directory is the folder that holds boards/.
import { resolve } from 'node:path';
import type { EngineCommand } from '../contract/index.ts';
import { connectHost } from './host.ts';
import type { WindowPort } from './host.ts';
import { BoardLibrary, FolderSource, LayeredSource, MemorySource } from './library.ts';
import { Run } from './run.ts';
import { Session } from './session.ts';

const host = connectHost();
/** Windows that came before the run was there, with what they have said. */
const early: { port: WindowPort; commands: EngineCommand[] }[] = [];
host.onPort = (port) => {
  const commands: EngineCommand[] = [];
  port.onCommand = (command) => commands.push(command);
  early.push({ port, commands });
};

const request = await host.started;
try {
  const library = new BoardLibrary(resolve('boards'));
  const run = new Run({
    board: library.loadWithCpus(request.board, request.cpus),
    files: new LayeredSource(
      new MemorySource(request.files),
      new FolderSource(resolve('boards', request.board), { absolute: false }),
    ),
    script: request.script,
    prompt: true,
    jit: request.jit ?? true,
  });
  const session = new Session({
    run,
    pace: request.pace,
    report: (report) => host.report(report),
    clock: () => performance.now(),
  });
  host.onPort = (port) => session.attach(port);
  for (const { port, commands } of early) {
    session.attach(port);
    for (const command of commands) port.onCommand(command);
  }
} catch (error) {
  host.report({ type: 'refused', reason: (error as Error).message });
}
