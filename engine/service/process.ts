// Entry of the engine process: started by main, one run, ends with it. Its working directory is the folder that holds boards/.
import { resolve } from 'node:path';
import type { EngineCommand } from '../contract/index.ts';
import { connectHost } from './host.ts';
import type { WindowPort } from './host.ts';
import { BoardLibrary, LayeredSource, MemorySource, readSystem } from './library.ts';
import { Run } from './run.ts';
import { Session } from './session.ts';

export async function serveRun(): Promise<void> {
  const host = connectHost();
  // Windows that came before the run was there, with what they have said.
  const early: { port: WindowPort; commands: EngineCommand[] }[] = [];
  host.onPort = (port) => {
    const commands: EngineCommand[] = [];
    port.onCommand = (command) => commands.push(command);
    early.push({ port, commands });
  };

  const request = await host.started;
  try {
    const library = new BoardLibrary(resolve('boards'));
    const board = library.loadWithCpus(request.board, request.cpus);
    const files = new LayeredSource(new MemorySource(request.files), library.files(board));
    const run = new Run({
      board,
      files,
      script: request.script,
      prompt: request.system === undefined,
      jit: request.jit ?? true,
      ...(request.system && { system: readSystem(files, request.system) }),
    });
    const session = new Session({
      run,
      scripted: request.script !== null,
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
}
